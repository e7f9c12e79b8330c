// What is asked of the logs, as CloudWatch Logs Insights takes it: by the dashboard each time that it is shown, and by the saved queries. Only
// documented functions are used, on fields that the functions' lines have; test/stack/queries.long.test.ts runs each on lines that they wrote.

/** Of the rotation function's lines, those by which a rotation ends or is held up. */
const ENDS_OF_ROTATIONS =
  '(ispresent(step) and (outcome in ["refused", "failed"] or (outcome = "done" and step = "finishSecret")))'

/** One line a report, and one more where a campaign carries it out. Lines about single clients name no source. */
const INCIDENTS =
  '((ispresent(incident) and ispresent(source)) or (ispresent(about) and intent = "revoke" and ispresent(selected)))'

/** Seconds. Whatever is refused is tried again every day, and an hour is for when that was late. */
const REFUSALS_LAST = 25 * 3600

/** In a sweep's line, what stands and should not. */
const STANDING = [
  'secretsDead',
  'overdue',
  'stuckLeft',
  'settleRefusing',
  'proofsOwed',
  'failed',
  'rotationOff',
  'heldTooLong',
  'nextOpen',
] as const

const sum = (fields: readonly string[]): string => fields.map((field) => `coalesce(${field}, 0)`).join(' + ')

const pipe = (...commands: readonly string[]): string => commands.join('\n| ')

/** By what it is about, the latest line: a secret that was refused and then rotated is wrong no more, nor an incident that was repeated. */
const OPEN_BY_SUBJECT = [
  `filter outcome = "swept" or ${INCIDENTS} or (${ENDS_OF_ROTATIONS} and toMillis(@timestamp) > (now() - ${REFUSALS_LAST}) * 1000)`,
  'fields coalesce(incident, about, secret, "the last sweep") as subject',
  // Which of these a line has says what kind of line it is.
  `fields ${sum(STANDING)} + 1 - strcontains(coalesce(freeze, "off"), "off") as standing`,
  'fields least(1, coalesce(failures, failed, 0) + strcontains(outcome, "refused") + strcontains(outcome, "failed")) as ended',
] as const

/** One number: 0 when nothing is wrong. Of the logs of rotation, sweep, incident and campaign. */
export const WRONG_NOW = pipe(
  ...OPEN_BY_SUBJECT,
  'stats latest(standing + ended) as open by subject',
  'stats sum(open) as wrong',
)

/** A row for each of them. Of the same logs. */
export const WHAT_IS_WRONG = pipe(
  ...OPEN_BY_SUBJECT,
  'stats latest(standing + ended) as open, latest(outcome) as what, latest(coalesce(reason, code, "")) as why, latest(@timestamp) as last by subject',
  'filter open > 0',
  'sort last desc',
  'limit 50',
)

const ofLastSweep = (shown: string): string =>
  pipe('filter outcome = "swept"', 'sort @timestamp desc', 'limit 1', shown)

export const OLDEST_SECRET = ofLastSweep('fields OldestSecretDays as days')
export const OPEN_OVERLAPS = ofLastSweep('fields OverlapsOpen as overlaps')
export const FROZEN = ofLastSweep('fields freeze as frozen')

/** What the number of things that are wrong is made of, by the runbook's words. */
export const FLEET = ofLastSweep(
  'fields @timestamp as sweptAt, managed, secretsDead as dead, overdue, stuckLeft as stuck, settleRefusing as settleRefused, rotationOff, heldTooLong, nextOpen, proofsOwed, failed',
)

/** One line each, the newest first; `ms` is from the report's arrival to the proof of the last client. */
export const LAST_INCIDENTS = pipe(
  `filter ${INCIDENTS}`,
  'fields coalesce(incident, about) as id',
  'stats min(@timestamp) as began, latest(outcome) as outcome, max(coalesce(selected, clients, 0)) as clients, latest(coalesce(failures, failed, 0)) as failed, max(ms) as ms by id',
  'sort began desc',
  'limit 20',
)

interface SavedQuery {
  /** Of the construct. */
  readonly id: string
  /** After `m2m/<stage>/`. */
  readonly name: string
  readonly functions: readonly ('rotation' | 'incident' | 'campaign' | 'archive' | 'vendor')[]
  readonly query: string
}

/** What a person asks after the dashboard. A function that a stage does not have leaves its log out. */
export const SAVED_QUERIES: readonly SavedQuery[] = [
  {
    id: 'Refusals',
    name: 'refusals, by reason',
    functions: ['rotation'],
    query: pipe(
      'filter outcome in ["refused", "failed"]',
      'stats count(*) as times, latest(@timestamp) as last, latest(secret) as secret by reason, code, step, intent',
      'sort times desc',
    ),
  },
  {
    id: 'OneSecret',
    name: 'one secret, step by step (put its name in)',
    functions: ['rotation'],
    query: pipe(
      'filter secret like "billing"',
      'fields @timestamp, step, intent, outcome, reason, ms, requestToken',
      'sort @timestamp desc',
      'limit 200',
    ),
  },
  {
    id: 'OneIncident',
    name: 'one incident, from report to evidence (put its id in)',
    functions: ['incident', 'campaign', 'archive'],
    query: pipe(
      'filter incident = "INC-42" or about = "INC-42" or key like "incidents/INC-42/"',
      'fields @timestamp, outcome, secret, requestToken, why, source, requestedBy, clients, failures, ms, key',
      'sort @timestamp desc',
      'limit 200',
    ),
  },
  {
    id: 'OneRotation',
    // The lines of an incident name each client's.
    name: 'one rotation, step by step (put its request token in)',
    functions: ['rotation'],
    query: pipe(
      'filter @message like "revoke-1700000000000-001-0000000000000000000000000000"',
      'fields @timestamp, step, ask, outcome, reason, message, secret, ms',
      'sort @timestamp desc',
      'limit 200',
    ),
  },
  {
    id: 'Vends',
    name: 'vends, by caller and client',
    functions: ['vendor'],
    // Whoever polls the revocations is answered and vended nothing; a request whose path is no client's has no route.
    query: pipe(
      'filter audit = "vend" and coalesce(route, "token") = "token"',
      'fields coalesce(source, "none") as from',
      'stats count(*) as requests, sum(strcontains(decision, "vended")) as vended, sum(strcontains(from, "minted") + strcontains(from, "refreshed")) as minted, sum(strcontains(decision, "refused")) as refused, sum(strcontains(decision, "failed")) as failed by caller, client',
      'sort requests desc',
    ),
  },
]
