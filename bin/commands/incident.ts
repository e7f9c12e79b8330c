// `m2m incident`: a secret has leaked. Reports it on the bus, where the incident function takes it up; or, with --direct, carries the revokes
// out from here, by Secrets Manager alone. `show` makes the report from the evidence; `release` opens the intake again after a flood.

import { type Command, InvalidArgumentError } from 'commander'
import { defined } from '../../lambda/core/base/defined.ts'
import { LEAK_REPORTED, leakSources } from '../../lambda/core/base/event-types.ts'
import { rotationsPerSecond } from '../../lambda/core/campaign/campaign.ts'
import { MAX_GRACE_SECONDS, MIN_GRACE_SECONDS } from '../../lambda/core/drive/grace.ts'
import { isSubjectId, SUBJECT_ID_RULE } from '../../lambda/core/drive/subject-id.ts'
import type { ClientReport } from '../../lambda/core/incident/incident-report.ts'
import { DEPLOYED } from '../../lambda/core/rotation/bounds.ts'
import type { Secret } from '../../lambda/core/secret/secret.ts'
import { readSpan } from '../../lambda/core/secret/secret-tags.ts'
import { countWords } from '../../lambda/core/secret/selector.ts'
import { prove } from '../incident/incident-proofs.ts'
import { bucketOf, readReport } from '../incident/incident-report.ts'
import {
  addTargets,
  assertOneChoice,
  findTargets,
  prefixOf,
  type TargetOptions,
  type Targets,
} from '../incident/incident-targets.ts'
import { type Watched, watchIncident } from '../incident/incident-watch.ts'
import { findByValue, type Searched, type TargetsOfValue } from '../incident/leaked-value.ts'
import { release } from '../incident/release.ts'
import { proofWords, readSignedProofs } from '../incident/signed-proofs.ts'
import type { CommandContext } from '../terminal/command-context.ts'
import { CommandFault, type Ending, EXIT, type ExitCode, exitOf } from '../terminal/command-fault.ts'
import { addCaution, addText, addWaiting } from '../terminal/options.ts'
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
  `INC-${new Date(context.timing.now()).toISOString().slice(0, 10)}-${context.newId().slice(0, 8)}`

const words: Record<Watched['state'], string> = {
  ask: 'not started',
  running: 'under way',
  switched: 'replaced; the old value is not ended yet',
  overtaken: 'replaced by another rotation; not proven',
  settled: 'revoked, and proven dead',
  deadAlready: 'dead already: Stytch knows no such client',
  unproven: 'revoked before; nothing shows now that the leaked value is still refused',
  exhausted:
    'FAILED: every attempt was refused; see the events Rotation Refused, fix it, and repeat this with the same --id',
}

type Proofs = Awaited<ReturnType<typeof readSignedProofs>>

interface Ended {
  readonly watched: readonly Watched[]
  /** By ARN; undefined: they cannot be known. */
  readonly proofs: Proofs
}

/** Absent where it cannot be known. */
const proofField = (proofs: Proofs, secretArn: string | null) =>
  defined({ proof: secretArn === null ? undefined : proofs?.get(secretArn) })

const endingOf = (context: CommandContext, incidentId: string, { watched, proofs }: Ended): Ending => {
  const done = watched.filter(({ state }) => state === 'settled' || state === 'deadAlready').length
  return {
    json: {
      stage: context.stage,
      incidentId,
      clients: watched.map(({ secret, state }) => ({
        secretName: secret.name,
        secretArn: secret.arn,
        state,
        ...proofField(proofs, secret.arn),
      })),
    },
    text: `Incident ${incidentId}\n${table(
      ['CLIENT', 'STATE', ...(proofs === undefined ? [] : ['SIGNED PROOF'])],
      watched.map(({ secret, state }) => [
        secret.name,
        words[state],
        ...(proofs === undefined ? [] : [proofWords(proofs.get(secret.arn))]),
      ]),
    )}`,
    exitCode: exitOf({ done, failed: watched.length - done }),
  }
}

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

const reportOnBus = async (context: CommandContext, options: IncidentOptions, targets: Targets, incidentId: string) => {
  const [{ createEventBridge }, { createEvents }] = await Promise.all([
    import('../../lambda/adapters/aws/clients.ts'),
    import('../../lambda/adapters/aws/events.ts'),
  ])
  const source = options.breakGlass === true ? leakSources.breakGlass : leakSources.security
  const detail = {
    incidentId,
    selector: targets.selector,
    reason: options.reason ?? 'reported on the command line',
    requestedBy: context.operator,
    ...defined({ graceSeconds: options.grace }),
  }
  await createEvents(createEventBridge(), `m2m-${context.stage}`, source).publish([{ type: LEAK_REPORTED, detail }])
}

