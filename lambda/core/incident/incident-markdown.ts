// The report on an incident for people: Markdown that reads well as plain text. Adds nothing to what incident-report.ts found. What
// somebody else wrote, a reason above all, is shown as text: it makes no table, no link and no heading.

import { isJsonObject } from '../base/json-object.ts'
import { visibleLine } from '../base/message-text.ts'
import type { ClientProof } from './incident-proof.ts'
import type { ClientFailure, ClientReport, IncidentReport, ReportedLeak, Unproven } from './incident-report.ts'

/** Some readers make links of addresses as they stand. */
const ADDRESS = /\b(https?|ftp|mailto|xmpp):|\b(www)\.|@/gi

const text = (value: string): string =>
  visibleLine(value)
    .replace(/[\\`*_[\]<>|#~]/g, (character) => `\\${character}`)
    .replace(ADDRESS, (address) => `${address.slice(0, -1)}\\${address.at(-1)}`)

const code = (value: string): string =>
  `\`${visibleLine(value)
    .replace(/[`\s|]+/g, ' ')
    .trim()}\``

const row = (...cells: readonly string[]): string => `| ${cells.join(' | ')} |`
const table = (head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] => [
  row(...head),
  row(...head.map(() => '---')),
  ...rows.map((cells) => row(...cells)),
]

const listed = (value: unknown): string =>
  Array.isArray(value) ? value.map((one) => code(String(one))).join(', ') : text(JSON.stringify(value))

const kinds: Readonly<Record<string, string>> = { secretNames: 'secrets', clientIds: 'clients' }

/** `secrets a, b` */
const selection = (selector: unknown): string => {
  if (!isJsonObject(selector)) return 'nothing that could be read'
  if (selector.all === true) return `all clients, ${text(String(selector.expectedCount))} expected`
  return Object.entries(selector)
    .map(([kind, value]) => `${text(kinds[kind] ?? kind)} ${listed(value)}`)
    .join('; ')
}

const reportedLines = ({ at, source, requestedBy, reason, selector, graceSeconds }: ReportedLeak): readonly string[] =>
  table(
    ['reported', at],
    [
      ['by', `${text(requestedBy)}, as ${code(source)}`],
      ['because', text(reason)],
      ['about', selection(selector)],
      ...(graceSeconds === undefined
        ? []
        : [['grace', `${graceSeconds} s: the old values were to stay valid so long`]]),
    ],
  )

const acceptedLine = ({ accepted, slots }: ClientProof): string => {
  const only = `Stytch's slots hold nothing else: current …${text(slots.current)}, next empty (request ${code(slots.requestId)}).`
  if (accepted === null) return `The new value …${text(slots.current)} was tried at the switch. ${only}`
  const { lastFour, requestId, provenAt } = accepted
  return `The new value …${text(lastFour)} is accepted (request ${code(requestId)}, ${text(provenAt)}). ${only}`
}

const timeLine = ({ secondsToProof, mintedTokensEndBy }: ClientProof): string => {
  const took = secondsToProof === null ? '' : `From the report to the signature: at most ${secondsToProof} s. `
  return `${took}A token that was minted with a dead value can live until **${mintedTokensEndBy}** wherever it is verified offline.`
}

const proofLines = (proof: ClientProof): readonly string[] => [
  ...table(
    ['value', 'refused by Stytch', 'first at', 'last request', 'version'],
    proof.refused.map(({ lastFour, refusals, errors, firstRefusedAt, requestIds, versionId }) => [
      `…${text(lastFour)}`,
      `${refusals} × ${code(errors.at(-1) ?? 'unknown')}`,
      text(firstRefusedAt),
      code(requestIds.at(-1) ?? 'none'),
      code(versionId),
    ]),
  ),
  '',
  acceptedLine(proof),
  '',
  timeLine(proof),
  '',
  `Signed proof ${code(proof.key)} of ${text(proof.at)}; ${proof.confirmed ? 'a later one confirms it' : 'none confirms it yet'}.`,
]

const failureLine = ({ at, type, requestToken, explanation }: ClientFailure): string =>
  `- ${text(at)}, ${text(type)}: ${text(explanation)} (${code(requestToken)})`

const saidOf: Readonly<Record<ClientReport['outcome'], string>> = {
  proven: 'every earlier value is proven to be refused',
  deadAlready: 'reported as refused before anything was rotated; **nothing is signed of that**',
  notProven: '**the earlier values are not proven dead**',
}

const clientLines = ({
  secretName,
  clientId,
  clientIdFrom,
  outcome,
  proof,
  failures,
  advice,
}: ClientReport): readonly string[] => [
  '',
  `## ${text(secretName)}`,
  '',
  `${clientId === null ? 'Client unknown' : `Client ${code(clientId)}${clientIdFrom === 'tag' ? ', by the tag of its secret alone' : ''}`}: ${saidOf[outcome]}.`,
  '',
  ...(proof === null ? [] : proofLines(proof)),
  ...(failures.length === 0
    ? []
    : [...(proof === null ? [] : ['']), 'What failed on the way:', '', ...failures.map(failureLine)]),
  ...(advice === null ? [] : [...(failures.length === 0 ? [] : ['']), `**To do:** ${text(advice)}.`]),
]

const listedLines = (heading: string, all: readonly Unproven[]): readonly string[] =>
  all.length === 0 ? [] : ['', `## ${heading}`, '', ...all.map(({ what, why }) => `- ${code(what)}: ${text(why)}`)]

const verdict = ({ outcome, clients }: IncidentReport): string => {
  const open = clients.filter((client) => client.outcome !== 'proven').length
  switch (outcome) {
    case 'proven':
      return `**Proven for ${clients.length === 1 ? 'the one client' : `all ${clients.length} clients`}:** Stytch refuses every value that was accepted before.`
    case 'notProven':
      return open === 0
        ? '**Not proven as a whole:** not every client that it is about is known.'
        : `**Not proven for ${open} of ${clients.length} ${clients.length === 1 ? 'client' : 'clients'}.**`
    case 'noClients':
      return '**No client is known of this incident, yet or at all.**'
  }
}

/** Ends with a line feed. */
export const incidentMarkdown = (report: IncidentReport): string => {
  const { incidentId, reported, notes, clients } = report
  const open = clients.filter(({ outcome }) => outcome !== 'proven')
  const named = new Set(clients.map(({ secretName }) => secretName))
  const lines = [
    `# Incident ${text(incidentId)}`,
    '',
    verdict(report),
    ...reported.flatMap((leak) => ['', ...reportedLines(leak)]),
    ...(reported.length === 0 ? ['', 'No report of it is on the bus, or the report is not archived yet.'] : []),
    ...(notes.length === 0 ? [] : ['', ...notes.map(({ at, what }) => `- ${text(at)}: ${text(what)}`)]),
    // What is left to do is read first.
    ...[...open, ...clients.filter((client) => !open.includes(client))].flatMap(clientLines),
    ...listedLines('Not proven', clients.length === 0 ? [] : report.unproven.filter(({ what }) => !named.has(what))),
    ...listedLines('Not believed', report.ignored),
  ]
  return `${lines.join('\n')}\n`
}
