// Incidents and planned switches while the services lag: a share of Secrets Manager's reads is old, one of Stytch's nodes is late. The steps,
// the clients and the carrying out are production's, over HTTP; the time is virtual, calls take some of it, and what is drawn follows from a
// seed. Called by the tests (some) and by `npm run bench:stale` (many).

import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { createSecrets } from '../../lambda/adapters/aws/secrets.ts'
import { createSend } from '../../lambda/adapters/stytch/http.ts'
import { createRateLimiter } from '../../lambda/core/base/rate-limiter.ts'
import { carryOut } from '../../lambda/core/drive/carry-out.ts'
import type { RotationSteps } from '../../lambda/core/drive/rotation-steps.ts'
import { DEPLOYED } from '../../lambda/core/rotation/bounds.ts'
import type { Secrets } from '../../lambda/core/secret/secrets.ts'
import { PROJECT_ID } from './kinds.ts'
import {
  acceptedValues,
  createPassage,
  gatedHandler,
  hiddenValues,
  idUnder,
  isCurrentAccepted,
  register,
  rotateSecret,
  type Seat,
  type Subject,
  stepsThrough,
  undisturbed,
  valueUnder,
} from './seat.ts'
import { createStaleSeat } from './stale-runs.ts'
import { ROTATION_ARN } from './template-rights.ts'
import type { VirtualTime } from './virtual-time.ts'

export interface Lag {
  readonly name: string
  /** Of Secrets Manager's reads, 0 to 1. */
  readonly staleReadShare?: number
  readonly staleReadMs?: number
  readonly staleReadPer?: 'call' | 'secret'
  /** Of each of Stytch's nodes. */
  readonly nodeLagMs?: readonly number[]
  /** The client leaks while its overlap is open: both of its values have to go. @default - it is settled */
  readonly isInOverlap?: boolean
}

const shares = [0.05, 0.2, 0.5].flatMap((staleReadShare) =>
  [3000, 5000].flatMap((staleReadMs) =>
    (['call', 'secret'] as const).map(
      (staleReadPer): Lag => ({
        name: `${staleReadShare * 100} % of reads up to ${staleReadMs / 1000} s old, per ${staleReadPer}`,
        staleReadShare,
        staleReadMs,
        staleReadPer,
      }),
    ),
  ),
)

/** What incidents are played under. */
export const incidentLags: readonly Lag[] = [
  { name: 'no lag' },
  { name: 'no lag, the overlap open', isInOverlap: true },
  ...shares,
  {
    name: '20 % of reads up to 3 s old, per call, the overlap open',
    staleReadShare: 0.2,
    staleReadMs: 3000,
    isInOverlap: true,
  },
  { name: 'one of three nodes 60 s late', nodeLagMs: [0, 0, 60_000] },
]

export interface LagReport {
  readonly runs: number
  /** From the first call to the outcome, virtual milliseconds, one a run. */
  readonly times: readonly number[]
  /** Calls after which Stytch refused an AWSCURRENT that it had accepted. */
  readonly killed: number
  /** Ended as settled, with an old value in a slot. */
  readonly falselyRefused: number
  /** Accepted by Stytch, stored, and under no label. */
  readonly lost: number
  /** The next rotation and its settle do not end. */
  readonly jammed: number
  /** Did not end as settled. */
  readonly unfinished: number
  readonly violations: readonly string[]
}

export interface LagInput {
  readonly lag: Lag
  readonly runs: number
  readonly seed: number
}

/** The incident function's, and the rotation function's. */
const PATIENCE_MS = 870_000
const STEP_MS = 60_000
const LATENCY_MS = { aws: 15, stytch: 40 }
/** Long after whatever came before. */
const REST_MS = 15 * 60_000
/** A seat's stand-ins keep what they were asked. */
const RUNS_PER_SEAT = 25

const timeOf = ({ time }: Seat): VirtualTime => {
  if (time === undefined) throw new Error('Lags are played in virtual time.')
  return time
}

const setLag = (seat: Seat, lag: Omit<Lag, 'name' | 'isInOverlap'>): void => {
  const { staleReadShare = 0, staleReadMs = 0, staleReadPer = 'call', nodeLagMs = [0] } = lag
  seat.aws.configure({ staleReadShare, staleReadMs, staleReadPer, redriveCount: 2, redriveSpacingMs: 1000 })
  seat.stytch.configure({ nodeLagMs: [...nodeLagMs] })
}

