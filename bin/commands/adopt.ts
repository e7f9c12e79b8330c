// `m2m adopt`: takes over clients that exist at Stytch, with the values that their consumers use. Nothing is rotated; each is held until it is
// released. With --rotate, for a value that is lost, the first rotation makes another beside it, and the hold keeps both accepted.
import type { Command } from 'commander'
import {
  type AdoptionOptions,
  type AdoptionResult,
  adoptionEnding,
  adoptMany,
  adoptOne,
} from '../adopt/adopt-clients.ts'
import { type AdoptionRow, readAdoptionRows, rowFaults } from '../adopt/adoption-rows.ts'
import { readText } from '../adopt/read-text.ts'
import { CommandFault, EXIT } from '../terminal/command-fault.ts'
import { addCaution, integerFrom } from '../terminal/options.ts'
import { run, type Work } from '../terminal/run.ts'
import { count } from '../terminal/words.ts'

interface AdoptOptions extends AdoptionOptions {
  readonly clientId?: string
  readonly fromSecret?: string
  readonly csv?: string
  readonly description?: string
  readonly readers?: readonly string[]
  readonly overlap?: string
  readonly period?: string
  readonly dryRun?: true
  readonly yes?: true
}

const usage = (message: string): CommandFault => new CommandFault(EXIT.usage, message)

const oneRow = (name: string, options: AdoptOptions): AdoptionRow => {
  if (options.clientId === undefined) throw usage('--client-id is missing: whose value is it?')
  const row: AdoptionRow = {
    name,
    clientId: options.clientId,
    fromSecret: options.fromSecret,
    description: options.description ?? '',
    readers: options.readers ?? [],
    overlap: options.overlap,
    period: options.period,
  }
  const faults = rowFaults(row, name)
  if (faults.length > 0) throw usage(`nothing was changed:\n${faults.map((fault) => `  ${fault}`).join('\n')}`)
  if (options.rotate === true && options.fromSecret !== undefined) {
    throw usage('--rotate is for a value that is lost, and --from-secret names one: give one of the two')
  }
  return row
}

const rowsOf = async (options: AdoptOptions, name: string | undefined): Promise<readonly AdoptionRow[]> => {
  if ((name === undefined) === (options.csv === undefined)) throw usage('give either a name with --client-id, or --csv')
  if (name !== undefined) return [oneRow(name, options)]
  const path = options.csv ?? ''
  return readAdoptionRows(await readText(path), path === '-' ? 'stdin' : path, options.rotate !== true)
}

const adopt: Work<AdoptOptions> = async (context, options, [name]) => {
  const rows = await rowsOf(options, name)
  if (options.dryRun === true) {
    const would = rows.map((row): AdoptionResult => ({ name: row.name, clientId: row.clientId, outcome: 'wouldAdopt' }))
    return adoptionEnding(context, would, 0)
  }
  const [only] = rows
  // A single one that is refused says so itself, with its exit code.
  if (rows.length === 1 && only !== undefined)
    return adoptionEnding(context, [await adoptOne(context, only, options)], 0)
  await context.screen.confirm(
    `Adopt ${count(rows.length, 'client')} into stage ${context.stage}?`,
    options.yes === true,
  )
  return adoptMany(context, rows, options)
}

export const addAdopt = (program: Command): void => {
  const command = program
    .command('adopt')
    .description('take over clients that exist at Stytch, with the values in use: nothing is rotated, each is held')
    .argument('[name]', 'what it is to be called here; its value comes from stdin or --from-secret')
    .option('--client-id <id>', "the client's id at Stytch")
    .option('--from-secret <id>', 'the secret that holds the value now, read with your own rights')
    .option('--csv <file>', 'many: name, client_id, from_secret, description, readers, overlap, period')
    .option('--rotate', 'the value is lost: make another beside it, and keep both accepted until release')
    .option('--description <text>', 'of the secret')
    .option('--readers <arn...>', 'roles that may read the secret')
    .option('--overlap <span>', 'its own overlap, such as 12h')
    .option('--period <span>', 'its own period, such as 30d')
    .option('--stytch-rate <calls>', 'calls a second that Stytch may see of it', integerFrom(1, 1000), 40)
    .option('--concurrency <clients>', 'how many clients at once', integerFrom(1, 100), 10)
  addCaution(command).action(run(adopt))
}
