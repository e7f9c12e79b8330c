// What the notices of an incident say, as one line of plain text each: who reported what and why, what became of it, and what to do. Names,
// ids and the reporter's own words, cleaned and bounded; never a value. The rules of the stack put it into a mail as it is.

import { mailText, quotedText } from '../base/mail-text.ts'
import type { LeakReport } from './leak-report.ts'

/** A mail's text, with what the rule adds, stays below what EventBridge's templates and SMS gateways take. */
const MOST_CHARACTERS = 1800
const NAMES = 10
const FAILURES = 5
const REASON = 200
const REQUESTER = 100
const FAILURE = 260

/** Who and why, as the reporter wrote it, made safe. */
export interface ReportedBy {
  readonly requestedBy: string
  readonly reason: string
}

export const reportedBy = ({ requestedBy, reason }: Pick<LeakReport, 'requestedBy' | 'reason'>): ReportedBy => ({
  requestedBy: quotedText(requestedBy, REQUESTER),
  reason: quotedText(reason, REASON),
})

export const clientCount = (count: number): string => `${count} ${count === 1 ? 'client' : 'clients'}`

/** The first of them, and how many more there are. */
const namesOf = (names: readonly string[], count = names.length): string => {
  const shown = names.slice(0, NAMES)
  const more = count - shown.length
  return more > 0 ? `${shown.join(', ')} and ${more} more` : shown.join(', ')
}

const bounded = (text: string): string => mailText(text, MOST_CHARACTERS)

export interface Beginning {
  readonly incidentId: string
  readonly source: string
  readonly by: ReportedBy
  /** Absent: nobody knows yet. */
  readonly count?: number | undefined
  /** Of these, as far as they are known. */
  readonly names: readonly string[]
  /** function: the incident function by itself. campaign: handed over. waiting: Secrets Manager does not say whom it is about. */
  readonly how: 'function' | 'campaign' | 'waiting'
  readonly graceSeconds?: number | undefined
  /** ISO 8601: until when the end, or a delay, is reported. Absent: a campaign ends when it is through. */
  readonly until?: string | undefined
}

const whomWords = ({ count, names }: Pick<Beginning, 'count' | 'names'>): string => {
  const listed = names.length === 0 ? '' : `: ${namesOf(names, count)}`
  return count === undefined ? `Clients not known yet${listed}` : `${clientCount(count)}${listed}`
}

const followsWords = ({ how, graceSeconds, until, incidentId }: Beginning): string => {
  const end = `the result for each client follows`
  if (how === 'waiting')
    return `Secrets Manager does not answer, and is retried; ${end}, or a notice of delay, by ${until}`
  if (how === 'function') return `Each is revoked now; ${end}, or a notice of delay, by ${until}`
  const grace =
    graceSeconds === undefined
      ? 'A campaign revokes them now'
      : `A campaign replaces the values now, and the leaked values STAY ACCEPTED for ${graceSeconds} seconds after that`
  return `${grace}; ${end} when it has finished (m2m incident follow ${incidentId})`
}

export const begunSummary = (beginning: Beginning): string => {
  const { incidentId, source, by } = beginning
  const who = `${incidentId}, reported by ${by.requestedBy} (${source}): ${by.reason}`
  return bounded(`${who}. ${whomWords(beginning)}. ${followsWords(beginning)}.`)
}

export interface Delay {
  readonly incidentId: string
  readonly by: ReportedBy
  /** How many are open; absent: nobody knows. */
  readonly open?: number | undefined
  readonly names: readonly string[]
  /** Of those that are known: how many have ended, and how many of these failed. */
  readonly ended: number
  readonly failed: number
}

export const delayedSummary = ({ incidentId, by, open, names, ended, failed }: Delay): string => {
  const whom = whomWords({ count: open, names })
  const others = ended === 0 ? '' : ` ${ended - failed} others are revoked, ${failed} failed.`
  return bounded(
    `${incidentId}, reported by ${by.requestedBy} (${by.reason}), is delayed: leaked values MAY STILL BE ACCEPTED. ${whom}.${others} Stytch or AWS did not answer for a quarter of an hour, or another rotation does not end. A campaign continues by itself, for six hours at most; the result for each client follows. Watch it: m2m incident follow ${incidentId}.`,
  )
}

