// A drill, from the client that is made to the client that is removed: each step waits for what the deployed parts did by themselves, and says
// what it saw and when. Whatever happens, what was made is removed. It knows nothing of AWS, so that its ends can be tested by themselves.
import { Fault } from '../../lambda/core/base/fault.ts'
import { pollUntil } from '../../lambda/core/base/poll-until.ts'
import type { Timing } from '../../lambda/core/base/timing.ts'
import type { NoticeState } from '../../lambda/core/clients/drill-record.ts'
import type { Progress } from '../../lambda/core/drive/attempts.ts'
import { done, failed, faultWords, isOver, type StepSeen, seenOf, waits } from './drill-waits.ts'

export type DrillStep =
  | 'registered'
  | 'reported'
  | 'taken'
  | 'replaced'
  | 'refused'
  | 'signed'
  | 'completed'
  | 'notice'
  | 'removed'

export interface StepEnd extends StepSeen {
  readonly step: DrillStep
  /** Milliseconds since the drill began. */
  readonly afterMs: number
}

interface Made {
  readonly clientId: string
  readonly secretArn: string
}

/** What a drill needs of the stage; each may throw a Fault. */
export interface DrillParts {
  readonly timing: Pick<Timing, 'now' | 'wait'>
  /** Whether somebody pressed Ctrl-C. */
  isStopped(): boolean
  register(): Promise<Made>
  /** As anybody reports a leak. */
  report(): Promise<void>
  progress(secretArn: string): Promise<Progress>
  /** Whether a valid proof of this revoke lies in the archive. */
  isSigned(secretArn: string): Promise<boolean>
  /** Whether the archive has the incident's end. */
  isCompleted(): Promise<boolean>
  /** Asks whoever is here. stopped: by Ctrl-C, instead of an answer. */
  askNotice(): Promise<NoticeState | 'stopped'>
  remove(): Promise<'removed' | 'notThere'>
  /** Whether Stytch knows no such client any more. */
  isGone(clientId: string): Promise<boolean>
  onStep(end: StepEnd): void
}

type DrillResult = 'passed' | 'failed' | 'interrupted'

export interface DrillEnd {
  readonly result: DrillResult
  readonly steps: readonly StepEnd[]
  readonly notice: NoticeState
  /** Why something is left; absent: nothing is. */
  readonly left?: string
  readonly ms: number
}

/** What has come of it so far. */
interface State {
  readonly startedAt: number
  readonly steps: StepEnd[]
  made: Made | undefined
  isReported: boolean
}

const LOOK_EVERY_MS = 500
/** How long what was begun may take to end once it is interrupted: a rotation whose secret vanishes fails, and alerts somebody. */
const WIND_DOWN_MS = 60_000
const REMOVAL_TRIES = 3
const REMOVAL_PAUSE_MS = 2000

const end = ({ timing, onStep }: DrillParts, { steps, startedAt }: State, step: DrillStep, seen: StepSeen): void => {
  const one = { step, ...seen, afterMs: timing.now() - startedAt }
  steps.push(one)
  onStep(one)
}

/** Looks until it is final, the time is up, or somebody pressed Ctrl-C. */
const look = <Value>(
  { timing, isStopped }: DrillParts,
  until: number,
  { ask, isFinal }: { readonly ask: () => Promise<Value>; readonly isFinal: (value: Value) => boolean },
): Promise<Value> => pollUntil(ask, (value) => isFinal(value) || isStopped(), { timing, everyMs: LOOK_EVERY_MS, until })

/** In the archive, which the caller may not be allowed to read. */
const find = async (
  parts: DrillParts,
  until: number,
  { ask, found, missing }: { readonly ask: () => Promise<boolean>; readonly found: string; readonly missing: string },
): Promise<StepSeen> => {
  try {
    return (await look(parts, until, { ask, isFinal: Boolean })) ? done(found) : failed(missing)
  } catch (error) {
    return { state: 'notChecked', what: faultWords(error) }
  }
}

const register = async (parts: DrillParts, state: State): Promise<StepSeen> => {
  state.made = await parts.register()
  return done(`the client ${state.made.clientId} is registered`)
}

const report = async (parts: DrillParts, state: State): Promise<StepSeen> => {
  await parts.report()
  state.isReported = true
  return done('the bus took the report of a leak')
}

type Act = (secretArn: string) => Promise<StepSeen>

