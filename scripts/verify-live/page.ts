// docs/verified.md: what was checked, when, against what, and how it came out. Pure; main.ts writes it.
import type { LiveFinding } from './finding.ts'

export interface PageInput {
  readonly against: 'the real services' | 'the stand-ins'
  readonly runId: string
  /** Epoch milliseconds. */
  readonly at: number
  readonly findings: readonly LiveFinding[]
}

/** Found again by main.ts, so that a rehearsal does not overwrite a run against the real services. */
export const LIVE_MARK = 'Run against the real services'

const opening = {
  'the real services': `**${LIVE_MARK}**: a Stytch test project, and a sandbox account with the probe function.`,
  'the stand-ins': `**Run against the stand-ins only.** Nothing on this page says anything about Stytch or AWS yet: it shows that the checks work, and what
each of them expects. The stand-ins agree with themselves by construction.`,
} as const

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ')

const resultOf = ({ verdict, advice }: LiveFinding): string =>
  advice === undefined ? verdict : `**${verdict}**: ${advice}`

export const renderPage = ({ against, runId, at, findings }: PageInput): string => {
  const date = new Date(at).toISOString().slice(0, 10)
  const count = (verdict: LiveFinding['verdict']): number =>
    findings.filter((finding) => finding.verdict === verdict).length
  const rows = findings.map((finding) =>
    [date, `${finding.service}: ${finding.check}`, finding.expected, finding.seen, resultOf(finding)]
      .map(cell)
      .join(' | '),
  )
  return `# Verified

${opening[against]}

Run \`${runId}\`, ${date}: ${findings.length} checks, ${count('agrees')} agree, ${count('differs')} differ, ${count('not seen')} not seen.
Written by \`npm run verify:live\`; how to run it is in [verifying.md](verifying.md). *Expected* is what the stand-ins answer, with the setting that
holds it; *differs* names the setting to change, under which the tests are then to be run again.

| date | check | expected | seen | result |
|---|---|---|---|---|
${rows.map((row) => `| ${row} |`).join('\n')}
`
}
