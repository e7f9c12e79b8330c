// `m2m incident`: a secret has leaked. Reports it on the bus, where the incident function takes it up; or, with --direct, carries the revokes
// out from here, by Secrets Manager alone. `show` makes the report from the evidence; `release` opens the intake again after a flood.

import { type Command, InvalidArgumentError } from 'commander'
import { defined } from '../../lambda/core/base/defined.ts'
import { leakSources } from '../../lambda/core/base/event-types.ts'
import { MAX_GRACE_SECONDS, MIN_GRACE_SECONDS } from '../../lambda/core/drive/grace.ts'
import { isSubjectId, SUBJECT_ID_RULE } from '../../lambda/core/drive/subject-id.ts'
import type { IncidentReport } from '../../lambda/core/incident/incident-report.ts'
import { readSpan } from '../../lambda/core/secret/secret-tags.ts'
import { countWords } from '../../lambda/core/secret/selector.ts'
import { beginRevoke } from '../incident/begin-revoke.ts'
import { checkBefore, checkWords, overlapNotes } from '../incident/checks.ts'
import { watchToTheEnd } from '../incident/incident-end.ts'
import { follow, labelledBy } from '../incident/incident-follow.ts'
import { listIncidents } from '../incident/incident-list.ts'
import { prove } from '../incident/incident-proofs.ts'
import { readReport } from '../incident/incident-report.ts'
import {
  addTargets,
  assertOneChoice,
  findTargets,
  prefixOf,
  type TargetOptions,
  type Targets,
} from '../incident/incident-targets.ts'
import { findByValue, type Searched, type TargetsOfValue } from '../incident/leaked-value.ts'
import { assertNotFrozen } from '../incident/obstacles.ts'
import { type KeyOptions, PUBLIC_KEY_HELP } from '../incident/proof-keys.ts'
import { release } from '../incident/release.ts'
import { repeatWords } from '../incident/repeat-words.ts'
import { incidentDay, joinedIncident } from '../incident/same-incident.ts'
import type { CommandContext } from '../terminal/command-context.ts'
import { CommandFault, type Ending, EXIT, type ExitCode } from '../terminal/command-fault.ts'
import { addCaution, addPatience, addText, addWaiting } from '../terminal/options.ts'
import { run, type Work } from '../terminal/run.ts'
import { table } from '../terminal/table.ts'
import { count } from '../terminal/words.ts'

interface IncidentOptions extends TargetOptions {
  readonly reason?: string
  readonly id?: string
  readonly grace?: number
  readonly immediate?: true
  readonly breakGlass?: true
  readonly direct?: true
  readonly dryRun?: true
  readonly yes?: true
  readonly wait?: true
  readonly timeout: number
  readonly bucket?: string
  readonly report?: string
  readonly new?: true
}

const readId = (text: string): string => {
  if (isSubjectId(text)) return text
  throw new InvalidArgumentError(`expected ${SUBJECT_ID_RULE}`)
}

/** `90s`, `15m`, or what a tag may say. */
const readGrace = (text: string): number => {
  const [, number, unit] = /^([1-9]\d{0,4})([sm])$/.exec(text) ?? []
  const seconds = number === undefined ? (readSpan(text) ?? 0) / 1000 : Number(number) * (unit === 'm' ? 60 : 1)
  if (seconds >= MIN_GRACE_SECONDS && seconds <= MAX_GRACE_SECONDS) return seconds
  throw new InvalidArgumentError('expected 60s to 24h, such as 15m')
}

/** Sorts by day, and cannot be guessed by who saw another. */
const newIncidentId = (context: CommandContext): string =>
  `${incidentDay(context.timing.now())}-${context.newId().slice(0, 8)}`

const assertChosenHow = ({ grace, immediate, direct }: IncidentOptions, { secrets }: Targets): void => {
  if (grace !== undefined && immediate === true) {
    throw new CommandFault(EXIT.usage, '--grace and --immediate exclude each other')
  }
  if (grace !== undefined && direct === true) {
    throw new CommandFault(EXIT.usage, '--grace is waited for by the campaign function, and so not with --direct')
  }
  if (secrets.length > 1 && grace === undefined && immediate !== true) {
    throw new CommandFault(
      EXIT.usage,
      `${secrets.length} clients would be revoked: choose --immediate (consumers fail until they read the new value), or --grace 15m (the leaked values stay valid so long)`,
    )
  }
}

const begun = (context: CommandContext, incidentId: string, { secrets }: Targets): Ending => ({
  json: {
    stage: context.stage,
    incidentId,
    clients: secrets.map(({ name, arn }) => ({ secretName: name, secretArn: arn })),
  },
  text: `Incident ${incidentId} is reported: ${count(secrets.length, 'client')}. m2m incident follow ${incidentId}${secrets.length === 1 ? ` ${secrets[0]?.name}` : ''} watches it to its end.`,
  exitCode: EXIT.ok,
})

