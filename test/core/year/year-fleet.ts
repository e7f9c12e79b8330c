// The clients of a simulated year, and what befalls them: Secrets Manager and the rotation function in memory, which fail as the year has it.

import { type M2mEvent, newEvent } from '../../../lambda/core/base/events.ts'
import { Fault } from '../../../lambda/core/base/fault.ts'
import type { VersionRecord } from '../../../lambda/core/rotation/records.ts'
import { createRotatingFleet, type FakeSecret, PREFIX, type RotationEnd } from '../../fakes/rotating-fleet.ts'
import { type Chance, DAY, type Happenings, HOUR, MINUTE, outageAt, START } from './chance.ts'
import { isNamedIn, type Ledger } from './ledger.ts'

export const PERIOD = 30 * DAY
export const OVERLAP = DAY
const REGION = 'eu-north-1'

const CALLS_THAT_FAIL = 0.02
const CLIENTS_THAT_CANNOT = 0.03
const ROTATIONS_REFUSED = 0.02
const ROTATIONS_THAT_STICK = 0.003
const CLIENTS_WITH_REPLICAS = 0.1
const REPLICATIONS_THAT_FAIL = 0.03
/** So long after it was reported, somebody has repaired a replica. */
const REPAIRED_AFTER = 18 * HOUR

interface Replication {
  readonly isFailed: boolean
  inSyncAt: number
}

interface Life {
  readonly name: string
  readonly cannotRotate: boolean
  readonly hasReplica: boolean
  /** When the value that AWSCURRENT holds was asked for. */
  issuedAt: number
  replication: Replication | undefined
  hasBroken: boolean
  /** What was refused since AWSCURRENT was made, and why. */
  readonly refusals: Set<string>
}

interface Parts {
  readonly clients: number
  readonly now: () => number
  readonly chance: Chance
  readonly happenings: Happenings
  readonly ledger: Ledger
  readonly publish: (events: readonly M2mEvent[]) => void
}

const unavailable = (): Fault =>
  new Fault({ code: 'SECRETS_MANAGER_UNAVAILABLE', retryable: true, message: 'no answer' })

