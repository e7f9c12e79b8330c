// What keeps a planned settle from being asked for although its overlap is over: Regions that do not have the switch yet. One that failed is
// reported at once, one that is only late after a while; the overlap stays open in either case, until they have it or a person decides. Pure.

import { DAY_MS } from '../base/time-units.ts'
import { regionStatuses } from '../secret/replica-state.ts'
import { replicasKeepingOpen } from '../secret/replicas.ts'
import type { Secret } from '../secret/secret.ts'
import { overlapOf, type StageSpans } from '../secret/secret-tags.ts'

interface ReplicaFact {
  readonly kind: 'replicaBehind'
  /** Epoch milliseconds. */
  readonly since: number
}

/** @param endsAt when the overlap is over by its time. @returns undefined: nothing keeps the settle */
export const replicaFacts = (
  secret: Secret,
  { endsAt, spans }: { readonly endsAt: number; readonly spans: StageSpans },
): readonly [ReplicaFact] | undefined => {
  const behind = replicasKeepingOpen(secret)
  if (behind.length === 0) return undefined
  const isFailed = behind.some(({ status }) => status === 'Failed')
  const graceMs = isFailed ? 0 : Math.min(overlapOf(secret, spans), DAY_MS)
  return [{ kind: 'replicaBehind', since: endsAt + graceMs }]
}

/** What a notice of it says beside. */
export const replicaDetails = (
  { kind }: { readonly kind: string },
  secret: Secret,
): { more?: Readonly<Record<string, unknown>> } =>
  kind === 'replicaBehind' ? { more: { replicas: regionStatuses(replicasKeepingOpen(secret)) } } : {}
