// How an incident ends that a campaign has carried out: by the same event as a small one. The campaign reports as itself, to this function
// like to everybody; here its report becomes the incident's end, in counts, and by name up to a bound, what failed first.

import { defined } from '../base/defined.ts'
import type { Events } from '../base/events.ts'
import { Fault } from '../base/fault.ts'
import type { Journal } from '../base/journal.ts'
import { isJsonObject, type JsonObject } from '../base/json-object.ts'
import { mailText } from '../base/mail-text.ts'
import { mapInParallel } from '../base/worker-pool.ts'
import type { HolderQuestions } from '../drive/holder-questions.ts'
import type { Secret } from '../secret/secret.ts'
import { clientNaming } from '../secret/secret-tags.ts'
import type { Secrets } from '../secret/secrets.ts'
import { textOf } from './archived-event.ts'
import { arnOfName, failedClient, frozenEnd, jobAdvice, nobodyClient, revokedClient } from './client-end.ts'
import { CLIENTS_A_PART, type IncidentClient, incidentCompleted } from './incident-completed.ts'
import { reportedBy } from './incident-summary.ts'
import { isAskedBy } from './incident-tokens.ts'
import { nameHolders } from './name-holders.ts'

interface CampaignEnding {
  readonly secrets: Pick<Secrets, 'describe'>
  /** Who holds the clients of what failed. @default - nobody says so */
  readonly holders?: HolderQuestions | undefined
  readonly events: Events<'m2m.incident'>
  readonly journal: Journal
  readonly secretNamePrefix: string
  readonly rotationFunctionArn: string
  /** Epoch milliseconds. */
  now(): number
}

const AGAIN = 'report the leak again under the same incident id'

/** What a campaign says beside what an incident function says (secret-end.ts). */
const campaignReasons: Readonly<Record<string, { readonly why: string; readonly advice: string }>> = {
  ...jobAdvice,
  unavailable: { why: 'AWS or Stytch did not answer for six hours', advice: `once they do, ${AGAIN}` },
  notHeld: { why: 'no secret of this stage holds the client', advice: 'find out whose it is, and report that' },
  notFound: { why: 'no managed secret is tagged or named so', advice: 'find out whose it is, and report that' },
  lost: { why: 'nobody knows what became of it', advice: `look at m2m status, then ${AGAIN}` },
  defect: { why: 'the campaign failed on it', advice: `the log has the error; ${AGAIN}` },
  frozen: frozenEnd,
  stopped: { why: 'the campaign was stopped before its turn', advice: AGAIN },
  pausedTooLong: { why: 'the campaign was paused, and nobody resumed it', advice: AGAIN },
  deleted: {
    why: 'its secret is scheduled for deletion, and nothing was revoked',
    advice: `restore the secret and ${AGAIN}, or delete the client at Stytch`,
  },
  retired: {
    why: 'its client is retired, and nothing was revoked',
    advice: 'if it leaked, report it by name, apart from the others',
  },
}

const notSettled = (until: string | undefined) => ({
  why: `it has a new value, and the old one STAYS ACCEPTED${until === undefined ? '' : ` until ${until}`}, when the sweep ends it`,
  advice: `end it now: ${AGAIN}, without a grace`,
})

interface Named {
  readonly name: string
  /** Absent: it is settled. */
  readonly failure?: { readonly why: string; readonly advice: string }
}

const listIn = (value: unknown): readonly JsonObject[] => (Array.isArray(value) ? value.filter(isJsonObject) : [])

const failureOf = (one: JsonObject): Named['failure'] => {
  if (one.outcome === 'leftToSweep') return notSettled(textOf(one, 'until'))
  const why = textOf(one, 'why') ?? 'no reason given'
  const { why: words, advice } = campaignReasons[why] ?? { why: `it was not revoked (${why})`, advice: AGAIN }
  const more = textOf(one, 'reason') ?? textOf(one, 'message')
  return { why: more === undefined ? words : mailText(`${words} (${more})`, 400), advice }
}

const namedIn = ({ failures, notDone, settledNames }: JsonObject): readonly Named[] => [
  ...[...listIn(failures), ...listIn(notDone)].flatMap((one): readonly Named[] => {
    const [name, failure] = [textOf(one, 'secretName'), failureOf(one)]
    return name === undefined || failure === undefined ? [] : [{ name, failure }]
  }),
  ...(Array.isArray(settledNames) ? settledNames : []).flatMap((name: unknown): readonly Named[] =>
    typeof name === 'string' ? [{ name }] : [],
  ),
]

const LOOKS_AT_ONCE = 10

