// The project's own secret on the laptop, as deployed: rotated under the traffic of everything else, ended by the sweep only when nobody
// uses the old value any more, and revoked by an incident. Every function follows by itself.
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge'
import { DescribeSecretCommand, GetSecretValueCommand } from '@aws-sdk/client-secrets-manager'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { fetchPublicKey } from '../../lambda/adapters/aws/kms-signer.ts'
import { createSignedCall } from '../../lambda/adapters/aws/signed-call.ts'
import { signedProofOf } from '../../lambda/core/incident/signed-proof.ts'
import { proofKeyAlias, proofPrefix, verifyProof } from '../../lambda/core/rotation/proof.ts'
import { credentialsOf } from '../../lambda/local/iam/people.ts'
import { awsEnvironment, type Laptop } from '../../lambda/local/laptop/laptop.ts'
import { guardingOf } from '../../lambda/local/story/guarding.ts'
import { createOperator, type Operator } from '../../lambda/local/story/operator.ts'
import { childEnv } from '../child-env.ts'
import { startTestLaptop } from '../fakes/laptop.ts'
import { LAPTOP_EVIDENCE, LAPTOP_PROJECT_SECRET } from '../fakes/laptop-names.ts'
import { repository, until } from './spawned.ts'

vi.setConfig({ testTimeout: 90_000, hookTimeout: 120_000 })

const HOUR_MS = 3_600_000
let laptop: Laptop
let operator: Operator
let clientSecret: string
let events: EventBridgeClient
const lines: string[] = []

beforeAll(async () => {
  laptop = await startTestLaptop({ hasProjectSecret: true, onLog: (line) => lines.push(line) })
  operator = createOperator(laptop.address, guardingOf(laptop))
  events = new EventBridgeClient({
    endpoint: laptop.address.aws,
    region: laptop.address.region,
    credentials: credentialsOf('security'),
  })
  const registered = await operator.register('orders', ['read:orders'])
  clientSecret = registered.secretArn
})
afterAll(async () => {
  operator.secretsManager.destroy()
  events.destroy()
  await laptop.close()
})

const stored = async (): Promise<string> => {
  const { SecretString: text = '{}' } = await operator.secretsManager.send(
    new GetSecretValueCommand({ SecretId: LAPTOP_PROJECT_SECRET }),
  )
  return (JSON.parse(text) as { secret: string }).secret
}
const currentToken = async (): Promise<string | undefined> => {
  const { VersionIdsToStages: labels = {} } = await operator.secretsManager.send(
    new DescribeSecretCommand({ SecretId: LAPTOP_PROJECT_SECRET }),
  )
  return Object.keys(labels).find((id) => labels[id]?.includes('AWSCURRENT'))
}
const accepts = (secret: string): boolean => laptop.stytch.projectSecrets.accepts(secret)
/** A back end that has not read the new value yet. */
const useIt = async (secret: string): Promise<number> => {
  const authorization = `Basic ${Buffer.from(`${laptop.address.project_id}:${secret}`).toString('base64')}`
  return (await fetch(`${laptop.address.stytch}/v1/debug/whoami`, { headers: { authorization } })).status
}
const calls = (op: string): number => laptop.stytch.server.calls().filter((call) => call.op === op).length

test('is rotated by the same steps, and ends only when the old value has not been used for a day and an hour', async () => {
  const old = await stored()

  await operator.rotate(LAPTOP_PROJECT_SECRET, 'rotate')

  const fresh = await stored()
  expect([accepts(old), accepts(fresh), fresh === old]).toEqual([true, true, false])
  // Over the overlap; somebody used the old value an hour ago.
  laptop.world.clock.advance(24 * HOUR_MS)
  expect(await useIt(old)).toBe(200)
  laptop.world.clock.advance(HOUR_MS)
  await until(
    () =>
      laptop.aws
        .events()
        .some(
          ({ detailType, detail }) => detailType === 'Rotation Refused' && JSON.stringify(detail).includes('stillUsed'),
        ),
    'the refused settle',
  )
  expect([accepts(old), await stored()]).toEqual([true, fresh])
  expect(calls('DeleteProjectSecret')).toBe(0)

  laptop.world.clock.advance(26 * HOUR_MS)
  await until(() => !accepts(old), 'the settle')
  await until(async () => (await currentToken())?.startsWith('settle-') === true, 'the label of the settle')
  expect([accepts(fresh), await stored()]).toEqual([true, fresh])
})

test('is overdue by its own period, not by the clients’', async () => {
  lines.length = 0
  const overdue = (): readonly number[] =>
    lines.flatMap((line) => {
      const [, count] = /"swept".*"overdue":(\d+)/.exec(line) ?? []
      return count === undefined ? [] : [Number(count)]
    })

  // Before Secrets Manager's own schedule would rotate the client.
  laptop.world.clock.advance(45 * 24 * HOUR_MS)
  await until(() => overdue().some((count) => count > 0), 'a sweep that finds something overdue')

  // The client alone: the project secret has ninety days.
  expect(Math.max(...overdue())).toBe(1)
})