const dryRun = (context: CommandContext, incidentId: string, { secrets }: Targets): Ending => ({
  json: { stage: context.stage, incidentId, dryRun: true, clients: secrets.map(({ name }) => ({ secretName: name })) },
  text: table(
    ['WOULD BE REVOKED'],
    secrets.map(({ name }) => [name]),
  ),
  exitCode: EXIT.ok,
})

const targetsOf = async (
  context: CommandContext,
  options: IncidentOptions,
  names: readonly string[],
): Promise<TargetsOfValue | { readonly targets: Targets }> => {
  assertOneChoice(options, names)
  return options.leakedValueStdin === true
    ? findByValue(context)
    : { targets: await findTargets(context, options, names) }
}

/** The counts of the selection; of a search, what was found and where nobody could look. */
const withFacts = (ending: Ending, { counts }: Targets, searched: Searched | undefined): Ending => ({
  ...ending,
  json: { ...(ending.json as object), counts, ...searched },
})

/** What is noted while the clients are looked for stands behind the incident's id. */
const withNotesLater = (context: CommandContext) => {
  const notes: string[] = []
  return {
    later: { ...context, screen: { ...context.screen, note: (text: string) => void notes.push(text) } },
    showNotes: () => {
      for (const note of notes.splice(0)) context.screen.note(note)
    },
  }
}

const revoke: Work<IncidentOptions> = async (context, options, names) => {
  const { later, showNotes } = withNotesLater(context)
  const choose = async () => {
    const found = await targetsOf(later, options, names)
    if (!('ending' in found)) assertChosenHow(options, found.targets)
    return found
  }
  const chosen = await choose().catch((error: unknown) => {
    // Whose it is was found, also where how to revoke it is missing.
    showNotes()
    throw error
  })
  if ('ending' in chosen) {
    showNotes()
    return chosen.ending
  }
  const { targets } = chosen
  const hasProject = 'hasProject' in chosen && chosen.hasProject
  const ending = await carryThrough(context, options, { targets, hasProject, showNotes })
  return withFacts(ending, targets, 'searched' in chosen ? chosen.searched : undefined)
}

const confirmRevoke = async (
  context: CommandContext,
  options: IncidentOptions,
  { targets: { secrets, counts }, hasProject }: { readonly targets: Targets; readonly hasProject: boolean },
): Promise<void> => {
  if (secrets.length <= 1 && !hasProject) return
  const how = options.grace === undefined ? 'at once' : `after ${options.grace} s`
  const whom = hasProject
    ? `the project's own secret${secrets.length > 1 ? ` and ${count(secrets.length - 1, 'client')}` : ''}`
    : count(secrets.length, 'client')
  const left = counts.retired > 0 ? ` (${countWords(counts)})` : ''
  await context.screen.confirm(`Revoke ${whom} of stage ${context.stage} ${how}${left}?`, options.yes === true)
}

/** Everything that is looked at before anything is asked for. @throws CommandFault `refused` while all rotations are frozen */
const checkFirst = async (
  context: CommandContext,
  options: IncidentOptions,
  { targets, incidentId, names }: { readonly targets: Targets; readonly incidentId: string; readonly names: string },
): Promise<void> => {
  const { breakGlass, direct } = options
  const source = direct === true ? undefined : breakGlass === true ? leakSources.breakGlass : leakSources.security
  const checks = await checkBefore(context, { counts: targets.counts, prefix: prefixOf(context, options), source })
  assertNotFrozen(context.stage, checks.frozen, `${repeatWords(options, names, incidentId)} reports it again.`)
  context.screen.note(checkWords(checks))
  for (const line of overlapNotes(targets.secrets)) context.screen.note(line)
}

const carryThrough = async (
  context: CommandContext,
  options: IncidentOptions,
  asked: { readonly targets: Targets; readonly hasProject: boolean; readonly showNotes: () => void },
): Promise<Ending> => {
  const { targets } = asked
  if (options.dryRun === true) return dryRun(context, options.id ?? newIncidentId(context), targets)
  const { secrets, selector } = targets
  const { reason, bucket, report, new: isNew, yes } = options
  const joined =
    options.id ??
    (isNew === true ? undefined : await joinedIncident(context, { reason, selector, bucket, isSure: yes === true }))
  const incidentId = joined ?? newIncidentId(context)
  const names = secrets.length === 1 ? ` ${secrets[0]?.name}` : ''
  // First of all, so that whoever is cut off can ask for it from elsewhere.
  context.screen.note(`Incident ${incidentId}; from anywhere: m2m incident follow ${incidentId}${names}`)
  asked.showNotes()
  await checkFirst(context, options, { targets, incidentId, names })
  await confirmRevoke(context, options, asked)
  const beganAt = context.timing.now()
  // To the second, as the bus dates the report.
  const since = Math.floor(beganAt / 1000) * 1000
  const until = beganAt + options.timeout * 1000
  const work = await beginRevoke(context, options, { targets, incidentId, since, until })
  if (work === undefined && options.wait !== true) return begun(context, incidentId, targets)
  return watchToTheEnd(context, secrets, {
    incidentId,
    isGraceful: options.grace !== undefined,
    since,
    beganAt,
    until,
    isDirect: work !== undefined,
    ...defined({ bucket, report, work }),
  })
}

