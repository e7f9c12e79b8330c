// What is wrong with a fleet, by what Secrets Manager and Stytch show of it, and what to do about each. Pure, and without a value: whether
// Stytch accepts AWSCURRENT's value is asked of the rotation function (core/drive/check-questions.ts).

import { isPlanned } from '../rotation/freeze.ts'
import { shortPeriodFault } from '../secret/campaign-turn.ts'
import { isM2mClient } from '../secret/client-id.ts'
import { type HoldLimit, isHeldTooLong } from '../secret/is-held-too-long.ts'
import type { AsOf } from '../secret/is-managed.ts'
import { askedAtOf } from '../secret/is-stuck.ts'
import { unfinishedVersion } from '../secret/labels.ts'
import { intentOfOrigin } from '../secret/request-token.ts'
import type { Secret } from '../secret/secret.ts'
import { secretNameOf } from '../secret/secret-name.ts'
import { clientIdOf, isRetired, periodOf, TAG } from '../secret/secret-tags.ts'
import { isNameOfStage, type StageSecrets, shortNameOf } from '../secret/stage-secrets.ts'
import type { ClientRecord } from './client-keeper.ts'
import { inactiveWords, slotWords, visibleOf } from './client-status.ts'

export type FindingKind =
  | 'permission'
  | 'projectSecret'
  | 'handMadeSecret'
  | 'value'
  | 'schedule'
  | 'binding'
  | 'drift'
  | 'dead'
  | 'stuck'
  | 'clientGone'
  | 'clientUnheld'
  | 'deleted'
  | 'notChecked'
  | 'inactive'
  | 'held'
  | 'overdue'
  | 'policy'
  | 'reading'
  | 'replica'
  | 'freeze'
  | 'subscription'
  | 'alarm'
  | 'key'
  | 'rule'
  | 'drill'

export interface FleetFinding {
  readonly kind: FindingKind
  /** broken: something does not work, or will not. attention: somebody should look. */
  readonly weight: 'broken' | 'attention'
  /** A value that leaked may still be accepted. @default false */
  readonly isLeak?: true
  /** Whose. */
  readonly subject: string
  readonly what: string
  readonly todo: string
}

export interface FleetSight {
  readonly stage: StageSecrets
  readonly secrets: readonly Secret[]
  /** Clients of the project, as Stytch lists them; undefined: it did not, and nothing is said of them. */
  readonly records: readonly ClientRecord[] | undefined
  readonly asOf: AsOf & HoldLimit
}

type Found = Omit<FleetFinding, 'subject'>

const scheduleFindings = (secret: Secret, { asOf, stage }: FleetSight): readonly Found[] => {
  if (isRetired(secret)) return []
  const todo = 'm2m apply, or a deployment, turns it on again'
  if (!secret.rotationEnabled) {
    const later = `m2m apply, or a deployment, once the sweep has ended what is stuck, which m2m status ${shortNameOf(stage, secret.name)} dates`
    return [
      {
        ...{ kind: 'schedule', weight: 'broken', what: 'nothing rotates it: rotation is off' },
        todo: unfinishedVersion(secret) === undefined ? todo : later,
      },
    ]
  }
  if (secret.rotationFunctionArn !== asOf.rotationFunctionArn) {
    const what = `it is rotated by ${secret.rotationFunctionArn ?? 'no function'}, not by this stage's`
    return [{ kind: 'schedule', weight: 'broken', what, todo }]
  }
  const short = shortPeriodFault(periodOf(secret, asOf.spans), asOf.spans.campaignEveryMs)
  if (short !== undefined) {
    const what = `its period (tag ${TAG.period}) ${short}`
    return [{ kind: 'schedule', weight: 'attention', what, todo: 'm2m apply with another period, or set the tag' }]
  }
  return []
}

const clientFindings = (
  secret: Secret,
  record: ClientRecord | undefined,
  { asOf, records, stage }: FleetSight,
): readonly Found[] => {
  const name = shortNameOf(stage, secret.name)
  const clientId = clientIdOf(secret)
  if (clientId === undefined) {
    const what = 'its tag m2m:client-id is gone, so that the client it holds is unknown'
    return [{ kind: 'binding', weight: 'broken', what, todo: 'declare it again: m2m apply, or a deployment' }]
  }
  if (records === undefined) return []
  // The registrar lists M2M clients; an app's own rotation reports what is wrong with it.
  if (record === undefined && !isM2mClient(clientId)) return []
  if (record === undefined) {
    const todo = 'delete the secret if nothing uses it, and declare it anew; its value cannot be made to work again'
    return [{ kind: 'clientGone', weight: 'broken', what: `its client ${clientId} is gone at Stytch`, todo }]
  }
  const found: Found[] = []
  if (record.boundTo !== secret.arn) {
    const what = `its client ${clientId} is bound to ${record.boundTo ?? 'no secret'} (trusted_metadata.managed_by)`
    const todo =
      record.boundTo === undefined
        ? `m2m rotate ${name}: the first rotation claims it`
        : 'find out which of the two secrets is used, and delete the other; one secret, one client'
    found.push({ kind: 'binding', weight: 'broken', what, todo })
  }
  if (!record.isActive && !isRetired(secret)) {
    found.push({
      kind: 'inactive',
      weight: 'broken',
      what: `it is ${inactiveWords(record)}; no planned rotation goes through`,
      todo: `m2m activate ${name}, as break-glass, if it is to live`,
    })
  }
  const { state } = visibleOf(secret, asOf)
  const words = record.isActive ? slotWords(state, record) : undefined
  if (words !== undefined) {
    found.push({
      kind: 'drift',
      weight: 'attention',
      what: words,
      todo: `m2m settle ${name} --anyway, once you know who opened it`,
    })
  }
  return found
}

