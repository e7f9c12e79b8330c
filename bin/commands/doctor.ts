// `m2m doctor`: what is wrong with the stage, and what to do about each: the caller's own rights, the project secret, schedules, bindings,
// labels that are stuck, clients without a secret and secrets without a client. Changes nothing, and reads no value. With --before-deploy it
// asks what a deployment needs (before-deploy/).
import type { Command } from 'commander'
import { Fault } from '../../lambda/core/base/fault.ts'
import { type FleetFinding, fleetFindings } from '../../lambda/core/clients/fleet-findings.ts'
import { readRecords } from '../../lambda/core/clients/survey-clients.ts'
import { prefixesOf } from '../../lambda/core/secret/stage-secrets.ts'
import { readFleet } from '../show/choose.ts'
import { asOfView } from '../show/client-rows.ts'
import type { CommandContext } from '../terminal/command-context.ts'
import { CommandFault, type Ending, EXIT } from '../terminal/command-fault.ts'
import { permissionFindings } from '../terminal/permissions.ts'
import { run, runWithoutSeat, type Work } from '../terminal/run.ts'
import type { Screen } from '../terminal/screen.ts'
import { table } from '../terminal/table.ts'
import { count } from '../terminal/words.ts'

const MOST_SHOWN = 100

const projectFindings = async (context: CommandContext): Promise<readonly FleetFinding[]> => {
  const { projectId } = await context.view()
  const { clientsApi } = await context.connect()
  const base = { kind: 'projectSecret', weight: 'broken', subject: projectId } as const
  try {
    const found = await clientsApi.whoami()
    if (found === projectId) return []
    const what = `the project secret is of project ${found}`
    return [{ ...base, what, todo: 'store the right one; docs/runbook.md, "The project secret leaked"' }]
  } catch (error) {
    const what = error instanceof Fault ? error.message : 'it could not be tried'
    return [{ ...base, what, todo: 'docs/runbook.md, "The project secret leaked"' }]
  }
}

const freezeFindings = async (context: CommandContext): Promise<readonly FleetFinding[]> => {
  const { freeze } = await context.connect()
  const base = { kind: 'freeze', weight: 'attention', subject: freeze.parameterName } as const
  const state = await freeze.read().catch(() => 'unreadable' as const)
  if (state === 'off') return []
  const what =
    state === 'unreadable'
      ? 'the freeze cannot be read, so that planned rotations wait'
      : `rotations are frozen: ${state}`
  return [{ ...base, what, todo: 'm2m freeze off, when the reason is gone' }]
}

export const examineFleet = async (
  context: CommandContext,
): Promise<{ findings: readonly FleetFinding[]; clients: number }> => {
  const view = await context.view()
  const { clientsApi } = await context.connect()
  const secrets = await readFleet(context)
  const progress = context.screen.progress('Reading clients')
  const records = await readRecords({ clientsApi, onProgress: (_what, done) => progress.at(done) })
  progress.end()
  const findings = fleetFindings({
    stage: view,
    secrets,
    records,
    asOf: asOfView(view, context.timing.now()),
  })
  return { findings, clients: secrets.length }
}

const doctor: Work<object> = async (context) => {
  const permissions = await permissionFindings(context, prefixesOf(await context.view()))
  const [project, freeze] = [await projectFindings(context), await freezeFindings(context)]
  const found = await examineFleet(context)
  const findings = [...permissions, ...project, ...freeze, ...found.findings]
  const broken = findings.filter(({ weight }) => weight === 'broken').length
  const lines = findings
    .slice(0, MOST_SHOWN)
    .map(({ weight, subject, what, todo }) => [
      context.screen.paint(weight === 'broken' ? 'red' : 'yellow', weight),
      subject,
      `${what}\n→ ${todo}`,
    ])
  const more =
    findings.length > MOST_SHOWN
      ? `\n… and ${count(findings.length - MOST_SHOWN, 'more', 'more')}; --json shows all`
      : ''
  const tally = `${count(found.clients, 'client')}: ${count(findings.length, 'finding')}, ${broken} broken`
  return {
    json: { stage: context.stage, clients: found.clients, broken, findings },
    text: `${lines.length === 0 ? '' : `${table([], lines)}${more}\n`}${tally}`,
    exitCode: broken > 0 ? EXIT.failed : EXIT.ok,
  }
}

/** Loaded when asked for, so that the other commands do without. */
const beforeDeploy = async (
  screen: Screen,
  options: { readonly config?: string; readonly stage?: string },
): Promise<Ending> => {
  const { inspect } = await import('../before-deploy/inspect.ts')
  return inspect(screen, { file: options.config, stage: options.stage })
}

interface DoctorOptions {
  readonly beforeDeploy?: true
  readonly config?: string
}

export const addDoctor = (program: Command): void => {
  program
    .command('doctor')
    .description('what is wrong with the stage, and what to do about it; changes nothing')
    .option(
      '--before-deploy',
      'what would stop the next deployment, with your own rights; needs no stage that is deployed',
    )
    .option('--config <file>', 'with --before-deploy: the configuration (default: that of cdk.json)')
    .action(async (options: DoctorOptions, command: Command) => {
      if (options.beforeDeploy === true) return runWithoutSeat<DoctorOptions>(beforeDeploy)(options, command)
      if (options.config !== undefined) throw new CommandFault(EXIT.usage, '--config goes with --before-deploy')
      return run(doctor)(options, command)
    })
}
