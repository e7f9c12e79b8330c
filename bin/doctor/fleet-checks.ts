// What doctor finds of a stage's clients, its project secret and its freeze: by metadata, by the clients function and by the rotation function.
// Each part says what it could not find out, and hides nothing of the others.
import { Fault } from '../../lambda/core/base/fault.ts'
import { type ExaminedValue, MAX_EXAMINED } from '../../lambda/core/clients/clients-api.ts'
import { type FleetFinding, fleetFindings } from '../../lambda/core/clients/fleet-findings.ts'
import { readRecords } from '../../lambda/core/clients/survey-clients.ts'
import type { Secret } from '../../lambda/core/secret/secret.ts'
import { isRetired } from '../../lambda/core/secret/secret-tags.ts'
import { type StageSecrets, shortNameOf } from '../../lambda/core/secret/stage-secrets.ts'
import { checkClients } from '../show/check-clients.ts'
import { readFleet } from '../show/choose.ts'
import { claimWords, readStandings } from '../show/claims.ts'
import { asOfView } from '../show/client-rows.ts'
import { frozenWords, readFrozenIfAllowed } from '../show/frozen.ts'
import { replicaFindings } from '../show/replica-findings.ts'
import type { CommandContext } from '../terminal/command-context.ts'
import { CommandFault } from '../terminal/command-fault.ts'
import { count } from '../terminal/words.ts'

/** Whoever does not answer has not refused it. @returns undefined: it was refused */
const projectAdvice = ({ code, retryable }: Fault): string | undefined => {
  if (code.startsWith('FUNCTION_')) return 'm2m doctor again, once the function answers; docs/runbook.md#stack-broken'
  return retryable ? 'm2m doctor again, once Stytch answers; docs/runbook.md#stytch-down' : undefined
}

export const projectFindings = async (context: CommandContext): Promise<readonly FleetFinding[]> => {
  const { projectId } = await context.view()
  const { clientsApi } = await context.connect()
  const base = { kind: 'projectSecret', weight: 'broken', subject: projectId } as const
  const page = 'docs/runbook.md, "Project secret leaked"'
  try {
    const found = await clientsApi.whoami()
    if (found === projectId) return []
    const what = `the project secret is of project ${found}`
    return [{ ...base, what, todo: `store the right one; ${page}` }]
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    return [{ ...base, what: error.message, todo: projectAdvice(error) ?? page }]
  }
}

export const freezeFindings = async (context: CommandContext): Promise<readonly FleetFinding[]> => {
  const { freeze } = await context.connect()
  const base = { kind: 'freeze', weight: 'attention', subject: freeze.parameterName } as const
  const frozen = await readFrozenIfAllowed(freeze)
  if (frozen.state === 'off') return []
  const todo =
    frozen.why === undefined
      ? 'm2m freeze off, when the reason is gone'
      : 'allow your role ssm:GetParameter on it, or see whether AWS can be reached; then m2m doctor again'
  return [{ ...base, what: frozenWords(frozen), todo }]
}

/** One thing that could not be found out hides nothing of the others. @throws what is no Fault */
export const findingNotChecked = ({ stage }: CommandContext, what: string, error: unknown): FleetFinding => {
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
      (error: unknown) =>
        [undefined, [findingNotChecked(context, "what Stytch says of the stage's clients", error)]] as const,
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

export const handMadeReport = async (context: CommandContext) => {
  const { handMadeSecrets = [], projectId } = await context.view()
  const { secretsManager } = await context.connect()
  const { handMadeFindings } = await import('../before-deploy/hand-made-findings.ts')
  return handMadeFindings(
    secretsManager,
    handMadeSecrets.map((secret) => ({ ...secret, projectId })),
  )
}

const toValueFinding = ({ secretName, faults }: ExaminedValue, stage: StageSecrets): FleetFinding => ({
  kind: 'value',
  weight: 'broken',
  subject: shortNameOf(stage, secretName),
  what: `a planned rotation refuses its value: ${faults.join('; ')}`,
  todo: secretName.startsWith(stage.secretNamePrefix)
    ? 'store it in the format of docs/secret-format.md, with the value that is in use'
    : "store it with its owner's own fields, as its tag m2m:fields names them, and the value that is in use",
})

/** Read by the clients function, a hundred at a time. */
export const valueFindings = async (
  context: CommandContext,
  secrets: readonly Secret[],
): Promise<readonly FleetFinding[]> => {
  const view = await context.view()
  const { clientsApi } = await context.connect()
  const names = secrets.filter((secret) => !secret.isDeleted && !isRetired(secret)).map(({ name }) => name)
  const progress = context.screen.progress('Examining values')
  const found: FleetFinding[] = []
  try {
    for (let from = 0; from < names.length; from += MAX_EXAMINED) {
      const examined = await clientsApi.examine(names.slice(from, from + MAX_EXAMINED))
      found.push(...examined.filter(({ faults }) => faults.length > 0).map((one) => toValueFinding(one, view)))
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

/** Of Connected Apps and SCIM connections, of which Stytch keeps no holder. */
export const claimFindings = async (
  context: CommandContext,
  secrets: readonly Secret[],
): Promise<readonly FleetFinding[]> => {
  const view = await context.view()
  try {
    const standings = await readStandings(context, secrets)
    return standings.flatMap((standing): readonly FleetFinding[] => {
      if (isRetired(standing.secret)) return []
      const subject = shortNameOf(view, standing.secret.name)
      const words = claimWords(standing, subject)
      const weight = standing.state === 'noted' ? 'attention' : 'broken'
      return words === undefined ? [] : [{ kind: 'binding', weight, subject, ...words }]
    })
  } catch (error) {
    return [findingNotChecked(context, 'which secret holds which Connected App or SCIM connection', error)]
  }
}

/** Labels that moved on meanwhile are no finding. */
const PASSING = ['moved', 'rotating']

/** Asked of the rotation function; what the clients' own records say of them is found without it. */
export const checkFindings = async (
  context: CommandContext,
  secrets: readonly Secret[],
): Promise<readonly FleetFinding[]> => {
  const view = await context.view()
  const progress = context.screen.progress('Checking values')
  const found = await checkClients(context, { secrets, onProgress: progress.at }).finally(progress.end)
  const subjectOf = ({ name }: Secret): string => shortNameOf(view, name)
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

export const copyFindings = async (
  context: CommandContext,
  secrets: readonly Secret[],
): Promise<readonly FleetFinding[]> => {
  const view = await context.view()
  const { secrets: port } = await context.connect()
  const { stage, timing } = context
  const progress = context.screen.progress('Looking at replicas')
  const survey = { stage, secrets, describe: port.describe, timing, onProgress: progress.at }
  return replicaFindings(survey, ({ name }) => shortNameOf(view, name)).finally(progress.end)
}
