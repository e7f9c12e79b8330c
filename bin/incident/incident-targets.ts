// Whom an incident of the command line is about: names, client ids, a tag, a scope, or all; or whoever holds a leaked value. It asks Secrets
// Manager (and, for a value, the identify function), and nothing else: an incident must not need what may be broken.
import { text } from 'node:stream/consumers'
import type { Command } from 'commander'
import { createIdentifier, createInvoking } from '../../lambda/adapters/aws/identifier.ts'
import { readSecrets, type Survey } from '../../lambda/core/clients/survey-clients.ts'
import type { LeakFinding } from '../../lambda/core/intake/leak-finding.ts'
import { createClientSecret } from '../../lambda/core/secret/client-secret.ts'
import type { Secret } from '../../lambda/core/secret/secret.ts'
import type { Secrets } from '../../lambda/core/secret/secrets.ts'
import { countFault, createSelection, missingFrom, type Selector } from '../../lambda/core/secret/selector.ts'
import { extraPrefixFaults, prefixesOf, type StageSecrets } from '../../lambda/core/secret/stage-secrets.ts'
import { addFilters, arnAdvice, assertNames, byName, findNamed, isNamed } from '../show/choose.ts'
import { processCliEnv } from '../terminal/cli-env.ts'
import type { CommandContext } from '../terminal/command-context.ts'
import { CommandFault, EXIT } from '../terminal/command-fault.ts'
import { addText, integerFrom } from '../terminal/options.ts'

export interface TargetOptions {
  readonly clientId?: readonly string[]
  readonly tag?: Readonly<Record<string, string>>
  readonly scope?: readonly string[]
  readonly all?: true
  readonly expectedCount?: number
  readonly leakedValueStdin?: true
  readonly prefix?: string
  readonly extraPrefix?: readonly string[]
}

export interface Targets {
  readonly selector: Selector
  readonly secrets: readonly Secret[]
}

export const addTargets = (command: Command): Command =>
  addFilters(command)
    .option('--client-id <id>', "a client's id at Stytch; several: each of them", addText)
    .option('--all', 'every client of the stage; with --expected-count')
    .option('--expected-count <n>', 'how many "all" is; more than 5 % off: nothing is begun', integerFrom(1, 1_000_000))
    .option('--leaked-value-stdin', 'find out whose the value is that comes on stdin')
    .option('--prefix <prefix>', "of the secrets' names (default: m2m/<stage>/)")
    .option(
      '--extra-prefix <prefix>',
      'another prefix of the stage; several: each of them (default: as the deployment says)',
      addText,
    )

export const prefixOf = ({ stage }: CommandContext, { prefix }: TargetOptions): string => prefix ?? `m2m/${stage}/`

/** The deployment says it at once, or is not waited for. */
const STAGE_PATIENCE_MS = 5000

/** Whose secrets: as given, else as the clients function says; and without it, since it may be broken, those below the own prefix. */
export const stageOf = async (context: CommandContext, options: TargetOptions): Promise<StageSecrets> => {
  const secretNamePrefix = prefixOf(context, options)
  const given = options.extraPrefix ?? processCliEnv().extraPrefixes ?? []
  const faults = extraPrefixFaults(secretNamePrefix, given).map(([, fault]) => `--extra-prefix ${fault}`)
  if (faults.length > 0) throw usage(faults.join('\n'))
  if (options.prefix !== undefined || given.length > 0) return { secretNamePrefix, extraPrefixes: given }
  const tooLate = context.timing.wait(STAGE_PATIENCE_MS).then(() => undefined)
  const view = await Promise.race([context.view().catch(() => undefined), tooLate])
  if (view !== undefined) return view
  context.screen.note(
    `The clients function did not say which prefixes the stage has: only secrets below ${secretNamePrefix} are looked at; add --extra-prefix for others.`,
  )
  return { secretNamePrefix }
}

const usage = (message: string): CommandFault => new CommandFault(EXIT.usage, message)

const listMatching = async (
  secrets: Survey['secrets'],
  stage: StageSecrets,
  selector: Selector,
): Promise<readonly Secret[]> => {
  const { isSelected } = createSelection({ by: [selector] })
  return (await readSecrets({ secrets }, stage)).filter(isSelected).toSorted(byName)
}

const named = async (
  secrets: Pick<Secrets, 'describe'>,
  stage: StageSecrets,
  names: readonly string[],
): Promise<Targets> => {
  const found: Secret[] = []
  const given = [...new Set(names)]
  assertNames(stage, given)
  for (const name of given) {
    const secret = await findNamed(secrets, stage, name)
    if (typeof secret === 'string') throw usage(secret)
    if (secret === undefined || !createSelection({ by: [{ secretNames: [secret.name] }] }).isSelected(secret)) {
      const below = prefixesOf(stage).join(', ')
      throw usage(`there is no client ${JSON.stringify(name)} below ${below}; see m2m list${arnAdvice(name)}`)
    }
    found.push(secret)
  }
  return { selector: { secretNames: found.map(({ name }) => name) }, secrets: found }
}