const stepsOf = (parts: DrillParts, state: State, until: number): readonly (readonly [DrillStep, Act])[] => {
  const waitFor =
    (step: keyof typeof waits): Act =>
    async (secretArn) => {
      const { isFinal } = waits[step]
      return seenOf(await look(parts, until, { ask: () => parts.progress(secretArn), isFinal }), waits[step])
    }
  return [
    ['registered', () => register(parts, state)],
    ['reported', () => report(parts, state)],
    ['taken', waitFor('taken')],
    ['replaced', waitFor('replaced')],
    ['refused', waitFor('refused')],
    [
      'signed',
      (secretArn) =>
        find(parts, until, {
          ask: () => parts.isSigned(secretArn),
          found: 'its signed proof is in the archive, and valid',
          missing: 'no valid signed proof reached the archive',
        }),
    ],
    [
      'completed',
      () =>
        find(parts, until, {
          ask: parts.isCompleted,
          found: 'the archive has the end of the incident',
          missing: 'the event Incident Completed did not reach the archive',
        }),
    ],
  ]
}

const carryOut = async (parts: DrillParts, state: State, until: number): Promise<DrillResult> => {
  for (const [step, act] of stepsOf(parts, state, until)) {
    if (parts.isStopped()) return 'interrupted'
    const seen = await act(state.made?.secretArn ?? '').catch((error: unknown) => failed(faultWords(error)))
    // What was not waited for is no failure.
    if (seen.state === 'failed' && parts.isStopped()) return 'interrupted'
    end(parts, state, step, seen)
    if (seen.state === 'failed') return 'failed'
  }
  return 'passed'
}

const noticeSeen: Readonly<Record<NoticeState, StepSeen>> = {
  confirmed: done('the notice came'),
  missing: failed('the notice did not come: m2m doctor looks at the topic and its subscriptions'),
  notConfirmed: { state: 'notChecked', what: 'whether the notice came was not confirmed' },
}

const confirm = async (
  parts: DrillParts,
  state: State,
): Promise<{ readonly result: DrillResult; readonly notice: NoticeState }> => {
  const notice = await parts.askNotice()
  if (notice === 'stopped') return { result: 'interrupted', notice: 'notConfirmed' }
  end(parts, state, 'notice', noticeSeen[notice])
  return { result: notice === 'missing' ? 'failed' : 'passed', notice }
}

/** Looks until what was begun has ended; what cannot be looked at is not waited for. */
const windDown = async (parts: DrillParts, { made, isReported }: State): Promise<void> => {
  if (made === undefined || !isReported) return
  const { timing } = parts
  const polling = { timing, everyMs: LOOK_EVERY_MS, until: timing.now() + WIND_DOWN_MS }
  await pollUntil(() => parts.progress(made.secretArn), isOver, polling).catch(faultWords)
}

/** @returns why something is left; undefined: nothing is. */
const remove = async (parts: DrillParts, { made }: State): Promise<string | undefined> => {
  for (let tries = 1; ; tries += 1) {
    try {
      await parts.remove()
      if (made === undefined || (await parts.isGone(made.clientId))) return undefined
      return `Stytch still lists ${made.clientId}`
    } catch (error) {
      const why = faultWords(error)
      if (tries === REMOVAL_TRIES || !(error instanceof Fault) || !error.retryable) return why
      await parts.timing.wait(REMOVAL_PAUSE_MS)
    }
  }
}

/** @param until epoch milliseconds: no step is waited for beyond it. @throws what nobody foresaw, once everything is removed */
export const runDrill = async (parts: DrillParts, { until }: { readonly until: number }): Promise<DrillEnd> => {
  const { timing } = parts
  const state: State = { startedAt: timing.now(), steps: [], made: undefined, isReported: false }
  const drill = async () => {
    const result = await carryOut(parts, state, until)
    return result === 'passed' ? confirm(parts, state) : { result, notice: 'notConfirmed' as const }
  }
  const { result, notice } = await drill().catch(async (error: unknown) => {
    await remove(parts, state)
    throw error
  })
  if (result === 'interrupted') await windDown(parts, state)
  const left = await remove(parts, state)
  end(parts, state, 'removed', left === undefined ? done('client and secret are removed') : failed(left))
  const ms = timing.now() - state.startedAt
  return { result, steps: state.steps, notice, ms, ...(left === undefined ? {} : { left }) }
}
