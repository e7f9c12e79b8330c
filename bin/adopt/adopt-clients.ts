// Adopts clients, one or many, by the clients function: each value from where its row says, at a pace that both services bear. Stopped or
// killed, it may be run again: what was adopted is reported so.

import { defined } from '../../lambda/core/base/defined.ts'
import { Fault } from '../../lambda/core/base/fault.ts'
import { forEachLimited } from '../../lambda/core/base/for-each-limited.ts'
import { CLIENTS_PER_SECOND } from '../../lambda/core/clients/apply-clients.ts'
import type { Adopted } from '../../lambda/core/clients/clients-api.ts'
import { readSecrets } from '../../lambda/core/clients/survey-clients.ts'
import { isM2mClient } from '../../lambda/core/secret/client-id.ts'
import type { ClientSecret } from '../../lambda/core/secret/client-secret.ts'
import type { Secret } from '../../lambda/core/secret/secret.ts'
import { clientIdOf } from '../../lambda/core/secret/secret-tags.ts'
import { spanHours } from '../../lib/config/client-config.ts'
import { backstopRules } from '../../lib/config/rotation-schedule.ts'
import type { CommandContext } from '../terminal/command-context.ts'
import { CommandFault, type Ending, EXIT, exitOf } from '../terminal/command-fault.ts'
import { watchInterruption } from '../terminal/interruption.ts'
import { table } from '../terminal/table.ts'
import { count } from '../terminal/words.ts'
import { adoptRowInPlace } from './adopt-row-in-place.ts'
import { type AdoptionRow, isInPlaceRow } from './adoption-rows.ts'
import { readValueFromSecret, readValueFromStdin } from './read-value.ts'
import { rotateAdopted } from './rotate-adopted.ts'

export interface AdoptionOptions {
  /** Values that no row names are lost. */
  readonly rotate?: true
  readonly stytchRate: number
  readonly concurrency: number
}

export interface AdoptionResult {
  readonly name: string
  readonly clientId: string
  readonly outcome: 'adopted' | 'already' | 'rotated' | 'failed' | 'wouldAdopt'
  readonly secretArn?: string
  readonly why?: string
}

/** Of Stytch: a look, the exchange that proves the value, the binding, and the exchange of the dry run. */
const STYTCH_CALLS = 4

/** @returns undefined for a value that is lost. */
const readValue = async (
  context: CommandContext,
  row: AdoptionRow,
  options: AdoptionOptions,
): Promise<ClientSecret | undefined> => {
  const { secrets } = await context.connect()
  if (row.fromSecret !== undefined) return readValueFromSecret(secrets, row.fromSecret, row.clientId)
  return options.rotate === true ? undefined : readValueFromStdin(row.clientId)
}

/** Stytch shows of an M2M client which secret it is bound to; of the other kinds only the secrets' tags do. */
const readHolders = async (context: CommandContext, rows: readonly AdoptionRow[]): Promise<readonly Secret[]> => {
  if (rows.every((row) => isInPlaceRow(row) || isM2mClient(row.clientId))) return []
  const view = await context.view()
  const { secrets } = await context.connect()
  const listed = await readSecrets({ secrets }, view)
  return listed.filter((one) => !one.isDeleted)
}

const assertFree = (holders: readonly Secret[], { clientId }: AdoptionRow, secretName: string): void => {
  if (isM2mClient(clientId)) return
  const holder = holders.find((one) => one.name !== secretName && clientIdOf(one) === clientId)
  if (holder === undefined) return
  throw new CommandFault(
    EXIT.refused,
    `${clientId} was not adopted as ${secretName}, and nothing was changed: it is held by ${holder.name} (tag m2m:client-id); one secret, one client`,
  )
}

const toInPlaceResult = ({ name }: AdoptionRow, adopted: Adopted): AdoptionResult => ({
  name,
  clientId: adopted.clientId,
  ...toOutcome(adopted, false),
})

/** Of a secret that stays where it is everything is looked at; of a copy the command line alone is judged. */
export const wouldAdopt = async (context: CommandContext, row: AdoptionRow): Promise<AdoptionResult> => {
  const { name, clientId } = row
  if (!isInPlaceRow(row)) return { name, clientId, outcome: 'wouldAdopt' }
  try {
    return toInPlaceResult(row, await adoptRowInPlace(context, row, true))
  } catch (error) {
    return failureOf(row, error)
  }
}

