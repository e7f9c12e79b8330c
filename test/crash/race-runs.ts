// Races, systematically: a rotation of each intent from each beginning is held before each of its calls, something else happens there
// to its end, and it is let go. Then a revoke and a settle run undisturbed. Called by the tests (a share) and by the torture (all).

import { RotateSecretCommand } from '@aws-sdk/client-secrets-manager'
import { type Intent, intents } from '../../lambda/core/secret/request-token.ts'
import type { RotationEvent, RotationStep } from '../../lambda/local/aws/rotation-driver.ts'
import type { Slots } from '../../lambda/local/stytch/slot-kind.ts'
import { notePlayed } from './played.ts'
import { type Beginning, begin, beginnings } from './positions.ts'
import { type ActName, actNames, acts, type Scene } from './race-acts.ts'
import { judge } from './race-judge.ts'
import { createRaceWatch, type Ended, type KilledCurrent, type Watch } from './race-watch.ts'
import {
  acceptedValues,
  clearStuck,
  driveStuck,
  idUnder,
  isCurrentAccepted,
  type Seat,
  type Subject,
  tokenFor,
  valueUnder,
} from './seat.ts'

export interface Race {
  readonly intent: Intent
  readonly beginning: Beginning
  readonly act: ActName
  /** The call before which it is held, counted over all steps from 0; past the last call: after its end. */
  readonly at: number
  /** Only for `twin`: the twin is held too, before this call of its own, until the first has ended its step. */
  readonly twinAt?: number
}

export interface RaceResult {
  /** The call it was held before; undefined when it had ended before. */
  readonly heldBefore: { readonly step: RotationStep; readonly op: string } | undefined
  /** Whether the twin, too, was held. */
  readonly isTwinHeld: boolean
  readonly kills: readonly KilledCurrent[]
  readonly ended: readonly Ended[]
  /** How the held rotation's last step ended. */
  readonly lastEnding: string
  /** Whether Stytch accepted AWSCURRENT then, before the revoke that follows. */
  readonly isCurrentAccepted: boolean
  readonly answers: readonly string[]
  readonly violations: readonly string[]
}

/** A rotation that was given up before its first call, its version stripped of its label. */
const giveUpOne = async (seat: Seat, subject: Subject, intent: Intent): Promise<string> => {
  const token = tokenFor(seat, subject.secretArn, intent)
  seat.onInvoke = async () => ({ ok: false, errorType: 'Runtime.ExitError', errorMessage: 'killed' })
  await seat.client.send(new RotateSecretCommand({ SecretId: subject.secretArn, ClientRequestToken: token }))
  await seat.aws.idle()
  await clearStuck(seat, subject)
  return token
}

const ask = async (seat: Seat, { secretArn }: Subject, token: string): Promise<void> => {
  await seat.client.send(new RotateSecretCommand({ SecretId: secretArn, ClientRequestToken: token }))
  await seat.aws.idle()
}

const slotsOf = ({ kind, stytch }: Seat, { clientId }: Subject): Slots | undefined => kind.slots(stytch, clientId)

/** The sweep's way with what is stuck; an operator clears by hand what its own steps leave there, such as a value that somebody planted. */
const endStuck = async (seat: Seat, subject: Subject): Promise<void> => {
  await driveStuck(seat, subject)
  await clearStuck(seat, subject)
}

