// A freeze: no rotation begins, whoever asks, until it is lifted. `planned` lets through what an incident needs; `all` lets nothing
// through. What it stops, and the port that reads it; nothing about where it stands.
import { Fault } from '../base/fault.ts'
import type { Journal } from '../base/journal.ts'
import type { Intent, Origin } from '../secret/request-token.ts'

export const freezes = ['off', 'planned', 'all'] as const
export type FreezeState = (typeof freezes)[number]

/** @returns undefined for anything else: an operator's slip, which may be any text. */
export const readFreezeState = (text: unknown): FreezeState | undefined => freezes.find((freeze) => freeze === text)

interface FrozenRotation {
  readonly intent: Intent
  /** Of the version that carries AWSCURRENT: the settle after a revoke is part of the revoke. */
  readonly currentOrigin: Origin
}

/**
 * Whether this rotation is planned: nobody is worse off when it waits. A revoke and its settle are not; nor is a rollback, which
 * somebody asks for because consumers fail.
 */
export const isPlanned = ({ intent, currentOrigin }: FrozenRotation): boolean =>
  intent === 'rotate' || (intent === 'settle' && currentOrigin !== 'revoke')

export const stops = (freeze: FreezeState, rotation: FrozenRotation): boolean =>
  freeze === 'all' || (freeze === 'planned' && isPlanned(rotation))

/** Whether rotations are frozen: one switch for a stage, which native schedules meet too. */
export interface Freeze {
  /** @throws Fault FREEZE_UNREADABLE */
  read(): Promise<FreezeState>
}

/** unreadable: it is not known whether rotations are frozen. */
export type FreezeReading = FreezeState | 'unreadable'

/** Reads the freeze for whoever goes on without it; why it could not be read is in the journal. */
export const readFreeze = async ({
  freeze,
  journal,
}: {
  readonly freeze: Freeze
  readonly journal: Journal
}): Promise<FreezeReading> => {
  try {
    return await freeze.read()
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    journal.note({ outcome: 'failed', code: error.code, message: error.message })
    return 'unreadable'
  }
}

/** A switch that cannot be read stops what is planned, and nothing else. */
export const decidedBy = (reading: FreezeReading): FreezeState => (reading === 'unreadable' ? 'planned' : reading)
