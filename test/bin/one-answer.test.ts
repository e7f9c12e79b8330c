// One secret over a simulated year, looked at every day by everybody who says how it is: `m2m list`, `m2m status`, `m2m doctor`, the sweep's
// events and its metrics, the periodic campaign, and the laptop's page. They agree on every day.

import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { expect, test } from 'vitest'
import { list } from '../../bin/commands/list.ts'
import { status } from '../../bin/commands/status.ts'
import { examineFleet } from '../../bin/doctor/fleet-checks.ts'
import type { CommandContext } from '../../bin/terminal/command-context.ts'
import { createScreen } from '../../bin/terminal/screen.ts'
import { createClientsApi, createLambdaClient } from '../../lambda/adapters/aws/clients-api.ts'
import { createSecrets } from '../../lambda/adapters/aws/secrets.ts'
import { readCampaignRequest } from '../../lambda/core/campaign/campaign-request.ts'
import { selectSecrets } from '../../lambda/core/campaign/select-secrets.ts'
import type { StageView } from '../../lambda/core/clients/clients-api.ts'
import { DEPLOYED } from '../../lambda/core/rotation/bounds.ts'
import { noRecords } from '../../lambda/core/rotation/records.ts'
import { makeRequestToken, type Origin } from '../../lambda/core/secret/request-token.ts'
import { REPORT_EVERY_MS } from '../../lambda/core/sweep/reports.ts'
import { sweep } from '../../lambda/core/sweep/sweep.ts'
import type { PeekedSecret } from '../../lambda/local/aws/peek.ts'
import { sightClients } from '../../lambda/local/page/sight.ts'
import { BLANK } from '../fakes/blank-secret.ts'
import { createCallLog } from '../fakes/call-log.ts'
import { createFakeDurable, createStore } from '../fakes/fake-durable.ts'
import { createFakeEvents } from '../fakes/fake-events.ts'
import { createFakeFleet, createFakeSteps, type FakeFleet } from '../fakes/fake-fleet.ts'
import { createFakeFreeze } from '../fakes/fake-freeze.ts'
import { createFakeJournal } from '../fakes/fake-journal.ts'
import { createFakeTiming, type FakeTiming } from '../fakes/fake-timing.ts'
import { DAY_MS, HOUR_MS, type MadeSecret, ROTATION_FUNCTION } from '../fakes/managed-secret.ts'

const PREFIX = 'm2m/test/'
const ARN = `arn:aws:secretsmanager:eu-central-1:123456789012:secret:${PREFIX}billing-AbCdEf`
/** Not on the hour. */
const NEW_YEAR = Date.UTC(2027, 0, 1, 12, 50)
const dayAt = (day: number): number => NEW_YEAR + day * DAY_MS

const view: StageView = {
  projectId: 'project-test-1',
  secretNamePrefix: PREFIX,
  rotationFunctionArn: ROTATION_FUNCTION,
  tokenUrl: 'https://test.stytch.com/token',
  backstop: { everyDays: 60 },
  periodHours: 720,
  overlapHours: 24,
  longestHoldHours: 10 * 24,
  policyRevision: 'revision',
}
/** With a campaign every day. */
const spans = { periodMs: 720 * HOUR_MS, overlapMs: 24 * HOUR_MS, campaignEveryMs: DAY_MS }

/** What happened to the secret, in order: on which day, and what Secrets Manager shows from then on. */
interface Event {
  readonly day: number
  /** AWSCURRENT moves to a version of this origin. */
  readonly current?: Origin
  /** AWSPENDING stands on a version of this origin, until AWSCURRENT moves or it goes. */
  readonly pending?: Origin | 'gone'
  readonly tags?: Readonly<Record<string, string>>
  readonly isOff?: boolean
}

const heldSince = (day: number) => ({ 'm2m:held': new Date(dayAt(day)).toISOString() })