export interface RefusedReport {
  readonly incidentId?: string | undefined
  readonly source: string
  readonly by?: ReportedBy | undefined
  /** Cleaned already. */
  readonly faults: readonly string[]
}

export const refusedSummary = ({ incidentId, source, by, faults }: RefusedReport): string => {
  const what = incidentId === undefined ? 'A leak report without a usable incident id' : `The leak report ${incidentId}`
  const who = by === undefined ? '' : ` (${by.requestedBy}: ${by.reason})`
  return bounded(
    `${what} of ${source}${who} was NOT CARRIED OUT, and the leaked values still work: ${faults.join('; ')}. Correct that, and report it again.`,
  )
}

export interface IncidentCounts {
  readonly clients: number
  readonly revoked: number
  readonly deadAlready: number
  readonly failed: number
}

/** One client, as far as a summary says anything of it. */
interface EndedClient {
  readonly secretName: string
  readonly outcome: 'revoked' | 'deadAlready' | 'failed'
  readonly why?: string
  readonly advice?: string
}

export interface EndFacts {
  readonly incidentId: string
  readonly by?: ReportedBy | undefined
  readonly outcome: 'dead' | 'refused' | 'partly' | 'failed' | 'nobody'
  readonly counts: IncidentCounts
  readonly clients: readonly EndedClient[]
  readonly seconds?: number | undefined
  readonly open?: number | undefined
}

const failureWords = ({ secretName, why, advice }: EndedClient): string =>
  mailText(`${secretName}: ${[why, advice].filter((one) => one !== undefined).join('; ')}`, FAILURE)

const failedSummary = ({ incidentId, counts, clients }: EndFacts): string => {
  const { failed, revoked, deadAlready } = counts
  const named = clients.filter(({ outcome }) => outcome === 'failed').slice(0, FAILURES)
  const more = failed - named.length
  const words = [
    ...named.map(failureWords),
    ...(more > 0 ? [`and ${more} more (m2m incident show ${incidentId})`] : []),
  ]
  const others = revoked + deadAlready
  const rest = others === 0 ? '' : ` Stytch refuses the leaked values of the other ${others}.`
  return `leaked values MAY STILL BE ACCEPTED of ${failed} of ${clientCount(counts.clients)}: ${words.join(' | ')}.${rest}`
}

const endedSummary = ({ incidentId, counts, clients, outcome }: EndFacts): string => {
  const ended = clients.filter((client) => client.outcome !== 'failed')
  const names = namesOf(
    ended.map(({ secretName }) => secretName),
    counts.clients,
  )
  const before =
    counts.deadAlready === 0 ? '' : `; ${counts.deadAlready} of them were dead before: Stytch knows no such client`
  const proofs = `Proofs: m2m incident show ${incidentId}`
  const later =
    outcome === 'refused'
      ? ' The sweep tries it once more, a minute later at the earliest, and reports when that confirms it.'
      : ''
  return `Stytch refuses the leaked values of ${clientCount(counts.clients)} (${names})${before}. Nothing is left to do. ${proofs}.${later}`
}

export const endSummary = (ending: EndFacts): string => {
  const { incidentId, by, outcome, clients, seconds, open } = ending
  const took = seconds === undefined ? '' : `, ${seconds} s after it was reported`
  const whose = by === undefined ? '' : ` Reported by ${by.requestedBy}: ${by.reason}.`
  const left = open === undefined ? '' : ` A campaign continues with ${clientCount(open)} more; its end follows.`
  const [first] = clients
  const text =
    outcome === 'nobody'
      ? `nothing was revoked. ${first === undefined ? '' : failureWords(first)}.`
      : outcome === 'partly' || outcome === 'failed'
        ? failedSummary(ending)
        : endedSummary(ending)
  return bounded(`${incidentId} ended${took}: ${text}${left}${whose}`)
}
