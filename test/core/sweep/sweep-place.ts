// A sweep over a fleet in memory, run as often as a test likes: what its tests share.

import { Fault } from '../../../lambda/core/base/fault.ts'
import type { ReadableRecords } from '../../../lambda/core/rotation/records.ts'
import type { StagePart } from '../../../lambda/core/sweep/stage-check.ts'
import { type SweepSummary, sweep } from '../../../lambda/core/sweep/sweep.ts'
import type { Sweeping } from '../../../lambda/core/sweep/sweeping.ts'
import { createCallLog } from '../../fakes/call-log.ts'
import { createFakeEvents } from '../../fakes/fake-events.ts'
import { createFakeFleet, createFakeSteps } from '../../fakes/fake-fleet.ts'
import { createFakeFreeze } from '../../fakes/fake-freeze.ts'
import { createFakeJournal } from '../../fakes/fake-journal.ts'
import { createFakeReportMemory } from '../../fakes/fake-report-memory.ts'
import { createFakeTiming, NOON_THIRTY } from '../../fakes/fake-timing.ts'
import {
  DAY_MS,
  HOUR_MS,
  MINUTE_MS,
  makeSecret,
  ROTATION_FUNCTION,
  type SecretTraits,
} from '../../fakes/managed-secret.ts'

export const PREFIX = 'm2m/test/'
export const SWEEP_EVERY_MS = 15 * MINUTE_MS

export const createPlace = () => {
  const timing = createFakeTiming()
  const fleet = createFakeFleet(timing)
  const steps = createFakeSteps(fleet, timing)
  const freeze = createFakeFreeze()
  const events = createFakeEvents(createCallLog())
  const journal = createFakeJournal()
  const memory = createFakeReportMemory(timing.now)
  /** When the freeze was last changed. */
  const parts: StagePart[] = []
  /** The ways that are tried once a day. */
  const trips: Pick<Sweeping, 'summaries' | 'checks'> = {}
  const frozen: { at: number | undefined } = { at: undefined }
  /** When the rotation function says that it switched, by the version's id. */
  const switches = new Map<string, number>()
  const table = { isDown: false }
  const records: ReadableRecords = {
    kind: 'kept',
    versions: {
      read: async () => {
        if (table.isDown) throw new Fault({ code: 'RECORDS_UNAVAILABLE', retryable: true, message: 'it is down' })
        return [...switches].map(([versionId, switchedAt]) => ({ versionId, switchedAt }))
      },
    },
  }
  const run = async (asOf = timing.now(), remainingMs = 300_000): Promise<SweepSummary> => {
    timing.restart(remainingMs)
    return sweep(
      {
        secrets: fleet,
        steps,
        freeze,
        records,
        events,
        timing,
        journal,
        memory,
        parts,
        ...trips,
        frozenAt: async () => frozen.at,
        secretNamePrefix: PREFIX,
        rules: {
          rotationFunctionArn: ROTATION_FUNCTION,
          stage: { periodMs: 30 * DAY_MS, overlapMs: DAY_MS },
          sweepEveryMs: SWEEP_EVERY_MS,
          longestHoldMs: 7 * DAY_MS,
        },
      },
      asOf,
    )
  }
  const add = (...all: readonly (SecretTraits & { readonly name: string })[]): void =>
    fleet.add(...all.map((traits) => makeSecret({ ...traits, name: PREFIX + traits.name })))
  /** What is about one secret each. */
  const reports = () => events.published.filter(({ detail }) => 'secretName' in detail)
  const reported = () =>
    reports().map(({ type, detail }) => `${type}: ${String(detail.secretName).slice(PREFIX.length)}`)
  /** What people get. */
  const mails = () => events.published.filter(({ detail }) => !('secretName' in detail))
  const rotated = () => fleet.calls.filter(({ op }) => op === 'rotate').map(({ about }) => about.slice(PREFIX.length))
  /** The clock goes on to the next sweep. */
  const next = (): Promise<SweepSummary> => {
    timing.advance(SWEEP_EVERY_MS)
    return run()
  }
  const watched = { events, journal, reports, reported, mails, rotated }
  return { timing, fleet, steps, freeze, frozen, parts, trips, memory, switches, table, run, next, add, ...watched }
}

export const over = { current: 'rotate', rotatedAgoMs: 2 * DAY_MS } as const
export const open = { current: 'rotate', rotatedAgoMs: HOUR_MS } as const
export const revoked = { current: 'revoke', rotatedAgoMs: MINUTE_MS } as const
export const stuckSince = (kind: 'rotate' | 'revoke' | 'settle' | 'rollback' | 'bare', agoMs = 20 * MINUTE_MS) => ({
  kind,
  agoMs,
})
export const held = (agoMs: number) => ({
  'm2m:held': new Date(NOON_THIRTY - agoMs).toISOString(),
  'm2m:client-id': 'c',
})