const year: readonly Event[] = [
  { day: 0, current: 'register' },
  // No campaign comes.
  { day: 40, current: 'rotate' },
  { day: 41, current: 'settle' },
  // Held, and forgotten; then released.
  { day: 80, tags: heldSince(80) },
  { day: 100, tags: {} },
  // A rotation that gets stuck, and is finished.
  { day: 105, pending: 'rotate' },
  { day: 107, current: 'rotate' },
  // Its overlap is never ended.
  { day: 170, current: 'rotate' },
  { day: 172, current: 'settle' },
  // A settle that gets stuck, and is cleared.
  { day: 175, pending: 'settle' },
  { day: 177, pending: 'gone' },
  { day: 215, isOff: true },
  { day: 225, isOff: false },
  { day: 230, current: 'revoke' },
  { day: 231, current: 'settle' },
  // By hand, with an unreadable date.
  { day: 250, tags: { 'm2m:held': 'until Monday' } },
  { day: 265, tags: {} },
  { day: 290, tags: { 'm2m:period': '90d' } },
  { day: 350, tags: { 'm2m:retired': new Date(dayAt(350)).toISOString() } },
]

const tokenOf = (origin: Origin, at: number): string =>
  makeRequestToken({ origin, askedAt: at, secretArn: ARN, about: `${origin} of the year`, attempt: 1 })

interface Life {
  readonly current: string
  readonly previous?: string
  readonly pending?: string
  readonly createdAts: Readonly<Record<string, number>>
  readonly tags: Readonly<Record<string, string>>
  readonly isOff: boolean
  readonly changedAt: number
  readonly rotatedAt?: number
}

const after = (life: Life, { day, current, pending, tags, isOff }: Event): Life => {
  const at = dayAt(day)
  const made = current ?? (pending === 'gone' ? undefined : pending)
  const token = made === undefined ? undefined : tokenOf(made, at)
  const { pending: stood, ...rest } = life
  const isFirst = life.current === ''
  return {
    ...rest,
    ...(stood === undefined || current !== undefined || pending !== undefined ? {} : { pending: stood }),
    ...(pending !== undefined && token !== undefined ? { pending: token } : {}),
    ...(current !== undefined && token !== undefined ? { current: token } : {}),
    ...(current !== undefined && !isFirst ? { previous: life.current, rotatedAt: at } : {}),
    createdAts: token === undefined ? life.createdAts : { ...life.createdAts, [token]: at },
    tags: tags ?? life.tags,
    isOff: isOff ?? life.isOff,
    changedAt: at,
  }
}

const unborn: Life = { current: '', createdAts: {}, tags: {}, isOff: false, changedAt: NEW_YEAR }

const secretOn = (day: number): MadeSecret => {
  const life = year.filter((event) => event.day <= day).reduce(after, unborn)
  const { current, previous, pending } = life
  const labels = {
    [current]: ['AWSCURRENT'],
    ...(previous === undefined ? {} : { [previous]: ['AWSPREVIOUS'] }),
    ...(pending === undefined ? {} : { [pending]: ['AWSPENDING'] }),
  }
  const secret = {
    ...BLANK,
    arn: ARN,
    name: `${PREFIX}billing`,
    tags: { 'm2m:client-id': 'm2m-client-test-1', ...life.tags },
    labels,
    rotationEnabled: !life.isOff,
    rotationFunctionArn: ROTATION_FUNCTION,
    isDeleted: false,
    createdAt: NEW_YEAR,
    lastChangedAt: life.changedAt,
    lastRotatedAt: life.rotatedAt,
    nextRotationAt: undefined,
  }
  const versions = Object.entries(life.createdAts)
    .map(([versionId, createdAt]) => ({ versionId, labels: labels[versionId] ?? [], createdAt }))
    .toReversed()
  return { secret, versions, currentId: current }
}

const peeked = ({ secret, versions }: MadeSecret): PeekedSecret => ({
  arn: secret.arn,
  name: secret.name,
  description: undefined,
  versions: versions.map(({ versionId, labels, createdAt }) => ({
    id: versionId,
    stages: labels,
    value: undefined,
    createdAt,
  })),
  tags: secret.tags,
  createdAt: secret.createdAt ?? 0,
  lastChangedAt: secret.lastChangedAt ?? 0,
  deletionAt: undefined,
  rotation: {
    isEnabled: secret.rotationEnabled,
    lambdaArn: secret.rotationFunctionArn,
    rules: undefined,
    lastRotatedAt: secret.lastRotatedAt,
    nextAt: undefined,
  },
})

