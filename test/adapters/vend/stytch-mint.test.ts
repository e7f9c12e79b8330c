// Stytch's token endpoint as the vendor asks it, against the stand-in: each answer by its name, whatever status it comes with; one try;
// and no secret or token in what is said of it.
import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { createStytchMint } from '../../../lambda/adapters/vend/stytch-mint.ts'
import { createClientSecret } from '../../../lambda/core/secret/client-secret.ts'
import { readMintedToken } from '../../../lambda/core/vend/access-token.ts'
import { PROJECT_ID, useStytch } from '../../fakes/stand-ins.ts'

const place = useStytch()
const seed = () => place.stytch.seed({ scopes: ['a', 'b', 'c'] })
const mint = (clientId: string, secret: string, scopes: readonly string[] = ['a', 'b'], withinMs = 4_000) =>
  createStytchMint({ projectId: PROJECT_ID, baseUrl: place.origin() }).mint({
    clientId,
    clientSecret: createClientSecret(secret),
    scopes,
    withinMs,
  })

describe('a mint', () => {
  test('brings a token that is what was asked for', async () => {
    const { clientId, secret } = seed()
    const askedAt = Date.now()

    const reply = await mint(clientId, secret)

    if (reply.outcome !== 'minted') throw new Error(reply.outcome)
    const { expiresInSeconds } = reply
    const expected = { clientId, projectId: PROJECT_ID, scopes: ['a', 'b'], expiresInSeconds, askedAt }
    expect(readMintedToken(reply.token.reveal(), expected).ok).toBe(true)
    expect(inspect(reply)).not.toContain(reply.token.reveal())
  })

  test.each([401, 400] as const)('with a wrong secret is a refused credential, told with %i', async (status) => {
    place.stytch.configure({ refusedCredentialStatus: status })
    const { clientId } = seed()

    expect(await mint(clientId, 'canary-wrong')).toMatchObject({
      outcome: 'credentialRefused',
      error: 'invalid_client',
    })
  })

  test.each(['inactive', 'deleted'])('for a client that is %s is one as well', async (how) => {
    const { clientId, secret } = seed()
    if (how === 'inactive') place.stytch.dashboard.setStatus(clientId, 'inactive')
    else place.stytch.dashboard.remove(clientId)

    expect(await mint(clientId, secret)).toMatchObject({ outcome: 'credentialRefused' })
  })

  test('for a scope that the client does not have is about the scopes', async () => {
    const { clientId, secret } = seed()

    expect(await mint(clientId, secret, ['a', 'z'])).toMatchObject({ outcome: 'scopeRefused' })
  })

  test('while throttled says for how long', async () => {
    const { clientId, secret } = seed()
    place.stytch.server.faults.add({ op: 'Token', kind: 'throttle', retry_after: 7 })

    expect(await mint(clientId, secret)).toMatchObject({ outcome: 'throttled', leastMs: 7_000 })
  })

  test.each(['error', 'reset', 'drop_reply', 'html', 'garble'] as const)(
    'without an answer (%s) is unavailable, after one try',
    async (kind) => {
      const { clientId, secret } = seed()
      place.stytch.server.faults.add({ op: 'Token', kind, ...(kind === 'error' ? { status: 503 } : {}) })

      expect(await mint(clientId, secret)).toMatchObject({ outcome: 'unavailable' })
      expect(place.calls().filter((op) => op === 'Token')).toHaveLength(1)
    },
  )

  test('is broken off when its time is over', async () => {
    const { clientId, secret } = seed()
    place.stytch.server.faults.add({ op: 'Token', kind: 'delay', delay_ms: 60_000 })

    expect(await mint(clientId, secret, ['a'], 50)).toMatchObject({ outcome: 'unavailable' })
  })

  test('at another project is refused, by whatever name', async () => {
    const { clientId, secret } = seed()
    const elsewhere = createStytchMint({ projectId: 'project-test-other', baseUrl: place.origin() })

    const reply = await elsewhere.mint({
      clientId,
      clientSecret: createClientSecret(secret),
      scopes: ['a'],
      withinMs: 4_000,
    })

    expect(['credentialRefused', 'rejected']).toContain(reply.outcome)
  })
})

test("where there is no other address, it is the vendor's own", () => {
  expect(createStytchMint({ projectId: 'project-live-1' }).projectId).toBe('project-live-1')
})