test('an incident revokes it within seconds, and every function follows without a failed call', async () => {
  const leaked = await stored()
  const refusedBefore = laptop.aws.events().filter(({ detailType }) => detailType === 'Rotation Refused').length

  await events.send(
    new PutEventsCommand({
      Entries: [
        {
          EventBusName: laptop.address.bus,
          Source: 'm2m.security',
          DetailType: 'Secret Leak Reported',
          Detail: JSON.stringify({
            incidentId: 'project-leak-1',
            selector: { secretNames: [LAPTOP_PROJECT_SECRET] },
            reason: 'found in a build log',
            requestedBy: 'alice',
          }),
        },
      ],
    }),
  )

  await until(() => !accepts(leaked), 'the end of the leaked value')
  await until(
    () => laptop.aws.events().some(({ detailType }) => detailType === 'Incident Completed'),
    'the end of the incident',
  )
  const { detail } = laptop.aws.events().find(({ detailType }) => detailType === 'Incident Completed') ?? {}
  expect(detail).toMatchObject({ clients: [{ secretName: LAPTOP_PROJECT_SECRET, outcome: 'revoked' }] })
  const evidence = laptop.aws.events().find(({ detailType }) => detailType === 'Secret Revoked')
  expect(evidence?.detail).toMatchObject({
    secretName: LAPTOP_PROJECT_SECRET,
    evidence: { refused: expect.arrayContaining([expect.objectContaining({ status: 401 })]) },
  })
  expect(JSON.stringify(laptop.aws.events())).not.toContain(leaked)
  // The rotation function still holds the dead one, and finds out by itself.
  await operator.rotate(clientSecret, 'rotate')
  const refused = laptop.aws.events().filter(({ detailType }) => detailType === 'Rotation Refused')
  expect(refused.length).toBe(refusedBefore)
})

test('its revoke is proven as a client’s is: signed by its own rotation function, and confirmed', async () => {
  const prefix = proofPrefix('laptop', LAPTOP_PROJECT_SECRET)
  // Settles of planned rotations are signed as well.
  const proofs = () =>
    Object.entries(laptop.aws.objects(LAPTOP_EVIDENCE)).filter(([key]) => key.startsWith(`${prefix}revoke-`))
  await until(() => proofs().length > 0, 'the signed proof')
  const call = createSignedCall(operator.secretsManager, { service: 'kms', endpoint: laptop.address.aws })
  const trusted = await fetchPublicKey({ call, wait: async () => {} }, proofKeyAlias('laptop'))
  const { ARN: secretArn = '' } = await operator.secretsManager.send(
    new DescribeSecretCommand({ SecretId: LAPTOP_PROJECT_SECRET }),
  )
  const reader = {
    list: async (under: string) =>
      Object.keys(laptop.aws.objects(LAPTOP_EVIDENCE)).filter((key) => key.startsWith(under)),
    read: async (key: string) => laptop.aws.objects(LAPTOP_EVIDENCE)[key],
  }
  const now = laptop.world.clock.now()
  const signed = () =>
    signedProofOf(reader, {
      stage: 'laptop',
      incidentId: 'project-leak-1',
      secretArn,
      trusted: [trusted],
      now: now + HOUR_MS,
    })

  expect(await signed()).toMatchObject({ signed: true, firstRefusedAt: expect.any(String) })
  await laptop.lambda('sweep').invoke({})
  expect(await signed()).toMatchObject({ signed: true, confirmed: true })
  const [, jws = ''] = proofs()[0] ?? []
  expect(verifyProof(jws, trusted, now)).toMatchObject({
    ok: true,
    value: { secretArn, accepted: expect.any(Object), refused: expect.arrayContaining([expect.any(Object)]) },
  })
})

test('the command line revokes it, and shows the report', async () => {
  const leaked = await stored()
  const report = join(mkdtempSync(join(tmpdir(), 'm2m-report-')), 'incident.md')
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [
      ...[join(repository, 'bin/m2m.ts'), 'incident', 'm2m-laptop', '--prefix', 'stytch/', '--reason', 'a test'],
      ...['--wait', '--report', report],
    ],
    {
      env: childEnv({
        ...awsEnvironment(laptop.address.aws, 'operator'),
        M2M_STAGE: 'laptop',
        M2M_EVIDENCE_BUCKET: LAPTOP_EVIDENCE,
      }),
    },
  )

  // The command's clock is sixty days behind the laptop's, so that it believes no proof of it yet.
  expect(stdout).toContain('what leaked is refused by Stytch')
  expect(readFileSync(report, 'utf8')).toContain('unauthorized_credentials')
  expect(`${stdout}${readFileSync(report, 'utf8')}`).not.toContain(leaked)
  rmSync(dirname(report), { recursive: true })
  expect(accepts(leaked)).toBe(false)
})
