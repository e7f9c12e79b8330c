// What the sweep reports of a secret on the bus: shapes only. An id is made from what is so and since when, and of how many days that lasts, so that
// a sweep that is run twice says the same thing twice, and not two things.
import { type M2mEvent, newEvent } from '../base/events.ts'
import type { Secret } from '../secret/secret.ts'
import { clientNaming } from '../secret/secret-tags.ts'
import type { Fact } from './due.ts'
import { REPORT_EVERY_MS, type SweepFinding } from './reports.ts'

const types: Readonly<Record<Fact['kind'], M2mEvent<'m2m.sweep'>['type']>> = {
  overdue: 'Secret Overdue',
  rotationOff: 'Rotation Off',
  heldTooLong: 'Hold Too Long',
  settleRefusing: 'Settle Refusing',
  stuck: 'Rotation Stuck',
  adoptionAwaited: 'Adoption Awaited',
  adoptionUnproven: 'Adoption Unproven',
  // The settle that ended the revoke does not hold.
  revokedAlive: 'Settle Refusing',
  secretDead: 'Secret Dead',
  clientGone: 'Secret Dead',
  clientForeign: 'Secret Dead',
  secretDeleted: 'Secret Dead',
  projectSecretRefused: 'Secret Dead',
  policyForeign: 'Policy Foreign',
  replicaBehind: 'Settle Refusing',
}

const explanations: Readonly<Record<Fact['kind'], string>> = {
  overdue: 'the secret was not rotated within its period and a quarter of it; the periodic campaign should have',
  rotationOff: 'rotation is switched off, or is not by our function; nothing replaces this secret any more',
  heldTooLong: 'the secret has been on hold for longer than holds may last; release it, or say why not',
  settleRefusing: 'the overlap is over, and the settle does not get done: the old value may still be accepted',
  stuck: 'AWSPENDING stands on a version that did not become AWSCURRENT, and refuses the next rotation',
  adoptionAwaited:
    'the overlap is over, and goes on: not everybody who read the old value was seen to read the new one',
  adoptionUnproven:
    'the overlap is ended without proof: the wait for those who were not seen to read the new value is over',
  revokedAlive: 'Stytch accepts a value that was revoked, although its settle found it refused: the leaked value works',
  secretDead:
    'Stytch refuses the value of AWSCURRENT, so that consumers are refused: somebody ended or replaced it at Stytch, or put an older value back. Replace it (m2m incident NAME), or roll back (m2m rollback NAME) where the value before works; docs/runbook.md, "Drift"',
  clientGone:
    'Stytch knows no such client, so that consumers are refused: it was deleted. Nobody can make its value work again; register the client anew (docs/runbook.md, "Drift")',
  secretDeleted:
    'the secret is scheduled for deletion, so that nobody can read it, and Stytch still accepts its value: whoever reads it is refused. Restore it (aws secretsmanager restore-secret), or delete the client at Stytch where nobody uses it any more; docs/runbook.md, "Drift"',
  policyForeign:
    'the resource policy of the secret is not one that this stage writes, so that others may read or change it than those who are declared. Find out who replaced it, then declare the client again (docs/runbook.md, "Foreign policy")',
  projectSecretRefused:
    'Stytch refuses the project secret, with which the functions of this stage ask it: consumers are not refused, but nothing is rotated, revoked, registered or checked. Store one that Stytch accepts (docs/runbook.md, "Drift")',
  clientForeign:
    'the client belongs to another secret (trusted_metadata.managed_by), which alone is rotated: find out which of the two is used, and delete the other (docs/runbook.md, "Drift")',
  replicaBehind:
    'the overlap is over, and goes on: a replica does not have the new value, so that its consumers use the old one. Repair the replication, or end it in that Region (docs/runbook.md, "A replica is behind")',
}

export interface SweepNotice {
  readonly secret: Pick<Secret, 'arn' | 'name' | 'tags'>
  readonly fact: Fact
  /** The client that it holds, where that is known. @default - its tag names it */
  readonly clientId?: string | undefined
  /** Epoch milliseconds. */
  readonly at: number
  /** Of a stuck rotation: its request token, and what became of it. Of an adoption: who is behind. */
  readonly more?: Readonly<Record<string, unknown>>
}

/** Whether people are notified: what is waited for on purpose, or ends by itself, is for programs alone. */
const isForPeople = ({ kind }: Fact, more: Readonly<Record<string, unknown>>): boolean => {
  if (kind === 'stuck') return more.became === 'left'
  // That the record of reads is young is known beforehand, and true of every secret for weeks.
  if (kind === 'adoptionUnproven') return more.isYoung !== true
  return kind !== 'adoptionAwaited'
}

export const findingOf = ({
  secret,
  fact,
  more = {},
}: Pick<SweepNotice, 'secret' | 'fact' | 'more'>): SweepFinding => ({
  about: secret.arn,
  name: secret.name,
  kind: fact.kind,
  since: fact.since,
  isForPeople: isForPeople(fact, more),
})

export const noticeEvent = ({ secret, fact, clientId, at, more = {} }: SweepNotice): M2mEvent<'m2m.sweep'> => {
  const type = types[fact.kind]
  const time = Math.floor((at - fact.since) / REPORT_EVERY_MS)
  return newEvent(type, [secret.arn, fact.since, time, more], {
    secretArn: secret.arn,
    secretName: secret.name,
    ...clientNaming(secret, clientId),
    since: new Date(fact.since).toISOString(),
    at: new Date(at).toISOString(),
    explanation: explanations[fact.kind],
    ...more,
  })
}
