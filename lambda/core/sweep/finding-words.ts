// How a kind of finding is called where people read of it, and what there is to do: a command, and the runbook's page.
import type { ReportedKind } from './reports.ts'

export interface FindingWords {
  /** After a number: "3 × rotation off". */
  readonly title: string
  /** What it means for consumers, and what to type. */
  readonly advice: string
  /** An anchor of docs/runbook.md. */
  readonly page: string
}

const settleRefusing: FindingWords = {
  title: 'settle refusing',
  advice: 'both values may still be accepted; m2m status NAME shows why',
  page: 'settle-refusing',
}

export const findingWords: Readonly<Record<ReportedKind, FindingWords>> = {
  overdue: {
    title: 'overdue',
    advice: 'the value works and is too old; m2m campaign list shows whether campaigns run',
    page: 'overdue',
  },
  rotationOff: {
    title: 'rotation off',
    advice:
      'nothing replaces the value any more; m2m list --state off lists all, m2m apply FILE or a deployment switches it on',
    page: 'rotation-off',
  },
  heldTooLong: {
    title: 'held too long',
    advice: 'nothing planned happens to it; m2m list --held lists all, m2m release NAME ends the hold',
    page: 'held-too-long',
  },
  settleRefusing,
  revokedAlive: {
    title: 'revoked value ACCEPTED',
    advice: 'a leaked value works; report the leak again: m2m incident NAME',
    page: 'settle-refusing',
  },
  stuck: {
    title: 'rotation stuck',
    advice: 'no rotation of it can begin; m2m list --state stuck lists all, m2m status NAME shows why',
    page: 'rotation-stuck',
  },
  adoptionAwaited: {
    title: 'adoption awaited',
    advice: 'both values are accepted until consumers have moved; m2m readers NAME shows who has not',
    page: 'adoption-unproven',
  },
  adoptionUnproven: {
    title: 'overlap ended without proof of adoption',
    advice: 'whoever still uses the old value is refused; m2m readers NAME shows who that may be',
    page: 'adoption-unproven',
  },
  secretDead: {
    title: 'secret dead',
    advice:
      'consumers are refused; m2m incident NAME replaces the value, m2m rollback NAME goes back to one that works',
    page: 'drift',
  },
  clientGone: {
    title: 'client deleted at Stytch',
    advice: 'consumers are refused; m2m list --check lists all, register the client again',
    page: 'drift',
  },
  clientForeign: {
    title: 'client of another secret',
    advice: 'this secret is not rotated; m2m status NAME shows whose the client is',
    page: 'drift',
  },
  valueMalformed: {
    title: 'malformed value',
    advice: 'planned rotations refuse it, whether or not consumers can use it; m2m status NAME names each field',
    page: 'malformed-value',
  },
  policyForeign: {
    title: 'resource policy that is not the stage’s',
    advice: 'others may read or change the secret; find out who replaced it, then declare the client again',
    page: 'foreign-policy',
  },
  projectSecretRefused: {
    title: 'project secret REFUSED by Stytch',
    advice: 'nothing is rotated, revoked, registered or checked; store one that Stytch accepts',
    page: 'drift',
  },
  secretDeleted: {
    title: 'secret of a live client scheduled for deletion',
    advice: 'nobody can read it; aws secretsmanager restore-secret brings it back',
    page: 'drift',
  },
  replicaBehind: {
    title: 'replica behind',
    advice: 'consumers of that Region use the old value, and the overlap stays open; m2m status NAME shows the Region',
    page: 'a-replica-is-behind',
  },
  frozen: {
    title: 'rotations are frozen',
    advice: 'no planned rotation begins and overlaps stay open; m2m freeze shows the state, m2m freeze off lifts it',
    page: 'freeze',
  },
  freezeUnreadable: {
    title: 'the freeze cannot be read',
    advice: 'no planned rotation begins and overlaps stay open until it can; m2m freeze off writes it again',
    page: 'freeze',
  },
  campaignMissing: {
    title: 'no periodic campaign begins',
    advice: 'secrets grow old; m2m campaign list shows what ran, a deployment restores the schedule',
    page: 'campaign-missing',
  },
  checkFailed: {
    title: 'broken part of the stage',
    advice: 'rotations, reports or evidence may fail; a deployment restores what was changed',
    page: 'stage-check',
  },
}