/** Runs the steps as Lambda does. @returns how often one of their calls made Stytch refuse AWSCURRENT. */
const watchSteps = (seat: Seat, subject: Subject) => {
  let killed = 0
  let wasAccepted = isCurrentAccepted(seat, subject)
  seat.onInvoke = (event) =>
    seat.execute({
      event,
      timeMs: STEP_MS,
      onHang: () => {},
      gate: (phase) => {
        if (phase === 'before') return 'go'
        const isAccepted = isCurrentAccepted(seat, subject)
        if (wasAccepted && !isAccepted) killed += 1
        wasAccepted = isAccepted
        return 'go'
      },
    })
  return { killed: () => killed }
}

/** The next rotation and its settle, without any lag. */
const isJammed = async (seat: Seat, subject: Subject): Promise<boolean> => {
  setLag(seat, {})
  seat.world.clock.advance(REST_MS)
  seat.onInvoke = undisturbed(seat)
  for (const intent of ['rotate', 'settle'] as const) {
    const token = await rotateSecret(seat, subject, intent).catch(() => undefined)
    if (token === undefined || idUnder(seat, subject.secretArn, 'AWSCURRENT') !== token) return true
  }
  return !isCurrentAccepted(seat, subject)
}

/**
 * A revoke and its settle, as the incident function carries them out.
 * @param seen breaks a rule on purpose, to test the tests. @returns how it ended, and after how long
 */
export const respond = async (
  seat: Seat,
  { secretArn }: Subject,
  about: string,
  seen = (secrets: Secrets): Secrets => secrets,
) => {
  let actor = timeOf(seat).begin()
  const { clock } = seat.world
  const startedAt = clock.now()
  const passage = createPassage({ gate: () => 'go', onHang: () => {} })
  const requestHandler = gatedHandler(seat.http, passage, () => actor.wait(LATENCY_MS.aws))
  const client = new SecretsManagerClient({ ...seat.awsConfig('m2m-laptop-incident-us-east-1'), requestHandler })
  const timing = {
    now: clock.now,
    remainingMs: () => startedAt + PATIENCE_MS - clock.now(),
    wait: (ms: number) => actor.wait(ms),
  }
  const limiter = createRateLimiter({ timing })
  const through = stepsThrough(seat)
  const steps: RotationSteps = {
    // While it waits for the function, time is the function's.
    ask: async (asked) => {
      actor.end()
      try {
        return await through.ask(asked)
      } finally {
        actor = timeOf(seat).begin()
      }
    },
  }
  try {
    const { outcome } = await carryOut(
      {
        secrets: seen(createSecrets(client)),
        steps,
        timing,
        limiter,
        rotationFunctionArn: ROTATION_ARN,
        bounds: DEPLOYED,
      },
      { secretId: secretArn, intent: 'revoke', about, since: 0, until: 'settled', patienceMs: PATIENCE_MS },
    )
    return { outcome, ms: clock.now() - startedAt }
  } finally {
    actor.end()
  }
}

interface OneRun {
  readonly ms: number
  readonly killed: number
  readonly falselyRefused: number
  readonly lost: number
  readonly jammed: number
  readonly unfinished: number
}

const incident = async (seat: Seat, lag: Lag, number: number): Promise<OneRun> => {
  setLag(seat, {})
  seat.onInvoke = undisturbed(seat)
  const subject = await register(seat)
  if (lag.isInOverlap === true) await rotateSecret(seat, subject, 'rotate')
  const leaked = acceptedValues(seat, subject)
  seat.world.clock.advance(REST_MS)
  seat.latencyMs = LATENCY_MS
  setLag(seat, lag)
  const watch = watchSteps(seat, subject)
  const { outcome, ms } = await respond(seat, subject, `inc-${number}`)
  await seat.aws.idle()
  const held = acceptedValues(seat, subject)
  const isSettled = outcome === 'done'
  return {
    ms,
    killed: watch.killed(),
    falselyRefused: isSettled && held.some((value) => leaked.includes(value)) ? 1 : 0,
    lost: hiddenValues(seat, subject).length,
    unfinished: isSettled ? 0 : 1,
    jammed: isSettled && (await isJammed(seat, subject)) ? 1 : 0,
  }
}

const CONSUMERS = 3
const EXCHANGE_EVERY_MS = 250
const OVERLAP_MS = 60_000
/** After the settle, until no node still accepts what it ended. */
const AFTER_MS = 20_000

