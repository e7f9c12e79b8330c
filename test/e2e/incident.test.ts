// Incidents on the laptop, as somebody who finds a leaked secret meets them: one event on the bus, and the value is replaced and proven
// dead – whatever state the secret is in, and whoever else asks for something at the same time.
import { randomUUID } from 'node:crypto'
import { TagResourceCommand, UpdateSecretVersionStageCommand } from '@aws-sdk/client-secrets-manager'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { eventFaults } from '../docs/event-schemas.ts'
import { type Desk, openDesk, type Subject } from './desk.ts'
import { type LeakReport, reportLeak } from './leak-report.ts'
import { until } from './spawned.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

let desk: Desk

beforeAll(async () => {
  desk = await openDesk({ asyncRetryMs: 50 })
})
afterAll(() => desk.close())

const report = (leak: LeakReport): Promise<void> => reportLeak(desk.laptop, leak)

const newIncident = (): string => `INC-${randomUUID()}`

interface Told {
  readonly detailType: string
  readonly detail: Readonly<Record<string, unknown>>
}

const published = (type: string): readonly Told[] =>
  desk.laptop.aws.events().filter(({ detailType }) => detailType === type) as readonly Told[]

const endOf = (
  incidentId: string,
): Promise<{ readonly clients: readonly { readonly outcome: string; readonly why?: string }[] }> =>
  until(
    () => published('Incident Completed').find(({ detail }) => detail.incidentId === incidentId)?.detail as never,
    `the end of ${incidentId}`,
  )

const revoked = ({ secretArn }: Subject): readonly Told[] =>
  published('Secret Revoked').filter(({ detail }) => detail.secretArn === secretArn)

/** What a leaked value has to be in the end, and what consumers read. */
const expectDead = (subject: Subject, leaked: string): void => {
  expect(desk.accepts(subject, leaked)).toBe(false)
  expect(desk.accepts(subject, desk.valueUnder(subject, 'AWSCURRENT'))).toBe(true)
  expect(desk.laptop.stytch.slots(subject.clientId)?.nextLastFour).toBeNull()
  expect(revoked(subject).length).toBeGreaterThan(0)
}

const leakOf = async (prepare: (subject: Subject) => Promise<void> = async () => {}) => {
  const subject = await desk.register()
  await prepare(subject)
  return { subject, leaked: desk.valueUnder(subject, 'AWSCURRENT'), incidentId: newIncident() }
}

describe('an incident', () => {
  it('of one client, by its id from the intake, ends with the leaked value proven dead', async () => {
    const { subject, leaked, incidentId } = await leakOf()

    await report({ source: 'm2m.leak-intake', incidentId, selector: { clientIds: [subject.clientId] } })
    const end = await endOf(incidentId)

    expect(end.clients).toMatchObject([{ outcome: 'revoked', clientId: subject.clientId }])
    expectDead(subject, leaked)
    expect(JSON.stringify(desk.laptop.aws.events())).not.toContain(leaked)
  })

  it('of some, by name, revokes each of them and names the one that is not there', async () => {
    const leaks = await Promise.all([leakOf(), leakOf(), leakOf()])
    const names = leaks.map(({ subject }) => desk.laptop.aws.peek(subject.secretArn)?.name ?? '')
    const incidentId = newIncident()

    await report({ incidentId, selector: { secretNames: [...names, 'm2m/laptop/nobody'] } })
    const end = await endOf(incidentId)

    expect(end.clients.map(({ outcome }) => outcome)).toEqual(['revoked', 'revoked', 'revoked', 'failed'])
    const events = desk.laptop.aws.events().filter(({ detailType }) => detailType === 'Incident Completed')
    expect(events.flatMap(eventFaults)).toEqual([])
    for (const { subject, leaked } of leaks) expectDead(subject, leaked)
  })

  it.each([
    ['by a tag', {}],
    ['by a tag, with a grace', { graceSeconds: 60 }],
  ])('%s that no client has fails, so that the alarm for failed incidents sees it', async (_, more) => {
    const incidentId = newIncident()

    await report({ incidentId, selector: { tags: { team: 'nobody-is-in-it' } }, ...more })
    const end = await endOf(incidentId)

    expect(end.clients).toMatchObject([{ outcome: 'failed', why: expect.stringMatching(/^nobody: .*tags/) }])
    const events = desk.laptop.aws.events().filter(({ detailType }) => detailType === 'Incident Completed')
    expect(events.flatMap(eventFaults)).toEqual([])
  })

  it('reported twice joins what runs: one revoke', async () => {
    const { subject, leaked, incidentId } = await leakOf()
    const selector = { clientIds: [subject.clientId] }

    await Promise.all([report({ incidentId, selector }), report({ incidentId, selector })])
    await until(
      () =>
        published('Incident Completed').filter(({ detail }) => detail.incidentId === incidentId).length === 2 ||
        undefined,
      'both ends',
    )

    expectDead(subject, leaked)
    const revokes = desk.laptop.aws.peek(subject.secretArn)?.versions.filter(({ id }) => id.startsWith('revoke-'))
    expect(revokes).toHaveLength(1)
  })

  it('and another one on the same client at once both end', async () => {
    const { subject, leaked } = await leakOf()
    const selector = { clientIds: [subject.clientId] }
    const [one, other] = [newIncident(), newIncident()]

    await Promise.all([report({ incidentId: one, selector }), report({ incidentId: other, selector })])

    expect((await endOf(one)).clients).toMatchObject([{ outcome: 'revoked' }])
    expect((await endOf(other)).clients).toMatchObject([{ outcome: 'revoked' }])
    expectDead(subject, leaked)
  })
})