const DIRECT_AT_ONCE = 10

/** From here, as the incident function would; nothing but Secrets Manager is called. */
const carryOutHere = async (
  context: CommandContext,
  targets: readonly Secret[],
  asked: { readonly incidentId: string; readonly since: number; readonly timeoutMs: number },
): Promise<void> => {
  const [{ carryOut }, { createRateLimiter }, { mapInParallel }] = await Promise.all([
    import('../../lambda/core/drive/carry-out.ts'),
    import('../../lambda/core/base/rate-limiter.ts'),
    import('../../lambda/core/base/worker-pool.ts'),
  ])
  const { secrets, stepsOf, questionsOf } = await context.connect()
  const { timing } = context
  const limiter = createRateLimiter({ perSecond: rotationsPerSecond(undefined), timing })
  const progress = context.screen.progress('Revoking')
  let done = 0
  await mapInParallel(targets, DIRECT_AT_ONCE, async (secret) => {
    const rotationFunctionArn = secret.rotationFunctionArn ?? ''
    const job = {
      secretId: secret.arn,
      intent: 'revoke',
      about: asked.incidentId,
      since: asked.since,
      until: 'settled',
    } as const
    await carryOut(
      {
        secrets,
        steps: stepsOf(rotationFunctionArn),
        proofs: questionsOf(rotationFunctionArn),
        timing,
        limiter,
        rotationFunctionArn,
        bounds: DEPLOYED,
      },
      { ...job, patienceMs: asked.timeoutMs },
    )
    done += 1
    progress.at(done, targets.length)
  })
  progress.end()
}

