// The pages of the runbook that a notice may name, and what each message takes from its page: what it means for whoever reads the secret, and
// what to type first. A message has to be enough for somebody who has never seen the runbook.

interface PageWords {
  /** For whoever reads the secret or asks for tokens. */
  readonly consumers: string
  /** NAME stands for the secret's name, ID for that of an incident or a campaign, STAGE for the stage. */
  readonly run: string
}

const SERVED = 'are served: the value that they read works'
const DOCTOR = 'm2m doctor --stage STAGE'

export const runbookPages = {
  'rotation-failed': {
    consumers: `${SERVED}, and is not replaced until this is fixed.`,
    run: 'm2m status NAME --stage STAGE',
  },
  'rotation-stuck': {
    consumers: `${SERVED}. The sweep ends a stuck rotation by itself, unless it says otherwise.`,
    run: 'm2m status NAME --stage STAGE',
  },
  drift: {
    consumers: 'may be refused: those that fetch a token now fail until the value is replaced.',
    run: 'm2m status NAME --stage STAGE',
  },
  'registration-failed': { consumers: 'have no new secret to read; those that exist are untouched.', run: DOCTOR },
  'dead-letters': {
    consumers: `${SERVED}. A message to people, a deployment or a leak report was lost; what leaked then works until it is reported again.`,
    run: 'm2m incident list --stage STAGE',
  },
  'evidence-not-archived': {
    consumers: `${SERVED}. What is missing is the record for auditors.`,
    run: DOCTOR,
  },
  'proof-pending': {
    consumers: `${SERVED}; the revoke itself is done.`,
    run: 'm2m incident list --stage STAGE',
  },
  'records-unavailable': { consumers: `${SERVED}; rotations go on.`, run: DOCTOR },
  'break-glass-used': {
    consumers: 'notice nothing, unless the value was changed.',
    run: 'aws cloudtrail lookup-events --lookup-attributes AttributeKey=EventSource,AttributeValue=secretsmanager.amazonaws.com',
  },
  'changed-by-hand': {
    consumers:
      'may lose the secret, or the right to read it; a rule or schedule that is gone means that nobody is notified any more.',
    run: DOCTOR,
  },
  leak: {
    consumers: 'read the new value with their next read; whoever has the leaked one gets tokens until it is revoked.',
    run: 'm2m incident list --stage STAGE',
  },
  'leak-unresolved': {
    consumers: `${SERVED}; a value that leaked works for whoever has it until somebody finds out whose it is.`,
    run: 'm2m incident --leaked-value-stdin --stage STAGE',
  },
  'intake-held': {
    consumers: `${SERVED}; values that leaked work until the intake is released.`,
    run: 'm2m status --stage STAGE',
  },
  'campaign-failed': {
    consumers: `${SERVED}. After a revoke, a leaked value may still work.`,
    run: 'm2m campaign list --stage STAGE',
  },
  'sweep-stopped': {
    consumers: `${SERVED}. Old values live on after their overlap, and nothing that lasts is reported.`,
    run: DOCTOR,
  },
  'stage-check': {
    consumers: 'may be refused, where it is the key. Rotations, messages or evidence may fail.',
    run: DOCTOR,
  },
  'sweep-failures': { consumers: `${SERVED}.`, run: 'm2m list --stage STAGE' },
  'sweep-digest': { consumers: `${SERVED}, unless the message says otherwise.`, run: 'm2m list --stage STAGE' },
  'daily-summary': { consumers: `${SERVED}, unless the message says otherwise.`, run: 'm2m list --stage STAGE' },
  'foreign-policy': {
    consumers: 'may be refused, and others may read the value.',
    run: 'm2m status NAME --stage STAGE',
  },
  'malformed-value': {
    consumers: 'may be refused, or served as before; the value is not replaced.',
    run: 'm2m status NAME --stage STAGE',
  },
  overdue: { consumers: `${SERVED}; the value is older than it should be.`, run: 'm2m list --stage STAGE' },
  'settle-refusing': {
    consumers: `${SERVED}; the old value works longer than it should.`,
    run: 'm2m status NAME --stage STAGE',
  },
  'a-replica-is-behind': {
    consumers: 'of the replica read the old value, which is kept alive for them.',
    run: 'm2m status NAME --stage STAGE',
  },
  'adoption-unproven': {
    consumers: 'that keep the old value are refused from now on.',
    run: 'm2m status NAME --stage STAGE',
  },
  'held-too-long': { consumers: `${SERVED}; the value is not replaced.`, run: 'm2m status NAME --stage STAGE' },
  'rotation-off': { consumers: `${SERVED}; the value is not replaced.`, run: 'm2m status NAME --stage STAGE' },
  freeze: { consumers: `${SERVED}; nothing is rotated, and overlaps stay open.`, run: 'm2m freeze --stage STAGE' },
  'project-secret': { consumers: `${SERVED}.`, run: DOCTOR },
  'revocations-unpublished': {
    consumers: `${SERVED}. Verifiers take tokens that they should refuse, until the next sweep or for an hour.`,
    run: DOCTOR,
  },
  'vends-fail': { consumers: 'that ask the vendor get no token, and have to try again.', run: DOCTOR },
} as const satisfies Readonly<Record<string, PageWords>>

/** An anchor of docs/runbook.md. */
export type RunbookPage = keyof typeof runbookPages
