// A drill, from the client that is made to the client that is removed: each step waits for what the deployed parts did by themselves, and says
// what it saw and when. Whatever happens, what was made is removed. It knows nothing of AWS, so that its ends can be tested by themselves.
import { Fault } from '../../lambda/core/base/fault.ts'
import { pollUntil } from '../../lambda/core/base/poll-until.ts'
import type { Timing } from '../../lambda/core/base/timing.ts'
import type { NoticeState } from '../../lambda/core/clients/drill-record.ts'
import type { Progress } from '../../lambda/core/drive/attempts.ts'

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

/** notChecked: it could not be looked at, and is neither. */
type StepState = 'done' | 'failed' | 'notChecked'

interface Seen {
  readonly state: StepState
  readonly what: string
}

export interface StepEnd extends Seen {
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

export interface DrillEnd {
  readonly result: 'passed' | 'failed' | 'interrupted'
  readonly steps: readonly StepEnd[]
  readonly notice: NoticeState
  /** Why something is left; absent: nothing is. */
  readonly left?: string
  readonly ms: number
}

const LOOK_EVERY_MS = 500
/** How long what was begun may take to end once it is interrupted: a rotation whose secret vanishes fails, and alerts somebody. */
const WIND_DOWN_MS = 60_000
const REMOVAL_TRIES = 3
const REMOVAL_PAUSE_MS = 2000

const wordsOf = (error: unknown): string => {
  if (error instanceof Fault) return error.message
  throw error
}

/** Over for this step, whether or not it came through. */
const isOver = ({ state }: Progress): boolean => state === 'exhausted' || state === 'overtaken' || state === 'settled'

const isTaken = ({ state }: Progress): boolean => state !== 'ask'
const isReplaced = (progress: Progress): boolean => progress.state === 'switched' || isOver(progress)

interface Waited {
  readonly isFinal: (progress: Progress) => boolean
  readonly done: string
  readonly tooLate: string
}

const waits: Readonly<Record<'taken' | 'replaced' | 'refused', Waited>> = {
  taken: {
    isFinal: isTaken,
    done: 'the incident function took the report up, and the rotation began',
    tooLate: 'nobody took the report up: see the rule on the bus, and the log of the incident function',
  },
  replaced: {
    isFinal: isReplaced,
    done: 'a new value is AWSCURRENT',
    tooLate: 'no new value became AWSCURRENT: see the log of the rotation function',
  },
  refused: {
    isFinal: isOver,
    done: 'Stytch refuses the value that leaked',
    tooLate: 'the value that leaked was not ended: see the log of the rotation function',
  },
}

const failures: Readonly<Partial<Record<Progress['state'], string>>> = {
  exhausted: 'every attempt was refused: the events Rotation Refused say why',
  overtaken: 'another rotation of the same secret came in between',
}

export const runDrill = async (parts: DrillParts, { until }: { readonly until: number }): Promise<DrillEnd> => {
  const { timing } = parts
  const startedAt = timing.now()
  const steps: StepEnd[] = []
  let made: Made | undefined
  let [isReported, isSettled] = [false, false]

  const end = (step: DrillStep, seen: Seen): void => {
    const one = { step, ...seen, afterMs: timing.now() - startedAt }
    steps.push(one)
    parts.onStep(one)
  }
  const done = (what: string): Seen => ({ state: 'done', what })
  const failed = (what: string): Seen => ({ state: 'failed', what })

  const look = <Value>(ask: () => Promise<Value>, isFinal: (value: Value) => boolean, latest = until): Promise<Value> =>
    pollUntil(ask, (value) => isFinal(value) || (latest === until && parts.isStopped()), {
      timing,
      everyMs: LOOK_EVERY_MS,
      until: latest,
    })

  const waitFor = async (secretArn: string, { isFinal, ...says }: Waited): Promise<Seen> => {
    const progress = await look(() => parts.progress(secretArn), isFinal)
    const failure = failures[progress.state]
    if (failure !== undefined) return failed(failure)
    isSettled = progress.state === 'settled'
    return isFinal(progress) ? done(says.done) : failed(says.tooLate)
  }

  /** Of the archive, which the caller may not be allowed to read. */
  const find = async (
    ask: () => Promise<boolean>,
    says: { readonly found: string; readonly missing: string },
  ): Promise<Seen> => {
    try {
      return (await look(ask, Boolean)) ? done(says.found) : failed(says.missing)
    } catch (error) {
      return { state: 'notChecked', what: wordsOf(error) }
    }
  }

  const work: readonly (readonly [DrillStep, (one: Made) => Promise<Seen>])[] = [
    [
      'reported',
      async () => {
        await parts.report()
        isReported = true
        return done('the bus took the report of a leak')
      },
    ],
    ...(['taken', 'replaced', 'refused'] as const).map(
      (step) => [step, ({ secretArn }: Made) => waitFor(secretArn, waits[step])] as const,
    ),
    [
      'signed',
      ({ secretArn }) =>
        find(() => parts.isSigned(secretArn), {
          found: 'its signed proof lies in the archive, and is valid',
          missing: 'no valid signed proof came to lie in the archive',
        }),
    ],
    [
      'completed',
      () =>
        find(parts.isCompleted, {
          found: 'the archive has the end of the incident',
          missing: 'the event Incident Completed did not come to lie in the archive',
        }),
    ],
  ]

  const register = async (): Promise<Seen> => {
    made = await parts.register()
    return done(`the client ${made.clientId} is registered`)
  }

  const carryOut = async (): Promise<DrillEnd['result']> => {
    for (const [step, act] of [['registered', register] as const, ...work]) {
      if (parts.isStopped()) return 'interrupted'
      const seen = await act(made ?? { clientId: '', secretArn: '' }).catch((error: unknown) => failed(wordsOf(error)))
      // What was not waited for is no failure.
      if (seen.state === 'failed' && parts.isStopped()) return 'interrupted'
      end(step, seen)
      if (seen.state === 'failed') return 'failed'
    }
    return 'passed'
  }

  const removeAll = async (): Promise<string | undefined> => {
    for (let tries = 1; ; tries += 1) {
      try {
        await parts.remove()
        if (made !== undefined && !(await parts.isGone(made.clientId))) return `Stytch still lists ${made.clientId}`
        return undefined
      } catch (error) {
        const why = wordsOf(error)
        if (tries === REMOVAL_TRIES || !(error instanceof Fault) || !error.retryable) return why
        await timing.wait(REMOVAL_PAUSE_MS)
      }
    }
  }

  /** Looks until what was begun has ended; what cannot be looked at is not waited for. */
  const windDown = async (): Promise<void> => {
    if (made === undefined || !isReported || isSettled) return
    const { secretArn } = made
    await look(() => parts.progress(secretArn), isOver, timing.now() + WIND_DOWN_MS).catch(wordsOf)
  }

  let result = await carryOut()
  const answer = result === 'passed' ? await parts.askNotice() : 'notConfirmed'
  if (answer === 'stopped') result = 'interrupted'
  const notice = answer === 'stopped' ? 'notConfirmed' : answer
  if (result === 'passed') {
    end('notice', noticeSeen[notice])
    if (notice === 'missing') result = 'failed'
  }
  if (result === 'interrupted') await windDown()
  const left = await removeAll()
  end('removed', left === undefined ? done('client and secret are removed') : failed(left))
  return { result, steps, notice, ms: timing.now() - startedAt, ...(left === undefined ? {} : { left }) }
}

const noticeSeen: Readonly<Record<NoticeState, Seen>> = {
  confirmed: { state: 'done', what: 'the notice came' },
  missing: { state: 'failed', what: 'the notice did not come: m2m doctor looks at the topic and its subscriptions' },
  notConfirmed: { state: 'notChecked', what: 'whether the notice came was not confirmed' },
}
