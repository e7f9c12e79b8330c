// Proofs of revokes on the laptop, by the deployed functions: signed, stored and confirmed; that neither KMS nor DynamoDB holds anything up
// when it is down; and that what is owed is made by a later sweep.
import { randomUUID } from 'node:crypto'
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { fetchPublicKey } from '../../lambda/adapters/aws/kms-signer.ts'
import { createSignedCall } from '../../lambda/adapters/aws/signed-call.ts'
import type { TrustedKey } from '../../lambda/core/base/jws.ts'
import { WITHOUT_LAG } from '../../lambda/core/rotation/bounds.ts'
import { proofKeyAlias, proofPrefix, verifyProof } from '../../lambda/core/rotation/proof.ts'
import type { SweepSummary } from '../../lambda/core/sweep/sweep.ts'
import { credentialsOf } from '../../lambda/local/iam/people.ts'
import { LAPTOP_STAGE } from '../../lambda/local/laptop/deployment.ts'
import { LAPTOP_EVIDENCE, LAPTOP_RECORDS } from '../fakes/laptop-names.ts'
import { type Desk, openDesk, type Subject } from './desk.ts'
import { reportLeak } from './leak-report.ts'
import { until } from './spawned.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

let desk: Desk
let secretsManager: SecretsManagerClient
let trusted: TrustedKey

beforeAll(async () => {
  // A deployment's time between a proof and what confirms it; the laptop itself waits for nothing.
  desk = await openDesk({ asyncRetryMs: 50 }, { ...WITHOUT_LAG, confirmedAfterMs: 60_000 })
  const { aws: endpoint, region } = desk.laptop.address
  const settings = { endpoint, region, credentials: credentialsOf('operator') }
  secretsManager = new SecretsManagerClient(settings)
  const call = createSignedCall(secretsManager, { service: 'kms', endpoint })
  trusted = await fetchPublicKey({ call, wait: async () => {} }, proofKeyAlias(LAPTOP_STAGE))
})
afterAll(async () => {
  secretsManager.destroy()
  await desk.close()
})
beforeEach(() => desk.laptop.aws.faults.clear())

const failing = (op: string): void => desk.laptop.aws.faults.add({ op, kind: 'error', status: 500, count: 10_000 })

/** @returns once the incident has ended, what became of its one client. */
const incidentOf = async (subject: Subject): Promise<unknown> => {
  const incidentId = `INC-${randomUUID()}`
  await reportLeak(desk.laptop, { incidentId, selector: { clientIds: [subject.clientId] } })
  const ended = await until(
    () =>
      desk.laptop.aws
        .events()
        .find(
          ({ detailType, detail: published }) =>
            detailType === 'Incident Completed' && (published as { incidentId?: string }).incidentId === incidentId,
        ),
    `the end of ${incidentId}`,
  )
  return (ended.detail as { readonly clients: readonly unknown[] }).clients[0]
}

const proofsOf = ({ secretArn }: Subject): readonly (readonly [key: string, jws: string])[] => {
  const prefix = proofPrefix(LAPTOP_STAGE, desk.laptop.aws.peek(secretArn)?.name ?? '')
  return Object.entries(desk.laptop.aws.objects(LAPTOP_EVIDENCE)).filter(([key]) => key.startsWith(prefix))
}

const sweepNow = async (): Promise<SweepSummary> => {
  const { address } = desk.laptop
  const ran = await desk.laptop.lambda('sweep').invoke({})
  if (!ran.ok) throw new Error(`the sweep failed at ${address.aws}: ${JSON.stringify(ran)}`)
  return ran.value as SweepSummary
}

const metricsIn = (log: readonly string[], name: string): number =>
  log.filter((line) => line.includes('"_aws"') && line.includes(`"${name}":`)).length

describe('an incident', () => {
  it('ends with a stored proof that the public key verifies, and the sweep has it confirmed a minute later', async () => {
    const subject = await desk.register()
    const leaked = desk.valueUnder(subject, 'AWSCURRENT')

    expect(await incidentOf(subject)).toMatchObject({ outcome: 'revoked' })

    const [[key, jws] = ['', ''], ...more] = proofsOf(subject)
    expect(more).toEqual([])
    const { clock } = desk.laptop.world
    const verified = verifyProof(jws, trusted, clock.now())
    expect(verified).toMatchObject({
      ok: true,
      value: { stage: LAPTOP_STAGE, secretArn: subject.secretArn, clientId: subject.clientId },
    })
    const refused = verified.ok ? verified.value.refused : []
    expect(refused.map(({ lastFour }) => lastFour)).toContain(leaked.slice(-4))
    expect(jws).not.toContain(leaked)

    expect(await sweepNow()).toMatchObject({ proofsStored: 0, proofsOwed: 0 })
    clock.advance(61_000)
    expect(await sweepNow()).toMatchObject({ proofsStored: 1, proofsOwed: 0, failed: 0 })
    expect(await sweepNow()).toMatchObject({ proofsStored: 0, proofsOwed: 0 })

    const both = proofsOf(subject)
    expect(both.map(([name]) => name).sort()).toEqual([key, key.replace('.jws', '.2.jws')].sort())
    for (const [, one] of both) expect(verifyProof(one, trusted, clock.now()).ok).toBe(true)
  })

  it('ends while KMS is down; a sweep counts the proof as owed, and one after KMS is back has it made', async () => {
    const subject = await desk.register()
    const leaked = desk.valueUnder(subject, 'AWSCURRENT')
    failing('Sign')

    expect(await incidentOf(subject)).toMatchObject({ outcome: 'revoked' })
    expect(desk.accepts(subject, leaked)).toBe(false)
    expect(proofsOf(subject)).toEqual([])
    expect(metricsIn(desk.log, 'ProofPending')).toBeGreaterThan(0)

    expect(await sweepNow()).toMatchObject({ proofsStored: 0, proofsOwed: 1 })
    desk.laptop.aws.faults.clear()
    expect(await sweepNow()).toMatchObject({ proofsStored: 1, proofsOwed: 0 })

    const [[, jws] = ['', '']] = proofsOf(subject)
    expect(verifyProof(jws, trusted, desk.laptop.world.clock.now())).toMatchObject({ ok: true })
  })
})

describe('a rotation', () => {
  it('records which version holds which last four', async () => {
    const subject = await desk.register()

    const { token } = await desk.ask(subject, 'rotate')

    const items = JSON.stringify(desk.laptop.aws.tableItems(LAPTOP_RECORDS))
    expect(items).toContain(token)
    expect(items).toContain(desk.valueUnder(subject, 'AWSCURRENT').slice(-4))
    expect(items).not.toContain(desk.valueUnder(subject, 'AWSCURRENT'))
  })

  it('goes through while DynamoDB is down, and counts that', async () => {
    const subject = await desk.register()
    const before = metricsIn(desk.log, 'RecordsUnavailable')
    for (const op of ['PutItem', 'UpdateItem', 'DeleteItem', 'Query']) failing(op)

    expect(await desk.ask(subject, 'rotate')).toMatchObject({ outcome: 'succeeded' })

    expect(metricsIn(desk.log, 'RecordsUnavailable')).toBeGreaterThan(before)
  })
})