/** Each reads AWSCURRENT, every time or once an overlap, and exchanges it at whatever node it gets. */
const startConsumers = (seat: Seat, { secretArn, clientId }: Subject) => {
  const send = createSend()
  const url = new URL(`/v1/public/${PROJECT_ID}/oauth2/token`, seat.urls.stytch)
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  const { clock } = seat.world
  let [requests, refused, isOver] = [0, 0, false]
  const consume = async (keepsForMs: number): Promise<void> => {
    const actor = timeOf(seat).begin()
    let kept = { value: '', until: 0 }
    while (!isOver) {
      if (clock.now() >= kept.until) {
        kept = { value: valueUnder(seat, secretArn, 'AWSCURRENT') ?? '', until: clock.now() + keepsForMs }
      }
      const asked = { grant_type: 'client_credentials', client_id: clientId, client_secret: kept.value }
      const body = new URLSearchParams(asked).toString()
      const answer = await send({ method: 'POST', url, headers, body, isAlone: true })
      requests += 1
      if (!answer.arrived || answer.status !== 200) refused += 1
      await actor.wait(EXCHANGE_EVERY_MS)
    }
    actor.end()
  }
  const all = Array.from({ length: CONSUMERS }, (_, at) => consume(at === 0 ? OVERLAP_MS : 0))
  return {
    stop: async () => {
      isOver = true
      await Promise.all(all)
      return { requests, refused }
    },
  }
}

const plannedSwitch = async (seat: Seat, lag: Lag) => {
  setLag(seat, {})
  seat.onInvoke = undisturbed(seat)
  const subject = await register(seat)
  seat.world.clock.advance(REST_MS)
  setLag(seat, lag)
  const watch = watchSteps(seat, subject)
  const consumers = startConsumers(seat, subject)
  const before = valueUnder(seat, subject.secretArn, 'AWSCURRENT')
  const time = timeOf(seat)
  await rotateSecret(seat, subject, 'rotate')
  await time.sleep(OVERLAP_MS + EXCHANGE_EVERY_MS)
  const token = await rotateSecret(seat, subject, 'settle')
  await time.sleep(AFTER_MS)
  const { requests, refused } = await consumers.stop()
  const isDone = idUnder(seat, subject.secretArn, 'AWSCURRENT') === token
  const isSwitched = isDone && valueUnder(seat, subject.secretArn, 'AWSCURRENT') !== before
  return { requests, refused, killed: watch.killed(), isSwitched }
}

/** @param play one run on this seat. */
const onSeats = async (
  { runs, seed }: Pick<LagInput, 'runs' | 'seed'>,
  play: (seat: Seat, number: number) => Promise<void>,
): Promise<void> => {
  for (let done = 0; done < runs; done += RUNS_PER_SEAT) {
    const seat = await createStaleSeat(undefined, seed + done)
    try {
      for (let number = done; number < Math.min(runs, done + RUNS_PER_SEAT); number += 1) {
        seat.output.length = 0
        await play(seat, number)
      }
    } finally {
      await seat.close()
    }
  }
}

export const runIncidents = async (input: LagInput): Promise<LagReport> => {
  const all: OneRun[] = []
  const violations: string[] = []
  await onSeats(input, async (seat, number) => {
    const one = await incident(seat, input.lag, number)
    all.push(one)
    const { ms, ...counts } = one
    const found = Object.entries(counts).filter(([, count]) => count > 0)
    for (const [what, count] of found) {
      violations.push(`${input.lag.name}, seed ${input.seed}, run ${number}: ${what} ${count} (${ms} ms)`)
    }
  })
  const sum = (of: (one: OneRun) => number): number => all.reduce((total, one) => total + of(one), 0)
  return {
    runs: all.length,
    times: all.map(({ ms }) => ms),
    killed: sum(({ killed }) => killed),
    falselyRefused: sum(({ falselyRefused }) => falselyRefused),
    lost: sum(({ lost }) => lost),
    jammed: sum(({ jammed }) => jammed),
    unfinished: sum(({ unfinished }) => unfinished),
    violations,
  }
}

export const switchLag: Lag = { name: 'one of three nodes 8 s late', nodeLagMs: [0, 0, 8000] }

export interface SwitchesReport {
  readonly runs: number
  readonly requests: number
  readonly refused: number
  readonly violations: readonly string[]
}

/** Planned switches, each with its settle, while consumers exchange all the time. */
export const runSwitches = async (input: LagInput): Promise<SwitchesReport> => {
  let [runs, requests, refused] = [0, 0, 0]
  const violations: string[] = []
  await onSeats(input, async (seat, number) => {
    const one = await plannedSwitch(seat, input.lag)
    runs += 1
    requests += one.requests
    refused += one.refused
    const about = `${input.lag.name}, seed ${input.seed}, run ${number}`
    if (one.refused > 0) violations.push(`${about}: ${one.refused} of ${one.requests} requests were refused`)
    if (one.killed > 0) violations.push(`${about}: AWSCURRENT was killed`)
    if (!one.isSwitched) violations.push(`${about}: not switched and settled`)
  })
  return { runs, requests, refused, violations }
}