/** What a revoke and its settle, asked for undisturbed once nothing is stuck, must leave behind. */
export const healFaults = async (watch: Watch, strangers: readonly string[]): Promise<readonly string[]> => {
  const { seat, subject } = watch
  const faults: string[] = []
  const known = watch.kills.length
  const endings = watch.ended.length
  const before = acceptedValues(seat, subject)
  seat.onInvoke = (event) => watch.run({ who: 'healer', event })
  await endStuck(seat, subject)
  for (const intent of ['revoke', 'settle'] as const) {
    await ask(seat, subject, tokenFor(seat, subject.secretArn, intent))
    await endStuck(seat, subject)
  }
  const current = valueUnder(seat, subject.secretArn, 'AWSCURRENT')
  const ended = watch.ended.slice(endings).map(({ step, ending }) => `${step} ${ending}`)
  const isSettled = idUnder(seat, subject.secretArn, 'AWSCURRENT')?.startsWith('settle-') === true
  if (!isSettled) faults.push(`a revoke and a settle did not end settled: ${ended.join(', ')}`)
  if (!isCurrentAccepted(seat, subject)) faults.push('AWSCURRENT is refused after a revoke and a settle')
  if (slotsOf(seat, subject)?.nextLastFour !== null) faults.push('a next secret is left after a settle')
  const alive = [...before, ...strangers].filter((value) => seat.kind.accepts(seat.stytch, subject.clientId, value))
  if (alive.length > 0) faults.push('an older value is accepted after a revoke and a settle')
  if (current !== undefined && before.includes(current)) faults.push('the revoke did not replace AWSCURRENT')
  if (watch.kills.length > known) faults.push('an undisturbed revoke or settle killed AWSCURRENT')
  return faults
}

/** A twin that is held before one of its calls until it is let go, when the first has ended its step. */
const createHeldTwin = (watch: Watch, at: number) => {
  let letGo = (): void => {}
  const released = new Promise<void>((resolve) => {
    letGo = resolve
  })
  let call = -1
  let isHeld = false
  let over: Promise<unknown> = Promise.resolve()
  return {
    begin: (event: RotationEvent): Promise<void> =>
      new Promise((resolve) => {
        over = watch
          .run({
            who: 'twin',
            event,
            before: async () => {
              call += 1
              if (call !== at) return
              isHeld = true
              resolve()
              await released
            },
          })
          .then(() => resolve())
      }),
    isHeld: () => isHeld,
    end: async (): Promise<void> => {
      letGo()
      await over
    },
  }
}

export const runRace = async (seat: Seat, race: Race): Promise<RaceResult> => {
  seat.world.reset()
  seat.output.length = 0
  const subject = await begin(seat, race.beginning)
  const unlabelled = race.act === 'lateUnlabelled' ? await giveUpOne(seat, subject, race.intent) : ''
  const oldTokens = {
    unlabelled,
    current: idUnder(seat, subject.secretArn, 'AWSCURRENT') ?? '',
    previous: idUnder(seat, subject.secretArn, 'AWSPREVIOUS'),
  }
  const watch = createRaceWatch(seat, subject)
  const strangers: string[] = []
  const answers: string[] = []
  const token = tokenFor(seat, subject.secretArn, race.intent)
  const twin = createHeldTwin(watch, race.twinAt ?? -1)
  const meanwhile = (step: RotationStep): Promise<void> => {
    const scene: Scene = { seat, subject, watch, token, step, oldTokens, strangers, answers }
    if (race.twinAt === undefined) return acts[race.act](scene)
    return twin.begin({ Step: step, SecretId: subject.secretArn, ClientRequestToken: token })
  }

  let call = -1
  let heldBefore: RaceResult['heldBefore']
  seat.aws.configure({ redriveCount: 1 })
  seat.onInvoke = async (event) => {
    // Whoever was asked for meanwhile has been driven by the act already.
    if (event.ClientRequestToken !== token) return { ok: true }
    const outcome = await watch.run({
      who: 'first',
      event,
      before: async (op) => {
        call += 1
        if (call !== race.at || heldBefore !== undefined) return
        heldBefore = { step: event.Step, op }
        await meanwhile(event.Step)
      },
    })
    await twin.end()
    return outcome
  }
  await ask(seat, subject, token)
  if (heldBefore === undefined) await meanwhile('finishSecret')
  await seat.aws.idle()
  const soFar = { kills: [...watch.kills], ended: [...watch.ended] }
  const lastEnding = soFar.ended.findLast(({ who }) => who === 'first')?.ending ?? 'nothing'
  const isAccepted = isCurrentAccepted(seat, subject)
  const { startReplaces } = seat.kind
  const isNextLeft = (slotsOf(seat, subject)?.nextLastFour ?? null) !== null
  const faults = judge({ ...race, ...soFar, lastEnding, isCurrentAccepted: isAccepted, isNextLeft, startReplaces })

  if (slotsOf(seat, subject)?.status === 'inactive') {
    seat.stytch.dashboard.setStatus(subject.clientId, 'active')
  }
  const isGone = slotsOf(seat, subject) === undefined
  const violations = [...faults, ...(isGone ? [] : await healFaults(watch, strangers))]
  return {
    heldBefore,
    isTwinHeld: twin.isHeld(),
    ...soFar,
    lastEnding,
    isCurrentAccepted: isAccepted,
    answers,
    violations,
  }
}

