// Whether rotations are frozen, by whom and since when: one reading and one wording for every command that says so.
import type { FreezeOrigin, FreezeSwitch } from '../../lambda/adapters/aws/freeze-switch.ts'
import { Fault } from '../../lambda/core/base/fault.ts'
import type { FreezeReading } from '../../lambda/core/rotation/freeze.ts'
import { principalOf } from '../terminal/caller.ts'
import { at, iso } from '../terminal/words.ts'

export interface Frozen extends FreezeOrigin {
  /** unreadable: the parameter holds something else, or could not be read. */
  readonly state: FreezeReading
  /** Why it could not be read. @default - it was */
  readonly why?: string
}

/** Of a command's connections, as far as this needs them. */
export type FreezeRead = Pick<FreezeSwitch, 'read' | 'origin'>

const NOBODY: FreezeOrigin = { by: undefined, since: undefined }

/** @throws Fault FREEZE_UNREADABLE */
export const readFrozen = async (freeze: FreezeRead): Promise<Frozen> => {
  const state = await freeze.read()
  return { state, ...(state === 'off' ? NOBODY : await freeze.origin()) }
}

/** The same for whoever goes on without it. */
export const readFrozenIfAllowed = async (freeze: FreezeRead): Promise<Frozen> =>
  readFrozen(freeze).catch((error: unknown) => {
    if (error instanceof Fault) return { state: 'unreadable' as const, ...NOBODY, why: error.message }
    throw error
  })

/** `by assumed-role/operator/ada, since 2026-11-03 02:14Z`; '' where nothing is known. */
export const originWords = ({ by, since }: FreezeOrigin): string =>
  [by === undefined ? [] : `by ${principalOf(by)}`, since === undefined ? [] : `since ${at(since)}`].flat().join(', ')

const stateWords: Readonly<Record<FreezeReading, string>> = {
  off: 'rotations are not frozen',
  planned: 'planned rotations are frozen (planned)',
  all: 'rotations are frozen (all)',
  unreadable: 'not known: its parameter holds neither off, planned nor all, and planned rotations wait',
}

export const frozenWords = (frozen: Frozen): string =>
  frozen.why === undefined
    ? [stateWords[frozen.state], originWords(frozen)].filter(Boolean).join(' ')
    : `not known: ${frozen.why}`

/** What to type about it, where there is a freeze or something in its place; '' elsewhere: whoever may not read it can lift none. */
export const liftWords = ({ state, why }: Frozen): string =>
  state === 'off' || why !== undefined ? '' : '; m2m freeze off lifts it'

/** As `--json` shows it. */
export const originJson = ({ by, since }: FreezeOrigin) => ({ by: by ?? null, since: iso(since) })
