// Whether the resource policies on the stage's secrets are still those that the stage writes: Terraform, or an administrator, may have replaced
// one, and whoever it lets in reads the value. No list shows a policy, so each is read: by turns, so that every secret is looked at once in six
// hours, and at a pace that leaves most of AWS's quota to those who write policies.

import { Fault } from '../base/fault.ts'
import { forEachLimited } from '../base/for-each-limited.ts'
import { isManaged } from '../secret/is-managed.ts'
import { isInPlace } from '../secret/mapped-form.ts'
import type { Secret } from '../secret/secret.ts'
import { TAG } from '../secret/secret-tags.ts'
import type { Sweep } from './due.ts'
import { findingOf, noticeEvent } from './sweep-notice.ts'
import { type SweepSecret, unlessDown } from './sweep-secret.ts'
import { inTurn, isInRound, sweepsInRound, sweepTurn } from './turns.ts'

export interface PolicySubject {
  readonly secretArn: string
  readonly isInPlace: boolean
  readonly isReadingOpen: boolean
}

export interface PolicyLooks {
  /** missing: there is none. foreign: it is not one that the stage writes. @throws Fault */
  look(subject: PolicySubject): Promise<'ours' | 'missing' | 'foreign'>
}

/** A secret whose policy is looked at in this sweep. */
export interface PolicyToLookAt extends PolicySubject {
  readonly secret: Pick<Secret, 'arn' | 'name' | 'tags'>
  /** The policy has stood since then at the latest, epoch milliseconds. */
  readonly since: number
}

/** Of the 50 calls about policies a second that a Region gives. */
const LOOKS_PER_SECOND = 20
const AT_ONCE = 4

/** @returns undefined of a secret that is not ours, of which no policy is recorded (`m2m doctor` says so), or whose turn is another sweep's. */
export const policyToLookAt = (secret: Secret, sweep: Pick<Sweep, 'rules' | 'asOf'>): PolicyToLookAt | undefined => {
  if (!isManaged(secret, sweep.rules) || secret.tags[TAG.policy] === undefined) return undefined
  if (!isInRound(secret.arn, sweep)) return undefined
  const { arn, name, tags, lastChangedAt, createdAt } = secret
  return {
    secretArn: arn,
    secret: { arn, name, tags },
    isInPlace: isInPlace(secret),
    isReadingOpen: tags[TAG.reading] !== undefined,
    since: Math.min(lastChangedAt ?? createdAt ?? sweep.asOf, sweep.asOf),
  }
}

export const lookAtPolicies = async (
  work: SweepSecret,
  {
    looks,
    policies,
    until,
  }: { readonly looks: PolicyLooks; readonly policies: readonly PolicyToLookAt[]; readonly until: number },
): Promise<void> => {
  const { tally, journal, events, reports, sweep, timing } = work
  const byArn = new Map(policies.map((policy) => [policy.secretArn, policy]))
  const lookAt = async (arn: string): Promise<void> => {
    const policy = byArn.get(arn)
    if (policy === undefined) return
    const { secret, since, ...subject } = policy
    const found = await looks.look(subject)
    tally.policiesSeen += 1
    reports.looked(arn, ['policyForeign'], found === 'ours' ? [] : ['policyForeign'])
    if (found === 'ours') return
    tally.policiesForeign += 1
    journal.note({ secret: secret.name, outcome: 'policyForeign', found })
    const fact = { kind: 'policyForeign', since } as const
    const finding = findingOf({ secret, fact, more: { found } })
    if (!reports.isDue(finding)) return
    await events.publish([noticeEvent({ secret, fact, at: sweep.asOf, more: { found } })])
    tally.reported += 1
    reports.made(finding)
  }
  const limits = {
    timing,
    concurrency: AT_ONCE,
    perSecond: LOOKS_PER_SECOND,
    until,
    isThrottle: (error: unknown) => error instanceof Fault && error.code === 'SECRETS_MANAGER_THROTTLED',
    onFailure: (arn: string, error: unknown): void => {
      tally.failed += 1
      const why = error instanceof Fault ? { code: error.code, message: error.message } : { code: 'DEFECT' }
      journal.note({ secret: arn, outcome: 'policyNotSeen', ...why })
    },
  }
  // From a secret whose policy may not be read, nothing is concluded; the others of this sweep would fail as well.
  const inOrder = inTurn([...byArn.keys()], Math.floor(sweepTurn(sweep) / sweepsInRound(sweep)))
  const { begun, throttles } = await forEachLimited(
    inOrder,
    limits,
    unlessDown(lookAt, () => {
      tally.policiesLeft += 1
    }),
  )
  tally.throttles += throttles
  tally.policiesLeft += inOrder.length - begun
}
