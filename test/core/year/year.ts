// A stage over a simulated year, by the use cases that are deployed: the campaign of each day with its pages, the sweep of each quarter of an
// hour, over adapters in memory. Only what cannot find anything is left out: a sweep that is not on the hour is made when something is stuck, when
// a replica is behind, when an overlap ends, or when a fact that lasts is due to be reported again.

import type { M2mEvent } from '../../../lambda/core/base/events.ts'
import { Fault } from '../../../lambda/core/base/fault.ts'
import { rotationsPerSecond } from '../../../lambda/core/campaign/campaign.ts'
import { readPageOrder } from '../../../lambda/core/campaign/campaign-page.ts'
import { readCampaignRequest } from '../../../lambda/core/campaign/campaign-request.ts'
import type { Campaigning } from '../../../lambda/core/campaign/campaigning.ts'
import { runCampaign } from '../../../lambda/core/campaign/run-campaign.ts'
import { runPage } from '../../../lambda/core/campaign/run-page.ts'
import { DEPLOYED } from '../../../lambda/core/rotation/bounds.ts'
import { sweepAll } from '../../../lambda/core/sweep/sweep.ts'
import { createFakeDurable } from '../../fakes/fake-durable.ts'
import { createFakeReportMemory } from '../../fakes/fake-report-memory.ts'
import { FUNCTION_ARN, PREFIX } from '../../fakes/rotating-fleet.ts'
import { createVirtualTiming } from '../../fakes/virtual-timing.ts'
import { CAMPAIGN_AT, createChance, DAY, drawHappenings, freezeAt, HOUR, MINUTE, START } from './chance.ts'
import { createHost, createOwnTiming } from './host.ts'
import { createLedger } from './ledger.ts'
import { createYearFleet, OVERLAP, PERIOD } from './year-fleet.ts'

const SWEEP_EVERY = 15 * MINUTE
const SWEEP_LASTS = 300_000
/** Facts that last are reported so often. */
const REPORTED_EVERY = DAY

export interface Year {
  readonly clients: number
  readonly days: number
  readonly seed: number
}

export interface Figures extends Year {
  readonly rotations: number
  readonly campaigns: number
  readonly outcomes: Readonly<Record<string, number>>
  readonly sweeps: number
  /** Those for which not even a page was listed. */
  readonly sweepsLost: number
  /** Processes that a deployment ended. */
  readonly kills: number
  readonly most: number
  readonly mean: number
  readonly oldestDays: number
  readonly reports: Readonly<Record<string, number>>
  readonly mails: Readonly<Record<string, number>>
  /** Whatever was not as it should be. */
  readonly complaints: readonly string[]
}

const total = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((sum, one) => sum + one, 0)

/** Of the environment's YEAR_SEED, for years other than the one that is always tried. */
export const seedOf = (text: string | undefined): number => Number(text ?? 20_270_104)

export const inWords = (figures: Figures): string => {
  const { clients, days, seed, rotations, most, mean, oldestDays, reports, mails, sweeps, kills } = figures
  return [
    `${clients} clients, ${days} days (seed ${seed}, in memory): ${rotations} rotations`,
    `${most} on the busiest day, ${(most / mean).toFixed(2)} × the mean of ${mean.toFixed(1)}`,
    `oldest value ${oldestDays.toFixed(1)} days`,
    `${total(reports)} reports, ${total(mails)} mails`,
    `${sweeps} sweeps, ${kills} processes ended by deployments`,
  ].join('; ')
}

