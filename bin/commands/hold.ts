// `m2m hold` and `m2m release`: a mark on a secret. While it is there, no planned rotation and no settle begins; a revoke ignores it. The clients
// function writes it, as a tag that nobody else may write.
import type { Command } from 'commander'
import { defined } from '../../lambda/core/base/defined.ts'
import { Fault } from '../../lambda/core/base/fault.ts'
import type { ClientsApi } from '../../lambda/core/clients/clients-api.ts'
import type { Secret } from '../../lambda/core/secret/secret.ts'
import { holdOf } from '../../lambda/core/secret/secret-tags.ts'
import { shortNameOf } from '../../lambda/core/secret/stage-secrets.ts'
import { addChoice, type Choice, type ChosenSecrets, choose } from '../show/choose.ts'
import type { CommandContext } from '../terminal/command-context.ts'
import { type Ending, exitOf } from '../terminal/command-fault.ts'
import { addCaution } from '../terminal/options.ts'
import { run, type Work } from '../terminal/run.ts'
import { table } from '../terminal/table.ts'
import { count } from '../terminal/words.ts'

interface HoldOptions extends Omit<Choice, 'names'> {
  readonly dryRun?: true
  readonly yes?: true
}

interface Marking {
  readonly verb: 'hold' | 'release'
  /** Whether there is anything to write. */
  readonly isWanted: (secret: Secret) => boolean
  readonly done: string
  readonly idle: string
}

/** In one call; what one is asked for is over within seconds. */
const MARKED_AT_ONCE = 25

/** @returns why, by name, for each that failed; one call that fails is all of its own. */
const markSome = async (
  mark: ClientsApi['hold'],
  secrets: readonly Secret[],
  by: string | undefined,
): Promise<readonly (readonly [name: string, why: string])[]> => {
  const secretNames = secrets.map(({ name }) => name)
  try {
    const results = await mark({ secretNames, ...defined({ by }) })
    return results.flatMap(({ secretName, outcome, why = '' }) => (outcome === 'failed' ? [[secretName, why]] : []))
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    return secretNames.map((name) => [name, error.message])
  }
}

const markAll = async (
  context: CommandContext,
  { verb, isWanted, done, idle }: Marking,
  { secrets, counts, options }: ChosenSecrets & { readonly options: HoldOptions },
): Promise<Ending> => {
  const view = await context.view()
  const wanted = secrets.filter(isWanted)
  const nameOf = ({ name }: Secret): string => shortNameOf(view, name)
  const isDryRun = options.dryRun === true
  if (!isDryRun && wanted.length > 1) {
    await context.screen.confirm(
      `${verb} ${count(wanted.length, 'client')} in stage ${context.stage}?`,
      options.yes === true,
    )
  }
  const failures = new Map<string, string>()
  const progress = context.screen.progress(verb === 'hold' ? 'Holding' : 'Releasing')
  const { clientsApi } = await context.connect()
  const by = await context.by()
  for (let from = 0; from < wanted.length && !isDryRun; from += MARKED_AT_ONCE) {
    const some = wanted.slice(from, from + MARKED_AT_ONCE)
    for (const [name, why] of await markSome(clientsApi[verb], some, by)) failures.set(name, why)
    progress.at(from + some.length, wanted.length)
  }
  progress.end()
  const results = secrets.map((secret) => ({
    name: nameOf(secret),
    outcome: !isWanted(secret) ? idle : isDryRun ? `would be ${done}` : failures.has(secret.name) ? 'failed' : done,
    ...(failures.has(secret.name) ? { why: failures.get(secret.name) ?? '' } : {}),
  }))
  return {
    json: { stage: context.stage, action: verb, results, counts },
    text: table(
      ['CLIENT', verb.toUpperCase(), ''],
      results.map(({ name, outcome, why = '' }) => [name, outcome, why]),
    ),
    exitCode: exitOf({ done: results.length - failures.size, failed: failures.size }),
  }
}

const hold: Work<HoldOptions> = async (context, options, names) => {
  const chosen = await choose(context, { ...options, names })
  const marking: Marking = {
    verb: 'hold',
    isWanted: (secret) => holdOf(secret) === undefined,
    done: 'held',
    idle: 'held already',
  }
  return markAll(context, marking, { ...chosen, options })
}

const release: Work<HoldOptions> = async (context, options, names) => {
  const chosen = await choose(context, { ...options, names })
  const marking: Marking = {
    verb: 'release',
    isWanted: (secret) => holdOf(secret) !== undefined,
    done: 'released',
    idle: 'not held',
  }
  return markAll(context, marking, { ...chosen, options })
}

const addOne = (program: Command, name: string, description: string, work: Work<HoldOptions>): void => {
  const command = program.command(name).description(description).argument('[client...]', 'names, or ARNs of secrets')
  addCaution(addChoice(command)).action(run(work))
}

export const addHoldAndRelease = (program: Command): void => {
  addOne(program, 'hold', 'start no planned rotation or settle until released; a revoke ignores it', hold)
  addOne(program, 'release', 'end a hold; the next sweep does what has become due', release)
}
