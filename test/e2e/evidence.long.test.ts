// Evidence on the laptop, from the leak's report to the auditor's: the real functions in processes of their own, the archive behind the
// bus, and a report that is made of what lies there and of nothing else.
import { randomUUID } from 'node:crypto'
import { S3Client } from '@aws-sdk/client-s3'
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createArchiveReader } from '../../lambda/adapters/aws/archive-reader.ts'
import { fetchPublicKey } from '../../lambda/adapters/aws/kms-signer.ts'
import { createSignedCall } from '../../lambda/adapters/aws/signed-call.ts'
import { gatherIncident } from '../../lambda/core/incident/gather-incident.ts'
import { incidentMarkdown } from '../../lambda/core/incident/incident-markdown.ts'
import { buildIncidentReport } from '../../lambda/core/incident/incident-report.ts'
import { proofKeyAlias } from '../../lambda/core/rotation/proof.ts'
import { credentialsOf } from '../../lambda/local/iam/people.ts'
import { LAPTOP_STAGE } from '../../lambda/local/laptop/deployment.ts'
import { LAPTOP_EVIDENCE } from '../fakes/laptop-names.ts'
import { type Desk, openDesk } from './desk.ts'
import { reportLeak } from './leak-report.ts'
import { until } from './spawned.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

let desk: Desk
let s3: S3Client
let secretsManager: SecretsManagerClient

beforeAll(async () => {
  desk = await openDesk({ asyncRetryMs: 50 })
  const { aws: endpoint, region } = desk.laptop.address
  const settings = { endpoint, region, credentials: credentialsOf('operator') }
  s3 = new S3Client(settings)
  secretsManager = new SecretsManagerClient(settings)
})
afterAll(async () => {
  s3.destroy()
  secretsManager.destroy()
  await desk.close()
})

const keys = (): readonly string[] => Object.keys(desk.laptop.aws.objects(LAPTOP_EVIDENCE))
const keyBelow = (prefix: string, type: string): Promise<string> =>
  until(() => keys().find((key) => key.startsWith(prefix) && key.includes(`/${type}-`)), `${type} below ${prefix}`)
const published = (type: string) => desk.laptop.aws.events().filter(({ detailType }) => detailType === type)

describe('a leak that is reported', () => {
  it('leaves a report that a signed proof carries, and that holds no secret', async () => {
    const subject = await desk.register()
    const leaked = desk.valueUnder(subject, 'AWSCURRENT')
    const incidentId = `INC-${randomUUID()}`
    await reportLeak(desk.laptop, { incidentId, selector: { clientIds: [subject.clientId] } })
    await keyBelow(`incidents/${incidentId}/`, 'incident-completed')
    const secretName = desk.laptop.aws.peek(subject.secretArn)?.name ?? ''
    await keyBelow(`secrets/${secretName}/`, 'secret-revoked')

    const { address, world } = desk.laptop
    const call = createSignedCall(secretsManager, { service: 'kms', endpoint: address.aws })
    const trusted = [await fetchPublicKey({ call, wait: async () => {} }, proofKeyAlias(LAPTOP_STAGE))]
    const verification = { stage: LAPTOP_STAGE, trusted, now: world.clock.now() }
    const facts = await gatherIncident(createArchiveReader(s3, LAPTOP_EVIDENCE), { incidentId, verification })
    const report = buildIncidentReport(facts)

    expect(report).toMatchObject({
      outcome: 'proven',
      reported: [{ source: 'm2m.security', requestedBy: 'on-call' }],
      clients: [{ secretName, clientId: subject.clientId, outcome: 'proven', advice: null }],
    })
    const refused = report.clients[0]?.proof?.refused.map(({ lastFour }) => lastFour)
    expect(refused).toContain(leaked.slice(-4))
    const everything = `${JSON.stringify(report)}${incidentMarkdown(report)}${JSON.stringify(desk.laptop.aws.objects(LAPTOP_EVIDENCE))}`
    for (const value of [leaked, desk.valueUnder(subject, 'AWSCURRENT'), desk.laptop.address.project_secret]) {
      expect(everything).not.toContain(value)
    }
  })
})

describe('an archive that is down', () => {
  it('is retried, and no evidence is lost', async () => {
    const subject = await desk.register()
    desk.laptop.aws.faults.add({ op: 'PutObject', kind: 'error', status: 503, count: 2 })

    const { token } = await desk.ask(subject, 'rotate')

    const event = await until(
      () =>
        published('Rotation Completed').find(
          ({ detail }) => (detail as { requestToken?: string }).requestToken === token,
        ),
      'the outcome',
    )
    const { secretName } = event.detail as { readonly secretName: string }
    const key = await keyBelow(`secrets/${secretName}/`, 'rotation-completed')
    expect(JSON.parse(desk.laptop.aws.objects(LAPTOP_EVIDENCE)[key] ?? '')).toMatchObject({
      id: event.id,
      'detail-type': 'Rotation Completed',
      source: 'm2m.rotation',
      detail: event.detail,
    })
    expect(desk.laptop.aws.deadLetters()).toEqual([])
  })
})

describe('what is not evidence', () => {
  it('is not archived', () => {
    expect(published('M2M Secret Changed').length).toBeGreaterThan(0)
    expect(keys().filter((key) => key.includes('m2m-secret-changed') || key.startsWith('unsorted/'))).toEqual([])
  })
})