const rotationFindings = (secret: Secret, { asOf, stage }: FleetSight): readonly Found[] => {
  const name = shortNameOf(stage, secret.name)
  const { state, hold, isOverdue, last } = visibleOf(secret, asOf)
  const found: Found[] = []
  if (state === 'stuck') {
    const pending = unfinishedVersion(secret)
    const askedAt = pending && askedAtOf(pending)
    const since = askedAt === undefined ? '' : ` since ${new Date(askedAt).toISOString()}`
    const what = `AWSPENDING sits on ${pending?.versionId ?? ''}${since}, which never became AWSCURRENT; no other rotation begins until it goes`
    const intent = intentOfOrigin(pending?.origin ?? 'rotate')
    const isLeft = hold !== undefined && isPlanned({ intent, currentOrigin: last?.origin ?? 'register' })
    const todo = !isLeft
      ? `wait for the next sweep; docs/runbook.md, "Rotation stuck"; m2m status ${name} says when`
      : `m2m release ${name}: the sweep leaves it while it is held; docs/runbook.md, "Rotation stuck"`
    found.push({ kind: 'stuck', weight: 'broken', what, todo })
  }
  if (state === 'empty') {
    found.push({
      kind: 'stuck',
      weight: 'broken',
      what: 'no version carries AWSCURRENT',
      todo: `m2m adopt ${name} --client-id … stores its value`,
    })
  }
  if (state === 'revoked') {
    const what = `it was revoked${last?.askedAt === undefined ? '' : ` at ${new Date(last.askedAt).toISOString()}`} and is not settled: the old value may live`
    found.push({ kind: 'stuck', weight: 'broken', isLeak: true, what, todo: `m2m settle ${name}` })
  }
  if (isOverdue) {
    const what = 'its value is older than its period and a quarter of it'
    found.push({ kind: 'overdue', weight: 'attention', what, todo: `m2m rotate ${name}, or see why no campaign did` })
  }
  if (hold !== undefined && isHeldTooLong(secret, asOf)) {
    const what = `it is held by ${hold.by ?? 'somebody'} since ${hold.since === undefined ? 'an unreadable date' : new Date(hold.since).toISOString()}`
    found.push({ kind: 'held', weight: 'attention', what, todo: `m2m release ${name}, when the reason is gone` })
  }
  return found
}

/** Of a secret that was adopted where it is: whoever could read it before still can. */
const readingFindings = (secret: Secret, { stage }: FleetSight): readonly Found[] => {
  if (secret.tags[TAG.reading] === undefined) return []
  const name = shortNameOf(stage, secret.name)
  const what = 'reading it is open: nobody is denied whom other policies let read'
  return [{ kind: 'reading', weight: 'attention', what, todo: `m2m readers ${name}, and --close when all are known` }]
}

/** Clients of the project that this stage has something to do with, and that no secret of it holds. */
const unheldFindings = ({ secrets, records = [], stage }: FleetSight): readonly FleetFinding[] => {
  const arns = new Set(secrets.map(({ arn }) => arn))
  const ids = new Set(secrets.map(clientIdOf))
  return records.flatMap((record): readonly FleetFinding[] => {
    const { clientId, boundTo, registeredFor } = record
    if (ids.has(clientId)) return []
    const base = { kind: 'clientUnheld', subject: clientId } as const
    if (boundTo !== undefined) {
      // Another stage's, or another Region's.
      if (!isNameOfStage(stage, secretNameOf(boundTo)) || arns.has(boundTo)) return []
      const what = `Stytch has it bound to ${boundTo}, which does not exist`
      return [{ ...base, weight: 'attention', what, todo: 'if nothing uses it, delete it at Stytch' }]
    }
    if (registeredFor?.startsWith(stage.secretNamePrefix)) {
      const what = `it was made for ${registeredFor}, and its value was never stored`
      return [{ ...base, weight: 'attention', what, todo: 'm2m apply removes it, half an hour after it was made' }]
    }
    const what = `no secret of any stage holds it${record.name === '' ? '' : ` (${record.name})`}`
    return [{ ...base, weight: 'attention', what, todo: 'm2m adopt, or leave it if it is not to be rotated' }]
  })
}

/** Nobody can read it from now on, while Stytch would still accept its value. */
const deletedFindings = ({ name }: Secret, record: ClientRecord | undefined): readonly Found[] => {
  if (record?.isActive !== true) return []
  const what = `its secret is scheduled for deletion, and its client ${record.clientId} is active at Stytch: whoever reads it is refused`
  const todo = `aws secretsmanager restore-secret --secret-id ${name}; or, if nobody uses it any more, delete the client at Stytch`
  return [{ kind: 'deleted', weight: 'broken', what, todo }]
}

export const fleetFindings = (sight: FleetSight): readonly FleetFinding[] => {
  const records = new Map(sight.records?.map((record) => [record.clientId, record]))
  const held = sight.secrets.flatMap((secret): readonly FleetFinding[] => {
    const clientId = clientIdOf(secret)
    const record = clientId === undefined ? undefined : records.get(clientId)
    const subject = shortNameOf(sight.stage, secret.name)
    if (secret.isDeleted) return deletedFindings(secret, record).map((one) => ({ ...one, subject }))
    const found = [
      ...scheduleFindings(secret, sight),
      ...clientFindings(secret, record, sight),
      ...rotationFindings(secret, sight),
      ...readingFindings(secret, sight),
      ...(secret.tags[TAG.policy] === undefined
        ? [
            {
              kind: 'policy',
              weight: 'attention',
              what: 'no resource policy recorded',
              todo: 'declare it: m2m apply, or a deployment',
            } as const,
          ]
        : []),
    ]
    return found.map((one) => ({ ...one, subject }))
  })
  return [...held, ...unheldFindings(sight)]
}