/** The command line's seat, over the fleet in memory. */
const seatAt = (timing: FakeTiming, fleet: FakeFleet): CommandContext => {
  const secretsManager = new SecretsManagerClient({ region: 'eu-central-1' })
  const lambda = createLambdaClient()
  return {
    stage: 'test',
    screen: createScreen({ isJson: true, mayPaint: false }),
    by: async () => 'ada',
    caller: async () => 'role/ada',
    timing,
    newId: () => 'id',
    functionName: (part) => `m2m-test-${part}`,
    view: async () => view,
    deployedBucket: async () => undefined,
    connect: async () => ({
      secretsManager,
      lambda,
      secrets: { ...createSecrets(secretsManager), ...fleet },
      questionsOf: () => ({
        prove: async () => ({ outcome: 'notOwed' }),
        check: async ({ secrets }) => secrets.map(() => ({ found: 'fits' })),
      }),
      stepsOf: () => createFakeSteps(fleet, timing),
      freeze: {
        parameterName: '/m2m/test/freeze',
        read: async () => 'off',
        origin: async () => ({ by: undefined, since: undefined }),
        set: async () => {},
      },
      clientsApi: {
        ...createClientsApi(lambda, 'm2m-test-clients'),
        list: async () => ({ clients: [], nextPage: undefined }),
        examine: async (names) => names.map((secretName) => ({ secretName, faults: [] })),
      },
    }),
  }
}

type RowJson = { readonly clients: readonly { readonly state: string; readonly isOverdue: boolean }[] }

const request = readCampaignRequest({ intent: 'rotate', selector: { due: true }, reason: 'a test', requestedBy: 'ada' })

const campaignOn = async (timing: FakeTiming, fleet: FakeFleet) => {
  if (!request.ok) throw new Error(request.refusal.join('\n'))
  const selected = await selectSecrets(
    {
      secrets: fleet,
      steps: createFakeSteps(fleet, timing),
      freeze: createFakeFreeze(),
      bounds: DEPLOYED,
      records: noRecords,
      events: createFakeEvents(createCallLog()),
      timing,
      journal: createFakeJournal(),
      rules: { secretNamePrefix: PREFIX, rotationFunctionArn: ROTATION_FUNCTION, stage: spans, rotationsPerSecond: 24 },
    },
    createFakeDurable({ timing, store: createStore() }),
    request.value,
  )
  if (!selected.ok) throw new Error(selected.refusal)
  const [skip] = Object.keys(selected.value.skipped)
  return selected.value.chosen.length > 0 ? 'chosen' : (skip ?? 'not selected')
}

const sweepOn = async (timing: FakeTiming, fleet: FakeFleet) => {
  const events = createFakeEvents(createCallLog())
  timing.restart(300_000)
  const summary = await sweep(
    {
      secrets: fleet,
      steps: createFakeSteps(fleet, timing),
      freeze: createFakeFreeze(),
      records: noRecords,
      events,
      timing,
      journal: createFakeJournal(),
      secretNamePrefix: PREFIX,
      // As often as a fact that lasts is repeated, so that each sweep reports it.
      rules: {
        rotationFunctionArn: ROTATION_FUNCTION,
        stage: spans,
        sweepEveryMs: REPORT_EVERY_MS,
        longestHoldMs: (view.longestHoldHours ?? 0) * HOUR_MS,
      },
    },
    timing.now(),
  )
  return { summary, types: events.published.map(({ type }) => type).filter((type) => type !== 'Sweep Digest') }
}