describe('an incident ends with the leaked value refused', () => {
  const goesThrough = async (prepare: (subject: Subject) => Promise<void>): Promise<void> => {
    const { subject, leaked, incidentId } = await leakOf(prepare)
    await report({ incidentId, selector: { clientIds: [subject.clientId] } })
    expect((await endOf(incidentId)).clients).toMatchObject([{ outcome: 'revoked' }])
    expect(desk.accepts(subject, leaked)).toBe(false)
    expect(desk.accepts(subject, desk.valueUnder(subject, 'AWSCURRENT'))).toBe(true)
    expect(desk.laptop.stytch.slots(subject.clientId)?.nextLastFour).toBeNull()
  }

  it('when its client is in an overlap', () =>
    goesThrough(async (subject) => {
      await desk.ask(subject, 'rotate')
    }))

  it('when its client is on hold', () =>
    goesThrough(async ({ secretArn }) => {
      await desk.operator.secretsManager.send(
        new TagResourceCommand({
          SecretId: secretArn,
          Tags: [{ Key: 'm2m:held', Value: new Date().toISOString() }],
        }),
      )
    }))

  it('after a colleague clicked "rotate" in the dashboard', () =>
    goesThrough(async ({ clientId }) => {
      desk.laptop.stytch.dashboard.rotateStart(clientId)
    }))

  it('when a colleague completed in the dashboard, and AWSCURRENT is dead: drift', () =>
    goesThrough(async ({ clientId }) => {
      desk.laptop.stytch.dashboard.rotateStart(clientId)
      desk.laptop.stytch.dashboard.rotateComplete(clientId)
    }))

  it('when a rotation of its client is under way', () =>
    goesThrough(async (subject) => {
      void desk.ask(subject, 'rotate').catch(() => {})
    }))

  it('once a rotation that is stuck is two minutes old', () =>
    goesThrough(async (subject) => {
      await desk.ask(subject, 'rotate')
      const stuck = desk.holderOf(subject, 'AWSPREVIOUS')
      await desk.client.send(
        new UpdateSecretVersionStageCommand({
          SecretId: subject.secretArn,
          VersionStage: 'AWSPENDING',
          MoveToVersionId: stuck,
        }),
      )
      desk.laptop.world.clock.advance(121_000)
    }))
})

it('of a client that was deleted at Stytch ends as dead already, and what to register is said', async () => {
  const { subject, incidentId } = await leakOf()
  const before = desk.valueUnder(subject, 'AWSCURRENT')
  desk.laptop.stytch.dashboard.remove(subject.clientId)

  await report({ incidentId, selector: { clientIds: [subject.clientId] } })
  const end = await endOf(incidentId)

  expect(end.clients).toMatchObject([
    { outcome: 'deadAlready', requestTokens: [], why: expect.stringMatching(/refused its values \d+ times; register/) },
  ])
  expect(desk.valueUnder(subject, 'AWSCURRENT')).toBe(before)
})

describe('an incident ends with a failure that names what to do', () => {
  it('while everything is frozen, and nothing is changed', async () => {
    const { subject, incidentId } = await leakOf()
    const before = desk.stateOf(subject)
    await desk.freeze('all')
    await report({ incidentId, selector: { clientIds: [subject.clientId] } })
    const end = await endOf(incidentId)
    await desk.freeze('off')

    expect(end.clients).toMatchObject([{ outcome: 'failed', why: 'rotations are frozen (all)' }])
    expect(desk.stateOf(subject)).toEqual(before)
  })
})

describe('a report that may not be carried out changes nothing, and is answered once, with why', () => {
  const refused = async (bad: LeakReport, why: RegExp): Promise<void> => {
    const { subject } = await leakOf()
    const before = desk.stateOf(subject)
    const letters = desk.laptop.aws.deadLetters().length
    const answers = () => published('Leak Report Refused').filter(({ detail }) => detail.incidentId === bad.incidentId)

    await report(bad)
    const [answer] = await until(() => (answers().length > 0 ? answers() : undefined), 'the answer')
    // What comes after it has been dealt with.
    const next = newIncident()
    await report({ incidentId: next, selector: { secretNames: ['m2m/laptop/nobody'] } })
    await endOf(next)

    expect(answer?.detail.summary).toMatch(/NOT CARRIED OUT/)
    expect(answer?.detail.summary).toMatch(why)
    expect(answers()).toHaveLength(1)
    const events = desk.laptop.aws.events().filter(({ detailType }) => detailType === 'Leak Report Refused')
    expect(events.flatMap(eventFaults)).toEqual([])
    expect(desk.laptop.aws.deadLetters()).toHaveLength(letters)
    expect(desk.stateOf(subject)).toEqual(before)
    expect(published('Incident Completed').some(({ detail }) => detail.incidentId === bad.incidentId)).toBe(false)
  }

  it.each<[string, Omit<LeakReport, 'incidentId'>, RegExp]>([
    ['with an empty selector', { selector: {} }, /an empty selector is never/],
    [
      'of more clients than the security team may name',
      { selector: { clientIds: Array.from({ length: 26 }, () => `m2m-client-test-${randomUUID()}`) } },
      /25/,
    ],
    [
      'of "all" with a count that is off',
      { source: 'm2m.break-glass', selector: { all: true, expectedCount: 4000 } },
      /4000/,
    ],
    ['of "all" by the security team', { selector: { all: true, expectedCount: 5 } }, /m2m\.security/],
    [
      'of a secret by its name by the intake',
      { source: 'm2m.leak-intake', selector: { secretNames: ['m2m/laptop/any'] } },
      /exactly one client/,
    ],
  ])('%s', (_, bad, why) => refused({ incidentId: newIncident(), ...bad }, why))
})
