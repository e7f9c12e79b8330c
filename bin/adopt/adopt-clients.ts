// Adopts clients, one or many, by the clients function: each value from where its row says, at a pace that both services bear. Stopped or
// killed, it may be run again: what was adopted is reported so.

import { defined } from '../../lambda/core/base/defined.ts'
import { Fault } from '../../lambda/core/base/fault.ts'
import { forEachLimited } from '../../lambda/core/base/for-each-limited.ts'
import { CLIENTS_PER_SECOND } from '../../lambda/core/clients/apply-clients.ts'
import type { Adopted, AdoptWish } from '../../lambda/core/clients/clients-api.ts'
import { readSecrets } from '../../lambda/core/clients/survey-clients.ts'
import { isM2mClient } from '../../lambda/core/secret/client-id.ts'
import type { ClientSecret } from '../../lambda/core/secret/client-secret.ts'
import type { Secret } from '../../lambda/core/secret/secret.ts'
import { clientIdOf } from '../../lambda/core/secret/secret-tags.ts'
import { spanHours } from '../../lib/config/client-config.ts'
import { ownBackstopRules } from '../../lib/config/rotation-schedule.ts'
import type { CommandContext } from '../terminal/command-context.ts'
import { CommandFault, type Ending, EXIT, exitOf } from '../terminal/command-fault.ts'
import { watchInterruption } from '../terminal/interruption.ts'
import { table } from '../terminal/table.ts'
import { count, span } from '../terminal/words.ts'
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

interface Holders {
  readonly holders: readonly Secret[]
}

/** What the clients function is asked for, once the value is read. */
const wishOf = async (
  context: CommandContext,
  row: AdoptionRow,
  { holders, ...options }: AdoptionOptions & Holders,
): Promise<AdoptWish> => {
  const view = await context.view()
  const secretName = `${view.secretNamePrefix}${row.name}`
  assertFree(holders, row, secretName)
  const clientSecret = await readValue(context, row, options)
  const hours = spanHours(row.period)
  return {
    secretName,
    clientId: row.clientId,
    clientSecret,
    description: row.description,
    consumers: row.readers,
    rules: hours === undefined ? view.backstop : ownBackstopRules(hours, view.backstop),
    ...defined({ overlap: row.overlap, period: row.period }),
    tags: {},
    heldBy: (await context.by()) ?? 'unknown',
  }
}

/** Everything is looked at, the value's exchange included, and nothing changed. @throws Fault or CommandFault: what is in the way */
const rehearse: AdoptRow = async (context, row, options) => {
  if (isInPlaceRow(row)) return toInPlaceResult(row, await adoptRowInPlace(context, row, true))
  const { clientsApi } = await context.connect()
  const found = await clientsApi.rehearseAdoption(await wishOf(context, row, options))
  return { name: row.name, clientId: row.clientId, ...toOutcome(found, false) }
}

/** @returns a failure instead of throwing it */
export const wouldAdopt = async (
  context: CommandContext,
  row: AdoptionRow,
  options: AdoptionOptions,
): Promise<AdoptionResult> => {
  try {
    return await rehearse(context, row, { ...options, holders: await readHolders(context, [row]) })
  } catch (error) {
    return failureOf(row, error)
  }
}

type AdoptRow = (
  context: CommandContext,
  row: AdoptionRow,
  options: AdoptionOptions & Holders,
) => Promise<AdoptionResult>

const adopt: AdoptRow = async (context, row, options) => {
  if (isInPlaceRow(row)) return toInPlaceResult(row, await adoptRowInPlace(context, row, false))
  const { clientsApi } = await context.connect()
  const wish = await wishOf(context, row, options)
  const adopted = await clientsApi.adopt(wish)
  const isRotated = wish.clientSecret === undefined && (await rotateAdopted(context, adopted.secretArn))
  return { name: row.name, clientId: row.clientId, ...toOutcome(adopted, isRotated) }
}

export const adoptOne = async (
  context: CommandContext,
  row: AdoptionRow,
  options: AdoptionOptions,
): Promise<AdoptionResult> => adopt(context, row, { ...options, holders: await readHolders(context, [row]) })

const toOutcome = ({ outcome, secretArn, hasUnknownNext }: Adopted, isRotated: boolean) => ({
  outcome: isRotated ? ('rotated' as const) : outcome,
  ...(outcome === 'wouldAdopt' && !secretArn.startsWith('arn:') ? {} : { secretArn }),
  ...(hasUnknownNext && outcome !== 'already'
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

const perSecondOf = ({ stytchRate }: AdoptionOptions): number => Math.min(CLIENTS_PER_SECOND, stytchRate / STYTCH_CALLS)

const workThrough = async (
  context: CommandContext,
  rows: readonly AdoptionRow[],
  { work, what, ...options }: AdoptionOptions & { readonly work: AdoptRow; readonly what: string },
) => {
  const results = new Map<string, AdoptionResult>()
  const holders = await readHolders(context, rows)
  const interruption = watchInterruption(context.screen)
  const progress = context.screen.progress(what)
  const until = function* (): Generator<AdoptionRow, void> {
    for (const row of rows) {
      if (interruption.isAsked()) return
      yield row
    }
  }
  const pace = {
    timing: context.timing,
    concurrency: options.concurrency,
    perSecond: perSecondOf(options),
    isThrottle: (error: unknown) => error instanceof Fault && error.retryable,
    onFailure: (row: AdoptionRow, error: unknown) => {
      results.set(row.name, failureOf(row, error))
    },
  }
  const { begun } = await forEachLimited(until(), pace, async (row) => {
    results.set(row.name, await work(context, row, { ...options, holders }))
    progress.at(results.size, rows.length)
  })
  progress.end()
  interruption.end()
  return { results: rows.flatMap(({ name }) => results.get(name) ?? []), left: rows.length - begun }
}

export const adoptMany = async (
  context: CommandContext,
  rows: readonly AdoptionRow[],
  options: AdoptionOptions,
): Promise<Ending> => {
  const { results, left } = await workThrough(context, rows, { ...options, work: adopt, what: 'Adopting' })
  return adoptionEnding(context, results, left)
}

/** As the adoption would be, but for what it changes; and how long that takes at the least. */
export const rehearseMany = async (
  context: CommandContext,
  rows: readonly AdoptionRow[],
  options: AdoptionOptions,
): Promise<Ending> => {
  const { results, left } = await workThrough(context, rows, { ...options, work: rehearse, what: 'Rehearsing' })
  const ending = adoptionEnding(context, results, left)
  const seconds = Math.ceil(rows.length / perSecondOf(options))
  return {
    ...ending,
    json: { ...(ending.json as object), dryRun: true, takesSeconds: seconds },
    text: `${ending.text}\n${
      ending.exitCode === EXIT.ok
        ? `Nothing was changed. The adoption takes ${span(seconds * 1000)} or more.`
        : 'Nothing was changed: correct the rows that failed, or leave them out.'
    }`,
  }
}
