// Whom an incident of the command line is about: names, client ids, a tag, a scope, or all (who holds a leaked value: leaked-value.ts). It
// asks Secrets Manager and nothing else: an incident must not need what may be broken.
import type { Command } from 'commander'
import { readSecrets } from '../../lambda/core/clients/survey-clients.ts'
import type { Secret } from '../../lambda/core/secret/secret.ts'
import {
  countFault,
  countSelection,
  countWords,
  createSelection,
  missingFrom,
  type SelectionCounts,
  type Selector,
} from '../../lambda/core/secret/selector.ts'
import { addFilters, arnAdvice, byName, nobodyFault, secretIdsOf } from '../show/choose.ts'
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
    .option('--expected-count <n>', 'how many "all" is; more than 5 % off: nothing is begun', integerFrom(1, 1_000_000))
    .option('--leaked-value-stdin', 'find out whose the values are that a text on stdin holds: a .env, a log, a curl')
    .option('--prefix <prefix>', "of the secrets' names (default: m2m/<stage>/)")

export const prefixOf = ({ stage }: CommandContext, { prefix }: TargetOptions): string => prefix ?? `m2m/${stage}/`

const usage = (message: string): CommandFault => new CommandFault(EXIT.usage, message)

/** By the function's name: nothing but Secrets Manager is asked. */
const foreignTo = (context: CommandContext): ((secret: Secret) => boolean) => {
  const ours = context.functionName('rotation')
  return ({ rotationFunctionArn }) => rotationFunctionArn?.split(':')[6] !== ours
}

/** @throws CommandFault `usage` for one that is not there. */
export const targetsNamed = async (
  context: CommandContext,
  { prefix, names }: { readonly prefix: string; readonly names: readonly string[] },
): Promise<Targets> => {
  const { secrets } = await context.connect()
  const found: Secret[] = []
  const given = [...new Set(names)]
  for (const [at, secretId] of secretIdsOf(prefix, given).entries()) {
    const name = given[at] ?? secretId
    const secret = await secrets.describe(secretId)
    if (secret === undefined || !createSelection({ by: [{ secretNames: [secret.name] }] }).isSelected(secret))
      throw usage(`there is no client ${JSON.stringify(name)} below ${prefix}; see m2m list${arnAdvice(name)}`)
    found.push(secret)
  }
  const selector = { secretNames: found.map(({ name }) => name) }
  const counts = countSelection(createSelection({ by: [selector] }), found, foreignTo(context))
  return { selector, secrets: found, counts }
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
  const prefix = prefixOf(context, options)
  const selector = selectorOf(options)
  if (selector === undefined) return targetsNamed(context, { prefix, names })
  const { secrets } = await context.connect()
  const all = await readSecrets({ secrets }, prefix)
  const selection = createSelection({ by: [selector] })
  const counts = countSelection(selection, all, foreignTo(context))
  const found = all.filter(selection.isSelected).toSorted(byName)
  assertAllFound(selector, found)
  if (counts.matched === 0) throw nobodyFault(context.stage, `below ${prefix}`, counts)
  const miscounted = countFault(selector, counts.matched)
  if (miscounted !== undefined) {
    throw new CommandFault(EXIT.refused, `${miscounted} (${countWords(counts)})`, { stage: context.stage, counts })
  }
  return { selector, secrets: found, counts }
}