/** Where a rotation has the most to do: the places of the short form. */
const chief: readonly (readonly [Intent, Beginning])[] = [
  ['rotate', 'settled'],
  ['rotate', 'overlap'],
  ['revoke', 'overlap'],
  ['revoke', 'drift'],
  ['settle', 'overlap'],
  ['settle', 'rolledBack'],
  ['rollback', 'overlap'],
]
const everywhere = intents.flatMap((intent) => beginnings.map((beginning) => [intent, beginning] as const))
/** The short form takes every other place and one call in so many, others for each act. */
const STRIDE = 5

export interface RacesInput {
  readonly long: boolean
  /** @default - all */
  readonly acts?: readonly ActName[]
  /** Of the rotation that is held. @default - all */
  readonly intents?: readonly Intent[]
  /** Instead of `acts`: both executions of a step held, before every pair of their calls. */
  readonly heldTwins?: boolean
}

export interface RacesReport {
  readonly runs: number
  readonly violations: string[]
}

const describe = ({ intent, beginning, act, at, twinAt }: Race, { heldBefore }: RaceResult): string => {
  const where = heldBefore === undefined ? 'after its end' : `before call ${at} (${heldBefore.step}'s ${heldBefore.op})`
  return `${intent} from ${beginning}, ${act} ${where}${twinAt === undefined ? '' : `, twin held before its call ${twinAt}`}`
}

/** Both executions of a step held: the first before every call, the twin before every one of its own. */
const runTwins = async (run: (race: Race) => Promise<RaceResult>, [intent, beginning]: (typeof chief)[number]) => {
  for (let at = 0, isHeld = true; isHeld; at += 1) {
    for (let twinAt = 0, isTwinHeld = true; isTwinHeld; twinAt += 1) {
      const result = await run({ intent, beginning, act: 'twin', at, twinAt })
      isHeld = result.heldBefore !== undefined
      isTwinHeld = result.isTwinHeld && isHeld
    }
  }
}

/** Long: every act before every call, everywhere; or every pair of held twins. Short: a share of it at the chief places. */
export const runRaces = async (seat: Seat, input: RacesInput): Promise<RacesReport> => {
  const { long, acts: chosen = actNames, intents: held = intents, heldTwins = false } = input
  const violations: string[] = []
  let runs = 0
  const run = async (race: Race): Promise<RaceResult> => {
    runs += 1
    const result = await runRace(seat, race)
    violations.push(...result.violations.map((violation) => `${describe(race, result)}: ${violation}`))
    return result
  }
  const places = (long ? everywhere : chief).filter(([intent]) => held.includes(intent))
  if (heldTwins) {
    for (const place of places) await runTwins(run, place)
    notePlayed({ races: runs })
    return { runs, violations }
  }
  for (const act of chosen) {
    for (const [place, [intent, beginning]] of places.entries()) {
      const turn = actNames.indexOf(act) + place
      if (!long && turn % 2 === 1) continue
      const stride = long ? 1 : STRIDE
      for (let at = turn % stride, isHeld = true; isHeld; at += stride) {
        isHeld = (await run({ intent, beginning, act, at })).heldBefore !== undefined
      }
    }
  }
  notePlayed({ races: runs })
  return { runs, violations }
}