const answersOn = async (day: number) => {
  const made = secretOn(day)
  const timing = createFakeTiming(dayAt(day))
  const fleet = createFakeFleet(timing)
  fleet.add(made)
  const seat = seatAt(timing, fleet)
  const listed = (await list(seat, {})).json as RowJson
  const shown = (await status(seat, {}, [ARN])).json as RowJson
  const { findings } = await examineFleet(seat)
  const found = (kind: string, what = /./) => findings.some((one) => one.kind === kind && what.test(one.what))
  const [sight] = sightClients([peeked(made)], {
    secretNamePrefix: PREFIX,
    rotationFunctionArn: ROTATION_FUNCTION,
    hours: view,
    // What they say is not what is compared here: the client is there.
    slotsOf: () => ({ current: 'none', next: null }),
    now: dayAt(day),
  })
  const campaign = await campaignOn(timing, fleet)
  const swept = await sweepOn(timing, fleet)
  const { stuckFinished, stuckEnded, stuckLeft } = swept.summary
  const isStuckIn = (row: { readonly state: string } | undefined): boolean => row?.state === 'stuck'
  return {
    overdue: {
      list: listed.clients[0]?.isOverdue,
      status: shown.clients[0]?.isOverdue,
      doctor: found('overdue'),
      page: sight?.isOverdue,
      metric: swept.summary.overdue > 0,
      event: swept.types.includes('Secret Overdue'),
    },
    heldTooLong: {
      doctor: found('held'),
      metric: swept.summary.heldTooLong > 0,
      event: swept.types.includes('Hold Too Long'),
    },
    stuck: {
      list: isStuckIn(listed.clients[0]),
      status: isStuckIn(shown.clients[0]),
      doctor: found('stuck', /AWSPENDING/),
      page: isStuckIn(sight),
      sweep: stuckFinished + stuckEnded + stuckLeft > 0,
    },
    state: { list: listed.clients[0]?.state, status: shown.clients[0]?.state, page: sight?.state },
    campaign,
  }
}

/** @returns the one answer of all who were asked. */
const theAnswer = <Answer>(
  day: number,
  about: string,
  answers: Readonly<Record<string, Answer>>,
): Answer | undefined => {
  const all = Object.values(answers)
  expect({ day, about, answers: new Set(all).size, ...answers }).toMatchObject({ day, about, answers: 1 })
  return all[0]
}

/** `3-5` for days 3, 4 and 5. */
const rangesOf = (days: readonly number[]): readonly string[] => {
  const ranges: [number, number][] = []
  for (const day of days) {
    const last = ranges.at(-1)
    if (last !== undefined && last[1] === day - 1) last[1] = day
    else ranges.push([day, day])
  }
  return ranges.map(([from, to]) => `${from}-${to}`)
}

test('over a year of one secret, everybody who says how it is says the same', async () => {
  const days: Record<'overdue' | 'heldTooLong' | 'stuck' | 'chosen', number[]> = {
    overdue: [],
    heldTooLong: [],
    stuck: [],
    chosen: [],
  }

  for (let day = 0; day < 365; day += 1) {
    const { overdue, heldTooLong, stuck, state, campaign } = await answersOn(day)
    theAnswer(day, 'state', state)
    if (theAnswer(day, 'overdue', overdue) === true) {
      days.overdue.push(day)
      // The periodic campaign would rotate whatever is overdue, but for a rotation that is in its way.
      expect([day, campaign]).toEqual([day, expect.stringMatching(/^(chosen|unfinished)$/)])
    }
    if (theAnswer(day, 'held too long', heldTooLong) === true) days.heldTooLong.push(day)
    if (theAnswer(day, 'stuck', stuck) === true) days.stuck.push(day)
    if (campaign === 'chosen') days.chosen.push(day)
  }

  // A value is due at its secret's own time, before the cycle that all share ends, on its 29th day at the latest, and overdue after 37.5
  // days, counted from when it was issued: day 40's, not its settle's.
  expect(rangesOf(days.chosen)).toEqual([
    '26-39',
    '57-79',
    '100-104',
    '133-169',
    '187-214',
    '225-229',
    '239-249',
    '265-289',
    '309-349',
  ])
  expect(rangesOf(days.overdue)).toEqual([
    '38-39',
    '78-79',
    '100-106',
    '145-169',
    '208-214',
    '225-229',
    '268-289',
    '343-349',
  ])
  expect(rangesOf(days.heldTooLong)).toEqual(['90-99', '260-264'])
  expect(rangesOf(days.stuck)).toEqual(['106-106', '176-176'])
}, 60_000)
