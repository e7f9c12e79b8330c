// Which clients a command is about: by name, by a tag, by a scope, or all of them. A name that is not there is a fault, and so is no choice
// at all: an empty selection never means everything.
import { type Command, InvalidArgumentError } from 'commander'
import { readSecrets } from '../../lambda/core/clients/survey-clients.ts'
import { expectedClientName, isClientName } from '../../lambda/core/secret/client-name.ts'
import type { Secret } from '../../lambda/core/secret/secret.ts'
import { isSecretName, secretNameOf } from '../../lambda/core/secret/secret-name.ts'
import type { Secrets } from '../../lambda/core/secret/secrets.ts'
import {
  countSelection,
  countWords,
  createSelection,
  type SelectionCounts,
  type Selector,
  selectedIn,
} from '../../lambda/core/secret/selector.ts'
import {
  candidateNames,
  isNameOfStage,
  isOfStage,
  notAdoptedFault,
  outsideFault,
  prefixesOf,
  type StageSecrets,
} from '../../lambda/core/secret/stage-secrets.ts'
import type { CommandContext } from '../terminal/command-context.ts'
import { CommandFault, EXIT } from '../terminal/command-fault.ts'
import { addText } from '../terminal/options.ts'

export interface Choice {
  readonly names: readonly string[]
  readonly tag?: Readonly<Record<string, string>>
  readonly scope?: readonly string[]
  readonly all?: boolean
}