/** Then nobody has to be asked which other prefixes there are. */
const areAllBelow = async (
  secrets: Pick<Secrets, 'describe'>,
  own: StageSecrets,
  names: readonly string[],
): Promise<boolean> => {
  for (const name of names) {
    if (!isNamed(own, name) || typeof (await findNamed(secrets, own, name)) !== 'object') return false
  }
  return true
}

const explain = (finding: Exclude<LeakFinding, { outcome: 'alive' | 'unproven' }>): CommandFault => {
  switch (finding.outcome) {
    case 'dead':
      return new CommandFault(
        EXIT.ok,
        `The value is ${finding.owner.secretName}'s, and Stytch refuses it already (${finding.refusal.error}, request ${finding.refusal.requestId}): nothing needs to be revoked.`,
      )
    case 'unknown':
      return new CommandFault(EXIT.refused, `None of the ${finding.searched} secrets searched holds that value.`)
    case 'notSearched':
      return new CommandFault(
        EXIT.failed,
        `The search did not get through (${finding.reason}); narrow it, or try again.`,
      )
  }
}

/** The identify function's own time, and a little for the way. */
const SEARCH_MS = 310_000

const byValue = async (
  context: CommandContext,
  secrets: Pick<Secrets, 'describe'>,
  stage: StageSecrets,
): Promise<Targets> => {
  if (process.stdin.isTTY) throw usage('--leaked-value-stdin expects the value on stdin, from a file or a pipe')
  const value = (await text(process.stdin)).trim()
  if (value.length < 8 || /\s/.test(value))
    throw usage('stdin holds no secret: expected 8 characters or more, no spaces')
  const invoke = createInvoking(processCliEnv().lambdaEndpoint)
  const timing = { ...context.timing, remainingMs: () => SEARCH_MS }
  const identifier = createIdentifier({ invoke, functionName: context.functionName('identify'), timing })
  const finding = await identifier.identify({ proof: { kind: 'value', value: createClientSecret(value) } })
  if (finding.outcome !== 'alive' && finding.outcome !== 'unproven') throw explain(finding)
  return named(secrets, stage, [finding.owner.secretName])
}

const selectorOf = (options: TargetOptions): Selector | undefined => {
  const { clientId, tag, scope, all, expectedCount } = options
  if (clientId !== undefined) return { clientIds: clientId }
  if (tag !== undefined) return { tags: tag }
  if (scope !== undefined) return { scopes: scope }
  if (all !== true) return undefined
  if (expectedCount === undefined) throw usage('--all says how many that is: add --expected-count')
  return { all: true, expectedCount }
}

const assertAllFound = (selector: Selector, secrets: readonly Secret[]): void => {
  const missing = missingFrom(selector, secrets)
  if (missing.length > 0) throw usage(`no managed secret holds ${missing.join(', ')}; see m2m doctor`)
}

/** @throws CommandFault `usage` when nothing, or more than one kind of choice, was given, or something named is not there. */
export const findTargets = async (
  context: CommandContext,
  options: TargetOptions,
  names: readonly string[],
): Promise<Targets> => {
  const { clientId, tag, scope, all, leakedValueStdin } = options
  const given = [names.length > 0, clientId, tag, scope, all, leakedValueStdin].filter(Boolean).length
  if (given !== 1) {
    const what = given === 0 ? 'no client selected' : 'clients are selected in more than one way'
    throw usage(`${what}: name them, or give one of --client-id, --tag, --scope, --all, --leaked-value-stdin`)
  }
  const { secrets } = await context.connect()
  const own = { secretNamePrefix: prefixOf(context, options) }
  if (names.length > 0) {
    const isOwn = await areAllBelow(secrets, own, names)
    return named(secrets, isOwn ? own : await stageOf(context, options), names)
  }
  const stage = await stageOf(context, options)
  if (leakedValueStdin === true) return byValue(context, secrets, stage)
  const selector = selectorOf(options)
  if (selector === undefined) throw usage('no client selected')
  const found = await listMatching(secrets, stage, selector)
  assertAllFound(selector, found)
  const miscounted = countFault(selector, found.length)
  if (miscounted !== undefined) throw new CommandFault(EXIT.refused, miscounted)
  if (found.length === 0)
    throw usage(`nothing below ${prefixesOf(stage).join(', ')} is selected; m2m list shows what there is`)
  return { selector, secrets: found }
}
