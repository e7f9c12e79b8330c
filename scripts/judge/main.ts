// `npm run judge -- CDK_OUT…`: holds synthesised templates against AWS's documented quotas, policies and names, before anything is
// deployed. Several folders are judged as stages that are deployed side by side. Prints one line a finding, its rule first.
import { parseArgs } from 'node:util'
import { type Finding, printed, type Settings } from './finding.ts'
import { defaultSettings, judge } from './judge.ts'
import { UNRESERVED_CONCURRENCY } from './quotas.ts'
import { reservedIn } from './rules/concurrency.ts'
import { judgeUpgrade } from './rules/upgrade.ts'
import { readFolder, type Stack } from './template.ts'

const usage = `Usage: npm run judge -- [options] CDK_OUT…

CDK_OUT                    folder that cdk synth wrote; several are deployed side by side
--against OLD_OUT          also compare with the folder of the deployed templates
--concurrency-quota N      the account's concurrent executions (default ${defaultSettings.concurrencyQuota})

Exit code: 0 without findings, 1 with findings, 2 for a bad command line or folder.`

interface Command {
  readonly stacks: readonly Stack[]
  readonly before: readonly Stack[]
  readonly settings: Settings
}

interface Line {
  readonly folders: readonly string[]
  readonly against: string | undefined
  readonly settings: Settings
}

/** @throws when the line cannot be read: what to type is in the usage. */
const readLine = (args: readonly string[]): Line => {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { against: { type: 'string' }, 'concurrency-quota': { type: 'string' } },
  })
  if (positionals.length === 0) throw new Error('CDK_OUT is missing.')
  const quota = values['concurrency-quota'] ?? String(defaultSettings.concurrencyQuota)
  if (!/^[1-9]\d*$/.test(quota)) throw new Error(`--concurrency-quota must be a whole number above 0, not ${quota}.`)
  return { folders: positionals, against: values.against, settings: { concurrencyQuota: Number(quota) } }
}

/** @throws when a folder cannot be read, with its name. */
const readFolders = ({ folders, against, settings }: Line): Command => ({
  stacks: folders.flatMap((folder) => readFolder(folder)),
  before: against === undefined ? [] : readFolder(against),
  settings,
})

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

const totalsOf = (stacks: readonly Stack[]): readonly string[] =>
  [...reservedIn(stacks)].map(
    ([place, total]) =>
      `${place}: ${total} executions reserved; needs a quota of ${total === 0 ? 0 : total + UNRESERVED_CONCURRENCY}`,
  )

/** Findings go to stdout, everything else to stderr. @returns the exit code. */
export const runJudge = async (
  args: readonly string[],
  print: (line: string) => void,
  note: (line: string) => void,
): Promise<0 | 1 | 2> => {
  let line: Line
  try {
    line = readLine(args)
  } catch (error) {
    note(`${textOf(error)}\n\n${usage}`)
    return 2
  }
  let command: Command
  try {
    command = readFolders(line)
  } catch (error) {
    note(textOf(error))
    return 2
  }
  const { stacks, before, settings } = command
  const findings: readonly Finding[] = [...(await judge(stacks, settings)), ...judgeUpgrade(before, stacks)]
  for (const finding of findings) print(printed(finding))
  for (const line of totalsOf(stacks)) note(line)
  note(`${stacks.length} stacks judged, ${findings.length} findings`)
  return findings.length === 0 ? 0 : 1
}

if (import.meta.main) process.exitCode = await runJudge(process.argv.slice(2), console.log, console.error)
