// The question to the rotation function, in memory: what it answers, that it changes nothing whoever asks, and that no value is in its log.
import type { Context } from 'aws-lambda'
import { afterEach, expect, test, vi } from 'vitest'
import type { ProofAnswer } from '../../lambda/core/rotation/proof-answer.ts'
import type { Proofs } from '../../lambda/core/rotation/sign-proof.ts'
import { handleStep } from '../../lambda/handlers/handle-step.ts'
import { SECRET_ARN } from '../fakes/fake-secrets.ts'
import { CLIENT_ID, createRegisteredWorld, tokenOf, type World } from '../fakes/world.ts'

const context = { awsRequestId: 'request-1', getRemainingTimeInMillis: () => 30_000 } as Context
afterEach(() => vi.restoreAllMocks())

/** A signature of the right form, over whatever is asked. */
const DER = Buffer.from(`3044${'0220'}${'11'.repeat(32)}${'0220'}${'22'.repeat(32)}`, 'hex')

const ask = async (world: World, event: object) => {
  const said: string[] = []
  const stored: string[] = []
  const payloads: unknown[] = []
  const proofs: Proofs = {
    kind: 'signed',
    stage: 'test',
    signer: { keyArn: 'arn:aws:kms:eu-central-1:123456789012:key/1', sign: async () => DER },
    store: {
      put: async (key, jws) => {
        stored.push(key)
        payloads.push(JSON.parse(Buffer.from(jws.split('.')[1] ?? '', 'base64url').toString('utf8')))
        return 'stored'
      },
    },
  }
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => said.push(String(text)) > 0)
  world.timing.restart(60_000)
  const answer = await handleStep({ stage: 'test', event, context }, (_about, journal) => ({
    ...world.rotation,
    proofs,
    journal,
  })).catch((error: unknown) => error)
  vi.restoreAllMocks()
  return { answer: answer as ProofAnswer, said, stored, payloads, lines: said.map((line) => JSON.parse(line)) }
}
const question = { Ask: 'prove', SecretId: SECRET_ARN }

/** Everything that somebody could have changed. */
const stateOf = ({ secrets, client }: World) =>
  JSON.stringify([
    client(),
    [...secrets.versions.values()].map(({ versionId, text, labels }) => [versionId, text, [...labels]]),
  ])
const READS = /^(issuer\.(look|exchange)|secrets\.(describe|readValue|listVersions))$/

const revoked = async () => {
  const world = createRegisteredWorld()
  const revokeToken = await world.rotate(tokenOf('revoke'))
  const settleToken = await world.rotate(tokenOf('settle'))
  return { world, revokeToken, settleToken }
}

test('what was revoked is still refused, and a further proof is stored', async () => {
  const { world, revokeToken, settleToken } = await revoked()

  const { answer, stored, lines } = await ask(world, question)

  const clientId = CLIENT_ID
  expect(answer).toEqual({ outcome: 'refused', clientId, revokeToken, settleToken, refusals: 3, signed: 'stored' })
  expect(stored).toEqual([expect.stringContaining(`${revokeToken}.${settleToken}.jws`)])
  expect(lines).toMatchObject([{ ask: 'prove', secret: SECRET_ARN, outcome: 'answered', proof: 'refused' }])
  expect(lines[0]).not.toHaveProperty('_aws')
})

test('the proof says what each Region that holds a copy is known to have, and is silent where there is none', async () => {
  const { world } = await revoked()
  const before = await ask(world, question)
  world.secrets.replicas = [
    { region: 'eu-west-1', status: 'InSync' },
    { region: 'eu-north-1', status: 'Failed', message: 'no access' },
  ]

  const { payloads } = await ask(world, question)

  expect(before.payloads[0]).not.toHaveProperty('regions')
  expect(payloads).toMatchObject([
    {
      regions: [
        { region: 'eu-west-1', status: 'InSync' },
        { region: 'eu-north-1', status: 'Failed' },
      ],
    },
  ])
  expect(JSON.stringify(payloads)).not.toContain('no access')
})

test('asked in every state, it only reads, tells nobody, and logs no value', async () => {
  const { world } = await revoked()
  const begun = createRegisteredWorld()
  begun.secrets.rotateSecret(tokenOf('revoke'))
  for (const one of [world, createRegisteredWorld(), begun]) {
    const before = stateOf(one)
    one.log.clear()
    const published = one.events.published.length

    const { said } = await ask(one, question)

    expect(stateOf(one)).toBe(before)
    expect(one.log.names().filter((name) => !READS.test(name))).toEqual([])
    expect(one.events.published).toHaveLength(published)
    expect(said.join('')).not.toContain('canary-')
  }
})

test('a value that is accepted again is alive', async () => {
  const { world } = await revoked()
  const { issuer } = world
  const exchange = issuer.exchange.bind(issuer)
  world.rotation.issuer.exchange = async (clientId, secret) => {
    const reply = await exchange(clientId, secret)
    return reply.accepted ? reply : { accepted: true, requestId: 'request-alive' }
  }

  const { answer, stored } = await ask(world, question)

  expect(answer).toMatchObject({ outcome: 'alive', code: 'STILL_ACCEPTED' })
  expect(stored).toEqual([])
})

test('where no revoke was the last, nothing is owed', async () => {
  expect((await ask(createRegisteredWorld(), question)).answer).toEqual({ outcome: 'notOwed' })
})

test('a malformed question is refused as a malformed step is', async () => {
  const world = createRegisteredWorld()
  world.log.clear()

  const { answer, lines } = await ask(world, { Ask: 'canary', SecretId: SECRET_ARN })

  expect(answer).toMatchObject({ name: 'RotationRefused', refusal: { reason: 'malformedEvent' } })
  expect(lines).toMatchObject([{ outcome: 'refused', reason: 'malformedEvent' }])
  expect(JSON.stringify(lines)).not.toContain('canary')
  expect(world.log.calls).toEqual([])
})

test('a defect is logged by its name, and thrown', async () => {
  const { world } = await revoked()
  world.log.before.push(() => {
    throw new TypeError('canary-text')
  })

  const { answer, lines } = await ask(world, question)

  expect(answer).toBeInstanceOf(TypeError)
  expect(lines).toMatchObject([{ ask: 'prove', outcome: 'failed', code: 'DEFECT', message: 'TypeError' }])
})
