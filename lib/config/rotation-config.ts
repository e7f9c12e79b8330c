// What an operator decides about rotations: period, overlap, sweep, holds, the window of Secrets Manager's own schedule, campaigns. Read with the
// rest of the configuration (deploy-config.ts).
import { defined } from '../../lambda/core/base/defined.ts'
import { CHECKS_PER_SECOND } from '../../lambda/env/sweep.ts'
import { type AdoptionProofConfig, readAdoptionProof } from './adoption-config.ts'
import { backstopOpenHours, type CampaignsConfig, readCampaigns } from './campaign-config.ts'
import { readHours } from './client-config.ts'
import { defaults } from './config-defaults.ts'
import type { Place } from './config-place.ts'
import { shapes } from './config-shapes.ts'
import type { Reservations } from './reservations.ts'
import {
  type BackstopRules,
  backstopRules,
  periodFault,
  type RotationWindow,
  windowFault,
} from './rotation-schedule.ts'

export interface RotationConfig {
  readonly periodHours: number
  /** When the sweep ends an overlap. */
  readonly overlapHours: number
  readonly backstop: BackstopRules
  readonly sweepEveryMinutes: number
  /** Of how many secrets the sweep asks whether Stytch accepts their AWSCURRENT. */
  readonly checksPerSecond: number
  readonly longestHoldHours: number
  /** Whether people also get the summary of a day on which nothing is open. */
  readonly mailsWhenWell: boolean
  readonly campaigns: CampaignsConfig
  /** How many calls Stytch grants the project; absent: it sets no limit. */
  readonly stytchCallsPerSecond?: number
  /** Absent: an overlap ends by its time alone. */
  readonly adoptionProof?: AdoptionProofConfig
}

const readWindow = (place: Place): RotationWindow | undefined => {
  const window = place.inner('maintenanceWindow', undefined)
  if (window === undefined) return undefined
  window.onlyKnows('cron', 'durationHours')
  return { cron: window.text('cron', shapes.cron), durationHours: window.integer('durationHours', 1, [1, 24]) }
}

/** `15m`: two sweeps must not meet, and overlaps of a few hours should end in time. */
const readSweepEvery = (place: Place): number => {
  const value = place.fields.sweepEvery ?? defaults.sweepEvery
  const minutes = typeof value === 'string' ? Number(/^([1-9]\d?)m$/.exec(value)?.[1] ?? Number.NaN) : Number.NaN
  if (minutes >= 5 && minutes <= 60) return minutes
  place.fault('sweepEvery', `is malformed: ${JSON.stringify(value)}; expected 5 to 60 minutes, such as "15m"`)
  return 15
}

const readMailWhenWell = (place: Place): boolean => {
  const value = place.fields.mailWhenWell ?? false
  if (typeof value === 'boolean') return value
  place.fault('mailWhenWell', `is malformed: ${JSON.stringify(value)}; expected true or false`)
  return false
}

export const readRotation = (root: Place): RotationConfig => {
  const place = root.innerOrEmpty('rotation')
  place.onlyKnows(
    'period',
    'overlap',
    'maintenanceWindow',
    'reservedConcurrency',
    'sweepEvery',
    'checksPerSecond',
    'longestHold',
    'mailWhenWell',
    'campaignSchedule',
    'noCampaignsBecause',
    'stytchCallsPerSecond',
    'adoptionProof',
  )
  const periodHours = readHours(place, 'period', defaults.period)
  const length = periodHours === undefined ? undefined : periodFault(periodHours)
  if (length !== undefined) place.fault('period', length)
  const known = periodHours ?? 24
  const longest = Math.min(defaults.longestOverlapHours, known / 2)
  const overlapHours = place.has('overlap') ? readHours(place, 'overlap', '') : longest
  if (periodHours !== undefined && overlapHours !== undefined && overlapHours >= periodHours) {
    place.fault('overlap', `is not shorter than the period of ${periodHours}h: expected at most half of it`)
  }
  const window = readWindow(place)
  const misfit =
    window === undefined || window.cron === '' || periodHours === undefined || length !== undefined
      ? undefined
      : windowFault(window, periodHours)
  if (misfit !== undefined) place.fault('maintenanceWindow', `does not fit: ${misfit}`)
  const adoptionProof = readAdoptionProof(place, {
    periodHours: known,
    overlapHours: overlapHours ?? longest,
  })
  const campaigns = readCampaigns(place, window)
  return {
    periodHours: known,
    overlapHours: overlapHours ?? longest,
    ...defined({ adoptionProof }),
    backstop: backstopRules(known, window, backstopOpenHours(campaigns)),
    sweepEveryMinutes: readSweepEvery(place),
    checksPerSecond: place.integer('checksPerSecond', CHECKS_PER_SECOND, [1, 1000]),
    longestHoldHours: readHours(place, 'longestHold', defaults.longestHold) ?? 1,
    mailsWhenWell: readMailWhenWell(place),
    campaigns,
    ...(place.has('stytchCallsPerSecond')
      ? { stytchCallsPerSecond: place.integer('stytchCallsPerSecond', 1, [1, 1000]) }
      : {}),
  }
}

/** What a rotation may cost the account is bounded by the reservation, or else by the rate at which rotations are asked for. */
export const bounded = (rotation: RotationConfig, reservations: Reservations): RotationConfig =>
  reservations.rotation !== undefined || rotation.stytchCallsPerSecond !== undefined
    ? rotation
    : { ...rotation, stytchCallsPerSecond: defaults.unreservedStytchCallsPerSecond }
