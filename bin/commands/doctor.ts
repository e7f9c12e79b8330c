// `m2m doctor`: what is wrong with the stage, and what to do about each: the caller's own rights, the project secret, schedules, bindings,
// labels that are stuck, clients without a secret and secrets without a client, values that Stytch refuses, values that a planned rotation
// would refuse; who gets notices, which alarms ring, key, schedules and rules; when the last drill was. Changes nothing. What stands alike is
// one line, and the most urgent stands first. With --before-deploy it asks what a deployment needs (before-deploy/).
import { type Command, Option } from 'commander'
import type { FleetFinding } from '../../lambda/core/clients/fleet-findings.ts'
import { examine } from '../doctor/examine.ts'
import { findingKinds, groupFindings } from '../doctor/finding-groups.ts'
import { findingsText } from '../doctor/findings-text.ts'
import { recordWords } from '../drill/drill-words.ts'
import type { CommandContext } from '../terminal/command-context.ts'
import { CommandFault, type Ending, EXIT } from '../terminal/command-fault.ts'
import { run, runWithoutSeat, type Work } from '../terminal/run.ts'
import type { Screen } from '../terminal/screen.ts'
import { count } from '../terminal/words.ts'

interface DoctorOptions {
  readonly beforeDeploy?: true
  readonly config?: string
  readonly kind?: FleetFinding['kind']
}

const SUBJECTS_SHOWN = 5

const groupsJson = (findings: readonly FleetFinding[]) =>
  groupFindings(findings).map(({ kind, weight, todo, findings: alike }) => ({
    kind,
    weight,
    count: alike.length,
    subjects: alike.slice(0, SUBJECTS_SHOWN).map(({ subject }) => subject),
    todo,
  }))

const doctor: Work<DoctorOptions> = async (context: CommandContext, { kind }) => {
  const { findings, clients, unreadable, lastDrill } = await examine(context)
  const broken = findings.filter(({ weight }) => weight === 'broken').length
  const unread =
    unreadable.length === 0
      ? ''
      : `\nnot checked, since you may not read it (secretsmanager:GetSecretValue): ${unreadable.join('; ')}`
  const drilled = lastDrill === undefined ? 'none recorded' : recordWords(lastDrill, context.timing.now())
  const whose = clients === undefined ? 'clients not read' : count(clients, 'client')
  const tally = `${whose}: ${count(findings.length, 'finding')}, ${broken} broken${unread}\nlast drill: ${drilled}`
  return {
    json: {
      stage: context.stage,
      clients: clients ?? null,
      broken,
      findings,
      groups: groupsJson(findings),
      notChecked: unreadable,
      lastDrill: lastDrill ?? null,
    },
    text: `${findingsText(context.screen, findings, kind)}${tally}`,
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

export const addDoctor = (program: Command): void => {
  program
    .command('doctor')
    .description('find what is wrong with the stage and what to do about it; changes nothing')
    .addOption(new Option('--kind <kind>', 'only findings of this kind, one by one').choices(findingKinds))
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