const adopt = async (
  context: CommandContext,
  row: AdoptionRow,
  { holders, ...options }: AdoptionOptions & { readonly holders: readonly Secret[] },
): Promise<AdoptionResult> => {
  if (isInPlaceRow(row)) return toInPlaceResult(row, await adoptRowInPlace(context, row, false))
  const view = await context.view()
  const { clientsApi } = await context.connect()
  const { name, clientId } = row
  const secretName = `${view.secretNamePrefix}${name}`
  assertFree(holders, row, secretName)
  const clientSecret = await readValue(context, row, options)
  const hours = spanHours(row.period)
  const adopted = await clientsApi.adopt({
    secretName,
    clientId,
    clientSecret,
    description: row.description,
    consumers: row.readers,
    rules: hours === undefined ? view.backstop : backstopRules(hours, undefined),
    ...defined({ overlap: row.overlap, period: row.period }),
    tags: {},
    heldBy: context.operator,
  })
  const isRotated = clientSecret === undefined && (await rotateAdopted(context, adopted.secretArn))
  return { name, clientId, ...toOutcome(adopted, isRotated) }
}

export const adoptOne = async (
  context: CommandContext,
  row: AdoptionRow,
  options: AdoptionOptions,
): Promise<AdoptionResult> => adopt(context, row, { ...options, holders: await readHolders(context, [row]) })

const toOutcome = ({ outcome, secretArn, hasUnknownNext }: Adopted, isRotated: boolean) => ({
  outcome: isRotated ? ('rotated' as const) : outcome,
  secretArn,
  ...(hasUnknownNext && outcome === 'adopted'
    ? { why: 'Stytch accepts a second value of it, which a settle after release will end' }
    : {}),
})

const failureOf = ({ name, clientId }: AdoptionRow, error: unknown): AdoptionResult => {
  const isKnown = error instanceof Fault || error instanceof CommandFault
  return { name, clientId, outcome: 'failed', why: isKnown ? error.message : 'an unforeseen failure' }
}

const words: Readonly<Record<AdoptionResult['outcome'], string>> = {
  adopted: 'adopted, held',
  already: 'adopted before',
  rotated: 'adopted, rotated, held',
  failed: 'failed',
  wouldAdopt: 'would be adopted',
}

export const adoptionEnding = (context: CommandContext, results: readonly AdoptionResult[], left: number): Ending => {
  const failed = results.filter(({ outcome }) => outcome === 'failed').length
  const rest = left > 0 ? `\n${count(left, 'client')} not started. Run the command again to continue.` : ''
  const done = results.some(({ outcome }) => outcome === 'adopted' || outcome === 'rotated')
  const next =
    done && !context.screen.isJson ? '\nThey are held: no planned rotation and no settle begins until m2m release.' : ''
  return {
    json: { stage: context.stage, results, left },
    text: `${table(
      ['CLIENT', 'ADOPT', ''],
      results.map(({ name, outcome, why = '' }) => [name, words[outcome], why]),
    )}${rest}${next}`,
    exitCode: left > 0 ? EXIT.interrupted : exitOf({ done: results.length - failed, failed }),
  }
}

export const adoptMany = async (
  context: CommandContext,
  rows: readonly AdoptionRow[],
  options: AdoptionOptions,
): Promise<Ending> => {
  const results = new Map<string, AdoptionResult>()
  const holders = await readHolders(context, rows)
  const interruption = watchInterruption(context.screen)
  const progress = context.screen.progress('Adopting')
  const until = function* (): Generator<AdoptionRow, void> {
    for (const row of rows) {
      if (interruption.isAsked()) return
      yield row
    }
  }
  const pace = {
    timing: context.timing,
    concurrency: options.concurrency,
    perSecond: Math.min(CLIENTS_PER_SECOND, options.stytchRate / STYTCH_CALLS),
    isThrottle: (error: unknown) => error instanceof Fault && error.retryable,
    onFailure: (row: AdoptionRow, error: unknown) => {
      results.set(row.name, failureOf(row, error))
    },
  }
  const { begun } = await forEachLimited(until(), pace, async (row) => {
    results.set(row.name, await adopt(context, row, { ...options, holders }))
    progress.at(results.size, rows.length)
  })
  progress.end()
  interruption.end()
  return adoptionEnding(
    context,
    rows.flatMap(({ name }) => results.get(name) ?? []),
    rows.length - begun,
  )
}