const addTag = (text: string, before: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> => {
  const cut = text.indexOf('=')
  if (cut < 1) throw new InvalidArgumentError('expected key=value')
  return { ...before, [text.slice(0, cut)]: text.slice(cut + 1) }
}

export const addFilters = (command: Command): Command =>
  command
    .option('--tag <key=value>', 'clients with this tag; several: with all of them', addTag)
    .option('--scope <scope>', 'clients that have this scope; several: at least one of them', addText)

/** The options that choose more than one, where a choice is needed. */
export const addChoice = (command: Command): Command => addFilters(command).option('--all', 'every client of the stage')

/** What no command looks for, and why; undefined: it may be there. */
const nameFault = (stage: StageSecrets, name: string): string | undefined => {
  if (name.startsWith('arn:')) return isNameOfStage(stage, secretNameOf(name)) ? undefined : outsideFault(stage, name)
  if (isNameOfStage(stage, name) || isClientName(name)) return undefined
  if (name.includes('/') && isSecretName(name)) return outsideFault(stage, name)
  return `${JSON.stringify(name)} is malformed: expected ${expectedClientName(name)}`
}

/** Whether a client of the stage can be called so. */
export const isNamed = (stage: StageSecrets, name: string): boolean => nameFault(stage, name) === undefined

/** `billing`, the secret's full name, or its ARN: a bare name may be below any of the stage's prefixes. */
const idsOf = (stage: StageSecrets, name: string): readonly string[] =>
  name.startsWith('arn:') || isNameOfStage(stage, name) ? [name] : candidateNames(stage, name)

/**
 * A full name or an ARN is Secrets Manager's to judge: so whatever stands below a prefix of the stage can be reached, made by hand or not.
 * Of what lies outside of them nothing is asked, which IAM would deny.
 * @throws CommandFault `usage` with every one that cannot be a client's.
 */
export const assertNames = (stage: StageSecrets, names: readonly string[]): void => {
  const faults = names.flatMap((name) => nameFault(stage, name) ?? [])
  if (faults.length > 0) throw new CommandFault(EXIT.usage, faults.join('\n'))
}

/** The first that is the stage's. @param name without a fault. @returns why not, where there is one that was never adopted */
export const findNamed = async (
  secrets: Pick<Secrets, 'describe'>,
  stage: StageSecrets,
  name: string,
): Promise<Secret | string | undefined> => {
  let strange: string | undefined
  for (const secretId of idsOf(stage, name)) {
    const secret = await secrets.describe(secretId)
    if (secret === undefined) continue
    if (isOfStage(stage, secret)) return secret
    strange ??= isNameOfStage(stage, secret.name) ? notAdoptedFault(secret.name) : outsideFault(stage, secret.arn)
  }
  return strange
}

/** Of one that nothing can be asked about until it is restored; what it holds may be accepted all the same. */
export const deletedWords = ({ name }: Pick<Secret, 'name'>): string =>
  `${name} is scheduled for deletion, so that nothing was changed; Stytch may still accept its value. Bring it back with aws secretsmanager restore-secret --secret-id ${name}, then repeat the command`

/** To be said of one that is not there. */
export const arnAdvice = (name: string): string =>
  name.startsWith('arn:') ? '; Secrets Manager may not find a partial ARN: give the complete one, or the name' : ''

export const findOne = async (context: CommandContext, name: string): Promise<Secret> => {
  const stage = await context.view()
  const { secrets } = await context.connect()
  assertNames(stage, [name])
  const found = await findNamed(secrets, stage, name)
  if (typeof found === 'object') return found
  const nobody = `there is no client ${JSON.stringify(name)} in stage ${context.stage}; see m2m list${arnAdvice(name)}`
  throw new CommandFault(EXIT.usage, found ?? nobody)
}

/** @returns what each chosen client must match: nothing for all of them. */
const selectorsOf = ({ names, tag, scope, all }: Choice): readonly Selector[] | 'named' => {
  const given = [names.length > 0, tag !== undefined, scope !== undefined, all === true].filter(Boolean).length
  if (given !== 1) {
    const what = given === 0 ? 'no clients were chosen' : 'clients were chosen in more than one way'
    throw new CommandFault(EXIT.usage, `${what}: name them, or give one of --tag, --scope, --all`)
  }
  if (tag !== undefined) return [{ tags: tag }]
  if (scope !== undefined) return [{ scopes: scope }]
  return all === true ? [] : 'named'
}

/** @param includesDeleted those that are scheduled for deletion as well: to be shown, and never to be changed */
export const readFleet = async (
  context: CommandContext,
  { includesDeleted = false } = {},
): Promise<readonly Secret[]> => {
  const stage = await context.view()
  const { secrets } = await context.connect()
  const progress = context.screen.progress('Reading secrets')
  try {
    return await readSecrets({ secrets, onProgress: (_what, done) => progress.at(done) }, stage, { includesDeleted })
  } finally {
    progress.end()
  }
}

export const byName = (one: Secret, other: Secret): number => (one.name < other.name ? -1 : 1)

export interface ChosenSecrets {
  readonly secrets: readonly Secret[]
  readonly counts: SelectionCounts
}

/** A selection that matches nobody is somebody's mistake: what was to be done was not. */
export const nobodyFault = (stage: string, where: string, counts: SelectionCounts): CommandFault =>
  new CommandFault(
    EXIT.usage,
    `nobody: no client ${where} is selected (${countWords(counts)}); m2m list shows what there is`,
    {
      stage,
      outcome: 'nobody',
      clients: [],
      counts,
    },
  )

/** @throws CommandFault `usage` when a name is not there, nothing was chosen, or the choice matches nobody. */
export const choose = async (context: CommandContext, choice: Choice): Promise<ChosenSecrets> => {
  const by = selectorsOf(choice)
  const view = await context.view()
  const { rotationFunctionArn } = view
  const isForeign = (secret: Secret): boolean => secret.rotationFunctionArn !== rotationFunctionArn
  if (by !== 'named') {
    const all = await readFleet(context)
    const selection = createSelection({ by })
    const counts = countSelection(selection, all, isForeign)
    if (selectedIn(counts) === 0) throw nobodyFault(context.stage, `below ${prefixesOf(view).join(', ')}`, counts)
    return { secrets: all.filter(selection.isSelected).sort(byName), counts }
  }
  const found: Secret[] = []
  // Every malformed name at once, before any is looked for.
  assertNames(view, choice.names)
  for (const name of new Set(choice.names)) found.push(await findOne(context, name))
  const selection = createSelection({ by: [{ secretNames: found.map(({ name }) => name) }] })
  const deleted = found.filter((secret) => selection.whyNot(secret) === 'deleted')
  if (deleted.length === 0) return { secrets: found, counts: countSelection(selection, found, isForeign) }
  throw new CommandFault(EXIT.usage, deleted.map(deletedWords).join('\n'))
}
