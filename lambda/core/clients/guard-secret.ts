// Puts around a secret what every secret of a stage has, whoever registered it and how: its policy, its replicas, its tags, its schedule.
// The policy stands before the value does. Everything may be repeated; only what differs is written, but for the policy, which nobody
// can see without reading it.

import { Fault } from '../base/fault.ts'
import { unfinishedVersion } from '../secret/labels.ts'
import type { RotationRules, Secret } from '../secret/secret.ts'
import { scheduleOf } from '../secret/secret.ts'
import { TAG } from '../secret/secret-tags.ts'
import type { Replica, Secrets } from '../secret/secrets.ts'
import type { StageSecrets } from '../secret/stage-secrets.ts'
import { missingTags, staleTagKeys } from './client-ownership.ts'
import { accountOf, type ReaderAdmission, strangeAccounts, strangeAccountsFault } from './reader-admission.ts'
import { policyFault, policyFingerprint, policyRevision, secretPolicy } from './secret-policy.ts'

/** What the stage has settled for all of its clients. */
export interface Stage extends StageSecrets {
  readonly tokenUrl: string
  readonly kmsKeyId?: string | undefined
  readonly rotationFunctionArn: string
  readonly readers: readonly string[]
  readonly changers: readonly string[]
  readonly rotators: readonly string[]
  readonly operators?: readonly string[]
  readonly replicas: readonly Replica[]
  /** Other accounts whose roles may be readers; absent: none. */
  readonly readerAccounts?: readonly string[]
  /** Every account of this organization as well. */
  readonly readerOrganizationId?: string
}

export interface GuardingSecrets {
  readonly secrets: Pick<Secrets, 'setPolicy' | 'replicate' | 'tag' | 'untag' | 'scheduleRotation'>
}

export const sameRules = (one: RotationRules, other: RotationRules): boolean => {
  if ('everyDays' in one) return 'everyDays' in other && one.everyDays === other.everyDays
  return !('everyDays' in other) && one.schedule === other.schedule && one.durationHours === other.durationHours
}

/** What the policy on a secret of this stage comes from, apart from its own consumers. */
export const revisionOf = ({ readers, changers, rotators, operators = [], replicas }: Stage): string =>
  policyRevision(
    { readers, changers, rotators, operators },
    replicas.map(({ region }) => region),
  )

/** Whose readers the stage's key admits. */
export const admissionOf = ({
  rotationFunctionArn,
  readerAccounts = [],
  readerOrganizationId,
}: Pick<Stage, 'rotationFunctionArn' | 'readerAccounts' | 'readerOrganizationId'>): ReaderAdmission => ({
  ownAccount: accountOf(rotationFunctionArn),
  accounts: readerAccounts,
  organizationId: readerOrganizationId,
})

/** Before anything is made. @throws Fault INPUT_MALFORMED when no policy could let these consumers read. */
export const assertReadable = (stage: Stage, secretName: string, consumers: readonly string[]): void => {
  const { readers, changers, rotators, operators = [] } = stage
  const refuse = (why: string): Fault =>
    new Fault({
      code: 'INPUT_MALFORMED',
      retryable: false,
      message: `Client ${secretName} was left as it is: its readers ${why}.`,
    })
  const strange = strangeAccounts(consumers, admissionOf(stage))
  if (strange.length > 0) throw refuse(strangeAccountsFault(strange))
  const fault = policyFault(stage.rotationFunctionArn, { readers, changers, rotators, operators, consumers })
  if (fault !== undefined) throw refuse(`cannot be written into its policy: ${fault}`)
}

/** @throws the adapter's faults, and Fault INPUT_MALFORMED as assertReadable. */
export const setPolicy = async (
  { secrets }: GuardingSecrets,
  { readers, changers, rotators, operators = [] }: Stage,
  { secretArn, consumers }: { readonly secretArn: string; readonly consumers: readonly string[] },
): Promise<void> => {
  const policy = secretPolicy(secretArn, { readers, changers, rotators, operators, consumers })
  await secrets.setPolicy(secretArn, JSON.stringify(policy))
}

interface Guarding {
  readonly facts: Secret
  /** All that are to stand, but the fingerprint. */
  readonly tags: Readonly<Record<string, string>>
  readonly consumers: readonly string[]
  /** Set a moment ago, before the value was stored. */
  readonly policyStands?: boolean
}

/** Policy and replicas, then the tags, one of which says that both stand. */
export const guardSecret = async (
  { secrets }: GuardingSecrets,
  stage: Stage,
  { facts, tags, consumers, policyStands = false }: Guarding,
): Promise<void> => {
  const { replicas } = stage
  if (!policyStands) await setPolicy({ secrets }, stage, { secretArn: facts.arn, consumers })
  const missing = replicas.filter(({ region }) => !facts.replicas.some((replica) => replica.region === region))
  if (missing.length > 0) await secrets.replicate(facts.arn, missing)
  const wanted = { ...tags, [TAG.policy]: policyFingerprint(revisionOf(stage), consumers) }
  const unwritten = missingTags(facts, wanted)
  if (Object.keys(unwritten).length > 0) await secrets.tag(facts.arn, unwritten)
  const stale = staleTagKeys(facts, wanted)
  if (stale.length > 0) await secrets.untag(facts.arn, stale)
}

/** Only when it differs, since AWS refuses it while a rotation is under way; and last, when the value stands and is bound. */
/** What CancelRotateSecret leaves behind has Secrets Manager refuse every schedule: then that is said, and what ends it. */
const whyNotScheduled = (facts: Secret, error: unknown): unknown => {
  const unfinished = unfinishedVersion(facts)
  const isRefused = error instanceof Fault && error.code === 'SECRETS_MANAGER_REJECTED'
  if (unfinished === undefined || !isRefused) return error
  return new Fault({
    code: error.code,
    retryable: false,
    cause: error,
    message: `${facts.name} cannot be scheduled while a rotation of it has not ended (AWSPENDING on ${unfinished.versionId}). The sweep ends that, also while rotation is off (m2m status says when); then run this again.`,
  })
}

export const scheduleSecret = async (
  { secrets }: GuardingSecrets,
  { rotationFunctionArn }: Stage,
  { facts, rules }: { readonly facts: Secret; readonly rules: RotationRules },
): Promise<void> => {
  const schedule = scheduleOf(facts)
  const stands = schedule?.functionArn === rotationFunctionArn && sameRules(schedule.rules, rules)
  if (stands) return
  await secrets.scheduleRotation(facts.arn, { functionArn: rotationFunctionArn, rules }).catch((error: unknown) => {
    throw whyNotScheduled(facts, error)
  })
}
