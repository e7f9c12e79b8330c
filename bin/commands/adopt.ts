// `m2m adopt`: takes over clients that exist at Stytch, with the values that their consumers use. Nothing is rotated; each is held until it is
// released. With --rotate, for a value that is lost, the first rotation makes another beside it, and the hold keeps both accepted.
import { type Command, InvalidArgumentError } from 'commander'
import { mapInParallel } from '../../lambda/core/base/worker-pool.ts'
import {
  type AdoptionOptions,
  type AdoptionResult,
  adoptionEnding,
  adoptMany,
  adoptOne,
  rehearseMany,
  wouldAdopt,
} from '../adopt/adopt-clients.ts'
import {
  type AdoptionRow,
  isInPlaceRow,
  readAdoptionRows,
  readFieldMapping,
  rowFaults,
} from '../adopt/adoption-rows.ts'
import { giveBackOne } from '../adopt/give-back-one.ts'
import { readText } from '../adopt/read-text.ts'
import { findOne } from '../show/choose.ts'
import type { CommandContext } from '../terminal/command-context.ts'
import { CommandFault, EXIT } from '../terminal/command-fault.ts'
import { addCaution, integerFrom } from '../terminal/options.ts'
import { run, type Work } from '../terminal/run.ts'
import { count } from '../terminal/words.ts'

interface AdoptOptions extends AdoptionOptions {
  readonly clientId?: string
  readonly fromSecret?: string
  readonly csv?: string
  readonly inPlace?: true
  readonly undo?: true
  readonly secret?: string
  readonly field?: Readonly<Record<string, string>>
  readonly description?: string
  readonly readers?: readonly string[]
  readonly overlap?: string
  readonly period?: string
  readonly dryRun?: true
  readonly yes?: true
}

const usage = (message: string): CommandFault => new CommandFault(EXIT.usage, message)

const addField = (text: string, before: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> => {
  const field = readFieldMapping(text)
  if (field === undefined) throw new InvalidArgumentError('expected ours=theirs, such as client_secret=stytchSecret')
  return { ...before, [field[0]]: field[1] }
}

/** The three that go together. */
const assertInPlace = ({ inPlace, secret, field, rotate, fromSecret }: AdoptOptions): void => {
  if (inPlace !== true) {
    if (secret !== undefined || field !== undefined) throw usage('--secret and --field go with --in-place')
    return
  }
  if (secret === undefined) throw usage('--in-place is for a secret that exists: name it with --secret')
  if (rotate === true || fromSecret !== undefined) {
    throw usage('--in-place leaves the value where it is: --rotate and --from-secret do not go with it')
  }
}

const oneRow = (name: string, options: AdoptOptions): AdoptionRow => {
  assertInPlace(options)
  if (options.clientId === undefined && options.inPlace !== true)
    throw usage('--client-id is missing: whose value is it?')
  const row: AdoptionRow = {
    name,
    clientId: options.clientId ?? '',
    fromSecret: options.fromSecret,
    description: options.description ?? '',
    readers: options.readers ?? [],
    overlap: options.overlap,
    period: options.period,
    secret: options.secret,
    fields: options.field,
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

/** Every secret that is to stay where it is is looked at before the first is changed. @returns those that something is in the way of */
const checkInPlace = async (
  context: CommandContext,
  rows: readonly AdoptionRow[],
  options: AdoptionOptions,
): Promise<readonly AdoptionResult[]> => {
  const inPlace = rows.filter(isInPlaceRow)
  const checked = await mapInParallel(inPlace, options.concurrency, (row) => wouldAdopt(context, row, options))
  return checked.filter(({ outcome }) => outcome === 'failed')
}

/** Beside --in-place and what every command has, it takes the name alone. */
const assertUndo = (options: AdoptOptions, name: string | undefined): string => {
  const { inPlace, secret, field, csv, clientId, fromSecret, rotate, readers, overlap, period, description } = options
  const others = [secret, field, csv, clientId, fromSecret, rotate, readers, overlap, period, description]
  if (name === undefined || inPlace !== true || others.some((one) => one !== undefined)) {
    throw usage('--undo gives one secret back that was adopted in place: m2m adopt NAME --in-place --undo')
  }
  return name
}

const adopt: Work<AdoptOptions> = async (context, options, [name]) => {
  if (options.undo === true) return giveBackOne(context, await findOne(context, assertUndo(options, name)), options)
  const rows = await rowsOf(options, name)
  if (options.dryRun === true) return rehearseMany(context, rows, options)
  const [only] = rows
  // A single one that is refused says so itself, with its exit code.
  if (rows.length === 1 && only !== undefined)
    return adoptionEnding(context, [await adoptOne(context, only, options)], 0)
  const inTheWay = await checkInPlace(context, rows, options)
  if (inTheWay.length > 0) {
    context.screen.note('Nothing was changed: correct these rows, or leave them out.')
    return adoptionEnding(context, inTheWay, 0)
  }
  await context.screen.confirm(
    `Adopt ${count(rows.length, 'client')} into stage ${context.stage}?`,
    options.yes === true,
  )
  return adoptMany(context, rows, options)
}

export const addAdopt = (program: Command): void => {
  const command = program
    .command('adopt')
    .description('take over existing Stytch clients with the values in use; nothing is rotated, and each is on hold')
    .argument('[name]', 'the name it gets here; its value comes from stdin or --from-secret')
    .option('--client-id <id>', "the client's id at Stytch")
    .option('--from-secret <id>', 'the secret that holds the value now, read with your own rights')
    .option('--in-place', 'leave the secret where it is, with its name and field names; with --secret')
    .option('--undo', 'return it to its owner, removing our rotation, tags and statements; with --in-place')
    .option('--secret <name>', 'the secret, below one of the extra prefixes')
    .option(
      '--field <ours=theirs>',
      'a field with another name there, client_secret=stytchSecret; repeat for several',
      addField,
    )
    .option(
      '--csv <file>',
      'many: name, client_id, from_secret or secret and fields, description, readers, overlap, period',
    )
    .option('--rotate', 'the value is lost: issue another beside it, and keep both accepted until release')
    .option('--description <text>', 'of the secret')
    .option('--readers <arn...>', 'roles that may read the secret')
    .option('--overlap <span>', 'its own overlap, such as 12h')
    .option('--period <span>', 'its own period, such as 30d')
    .option('--stytch-rate <calls>', 'calls a second to Stytch, at most', integerFrom(1, 1000), 40)
    .option('--concurrency <clients>', 'clients at a time', integerFrom(1, 100), 10)
  addCaution(command).action(run(adopt))
}
