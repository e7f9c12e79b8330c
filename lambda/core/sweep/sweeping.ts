// What a sweep may call, and what holds for its stage.

import type { Events } from '../base/events.ts'
import { Fault } from '../base/fault.ts'
import type { Journal } from '../base/journal.ts'
import type { Timing } from '../base/timing.ts'
import type { RotationSteps } from '../drive/rotation-steps.ts'
import type { Publication } from '../revocations/publish.ts'
import type { Freeze } from '../rotation/freeze.ts'
import type { ReadableRecords } from '../rotation/records.ts'
import type { Secrets } from '../secret/secrets.ts'
import type { AdoptionWatch } from './await-adoption.ts'
import type { CheckWatch } from './check-fleet.ts'
import type { SweepRules } from './due.ts'
import type { PolicyLooks } from './look-at-policies.ts'
import type { ProofWatch } from './owed-proofs.ts'
import type { ReportMemory } from './report-memory.ts'
import type { SummaryListing } from './round-trips.ts'
import type { StagePart } from './stage-check.ts'
import type { SweepSecret } from './sweep-secret.ts'

export interface Sweeping {
  readonly secrets: SweepSecret['secrets'] & Pick<Secrets, 'list'>
  readonly steps: RotationSteps
  readonly freeze: Freeze
  readonly records: ReadableRecords
  readonly events: Events<'m2m.sweep'>
  readonly timing: Timing
  readonly journal: Journal
  readonly rules: SweepRules
  /** `m2m/<stage>/`, or the whole name of the one secret that is swept. */
  readonly secretNamePrefix: string
  /** Others that the stage's secrets may lie below. @default - none */
  readonly extraPrefixes?: readonly string[] | undefined
  /** One secret alone, of that very name. @default false */
  readonly isOneSecret?: boolean
  /** Absent: an overlap ends by its time alone. */
  readonly adoption?: AdoptionWatch | undefined
  /** Absent: nothing is signed, and no proof is owed. */
  readonly proofs?: ProofWatch | undefined
  /** Absent: whether Stytch accepts what consumers read is not asked. */
  readonly checks?: CheckWatch | undefined
  /** Absent: policies are not looked at. */
  readonly policies?: PolicyLooks | undefined
  /** What was reported. Absent: nothing is remembered, and things are reported more often. */
  readonly memory?: ReportMemory | undefined
  /** What the stage stands on beside its secrets. @default - nothing is looked at */
  readonly parts?: readonly StagePart[] | undefined
  /** Where summaries arrive. @default - it is not looked whether they do */
  readonly summaries?: SummaryListing | undefined
  /** Where revocations are published. @default - nowhere */
  readonly publication?: Publication | undefined
  /** When the freeze was last changed, epoch milliseconds; undefined, or absent: that is not known. */
  readonly frozenAt?: (() => Promise<number | undefined>) | undefined
}

export const isThrottle = (error: unknown): boolean =>
  error instanceof Fault && error.code === 'SECRETS_MANAGER_THROTTLED'