interface ShowOptions extends KeyOptions {
  readonly client?: readonly string[]
  readonly bucket?: string
  readonly prefix?: string
}

const exitOfReport: Record<'proven' | 'notProven' | 'noClients', ExitCode> = {
  proven: EXIT.ok,
  notProven: EXIT.partly,
  noClients: EXIT.failed,
}

/** Where the archive does not name all, as of a campaign that went well, those whose labels name the incident are looked through. */
const readKnown = async (
  context: CommandContext,
  asked: Parameters<typeof readReport>[1],
  { prefix }: Pick<ShowOptions, 'prefix'>,
): Promise<IncidentReport> => {
  const found = await readReport(context, asked)
  const isWhole = found.unproven.every(({ what }) => found.clients.some(({ secretName }) => secretName === what))
  if (isWhole) return found
  const labelled = await labelledBy(context, { incidentId: asked.incidentId, ...defined({ prefix }) })
  return labelled.length === 0 ? found : readReport(context, { ...asked, candidates: labelled.map(({ name }) => name) })
}

const show: Work<ShowOptions> = async (context, { client = [], bucket, publicKey, ...rest }, [incidentId = '']) => {
  const secretNames = client.map((name) => (name.includes('/') ? name : `${prefixOf(context, rest)}${name}`))
  const asked = { incidentId, secretNames, patienceMs: 0, ...defined({ bucket, publicKey }) }
  const found = await readKnown(context, asked, rest)
  const { incidentMarkdown } = await import('../../lambda/core/incident/incident-markdown.ts')
  const next =
    found.outcome === 'noClients'
      ? `\nm2m incident list has the newest; m2m incident follow ${incidentId} NAME looks at a client.\n`
      : ''
  return {
    json: found,
    text: `${incidentMarkdown(found)}${next}`,
    exitCode: exitOfReport[found.outcome],
  }
}

export const addIncident = (program: Command): void => {
  const incident = program
    .command('incident')
    .description('revoke a leaked secret, prove it dead, and report')
    .argument('[client...]', 'names, or ARNs of secrets')
    .option('--reason <text>', 'why, for the report; never a secret')
    .option('--id <id>', 'of the incident; the same id joins a running incident and retries what failed', readId)
    .option(
      '--new',
      'start another incident, even if one with the same clients and reason was reported within the hour',
    )
    .option('--grace <time>', 'rotate, and end the leaked values after 60s to 24h', readGrace)
    .option('--immediate', 'end the leaked values of many clients at once')
    .option('--break-glass', 'as m2m.break-glass: any number, and all')
    .option('--direct', 'without bus and incident function: by Secrets Manager alone, from here')
    .option('--bucket <name>', 'of the evidence archive; else M2M_EVIDENCE_BUCKET, or as the deployment says')
    .option('--report <file>', 'write the report to this file, as Markdown, when it is over')
  addWaiting(addCaution(addTargets(incident))).action(run(revoke))
  addPatience(
    incident
      .command('follow')
      .description('watch an incident to its end, no matter who reported it')
      .argument('<id>', 'of the incident')
      .argument('[client...]', 'its clients (default: those whose labels name the incident)')
      .option('--report <file>', 'write the report to this file, as Markdown, when it is over')
      .option('--bucket <name>', 'of the evidence archive; else M2M_EVIDENCE_BUCKET, or as the deployment says')
      .option('--prefix <prefix>', "of the secrets' names (default: m2m/<stage>/)"),
  ).action(run(follow))
  incident
    .command('list')
    .description('the newest incidents, as the archive has them')
    .option('--bucket <name>', 'of the evidence archive; else M2M_EVIDENCE_BUCKET, or as the deployment says')
    .action(run(listIncidents))
  incident
    .command('show')
    .description('the report of an incident, from the evidence')
    .argument('<id>', 'of the incident')
    .option('--client <name>', 'a client that the archive cannot name itself; several: each of them', addText)
    .option('--bucket <name>', 'of the evidence archive; else M2M_EVIDENCE_BUCKET, or as the deployment says')
    .option('--public-key <file>', PUBLIC_KEY_HELP, addText)
    .option('--prefix <prefix>', "of the secrets' names (default: m2m/<stage>/)")
    .action(run(show))
  incident
    .command('prove')
    .description("whether a client's newest revoke has a valid signed proof")
    .argument('<client>', 'name, or ARN of the secret')
    .option('--again', 'have the rotation function try the revoked values once more, and store what it finds')
    .option('--public-key <file>', PUBLIC_KEY_HELP, addText)
    .option('--bucket <name>', 'of the evidence archive; else M2M_EVIDENCE_BUCKET, or as the deployment says')
    .option('--prefix <prefix>', "of the secrets' names (default: m2m/<stage>/)")
    .action(run(prove))
  incident
    .command('release')
    .description('report what the leak intake holds, and open it again')
    .option('--dry-run', 'say what it holds, and change nothing')
    .option('--records-table <name>', 'the records table (default: the deployment is asked)')
    .action(run(release))
}
