// `npm run rights`: who may do what, computed from the template. Without an option it prints the tables from the recorded decisions, and
// fails if a policy is another since they were recorded. `--write` has them decided anew, and writes recording, page and policy. `--scp` prints the
// service control policy of this directory's cdk.json, or of the file that `--config` names. `--calls FOLDER` holds the laptop's template against
// the calls that the suites recorded there (M2M_RECORD_CALLS), and with `--write` keeps those that it allows in test/rights/calls.jsonl.
// Tested in test/rights.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { readConfiguration } from '../../bin/before-deploy/config-file.ts'
import { CommandFault, EXIT } from '../../bin/terminal/command-fault.ts'
import { abilitiesOf } from './abilities.ts'
import type { Ability } from './ability.ts'
import { callersOf, type RightsCaller } from './callers.ts'
import { readDeployment, synthesiseDeployment } from './deployment.ts'
import { readCalls, writeCalls } from './recorded-calls.ts'
import { recordedStage } from './recorded-stage.ts'
import {
  callerKey,
  differences,
  exampleScp,
  planOf,
  questionsOf,
  type RecordedDecision,
  type RecordingPlan,
  type RightsRecording,
  readRecording,
  writeRecording,
} from './recording.ts'
import { type NamedRoles, scpOfConfig } from './scp-of-config.ts'
import { EVALUATOR, simulate } from './simulator.ts'
import { judgeBy, replaceBetween, tablesOf } from './table.ts'
import { heldAgainst, rightsOfStage, sentenceOf } from './template-rights.ts'
import { reasonFor } from './uncalled.ts'

const repository = new URL('../../', import.meta.url)
export const recordingFile = fileURLToPath(new URL('test/rights/decisions.jsonl', repository))
export const callsFile = fileURLToPath(new URL('test/rights/calls.jsonl', repository))
export const pageFile = fileURLToPath(new URL('docs/threat-model.md', repository))
export const scpFile = fileURLToPath(new URL('docs/service-control-policy.json', repository))

export interface Rights {
  readonly callers: readonly RightsCaller[]
  readonly abilities: readonly Ability[]
  readonly plan: RecordingPlan
}

/** Of the working copy as it stands. */
export const rightsOfTemplate = (): Rights => {
  const deployment = readDeployment(synthesiseDeployment())
  const [callers, abilities] = [callersOf(deployment), abilitiesOf(deployment)]
  return { callers, abilities, plan: planOf(callers, abilities) }
}

export const pageWith = (page: string, { callers, abilities }: Rights, recording: RightsRecording): string =>
  replaceBetween(page, 'rights', tablesOf(judgeBy(recording), callers, abilities))

/** What `docs/threat-model.md` links to. */
export const scpText = (): string => `${JSON.stringify(exampleScp(), null, 2)}\n`

const record = async (plan: RecordingPlan): Promise<RightsRecording> => {
  const letters = await simulate(questionsOf(plan))
  const size = plan.requests.length
  const lettersOf = (at: number): readonly RecordedDecision[] => letters.slice(at * size, (at + 1) * size)
  const decisions = plan.callers.map(
    ({ id, isUnderScp }, at) => [callerKey(id, isUnderScp), lettersOf(at).join('')] as const,
  )
  return { ...plan, evaluator: EVALUATOR, decisions: new Map(decisions) }
}

const write = async (): Promise<void> => {
  const rights = rightsOfTemplate()
  const recording = await record(rights.plan)
  writeFileSync(recordingFile, writeRecording(recording))
  writeFileSync(pageFile, pageWith(readFileSync(pageFile, 'utf8'), rights, recording))
  writeFileSync(scpFile, scpText())
  console.log(`${recording.callers.length * recording.requests.length} decisions by ${recording.evaluator} written`)
}

const print = (): void => {
  const { callers, abilities, plan } = rightsOfTemplate()
  const recording = readRecording(readFileSync(recordingFile, 'utf8'))
  const found = differences(plan, recording)
  if (found.length > 0) {
    console.error(
      [...found, 'The policies changed since their rights were computed: npm run rights -- --write'].join('\n'),
    )
    process.exitCode = 1
    return
  }
  console.log(tablesOf(judgeBy(recording), callers, abilities))
}

const printScp = (file: string | undefined, roles: NamedRoles): void => {
  try {
    const made = scpOfConfig(readConfiguration(file), roles)
    if (!made.ok) throw new CommandFault(EXIT.usage, made.faults.join('\n'))
    console.log(JSON.stringify(made.policy))
  } catch (error) {
    if (!(error instanceof CommandFault)) throw error
    console.error(error.message)
    process.exitCode = 1
  }
}

/** Of the calls of suites: what the laptop's template denies of them, and which of its rights none of them needs. */
const compareWithCalls = async (folder: string, isWritten: boolean): Promise<void> => {
  const texts = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'))
  const record = readCalls(writeCalls(texts.map(readCalls)))
  const { denied, unneeded, held } = heldAgainst(rightsOfStage(await recordedStage()), record)
  const unexplained = unneeded.filter((right) => reasonFor(right) === undefined)
  for (const line of [...denied, ...unexplained.map(sentenceOf)]) console.error(line)
  console.log(`${record.calls.length} calls; ${denied.length} denied; ${unexplained.length} rights that none needs`)
  if (isWritten) writeFileSync(callsFile, writeCalls([held]))
  else if (denied.length + unexplained.length > 0) process.exitCode = 1
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      write: { type: 'boolean', default: false },
      scp: { type: 'boolean', default: false },
      deployer: { type: 'string', multiple: true, default: [] },
      guard: { type: 'string', multiple: true, default: [] },
      api: { type: 'string' },
      config: { type: 'string' },
      calls: { type: 'string' },
    },
  })
  if (values.calls !== undefined) await compareWithCalls(values.calls, values.write)
  else if (values.write) await write()
  else if (values.scp) {
    printScp(values.config, { deployers: values.deployer, guardedRoles: values.guard, restApi: values.api })
  } else print()
}