/** For its ARN, client and tokens; what cannot be looked at is named all the same. */
const look = async ({ secrets }: CampaignEnding, name: string): Promise<Secret | undefined> => {
  try {
    return await secrets.describe(name)
  } catch (error) {
    if (error instanceof Fault) return undefined
    throw error
  }
}

/** As the campaign has found who holds them. */
const clientIdsOf = ({ clients }: JsonObject, name: string): readonly string[] => {
  const ids = isJsonObject(clients) && Object.hasOwn(clients, name) ? clients[name] : undefined
  return Array.isArray(ids) ? ids.filter((one): one is string => typeof one === 'string') : []
}

const toClients = async (
  ending: CampaignEnding,
  { incidentId, detail }: { readonly incidentId: string; readonly detail: JsonObject },
  { name, failure }: Named,
): Promise<readonly IncidentClient[]> => {
  const ids = clientIdsOf(detail, name)
  // Of a client that no secret holds, its id stands for the name.
  const isNoSecret = name.endsWith('*') || ids.includes(name)
  const secret = isNoSecret ? undefined : await look(ending, name)
  const arn = secret?.arn ?? arnOfName(ending.rotationFunctionArn, name)
  const tokens = Object.keys(secret?.labels ?? {}).filter((token) => isAskedBy(incidentId, arn, token))
  const named = ids.length > 0 || secret === undefined ? ids.map((clientId) => ({ clientId })) : [clientNaming(secret)]
  return (named.length === 0 ? [{}] : named).map((client) =>
    failure === undefined
      ? revokedClient({ arn, name, ...client }, tokens)
      : failedClient({ arn, name, ...client }, failure, tokens),
  )
}

const namedClients = async (
  ending: CampaignEnding,
  about: { readonly incidentId: string; readonly detail: JsonObject },
  named: readonly Named[],
): Promise<readonly IncidentClient[]> => {
  const clients = (await mapInParallel(named, LOOKS_AT_ONCE, (one) => toClients(ending, about, one))).flat()
  return nameHolders(ending, clients, ({ secretName }) => clientIdsOf(about.detail, secretName).length > 0)
}

const numberIn = (object: unknown, name: string): number => {
  const value = isJsonObject(object) ? object[name] : undefined
  return typeof value === 'number' ? value : 0
}

const countsIn = ({ counts }: JsonObject) => {
  const [clients, revoked] = [numberIn(counts, 'matched'), numberIn(counts, 'settled')]
  // Whatever of it is not settled may be accepted.
  return { clients, revoked, deadAlready: 0, failed: Math.max(0, clients - revoked) }
}

/** Nothing was begun: rotations are frozen, or the selection is refused. */
const clientsOfNone = (ending: CampaignEnding, detail: JsonObject): readonly IncidentClient[] => {
  const why = textOf(detail, 'explanation') ?? 'nothing was begun, and no reason is given'
  const nobody = nobodyClient(ending, why)
  if (detail.outcome === 'frozen') return [{ ...nobody, ...frozenEnd }]
  return why.startsWith('nobody') ? [nobody] : [{ ...nobody, advice: `correct that, and ${AGAIN}` }]
}

/**
 * @param detail of the event Campaign Completed
 * @returns the incident's id; undefined: the campaign was no incident's, or a rehearsal. @throws Fault EVENT_NOT_SENT
 */
export const endOfCampaign = async (ending: CampaignEnding, detail: JsonObject): Promise<string | undefined> => {
  const incidentId = textOf(detail, 'incidentId')
  if (incidentId === undefined || detail.dryRun === true || detail.intent !== 'revoke') return undefined
  const isNone = detail.outcome === 'frozen' || detail.outcome === 'refused'
  const named = namedIn(detail).slice(0, CLIENTS_A_PART)
  const clients = isNone ? clientsOfNone(ending, detail) : await namedClients(ending, { incidentId, detail }, named)
  const counts = isNone ? undefined : countsIn(detail)
  const [requestedBy = 'unknown', reason = 'none given'] = [textOf(detail, 'requestedBy'), textOf(detail, 'reason')]
  const isNobody = isNone && clients.some(({ why }) => why?.startsWith('nobody') === true)
  const end = {
    incidentId,
    at: ending.now(),
    clients,
    about: textOf(detail, 'id') ?? clients,
    by: reportedBy({ requestedBy, reason }),
    seconds: numberIn(detail, 'durationSeconds'),
    ...defined({ counts, isNobody, selection: textOf(detail, 'selection') }),
  }
  const events = incidentCompleted(end)
  await ending.events.publish(events)
  const [first] = events
  ending.journal.note({ incident: incidentId, outcome: first?.detail.outcome, clients: first?.detail.counts.clients })
  return incidentId
}
