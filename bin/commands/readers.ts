// `m2m readers`: show who may read a secret adopted in place, and who has read it; with --close, nobody else from now on. Until
// then reading is denied to nobody. The policy and the record of reads are looked at with the caller's own rights.
import type { Command } from 'commander'
import { Fault } from '../../lambda/core/base/fault.ts'
import { readingRights } from '../../lambda/core/clients/merged-policy.ts'
import { isInPlace } from '../../lambda/core/secret/mapped-form.ts'
import type { PrincipalReads } from '../../lambda/core/sweep/adoption-proof.ts'
import { roleArnShape } from '../../lib/config/client-config.ts'
import { findOne } from '../show/choose.ts'
import { processEndpoint } from '../terminal/cli-env.ts'
import type { CommandContext } from '../terminal/command-context.ts'
import { CommandFault, EXIT } from '../terminal/command-fault.ts'
import { addCaution, addText } from '../terminal/options.ts'
import { run, type Work } from '../terminal/run.ts'
import { table } from '../terminal/table.ts'
import { at, count, iso } from '../terminal/words.ts'

interface ReadersOptions {
  readonly close?: true
  readonly reader?: readonly string[]
  readonly recordsTable?: string
  readonly dryRun?: true
  readonly yes?: true
}

interface SeenReader {
  readonly principal: string
  /** Epoch milliseconds. */
  readonly at: number
}

const lastRead = ({ currentAt = 0, previousAt = 0, version }: PrincipalReads): number =>
  Math.max(currentAt, previousAt, version?.at ?? 0)

/** The rotation function reads in every rotation, and the clients function once: they are admitted as the stage's own. */
const isOwn = (principal: string, stage: string): boolean => principal.includes(`:role/m2m-${stage}-`)

/** @returns undefined where no reads are recorded, or the caller may not see them. */
const seenReaders = async (
  context: CommandContext,
  secretName: string,
  tableName: string | undefined,
): Promise<readonly SeenReader[] | undefined> => {
  if (tableName === undefined) return undefined
  const [{ createReadLookup }, { createSignedCall }] = await Promise.all([
    import('../../lambda/adapters/aws/read-records.ts'),
    import('../../lambda/adapters/aws/signed-call.ts'),
  ])
  const { secretsManager } = await context.connect()
  const call = createSignedCall(secretsManager, { service: 'dynamodb', endpoint: processEndpoint('DYNAMODB') })
  const lookup = createReadLookup({ call, table: tableName, wait: context.timing.wait })
  try {
    const { reads } = await lookup.of(secretName, context.timing.now())
    return reads
      .map((one) => ({ principal: one.principal, at: lastRead(one) }))
      .filter(({ principal }) => !isOwn(principal, context.stage))
      .toSorted((one, other) => other.at - one.at)
  } catch (error) {
    if (error instanceof Fault) return undefined
    throw error
  }
}

/** Roles to admit: those that were given, else those that were seen. @throws CommandFault where that cannot be said */
const chosenReaders = (
  name: string,
  seen: readonly SeenReader[] | undefined,
  given: readonly string[] | undefined,
): readonly string[] => {
  const faults = (given ?? []).filter((one) => !roleArnShape.fits(one))
  if (faults.length > 0) {
    throw new CommandFault(EXIT.usage, `--reader ${faults.join(', ')} is malformed: expected ${roleArnShape.expected}`)
  }
  if (given !== undefined) return [...new Set(given)]
  if (seen === undefined || seen.length === 0) {
    const why =
      seen === undefined
        ? 'the record of reads was not to be had (--records-table, docs/adoption.md)'
        : 'nobody was seen reading it yet'
    throw new CommandFault(EXIT.refused, `reading of ${name} was left open: ${why}; name its readers with --reader`)
  }
  const strange = seen.filter(({ principal }) => !roleArnShape.fits(principal))
  if (strange.length === 0) return seen.map(({ principal }) => principal)
  const names = strange.map(({ principal }) => principal).join(', ')
  throw new CommandFault(
    EXIT.refused,
    `reading of ${name} was left open: ${names} read it and can be admitted by no policy of ours, which names roles; name all readers with --reader`,
  )
}

const readers: Work<ReadersOptions> = async (context, options, [name = '']) => {
  const secret = await findOne(context, name)
  if (!isInPlace(secret)) {
    throw new CommandFault(
      EXIT.refused,
      `${name} is declared with its readers, and closed to all others: change "readers" where it is declared`,
    )
  }
  if (options.reader !== undefined && options.close !== true) {
    throw new CommandFault(EXIT.usage, '--reader needs --close: it names who may keep reading')
  }
  const { secrets, clientsApi } = await context.connect()
  const rights = readingRights(await secrets.readPolicy(secret.arn))
  const seen = await seenReaders(context, secret.name, options.recordsTable ?? (await context.view()).recordsTable)
  const base = {
    stage: context.stage,
    secretName: secret.name,
    admitted: rights.admitted,
    ownersStatements: rights.others,
    seen: seen?.map((one) => ({ principal: one.principal, at: iso(one.at) })) ?? null,
  }
  const rows = [
    ...rights.admitted.map((one) => [one, 'admitted', '']),
    ...(seen ?? []).map((one) => [one.principal, 'seen reading', at(one.at)]),
  ]
  if (options.close !== true) {
    const state = rights.isOpen
      ? 'Reading is open: this policy denies it to nobody.'
      : 'Reading is closed to all others.'
    const unseen =
      seen === undefined
        ? '\nWho reads it was not looked up: the record of reads was not to be had (--records-table, docs/adoption.md).'
        : ''
    return {
      json: { ...base, isOpen: rights.isOpen },
      text: `${rows.length === 0 ? '' : `${table(['READER', '', ''], rows)}\n`}${state}${unseen}`,
      exitCode: EXIT.ok,
    }
  }
  const chosen = chosenReaders(secret.name, seen, options.reader)
  const left = (seen ?? []).filter(({ principal }) => !chosen.includes(principal)).map(({ principal }) => principal)
  for (const one of left) context.screen.note(`${one} was seen reading it, and would be denied.`)
  if (options.dryRun !== true) {
    await context.screen.confirm(
      `Close reading of ${secret.name} to all but ${count(chosen.length, 'role')} and the stage's own?`,
      options.yes === true,
    )
    await clientsApi.closeReading({ secretName: secret.name, readers: chosen })
  }
  return {
    json: { ...base, isOpen: options.dryRun === true, closedTo: chosen, denied: left },
    text: `${table(
      ['READER', ''],
      chosen.map((one) => [one, options.dryRun === true ? 'would be admitted' : 'admitted']),
    )}\n${options.dryRun === true ? 'Nothing was changed.' : `Reading of ${secret.name} is closed to all others.`}`,
    exitCode: EXIT.ok,
  }
}

export const addReaders = (program: Command): void => {
  const command = program
    .command('readers')
    .description('show who may read a secret adopted in place, and who has read it')
    .argument('<client>', 'name, or ARN of the secret')
    .option('--close', 'deny reading to all but the roles named by --reader, or those seen reading')
    .option('--reader <arn>', 'a role that may keep reading; repeat for several', addText)
  command.option('--records-table <name>', 'where reads are recorded; else the clients function says it')
  addCaution(command).action(run(readers))
}
