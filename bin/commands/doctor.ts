// `m2m doctor`: what is wrong with the stage, and what to do about each: the caller's own rights, the project secret, schedules, bindings,
// labels that are stuck, clients without a secret and secrets without a client, values that Stytch refuses, values that a planned rotation
// would refuse. Changes nothing; what Stytch accepts is asked of the rotation function;
// clients' values are read by the clients function, those that people stored for the functions with the caller's own rights. With
// --before-deploy it asks what a deployment needs (before-deploy/).
import type { Command } from 'commander'
import { Fault } from '../../lambda/core/base/fault.ts'
import { type ExaminedValue, MAX_EXAMINED } from '../../lambda/core/clients/clients-api.ts'
import { type FleetFinding, fleetFindings } from '../../lambda/core/clients/fleet-findings.ts'
import { readRecords } from '../../lambda/core/clients/survey-clients.ts'
import type { Secret } from '../../lambda/core/secret/secret.ts'
import { isRetired } from '../../lambda/core/secret/secret-tags.ts'
import { prefixesOf } from '../../lambda/core/secret/stage-secrets.ts'
import { checkClients } from '../show/check-clients.ts'
import { readFleet } from '../show/choose.ts'
import { asOfView } from '../show/client-rows.ts'
import { frozenWords, readFrozenIfAllowed } from '../show/frozen.ts'
import { replicaFindings } from '../show/replica-findings.ts'
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
  const frozen = await readFrozenIfAllowed(freeze)
  if (frozen.state === 'off') return []
  const what =
    frozen.state === 'unreadable' ? 'the freeze cannot be read, so that planned rotations wait' : frozenWords(frozen)
  return [{ ...base, what, todo: 'm2m freeze off, when the reason is gone' }]
}

/** One thing that could not be found out hides nothing of the others. @throws what is no Fault */
const notChecked = ({ stage }: CommandContext, what: string, error: unknown): FleetFinding => {
  if (!(error instanceof Fault) && !(error instanceof CommandFault)) throw error
  return {
    kind: 'notChecked',
    weight: 'attention',
    subject: stage,
    what: `${what}: not checked, since ${error.message}`,
    todo: 'm2m doctor again, once that is repaired; what is listed here was found without it',
  }
}

export const examineFleet = async (
  context: CommandContext,
): Promise<{ findings: readonly FleetFinding[]; secrets: readonly Secret[] }> => {
  const view = await context.view()
  const { clientsApi } = await context.connect()
  const secrets = await readFleet(context, { includesDeleted: true })
  const progress = context.screen.progress('Reading clients')
  const [records, left] = await readRecords({ clientsApi, onProgress: (_what, done) => progress.at(done) })
    .then(
      (read) => [read, []] as const,
      (error: unknown) => [undefined, [notChecked(context, "what Stytch says of the stage's clients", error)]] as const,
    )
    .finally(progress.end)
  const findings = fleetFindings({
    stage: view,
    secrets,
    records,
    asOf: asOfView(view, context.timing.now()),
  })
  return { findings: [...left, ...findings], secrets }
}

const handMadeReport = async (context: CommandContext) => {
  const { handMadeSecrets = [], projectId } = await context.view()
  const { secretsManager } = await context.connect()
  const { handMadeFindings } = await import('../before-deploy/hand-made-findings.ts')
  return handMadeFindings(
    secretsManager,
    handMadeSecrets.map((secret) => ({ ...secret, projectId })),
  )
}

const toValueFinding = ({ secretName, faults }: ExaminedValue, prefix: string): FleetFinding => ({
  kind: 'value',
  weight: 'broken',
  subject: secretName.slice(prefix.length),
  what: `a planned rotation refuses its value: ${faults.join('; ')}`,
  todo: 'store it in the format of docs/secret-format.md, with the value that is in use',
})

