// What each state of a client means to a person, and how urgent it is: one home for the words and the tone that the command line, the
// laptop's page and the docs share. Pure.
import type { ShownState } from './client-status.ts'

/** good: as it should be. busy: changing, by itself. warn: somebody decided this, or a step is still due. bad: somebody has to act. quiet: out of use. */
export type StateTone = 'good' | 'busy' | 'warn' | 'bad' | 'quiet'

interface StateWords {
  readonly tone: StateTone
  /** One sentence. */
  readonly means: string
}

export const stateWords: Readonly<Record<ShownState, StateWords>> = {
  settled: { tone: 'good', means: 'Stytch accepts one value, the one that consumers read.' },
  overlap: { tone: 'busy', means: 'Stytch accepts the old and the new value until the overlap ends.' },
  rotating: { tone: 'busy', means: 'A rotation is under way.' },
  revoked: { tone: 'warn', means: 'Consumers read a new value; the revoked one is about to be ended.' },
  stuck: { tone: 'bad', means: 'A rotation has been under way for over ten minutes.' },
  off: { tone: 'warn', means: 'Automatic rotation is off.' },
  held: { tone: 'warn', means: 'On hold: not rotated or settled until somebody releases it.' },
  retired: { tone: 'quiet', means: 'The client was deactivated on purpose.' },
  deleted: { tone: 'quiet', means: 'The secret is scheduled for deletion.' },
  empty: { tone: 'bad', means: 'The secret has no AWSCURRENT version, so consumers read nothing.' },
  dead: { tone: 'bad', means: 'Stytch refuses the value that consumers read.' },
  inactive: { tone: 'bad', means: 'The client is inactive at Stytch: every value is refused.' },
  gone: { tone: 'bad', means: 'Stytch knows no such client.' },
  foreign: { tone: 'bad', means: 'The client belongs to another secret.' },
}

/** DEAD stands out in a list that is read in a hurry. */
export const stateLabel = (state: ShownState): string => (state === 'dead' ? 'DEAD' : state)