export const simulateYear = async ({ clients, days, seed }: Year): Promise<Figures> => {
  const clock = createVirtualTiming(START)
  const chance = createChance(seed)
  const happenings = drawHappenings(chance, days)
  const ledger = createLedger(clock.now)
  const outcomes: Record<string, number> = {}
  const publish = (events: readonly M2mEvent[]): void => {
    for (const event of events) {
      ledger.published(event)
      if (event.type !== 'Campaign Completed') continue
      const outcome = String(event.detail.outcome)
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
    }
  }
  const fleet = createYearFleet({ clients, now: clock.now, chance, happenings, ledger, publish })
  const { world } = fleet

  const calls: Pick<Campaigning, 'freeze' | 'events' | 'records' | 'journal'> = {
    freeze: { read: async () => freezeAt(happenings, clock.now()) },
    events: {
      publish: async (events) => {
        if (chance.isOnce(0.02)) throw new Fault({ code: 'EVENT_NOT_SENT', retryable: true, message: 'no answer' })
        publish(events)
      },
    },
    records: { kind: 'kept', versions: { read: fleet.records } },
    journal: { note: () => {} },
  }
  const stage = { periodMs: PERIOD, overlapMs: OVERLAP }
  const campaigning: Campaigning = {
    ...calls,
    secrets: world.fleet,
    steps: world.steps,
    bounds: DEPLOYED,
    timing: clock,
    rules: {
      secretNamePrefix: PREFIX,
      rotationFunctionArn: FUNCTION_ARN,
      stage: { ...stage, campaignEveryMs: DAY },
      rotationsPerSecond: rotationsPerSecond(undefined),
    },
  }
  const host = createHost(clock, campaigning)

  const page = (order: unknown): Promise<unknown> => {
    const read = readPageOrder(JSON.parse(JSON.stringify(order)))
    if (!read.ok) throw new Error(read.refusal.join('; '))
    return host.execute((store, { campaigning: own, at, timing }) =>
      runPage(own, createFakeDurable({ timing, store, at }), read.value),
    )
  }
  const campaign = async (execution: string): Promise<void> => {
    const asked = { intent: 'rotate', selector: { due: true }, reason: 'the schedule', requestedBy: 'scheduler' }
    const read = readCampaignRequest(asked)
    if (!read.ok) throw new Error(read.refusal.join('; '))
    /** They outlive the process that asked for them, which joins them when it goes on. */
    const pages = new Map<string, Promise<unknown>>()
    const invoke = (name: string, order: unknown): Promise<unknown> => {
      const running = pages.get(name) ?? page(order)
      pages.set(name, running)
      return running
    }
    await host.execute((store, { campaigning: own, at, timing }) =>
      runCampaign(own, createFakeDurable({ timing, store, at, invoke }), {
        request: read.value,
        id: execution,
        executionId: execution,
      }),
    )
  }

  const until = async (at: number): Promise<void> => {
    if (at > clock.now()) await clock.wait(at - clock.now())
  }
  const running: Promise<void>[] = []
  const schedule = async (): Promise<void> => {
    for (let day = 0; day < days; day += 1) {
      await until(START + day * DAY + CAMPAIGN_AT + chance.between(0, MINUTE))
      running.push(campaign(`day-${day}`))
    }
  }
  const deployments = async (): Promise<void> => {
    for (const at of happenings.deployments.toSorted((one, other) => one - other)) {
      await until(at)
      host.deploy()
    }
  }
  const isReportedAgain = (at: number): boolean =>
    [...world.secrets.values()].some(({ createdAt }) => {
      const lastedMs = at - createdAt - PERIOD * 1.25
      return lastedMs >= 0 && lastedMs < DAY && lastedMs % REPORTED_EVERY < SWEEP_EVERY
    })

  const memory = createFakeReportMemory(clock.now)
  let sweeps = 0
  let sweepsLost = 0
  const sweep = async (asOf: number): Promise<void> => {
    sweeps += 1
    try {
      await sweepAll(
        [
          {
            ...calls,
            events: { publish: calls.events.publish as (events: readonly M2mEvent[]) => Promise<void> },
            secrets: world.fleet,
            steps: world.steps,
            timing: createOwnTiming(clock, SWEEP_LASTS),
            memory,
            secretNamePrefix: PREFIX,
            rules: { rotationFunctionArn: FUNCTION_ARN, stage, sweepEveryMs: SWEEP_EVERY, longestHoldMs: 7 * DAY },
          },
        ],
        asOf,
      )
    } catch (error) {
      if (!(error instanceof Fault)) throw error
      sweepsLost += 1
    }
  }
  const lookAtAges = (): void => {
    fleet.settleUp()
    for (const { name, issuedAt } of fleet.healthy()) {
      const ageMs = clock.now() - issuedAt
      if (ageMs > PERIOD) ledger.complain(`${name}: its value is ${(ageMs / DAY).toFixed(2)} days old`)
    }
  }
  const everyQuarter = async (): Promise<void> => {
    let lastAt = START
    for (let at = START + SWEEP_EVERY; at <= START + days * DAY; at += SWEEP_EVERY) {
      await until(at)
      if (at % HOUR === 0 || fleet.mayBeDueSince(lastAt) || isReportedAgain(at)) {
        await sweep(at)
        lastAt = at
      }
      ledger.look()
      if (at % DAY === 0) lookAtAges()
    }
  }
  await Promise.all([schedule(), deployments(), everyQuarter()])
  await Promise.all(running)

  const rotations = fleet.rotations()
  const most = ledger.byDay.reduce((highest, one) => Math.max(highest, one ?? 0), 0)
  const { complaints, reports, mails } = ledger
  return {
    ...{ clients, days, seed, rotations, outcomes, sweeps, sweepsLost, reports, mails, complaints, most },
    campaigns: running.length,
    kills: host.kills(),
    mean: rotations / days,
    oldestDays: fleet.oldestMs() / DAY,
  }
}
