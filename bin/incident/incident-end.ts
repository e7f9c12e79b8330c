// From a revoke that was asked for to the end that is printed: watches, says what stands in the way, and what became of each client. The
// report for people goes into a file, since that of four hundred clients is no text for a screen.
import { writeFile } from 'node:fs/promises'
import { defined } from '../../lambda/core/base/defined.ts'
import type { Secret } from '../../lambda/core/secret/secret.ts'
import type { CommandContext } from '../terminal/command-context.ts'
import { CommandFault, type Ending, EXIT, exitOf } from '../terminal/command-fault.ts'
import { table } from '../terminal/table.ts'
import { count } from '../terminal/words.ts'
import { type ClientOutcome, isEnded, outcomeJson, outcomeOf, outcomeWords, readOutcomes } from './client-outcomes.ts'
import { bucketOf, readReport } from './incident-report.ts'
import { watchIncident } from './incident-watch.ts'
import { proofWords, readSignedProofs } from './signed-proofs.ts'

export interface EndAsked {
  readonly incidentId: string
  readonly isGraceful: boolean
  /** When it was reported, epoch milliseconds. @default - elsewhere, and nobody knows */
  readonly since?: number
  /** Epoch milliseconds: nothing is waited for beyond it, but for what is on its way to the archive. */
  readonly until: number
  readonly bucket?: string | undefined
  /** Where the report for people is written. @default - nowhere */
  readonly report?: string | undefined
  /** Whether this process carries out the revokes. */
  readonly isDirect: boolean
}

/** As many lines as fit beside their heading. */
const MOST_LINES = 30
const EVIDENCE_MS = 15_000

const sentences: Readonly<Record<ReturnType<typeof outcomeOf>, string>> = {
  dead: 'what leaked is dead',
  refused: 'what leaked is refused by Stytch; the sweep confirms it',
  partly: 'NOT all of what leaked is refused',
  failed: 'NOTHING of what leaked is known to be refused',
}

const weight = (client: ClientOutcome): number => (isEnded(client) ? (client.outcome === 'refused' ? 1 : 2) : 0)

/** What needs a person first. */
const tableOf = (clients: readonly ClientOutcome[]): string => {
  const isShown = clients.some(({ proof }) => proof !== undefined)
  const sorted = clients.toSorted((one, other) => weight(one) - weight(other))
  const lines = sorted
    .slice(0, MOST_LINES)
    .map((client) => [client.secret.name, outcomeWords(client), ...(isShown ? [proofWords(client.proof)] : [])])
  const left = sorted.length - lines.length
  const more = left === 0 ? '' : `\nand ${left} more, which ended no worse; --json names each`
  return `${table(['CLIENT', 'LEAKED VALUE', ...(isShown ? ['SIGNED PROOF'] : [])], lines)}${more}`
}

const endingOf = (context: CommandContext, incidentId: string, clients: readonly ClientOutcome[]): Ending => {
  const outcome = outcomeOf(clients)
  const done = clients.filter(isEnded).length
  const of = clients.length === 1 ? '' : ` (${done} of ${count(clients.length, 'client')})`
  return {
    json: { stage: context.stage, incidentId, outcome, clients: clients.map(outcomeJson) },
    text: `Incident ${incidentId}: ${sentences[outcome]}${of}.\n${tableOf(clients)}`,
    exitCode: exitOf({ done, failed: clients.length - done }),
  }
}

/** Read only where it is wanted: it waits for what is on its way to the archive. */
const withReport = async (
  context: CommandContext,
  ending: Ending,
  { file, ...asked }: Parameters<typeof readReport>[1] & { readonly file: string | undefined },
): Promise<Ending> => {
  const isWanted = file !== undefined || context.screen.isJson
  if (!isWanted || (file === undefined && bucketOf(asked.bucket) === undefined)) return ending
  const report = await readReport(context, asked)
  if (file === undefined) return { ...ending, json: { ...(ending.json as object), report } }
  const { incidentMarkdown } = await import('../../lambda/core/incident/incident-markdown.ts')
  await writeFile(file, incidentMarkdown(report)).catch((error: unknown) => {
    const why = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
    throw new CommandFault(EXIT.partly, `${ending.text}\nThe report could not be written to ${file} (${why}).`)
  })
  return { ...ending, json: { ...(ending.json as object), report }, text: `${ending.text}\nReport: ${file}` }
}

/** Ctrl-C ends the watching, and not the revoke. */
const untilInterrupted = async <Value>(
  { screen }: CommandContext,
  { incidentId, isDirect }: Pick<EndAsked, 'incidentId' | 'isDirect'>,
  work: () => Promise<Value>,
): Promise<Value> => {
  const onSignal = (): void => {
    const goesOn = isDirect
      ? 'rotations that were begun go on, and the sweep settles them'
      : 'the incident function goes on without you'
    screen.note(`Interrupted: ${goesOn}. m2m incident follow ${incidentId} looks again.`)
    process.exit(EXIT.interrupted)
  }
  process.once('SIGINT', onSignal)
  process.once('SIGTERM', onSignal)
  return work().finally(() => {
    process.off('SIGINT', onSignal)
    process.off('SIGTERM', onSignal)
  })
}

export const watchToTheEnd = (context: CommandContext, secrets: readonly Secret[], asked: EndAsked): Promise<Ending> =>
  untilInterrupted(context, asked, async () => {
    const { incidentId, isGraceful, since, bucket, report: file, isDirect, until } = asked
    const timeoutMs = Math.max(0, until - context.timing.now())
    const watched = await watchIncident(context, secrets, { incidentId, isGraceful, timeoutMs, ...defined({ since }) })
    const readProofs = (secretArns: readonly string[]) => readSignedProofs(context, { incidentId, bucket, secretArns })
    const ending = endingOf(context, incidentId, await readOutcomes(context, watched, readProofs))
    return withReport(context, ending, {
      incidentId,
      secretNames: secrets.map(({ name }) => name),
      // Where nothing was rotated from here, no evidence is on its way.
      patienceMs: isDirect && watched.every(({ state }) => state === 'deadAlready') ? 0 : EVIDENCE_MS,
      file,
      ...defined({ bucket }),
    })
  })
