// The verifier against Stytch's stand-in and its real keys: what is good passes, and each fault of the vendor's own SDK is refused here.
// The SDK itself is asked beside it, so that a fault that it no longer has shows.
import { generateKeyPairSync, sign } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import stytchSdk from 'stytch'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { RevocationsUnavailable } from '../../lambda/client/revocation-list.ts'
import { createVerifier, satisfies, TokenRefused, type VerifierSettings } from '../../lambda/client/verify.ts'
import { createIds } from '../../lambda/local/stytch/ids.ts'
import { createSigningKeys, type SigningKeys } from '../../lambda/local/stytch/signing-keys.ts'

const PROJECT_ID = 'project-test-11111111-1111-4111-8111-111111111111'
const CLIENT_ID = 'm2m-client-test-orders'

let keys: SigningKeys
let server: Server
let origin = ''
let status = 200
let fetched = 0
beforeAll(async () => {
  keys = createSigningKeys(createIds(PROJECT_ID))
  server = createServer(async (_message, response) => {
    fetched += 1
    const body = JSON.stringify({ keys: await keys.jwks(Date.now()), status_code: 200, request_id: 'r' })
    response.writeHead(status, { 'content-type': 'application/json' }).end(status === 200 ? body : '{}')
  })
  await new Promise<void>((done) => {
    server.listen(0, '127.0.0.1', done)
  })
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

const NOW = () => Math.floor(Date.now() / 1000)
const claims = (more: Record<string, unknown> = {}) => ({
  sub: CLIENT_ID,
  iss: `stytch.com/${PROJECT_ID}`,
  aud: [PROJECT_ID],
  scope: 'read:invoices a:b:d',
  iat: NOW(),
  nbf: NOW(),
  exp: NOW() + 3600,
  ...more,
})
const token = (more: Record<string, unknown> = {}) => keys.signJwt(claims(more))
const verifier = (more: Partial<VerifierSettings> = {}) =>
  createVerifier({ projectId: PROJECT_ID, jwksUrl: `${origin}/jwks`, ...more })
const codeOf = async (verified: Promise<unknown>): Promise<string> =>
  verified.then(
    () => 'passed',
    (error: unknown) => (error instanceof TokenRefused ? error.code : `${error}`),
  )
/** As the vendor's SDK judges it. */
const sdkSays = async (text: string, required: string[] = []): Promise<string> => {
  const client = new stytchSdk.Client({ project_id: PROJECT_ID, secret: 'secret', env: `${origin}/` })
  return client.m2m.authenticateToken({ access_token: text, required_scopes: required }).then(
    () => 'passed',
    (error: unknown) => (error as Error).constructor.name,
  )
}

describe('a good token', () => {
  test('passes, with what it says', async () => {
    const verified = await verifier({ requiredScopes: ['read:invoices'] })(await token(), { requiredScopes: ['a:b:d'] })

    expect(verified).toMatchObject({ clientId: CLIENT_ID, scopes: ['read:invoices', 'a:b:d'] })
    expect(verified.expiresAt).toBeGreaterThan(Date.now())
    expect(await sdkSays(await token(), ['read:invoices'])).toBe('passed')
  })

  test('bought over a custom domain passes where that domain is named', async () => {
    const text = await token({ iss: 'https://login.example.com' })

    expect(await codeOf(verifier({ issuers: ['https://login.example.com'] })(text))).toBe('passed')
    expect(await codeOf(verifier()(text))).toBe('invalid_token')
  })

  test('of a clock that is a few seconds ahead passes', async () => {
    const ahead = { iat: NOW() + 3, nbf: NOW() + 3 }

    expect(await codeOf(verifier()(await token(ahead)))).toBe('passed')
    expect(await codeOf(verifier({ clockToleranceSeconds: 0 })(await token(ahead)))).toBe('invalid_token')
  })

  test('passes whether it is signed by the new key or by the one before, which is served on', async () => {
    const before = await token()
    await keys.rotate(Date.now())
    const verify = verifier()

    expect([await codeOf(verify(before)), await codeOf(verify(await token()))]).toEqual(['passed', 'passed'])
  })

  test('costs one reading of the keys, however many are verified', async () => {
    const verify = verifier()
    const text = await token()
    const before = fetched

    await Promise.all(Array.from({ length: 50 }, () => verify(text)))

    expect(fetched).toBe(before + 1)
  })
})

describe('what is refused', () => {
  test.each([
    ['another project', { aud: ['project-test-2'] }, 'invalid_token'],
    ['another issuer', { iss: 'stytch.com/project-test-2' }, 'invalid_token'],
    ['no subject', { sub: undefined }, 'invalid_token'],
    ['another kind of subject', { sub: 'user-test-1' }, 'invalid_token'],
    ['no end', { exp: undefined }, 'invalid_token'],
    ['no beginning', { iat: undefined }, 'invalid_token'],
    ['a time to come', { nbf: 4_000_000_000 }, 'invalid_token'],
    ['the past', { iat: 1, exp: 2 }, 'expired_token'],
  ])('a token for %s', async (_what, more, code) => {
    expect(await codeOf(verifier()(await token(more)))).toBe(code)
  })

  test.each(['', 'abc', 'a.b.c', 'a.b', '....', 'Bearer x'])('what is no token: %j', async (text) => {
    expect(await codeOf(verifier()(text))).toBe('invalid_token')
  })

  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

  test('a token without a signature, and one of another key', async () => {
    const [header] = (await token()).split('.')
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const body = `${header}.${part(claims())}`
    const forged = `${body}.${sign('RSA-SHA256', Buffer.from(body), privateKey).toString('base64url')}`

    expect(await codeOf(verifier()(`${part({ alg: 'none', typ: 'JWT' })}.${part(claims())}.`))).toBe('invalid_token')
    expect(await codeOf(verifier()(forged))).toBe('invalid_token')
  })

  test('a token older than is allowed, though it lives', async () => {
    const text = await token({ iat: NOW() - 700, nbf: NOW() - 700 })

    expect(await codeOf(verifier({ maxTokenAgeSeconds: 600 })(text))).toBe('expired_token')
    expect(await codeOf(verifier({ maxTokenAgeSeconds: 900 })(text))).toBe('passed')
  })

  test('everything, when the keys cannot be read: nobody knows', async () => {
    status = 503

    expect(await codeOf(verifier()(await token()))).toBe('unavailable')
    expect(await codeOf(verifier({ jwksUrl: 'http://127.0.0.1:9/jwks' })(await token()))).toBe('unavailable')
    status = 200
  })

  test('nothing, for hours, when known keys cannot be read again', async () => {
    let elapsed = 0
    const verify = verifier({ elapsed: () => elapsed })
    const text = await token()
    await verify(text)
    status = 503
    const codes: string[] = []
    const before = fetched
    for (const hours of [1, 6, 11.9]) {
      elapsed = hours * 3_600_000
      codes.push(await codeOf(verify(text)))
      // One that is still on its way is not asked for once more: whoever verifies next does it.
      await vi.waitFor(
        async () => {
          await verify(text)
          expect(fetched).toBe(before + codes.length)
        },
        { timeout: 60_000 },
      )
    }
    elapsed = 12 * 3_600_000
    codes.push(await codeOf(verify(text)))
    status = 200
    elapsed += 30_000
    codes.push(await codeOf(verify(text)))

    expect(codes).toEqual(['passed', 'passed', 'passed', 'unavailable', 'passed'])
  })

  test('a key that nobody knows, which is looked for once in half a minute', async () => {
    let elapsed = 0
    const verify = verifier({ elapsed: () => elapsed })
    await verify(await token())
    const before = fetched
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const body = `${part({ alg: 'RS256', typ: 'JWT', kid: 'jwk-unknown' })}.${part(claims())}`
    const foreign = `${body}.${sign('RSA-SHA256', Buffer.from(body), privateKey).toString('base64url')}`
    const texts = Array.from({ length: 20 }, () => foreign)

    elapsed = 30_000
    const codes = new Set(await Promise.all(texts.map((text) => codeOf(verify(text)))))

    expect([...codes]).toEqual(['invalid_token'])
    expect(fetched).toBe(before + 1)
    elapsed = 59_000
    await keys.rotate(Date.now())
    expect(await codeOf(verify(await token()))).toBe('invalid_token')
    elapsed = 60_000
    expect(await codeOf(verify(await token()))).toBe('passed')
  })

  test('and said of without a word of the token', async () => {
    const text = await token({ sub: 'canary', scope: 'canary' })

    const error = await verifier({ isClientId: () => false })(text).catch((refused: unknown) => refused)

    expect(`${error}${JSON.stringify(error)}`).not.toContain('canary')
    expect(`${error}`).not.toContain(text.split('.')[1])
  })
})

describe("the faults of the vendor's own SDK", () => {
  test('a token without scopes has none: no TypeError', async () => {
    const text = await token({ scope: undefined })

    expect(await sdkSays(text)).toBe('TypeError')
    expect(await verifier()(text)).toMatchObject({ scopes: [] })
    expect(await codeOf(verifier()(text, { requiredScopes: ['a'] }))).toBe('insufficient_scope')
  })

  test('a:b:d is not a:b:c', async () => {
    const text = await token()

    expect(await sdkSays(text, ['a:b:c'])).toBe('passed')
    expect(await codeOf(verifier()(text, { requiredScopes: ['a:b:c'] }))).toBe('insufficient_scope')
  })

  test('an empty scope is no scope', async () => {
    expect((await verifier()(await token({ scope: '' }))).scopes).toEqual([])
  })

  test("a token of another kind, meant for the same project, is not a client's", async () => {
    const text = await token({ sub: 'user-test-1' })

    expect(await sdkSays(text)).toBe('passed')
    expect(await codeOf(verifier()(text))).toBe('invalid_token')
  })
})

test.each([
  ['read:invoices', 'read:invoices', true],
  ['read:invoices', 'read:invoice', false],
  ['read:invoices', 'read', false],
  ['read:*', 'read:invoices', true],
  ['read:*', 'read:*', true],
  ['read:*', 'read', false],
  ['read:*', 'read:', false],
  ['read:*', 'read:a:b', false],
  ['read:*', 'readx:a', false],
  ['a:b:*', 'a:b:c', true],
  ['a:b:*', 'a:c:c', false],
  ['a:b:d', 'a:b:c', false],
  ['*', 'read', false],
  ['', '', true],
])('the scope %j for the required %j: %j', (held, required, expected) => {
  expect(satisfies(held, required)).toBe(expected)
})

describe('with the list of revocations', () => {
  const revokedAt = (notBefore: number | undefined) => ({ notBefore: async () => notBefore })

  test('a token that was issued before is refused, and one issued since passes', async () => {
    const iat = NOW() - 10
    const text = await token({ iat, nbf: iat })

    expect(await codeOf(verifier({ revocations: revokedAt(iat + 1) })(text))).toBe('revoked_token')
    expect(await codeOf(verifier({ revocations: revokedAt(iat) })(text))).toBe('passed')
    expect(await codeOf(verifier({ revocations: revokedAt(undefined) })(text))).toBe('passed')
  })

  test('nobody knows when it cannot be read, and so nothing passes', async () => {
    const revocations = { notBefore: () => Promise.reject(new RevocationsUnavailable('HTTP 503')) }

    expect(await codeOf(verifier({ revocations })(await token()))).toBe('unavailable')
  })

  test('is asked only of tokens that are good in themselves', async () => {
    const asked: string[] = []
    const revocations = {
      notBefore: async (clientId: string) => {
        asked.push(clientId)
        return undefined
      },
    }

    await codeOf(verifier({ revocations })(await token({ aud: ['other'] })))
    await codeOf(verifier({ revocations })(await token()))

    expect(asked).toEqual([CLIENT_ID])
  })
})