/** Read by the clients function, a hundred at a time. */
const valueFindings = async (context: CommandContext, secrets: readonly Secret[]): Promise<readonly FleetFinding[]> => {
  const { secretNamePrefix } = await context.view()
  const { clientsApi } = await context.connect()
  const names = secrets.filter((secret) => !secret.isDeleted && !isRetired(secret)).map(({ name }) => name)
  const progress = context.screen.progress('Examining values')
  const found: FleetFinding[] = []
  try {
    for (let from = 0; from < names.length; from += MAX_EXAMINED) {
      const examined = await clientsApi.examine(names.slice(from, from + MAX_EXAMINED))
      found.push(
        ...examined.filter(({ faults }) => faults.length > 0).map((one) => toValueFinding(one, secretNamePrefix)),
      )
      progress.at(from + examined.length)
    }
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    const todo = 'deploy the version of this command line, or ask again'
    found.push({
      kind: 'value',
      weight: 'attention',
      subject: context.stage,
      what: `values were not examined: ${error.message}`,
      todo,
    })
  } finally {
    progress.end()
  }
  return found
}

/** Labels that moved on meanwhile are no finding. */
const PASSING = ['moved', 'rotating']

/** Asked of the rotation function; what the clients' own records say of them is found without it. */
const checkFindings = async (context: CommandContext, secrets: readonly Secret[]): Promise<readonly FleetFinding[]> => {
  const { secretNamePrefix } = await context.view()
  const progress = context.screen.progress('Checking values')
  const found = await checkClients(context, { secrets, onProgress: progress.at }).finally(progress.end)
  const subjectOf = ({ name }: Secret): string => name.slice(secretNamePrefix.length)
  const dead = secrets.flatMap((secret): readonly FleetFinding[] => {
    const finding = found.get(secret.arn)
    if (finding?.found !== 'dead') return []
    const what = `DEAD: Stytch refuses AWSCURRENT, found ${new Date(finding.since).toISOString()}`
    const todo = `m2m incident ${subjectOf(secret)}: a new value; or m2m rollback, where the value before works`
    return [{ kind: 'dead', weight: 'broken', subject: subjectOf(secret), what, todo }]
  })
  const reasons = new Map<string, number>()
  for (const finding of found.values()) {
    if (finding.found === 'unknown' && !PASSING.includes(finding.why)) {
      reasons.set(finding.why, (reasons.get(finding.why) ?? 0) + 1)
    }
  }
  const unchecked = [...reasons].map(([why, times]): FleetFinding => {
    const what = `whether Stytch accepts AWSCURRENT was not checked for ${count(times, 'client')}: ${why}`
    return { kind: 'dead', weight: 'attention', subject: context.stage, what, todo: 'the next sweep checks each' }
  })
  return [...dead, ...unchecked]
}

const copyFindings = async (context: CommandContext, secrets: readonly Secret[]): Promise<readonly FleetFinding[]> => {
  const { secretNamePrefix } = await context.view()
  const { secrets: port } = await context.connect()
  const { stage, timing } = context
  const progress = context.screen.progress('Looking at replicas')
  const survey = { stage, secrets, describe: port.describe, timing, onProgress: progress.at }
  return replicaFindings(survey, ({ name }) => name.slice(secretNamePrefix.length)).finally(progress.end)
}

const doctor: Work<object> = async (context) => {
  const permissions = await permissionFindings(context, prefixesOf(await context.view()))
  const [project, freeze] = [await projectFindings(context), await freezeFindings(context)]
  const found = await examineFleet(context)
  const handMade = await handMadeReport(context).catch((error: unknown) => ({
    findings: [notChecked(context, 'the secrets that were stored by hand', error)],
    notChecked: [],
  }))
  const values = await valueFindings(context, found.secrets)
  const checks = await checkFindings(context, found.secrets)
  const replicas = await copyFindings(context, found.secrets)
  const findings = [
    ...permissions,
    ...project,
    ...handMade.findings,
    ...freeze,
    ...checks,
    ...replicas,
    ...found.findings,
    ...values,
  ]
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
  const clients = found.secrets.filter(({ isDeleted }) => !isDeleted).length
  const { notChecked: unreadable } = handMade
  const unread = unreadable.length === 0 ? '' : `\nnot checked, since you may not read it: ${unreadable.join('; ')}`
  const tally = `${count(clients, 'client')}: ${count(findings.length, 'finding')}, ${broken} broken${unread}`
  return {
    json: { stage: context.stage, clients, broken, findings, notChecked: unreadable },
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
