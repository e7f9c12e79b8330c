// Whom an incident of the command line is about: names, client ids, a tag, a scope, or all (who holds a leaked value: leaked-value.ts). It
// asks Secrets Manager and nothing else: an incident must not need what may be broken.
import type { Command } from 'commander'
import { readSecrets } from '../../lambda/core/clients/survey-clients.ts'
import type { Secret } from '../../lambda/core/secret/secret.ts'
import type { Secrets } from '../../lambda/core/secret/secrets.ts'
import {
  countFault,
  countSelection,
  countWords,
  createSelection,
  missingFrom,
  type SelectionCounts,
  type Selector,
  selectedIn,
} from '../../lambda/core/secret/selector.ts'
import { extraPrefixFaults, prefixesOf, type StageSecrets } from '../../lambda/core/secret/stage-secrets.ts'
import {
  addFilters,
  arnAdvice,
  assertNames,
  byName,
  deletedWords,
  findNamed,
  isNamed,
  nobodyFault,
} from '../show/choose.ts'
import { processCliEnv } from '../terminal/cli-env.ts'
import type { CommandContext } from '../terminal/command-context.ts'
import { CommandFault, EXIT } from '../terminal/command-fault.ts'
import { addText, integerFrom } from '../terminal/options.ts'
import { within } from '../terminal/within.ts'

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
  readonly counts: SelectionCounts
}

export const addTargets = (command: Command): Command =>
  addFilters(command)
    .option('--client-id <id>', "a client's id at Stytch; several: each of them", addText)
    .option('--all', 'every client of the stage; with --expected-count')
    .option(
      '--expected-count <n>',
      'how many clients "all" means; nothing starts if it is more than 5 % off',
      integerFrom(1, 1_000_000),
    )
    .option('--leaked-value-stdin', 'find whose values are in a text on stdin: a .env, a log, a curl command')
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
  const asked = context.view().catch(() => undefined)
  const view = await within(STAGE_PATIENCE_MS, asked, undefined)
  if (view !== undefined) return view
  context.screen.note(
    `The clients function did not say which prefixes the stage has: only secrets below ${secretNamePrefix} are looked at; add --extra-prefix for others.`,
  )
  return { secretNamePrefix }
}

const usage = (message: string): CommandFault => new CommandFault(EXIT.usage, message)

/** By the function's name: nothing but Secrets Manager is asked. */
const foreignTo = (context: CommandContext): ((secret: Secret) => boolean) => {
  const ours = context.functionName('rotation')
  return ({ rotationFunctionArn }) => rotationFunctionArn?.split(':')[6] !== ours
}

/** @throws CommandFault `usage` for one that is not there. */
export const targetsNamed = async (
  context: CommandContext,
  { stage, names }: { readonly stage: StageSecrets; readonly names: readonly string[] },
): Promise<Targets> => {
  const { secrets } = await context.connect()
  const found: Secret[] = []
  const given = [...new Set(names)]
  assertNames(stage, given)
  for (const name of given) {
    const secret = await findNamed(secrets, stage, name)
    if (typeof secret === 'string') throw usage(secret)
    if (secret?.isDeleted === true) throw usage(deletedWords(secret))
    if (secret === undefined || !createSelection({ by: [{ secretNames: [secret.name] }] }).isSelected(secret)) {
      const below = prefixesOf(stage).join(', ')
      throw usage(`there is no client ${JSON.stringify(name)} below ${below}; see m2m list${arnAdvice(name)}`)
    }
    found.push(secret)
  }
  const selector = { secretNames: found.map(({ name }) => name) }
  const counts = countSelection(createSelection({ by: [selector] }), found, foreignTo(context))
  return { selector, secrets: found, counts }
}

/** Then there is no need to ask which other prefixes there are. */
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

/** @throws CommandFault `usage` when nothing, or more than one kind of choice, was given. */
export const assertOneChoice = (options: TargetOptions, names: readonly string[]): void => {
  const { clientId, tag, scope, all, leakedValueStdin } = options
  const given = [names.length > 0, clientId, tag, scope, all, leakedValueStdin].filter(Boolean).length
  if (given === 1) return
  const what = given === 0 ? 'no client was selected' : 'clients were selected in more than one way'
  throw usage(`${what}: name them, or give one of --client-id, --tag, --scope, --all, --leaked-value-stdin`)
}

/** @throws CommandFault `usage` when something named is not there, or nobody is matched; `refused` when the count is off. */
export const findTargets = async (
  context: CommandContext,
  options: TargetOptions,
  names: readonly string[],
): Promise<Targets> => {
  assertOneChoice(options, names)
  const { secrets } = await context.connect()
  const selector = selectorOf(options)
  if (selector === undefined) {
    const own = { secretNamePrefix: prefixOf(context, options) }
    const isOwn = await areAllBelow(secrets, own, names)
    return targetsNamed(context, { stage: isOwn ? own : await stageOf(context, options), names })
  }
  const stage = await stageOf(context, options)
  const all = await readSecrets({ secrets }, stage)
  const selection = createSelection({ by: [selector] })
  const counts = countSelection(selection, all, foreignTo(context))
  const found = all.filter(selection.isSelected).toSorted(byName)
  assertAllFound(selector, found)
  if (selectedIn(counts) === 0) throw nobodyFault(context.stage, `below ${prefixesOf(stage).join(', ')}`, counts)
  const miscounted = countFault(selector, selectedIn(counts))
  if (miscounted !== undefined) {
    throw new CommandFault(EXIT.refused, `${miscounted} (${countWords(counts)})`, { stage: context.stage, counts })
  }
  return { selector, secrets: found, counts }
}