const begun = (context: CommandContext, incidentId: string, { secrets }: Targets): Ending => ({
  json: {
    stage: context.stage,
    incidentId,
    clients: secrets.map(({ name, arn }) => ({ secretName: name, secretArn: arn })),
  },
  text: `Incident ${incidentId} is reported: ${count(secrets.length, 'client')}. m2m incident show ${incidentId} shows its state.`,
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

const withReport = async (
  context: CommandContext,
  ending: Ending,
  asked: Parameters<typeof readReport>[1],
): Promise<Ending> => {
  if (bucketOf(asked.bucket) === undefined) return ending
  const report = await readReport(context, asked)
  const { incidentMarkdown } = await import('../../lambda/core/incident/incident-markdown.ts')
  return {
    ...ending,
    json: { ...(ending.json as object), report },
    text: `${ending.text}\n\n${incidentMarkdown(report)}`,
  }
}

const EVIDENCE_MS = 15_000

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

const report: Work<IncidentOptions> = async (context, options, names) => {
  const chosen = await targetsOf(context, options, names)
  if ('ending' in chosen) return chosen.ending
  const { targets } = chosen
  assertChosenHow(options, targets)
  const hasProject = 'hasProject' in chosen && chosen.hasProject
  const ending = await carryThrough(context, options, { targets, hasProject })
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

const carryThrough = async (
  context: CommandContext,
  options: IncidentOptions,
  asked: { readonly targets: Targets; readonly hasProject: boolean },
): Promise<Ending> => {
  const { targets } = asked
  const incidentId = options.id ?? newIncidentId(context)
  if (options.dryRun === true) return dryRun(context, incidentId, targets)
  const { secrets } = targets
  await confirmRevoke(context, options, asked)
  const timeoutMs = options.timeout * 1000
  // To the second, as the bus dates the report.
  const since = Math.floor(context.timing.now() / 1000) * 1000
  if (options.direct === true) await carryOutHere(context, secrets, { incidentId, since, timeoutMs })
  else await reportOnBus(context, options, targets, incidentId)
  if (options.direct !== true && options.wait !== true) return begun(context, incidentId, targets)
  const isGraceful = options.grace !== undefined
  const watched = await watchIncident(context, secrets, { incidentId, isGraceful, since, timeoutMs })
  const secretNames = secrets.map(({ name }) => name)
  const { bucket } = options
  const proofs = await readSignedProofs(context, { incidentId, bucket, secretArns: secrets.map(({ arn }) => arn) })
  const ending = endingOf(context, incidentId, { watched, proofs })
  return withReport(context, ending, {
    incidentId,
    secretNames,
    // Where nothing was rotated from here, no evidence is on its way.
    patienceMs: options.direct === true && watched.every(({ state }) => state === 'deadAlready') ? 0 : EVIDENCE_MS,
    ...defined({ bucket }),
  })
}

interface ShowOptions {
  readonly client?: readonly string[]
  readonly bucket?: string
  readonly prefix?: string
}

const exitOfReport: Record<'proven' | 'notProven' | 'noClients', ExitCode> = {
  proven: EXIT.ok,
  notProven: EXIT.partly,
  noClients: EXIT.failed,
}

/** The report's proof is the event's; what the signed ones say stands beside it, and alone where no event came through. */
const withSigned = ({ proof, secretArn }: ClientReport, proofs: Proofs) => {
  const { proof: signed } = proofField(proofs, secretArn)
  if (signed === undefined || (proof === null && !signed.signed)) return {}
  return { proof: { ...proof, ...signed } }
}

const show: Work<ShowOptions> = async (context, { client = [], bucket, ...rest }, [incidentId = '']) => {
  const secretNames = client.map((name) => (name.includes('/') ? name : `${prefixOf(context, rest)}${name}`))
  const asked = { incidentId, secretNames, patienceMs: 0, ...defined({ bucket }) }
  const found = await readReport(context, asked)
  const { incidentMarkdown } = await import('../../lambda/core/incident/incident-markdown.ts')
  const secretArns = found.clients.flatMap(({ secretArn }) => secretArn ?? [])
  const proofs = await readSignedProofs(context, { incidentId, bucket, secretArns })
  const clients = found.clients.map((client) => ({ ...client, ...withSigned(client, proofs) }))
  const lines =
    proofs === undefined
      ? []
      : found.clients.map(({ secretName, secretArn }) => `- ${secretName}: ${proofWords(proofs.get(secretArn ?? ''))}`)
  const signed = lines.length === 0 ? '' : `\n## Signed proofs\n\n${lines.join('\n')}\n`
  return {
    json: { ...found, clients },
    text: `${incidentMarkdown(found)}${signed}`,
    exitCode: exitOfReport[found.outcome],
  }
}

export const addIncident = (program: Command): void => {
  const incident = program
    .command('incident')
    .description('a secret has leaked: revoke it, prove it dead, and report')
    .argument('[client...]', 'names, or ARNs of secrets')
    .option('--reason <text>', 'why, for the report; never a secret')
    .option('--id <id>', 'of the incident; the same again joins what runs, and tries anew what failed', readId)
    .option('--grace <time>', 'rotate, and end the leaked values after 60s to 24h', readGrace)
    .option('--immediate', 'end the leaked values of many clients at once')
    .option('--break-glass', 'as m2m.break-glass: any number, and all')
    .option('--direct', 'without bus and incident function: by Secrets Manager alone, from here')
    .option('--bucket <name>', 'of the evidence archive; else M2M_EVIDENCE_BUCKET')
  addWaiting(addCaution(addTargets(incident))).action(run(report))
  incident
    .command('show')
    .description('the report of an incident, from the evidence')
    .argument('<id>', 'of the incident')
    .option('--client <name>', 'a client that the archive cannot name itself; several: each of them', addText)
    .option('--bucket <name>', 'of the evidence archive; else M2M_EVIDENCE_BUCKET')
    .option('--prefix <prefix>', "of the secrets' names (default: m2m/<stage>/)")
    .action(run(show))
  incident
    .command('prove')
    .description("whether a client's newest revoke has a valid signed proof")
    .argument('<client>', 'name, or ARN of the secret')
    .option('--again', 'have the rotation function try the revoked values once more, and store what it finds')
    .option('--public-key <file>', "of the proofs, PEM or JWK (default: KMS is asked for the stage's)")
    .option('--bucket <name>', 'of the evidence archive; else M2M_EVIDENCE_BUCKET')
    .option('--prefix <prefix>', "of the secrets' names (default: m2m/<stage>/)")
    .action(run(prove))
  incident
    .command('release')
    .description('report what the leak intake holds, and open it again')
    .option('--dry-run', 'say what it holds, and change nothing')
    .option('--records-table <name>', 'the records table (default: the deployment is asked)')
    .action(run(release))
}
