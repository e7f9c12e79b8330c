// Whether a planned settle may end an overlap yet, where the stage asks for proof that consumers have moved. It waits for those who were not
// seen to, no longer than it may, and then goes on and says so. A revoke, and what follows it, never waits.

import { Fault } from '../base/fault.ts'
import type { Journal } from '../base/journal.ts'
import { versionLabelled } from '../secret/labels.ts'
import { isPlannedSwitch, switchedAt } from '../secret/overlap.ts'
import { readRequestToken } from '../secret/request-token.ts'
import type { Secret } from '../secret/secret.ts'
import { overlapOf, type StageSpans } from '../secret/secret-tags.ts'
import { type AdoptionProof, type ProofRules, proveAdoption, type Switch } from './adoption-proof.ts'
import type { Fact } from './due.ts'
import type { ReadLookup } from './read-records.ts'

export interface AdoptionWatch {
  readonly records: ReadLookup
  readonly rules: ProofRules
  /** Past the overlap. */
  readonly waitAtMostMs: number
}

export interface Awaiting {
  readonly watch: AdoptionWatch
  readonly journal: Journal
  readonly stage: StageSpans
  readonly asOf: number
}

/** waiting: not yet. unproven: it has waited for long enough, and goes on without proof. */
export type Adoption =
  | { readonly is: 'proven' | 'notAsked' }
  | { readonly is: 'waiting' | 'unproven'; readonly fact: Fact; readonly more: Readonly<Record<string, unknown>> }

/** An event is small, and whoever is notified needs no more to begin with. */
const MOST_NAMED = 20

/** Since when consumers could read it: as recorded, else Secrets Manager's own date of the rotation, unless that is of an earlier one. */
const switchOf = (
  secret: Secret,
  { versionId, recordedAt }: { readonly versionId: string; readonly recordedAt: number | undefined },
  stage: StageSpans,
): number => {
  if (recordedAt !== undefined) return recordedAt
  const { lastRotatedAt } = secret
  const { askedAt } = readRequestToken(versionId)
  const isOfThisOne = lastRotatedAt !== undefined && askedAt !== undefined && lastRotatedAt >= askedAt
  return isOfThisOne ? lastRotatedAt : switchedAt(secret, stage)
}

const blind: AdoptionProof = { proven: false, laggards: [], isBlind: true, isYoung: false }

const prove = async ({ watch, journal, asOf }: Awaiting, secret: Secret, now: Switch) => {
  try {
    return proveAdoption(await watch.records.of(secret.name, asOf), now, watch.rules)
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    journal.note({ secret: secret.name, outcome: 'failed', code: error.code, message: error.message })
    return blind
  }
}

/** @param recordedAt when the rotation function recorded the switch, epoch milliseconds. */
export const awaitAdoption = async (awaiting: Awaiting, secret: Secret, recordedAt?: number): Promise<Adoption> => {
  const current = versionLabelled(secret, 'AWSCURRENT')
  if (current === undefined || !isPlannedSwitch(current)) return { is: 'notAsked' }
  const at = switchOf(secret, { versionId: current.versionId, recordedAt }, awaiting.stage)
  const proof = await prove(awaiting, secret, { versionId: current.versionId, at })
  if (proof.proven) return { is: 'proven' }
  const { watch, stage, asOf } = awaiting
  const dueAt = at + overlapOf(secret, stage)
  const until = dueAt + watch.waitAtMostMs
  const { laggards, isBlind, isYoung } = proof
  const more = {
    isBlind,
    // Whoever is told of laggards, or of a blind record, needs no other reason.
    isYoung: isYoung && !isBlind && laggards.length === 0,
    laggards: laggards
      .slice(0, MOST_NAMED)
      .map(({ principal, readAt }) => ({ principal, readAt: new Date(readAt).toISOString() })),
    ...(laggards.length > MOST_NAMED ? { notNamed: laggards.length - MOST_NAMED } : {}),
    waitsUntil: new Date(until).toISOString(),
  }
  return asOf < until
    ? { is: 'waiting', fact: { kind: 'adoptionAwaited', since: dueAt }, more }
    : { is: 'unproven', fact: { kind: 'adoptionUnproven', since: until }, more }
}
