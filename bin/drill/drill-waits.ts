// What a drill waits for between its report and its end, and what it says when that comes, or does not. Pure but for asking.
import { Fault } from '../../lambda/core/base/fault.ts'
import type { Progress } from '../../lambda/core/drive/attempts.ts'

/** notChecked: it could not be looked at, and is neither. */
export type StepState = 'done' | 'failed' | 'notChecked'

export interface StepSeen {
  readonly state: StepState
  readonly what: string
}

export const done = (what: string): StepSeen => ({ state: 'done', what })
export const failed = (what: string): StepSeen => ({ state: 'failed', what })

/** What a Fault says. @throws whatever is none */
export const faultWords = (error: unknown): string => {
  if (error instanceof Fault) return error.message
  throw error
}

/** The rotation has come to its end, whichever. */
export const isOver = ({ state }: Progress): boolean =>
  state === 'exhausted' || state === 'overtaken' || state === 'settled'

interface Wait {
  readonly isFinal: (progress: Progress) => boolean
  readonly done: string
  readonly tooLate: string
}

export const waits: Readonly<Record<'taken' | 'replaced' | 'refused', Wait>> = {
  taken: {
    isFinal: ({ state }) => state !== 'ask',
    done: 'the incident function took the report up, and the rotation began',
    tooLate: 'the report was not taken up: see the rule on the bus, and the log of the incident function',
  },
  replaced: {
    isFinal: (progress) => progress.state === 'switched' || isOver(progress),
    done: 'a new value is AWSCURRENT',
    tooLate: 'no new value became AWSCURRENT: see the log of the rotation function',
  },
  refused: {
    isFinal: isOver,
    done: 'Stytch refuses the value that leaked',
    tooLate: 'the value that leaked was not ended: see the log of the rotation function',
  },
}

const ends: Readonly<Partial<Record<Progress['state'], string>>> = {
  exhausted: 'every attempt was refused: the events Rotation Refused say why',
  overtaken: 'another rotation of the same secret came in between',
}

/** Of the last look of a wait. */
export const seenOf = (progress: Progress, { isFinal, ...says }: Wait): StepSeen => {
  const end = ends[progress.state]
  if (end !== undefined) return failed(end)
  return isFinal(progress) ? done(says.done) : failed(says.tooLate)
}
