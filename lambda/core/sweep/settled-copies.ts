// Whose look it is that says of a secret's copies that they are repaired: those of an overlap are looked at with its labels, in every sweep; those
// of a settled secret by turns (replica-looks.ts), and between two turns nothing is known of them. Pure.

import { isManaged } from '../secret/is-managed.ts'
import { isUnsettled } from '../secret/overlap.ts'
import type { Secret } from '../secret/secret.ts'
import { isRetired } from '../secret/secret-tags.ts'
import type { Sweep } from './due.ts'
import { LOOKED_AT_KINDS, type ReportedKind } from './reports.ts'

export const isSettledOurs = (secret: Secret, { rules }: Pick<Sweep, 'rules'>): boolean =>
  isManaged(secret, rules) && !isRetired(secret) && !isUnsettled(secret)

/** What a look at a secret's labels and versions decides on. */
export const kindsByLabels = (secret: Secret, sweep: Pick<Sweep, 'rules'>): readonly ReportedKind[] =>
  isSettledOurs(secret, sweep) ? LOOKED_AT_KINDS.filter((kind) => kind !== 'replicaBehind') : LOOKED_AT_KINDS