export const createYearFleet = ({ clients, now, chance, happenings, ledger, publish }: Parts) => {
  const world = createRotatingFleet(now)
  const lives = new Map<string, Life>()
  const records = new Map<string, VersionRecord[]>()
  /** When overlaps end. */
  const overlapsEnd: number[] = []
  const stuck: { readonly secretName: string; readonly token: string; readonly at: number }[] = []
  let oldestMs = 0
  let rotations = 0

  /** @throws Fault as often as calls fail */
  const mayFail = (): void => {
    if (outageAt(happenings, now()) === 'secretsManager') throw unavailable()
    if (chance.isOnce(CALLS_THAT_FAIL)) throw chance.isOnce(0.5) ? unavailable() : world.throttled()
  }

  const note = (secret: FakeSecret, record: VersionRecord): void => {
    records.set(secret.arn, [record, ...(records.get(secret.arn) ?? [])].slice(0, 20))
  }

  const replicate = (life: Life, at: number): void => {
    if (!life.hasReplica) return
    const isFailed = chance.isOnce(REPLICATIONS_THAT_FAIL)
    const replication = { isFailed, inSyncAt: isFailed ? Number.POSITIVE_INFINITY : at + chance.between(1000, HOUR) }
    life.replication = replication
    if (!isFailed) return
    ledger.broke({
      secretName: life.name,
      // Until then both values are accepted, and nobody is refused.
      since: at + OVERLAP,
      lasts: () => life.replication === replication && now() < replication.inSyncAt,
      isReportedBy: (event) => {
        const isReported = event.type === 'Settle Refusing' && event.detail.secretName === life.name
        if (isReported) replication.inSyncAt = now() + REPAIRED_AFTER
        return isReported
      },
    })
  }

  const switched = (life: Life, at: number, askedAt: number): void => {
    oldestMs = Math.max(oldestMs, at - life.issuedAt)
    life.issuedAt = askedAt
    rotations += 1
    ledger.rotated(askedAt)
    overlapsEnd.push(at + OVERLAP)
    replicate(life, at)
  }

  const refused = (life: Life, secret: FakeSecret, token: string): void => {
    const reason = life.cannotRotate ? 'clientInactive' : 'testRefused'
    if (life.cannotRotate && !life.hasBroken) {
      life.hasBroken = true
      ledger.broke({
        secretName: life.name,
        since: now(),
        lasts: () => true,
        isReportedBy: (event) =>
          isNamedIn(event, life.name) || (event.type === 'Rotation Refused' && event.detail.secretName === life.name),
      })
    }
    note(secret, { versionId: token, refusedBecause: reason })
    // As the rotation function finds it in its records.
    const what = `${token.slice(0, token.indexOf('-'))} ${reason}`
    const more = life.refusals.has(what) ? { isRepeated: true } : {}
    life.refusals.add(what)
    const detail = { secretName: life.name, requestToken: token, reason, ...more }
    publish([newEvent('Rotation Refused', [secret.arn, token], detail)])
  }

  const stick = (secretName: string): RotationEnd => {
    const at = now()
    // Its token is there as soon as it was asked for.
    queueMicrotask(() => {
      const token = world.holder(secretName.slice(PREFIX.length), 'AWSPENDING')
      if (token === undefined) return
      stuck.push({ secretName, token, at })
      ledger.broke({
        secretName,
        since: at + 10 * MINUTE,
        lasts: () => world.holder(secretName.slice(PREFIX.length), 'AWSPENDING') === token,
        isReportedBy: (event) =>
          isNamedIn(event, secretName) || (event.type === 'Rotation Stuck' && event.detail.secretName === secretName),
      })
    })
    return 'sticks'
  }

  world.fails((call) => {
    if (call === 'step' && outageAt(happenings, now()) === 'stytch') return unavailable()
    mayFail()
    return undefined
  })
  world.takes(() => chance.between(11_500, 16_000))
  world.ends((secretName, intent) => {
    const life = lives.get(secretName)
    if (life === undefined) throw new Error(`no client ${secretName}`)
    if (life.cannotRotate && intent === 'rotate') return 'refuses'
    if (outageAt(happenings, now()) === 'stytch' || chance.isOnce(ROTATIONS_THAT_STICK)) return stick(secretName)
    return chance.isOnce(ROTATIONS_REFUSED) ? 'refuses' : 'succeeds'
  })
  world.onEnd((secret, { token, endsAt, end }) => {
    const life = lives.get(secret.name)
    if (life === undefined) return
    const asked = world.asked.findLast((one) => one.token === token)
    if (end === 'refuses') return refused(life, secret, token)
    note(secret, { versionId: token, switchedAt: endsAt })
    life.refusals.clear()
    ledger.forgets(`Rotation Refused ${life.name} `)
    if (asked?.intent === 'rotate') switched(life, endsAt, asked.at)
  })

  const cannot = Math.round(clients * CLIENTS_THAT_CANNOT)
  for (let at = 0; at < clients; at += 1) {
    // All on one day, which is the worst of cohorts.
    const createdAt = START - 8 * HOUR + Math.floor((at / clients) * 4 * HOUR)
    const short = `service-${String(at).padStart(5, '0')}`
    const secret = world.add(short, { createdAt, lastChangedAt: createdAt })
    const life: Life = {
      name: secret.name,
      cannotRotate: at % Math.floor(clients / cannot) === 1 && at / Math.floor(clients / cannot) < cannot,
      hasReplica: chance.isOnce(CLIENTS_WITH_REPLICAS),
      issuedAt: createdAt,
      replication: undefined,
      hasBroken: false,
      refusals: new Set(),
    }
    lives.set(secret.name, life)
    if (!life.hasReplica) continue
    Object.defineProperty(secret, 'replicas', {
      get: () => {
        const { isFailed = false, inSyncAt = 0 } = life.replication ?? {}
        if (now() >= inSyncAt) return [{ region: REGION, status: 'InSync' }]
        return [{ region: REGION, status: isFailed ? 'Failed' : 'InProgress' }]
      },
    })
  }

  return {
    world,
    mayFail,
    records: async (secretArn: string): Promise<readonly VersionRecord[]> => {
      mayFail()
      return records.get(secretArn) ?? []
    },
    healthy: () => [...lives.values()].filter(({ cannotRotate }) => !cannotRotate),
    rotations: () => rotations,
    oldestMs: () => oldestMs,
    /** Everything that is over by now has ended. */
    settleUp: (): void => {
      for (const name of lives.keys()) world.holder(name.slice(PREFIX.length), 'AWSCURRENT')
    },
    /** Whether a sweep that comes after this time may find more than the one that came then. */
    mayBeDueSince: (since: number): boolean => {
      for (let at = stuck.length - 1; at >= 0; at -= 1) {
        const one = stuck[at]
        if (one !== undefined && world.holder(one.secretName.slice(PREFIX.length), 'AWSPENDING') !== one.token)
          stuck.splice(at, 1)
      }
      while (overlapsEnd.length > 0 && (overlapsEnd[0] ?? 0) < since - HOUR) overlapsEnd.shift()
      const isEnding = overlapsEnd.some((at) => since - 15 * MINUTE < at && at <= now())
      const isLate = [...lives.values()].some(({ replication, issuedAt }) => {
        return replication !== undefined && now() < replication.inSyncAt && now() > issuedAt + OVERLAP - HOUR
      })
      return stuck.length > 0 || isEnding || isLate
    },
  }
}

export type YearFleet = ReturnType<typeof createYearFleet>
