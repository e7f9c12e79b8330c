// docs/verified.md: what was checked, when, against what, and how it came out. Pure; page-file.ts writes it.
import { isBrokenOff, type LiveFinding, type Service } from './finding.ts'

export interface PageInput {
  readonly against: 'the real services' | 'the stand-ins'
  readonly runId: string
  /** Epoch milliseconds. */
  readonly at: number
  readonly findings: readonly LiveFinding[]
  /** @default true */
  readonly isWhole?: boolean
}

/** Found again by page-file.ts, so that neither a rehearsal nor a run that is not through replaces a run against the real services. */
export const LIVE_MARK = 'Run against the real services'
const UNFINISHED = 'not finished'

/** Whether a page describes a run against the real services from its start to its end. */
export const isWholeLivePage = (page: string): boolean => page.includes(LIVE_MARK) && !page.includes(`(${UNFINISHED})`)

const opening = {
  'the real services': `**${LIVE_MARK}**: a Stytch test project, and a sandbox account.`,
  'the stand-ins': `**Run against the stand-ins only.** This page says nothing about Stytch or AWS yet: it shows that the checks work, and what each expects.`,
} as const

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ')

const isAsExpected = ({ expected, seen }: LiveFinding): boolean => expected === seen || expected.startsWith(`${seen} (`)

/** What was seen, unless it is what was expected. */
const resultOf = (finding: LiveFinding): string => {
  const { verdict, seen, advice } = finding
  const result = isAsExpected(finding) ? verdict : `${verdict}: ${seen}`
  return advice === undefined ? result : `**${result}**; ${advice}`
}

const services: readonly Service[] = ['Stytch', 'AWS']

const tableOf = (service: Service, findings: readonly LiveFinding[]): string => {
  const rows = findings
    .filter((finding) => finding.service === service)
    .map((finding) => `| ${[finding.check, finding.expected, resultOf(finding)].map(cell).join(' | ')} |`)
  return rows.length === 0
    ? ''
    : [`## ${service}`, '', '| check | expected | result |', '|---|---|---|', ...rows, ''].join('\n')
}

export const renderPage = ({ against, runId, at, findings, isWhole = true }: PageInput): string => {
  const date = new Date(at).toISOString().slice(0, 10)
  const count = (verdict: LiveFinding['verdict']): number =>
    findings.filter((finding) => finding.verdict === verdict).length
  const broken = findings.filter(isBrokenOff).length
  return `# Verified

${opening[against]}

Run \`${runId}\`${isWhole ? '' : ` (${UNFINISHED})`}, ${date}: ${findings.length} checks, ${count('agrees')} agree, ${count('differs')} differ, ${count('not seen')} not seen${broken === 0 ? '' : `; **${broken} groups broke off**`}.
Written by \`npm run verify:live\` ([how](verifying.md)). *Expected* is what the stand-ins answer, with its setting; *agrees*: the service answered the same; *differs* names the setting to change before the tests are run again.

${services
  .map((service) => tableOf(service, findings))
  .filter(Boolean)
  .join('\n')}`
}
