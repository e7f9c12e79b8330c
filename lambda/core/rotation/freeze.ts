// A freeze: no rotation begins, whoever asks, until it is lifted. `planned` lets through what an incident needs; `all` lets nothing
// through. What it stops, and the port that reads it; nothing about where it stands.
import type { Intent, Origin } from '../secret/request-token.ts'

export const freezes = ['off', 'planned', 'all'] as const
export type FreezeState = (typeof freezes)[number]

export interface FrozenRotation {
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
