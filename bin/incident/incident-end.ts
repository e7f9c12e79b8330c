// From a revoke that was asked for to the end that is printed: watches, says what stands in the way, and what became of each client. The
// report for people goes into a file, since that of four hundred clients is no text for a screen.
import { writeFile } from 'node:fs/promises'
import { defined } from '../../lambda/core/base/defined.ts'
import { Fault } from '../../lambda/core/base/fault.ts'
import type { Secret } from '../../lambda/core/secret/secret.ts'
import type { CommandContext } from '../terminal/command-context.ts'
import { CommandFault, type Ending, EXIT, exitOf } from '../terminal/command-fault.ts'
import { table } from '../terminal/table.ts'
import { count } from '../terminal/words.ts'
import { type ClientOutcome, isEnded, outcomeJson, outcomeOf, outcomeWords, readOutcomes } from './client-outcomes.ts'
import { createEndedLines, linesFor } from './ended-lines.ts'
import { namedBucket, readReport } from './incident-report.ts'
import { type Watched, watchIncident } from './incident-watch.ts'
import { briefProofWords, readSignedProofs } from './signed-proofs.ts'

export interface EndAsked {
  readonly incidentId: string
  readonly isGraceful: boolean
  /** When it was reported, epoch milliseconds, to the second. @default - elsewhere, and nobody knows */
  readonly since?: number
  /** The same, to the millisecond. @default - nobody knows */
  readonly beganAt?: number
  /** Epoch milliseconds: nothing is waited for beyond it, but for what is on its way to the archive. */
  readonly until: number
  readonly bucket?: string | undefined
  /** Where the report for people is written. @default - nowhere */
  readonly report?: string | undefined
  /** Whether this process carries out the revokes. */
  readonly isDirect: boolean
}

const EVIDENCE_MS = 15_000

const sentences: Readonly<Record<ReturnType<typeof outcomeOf>, string>> = {
  dead: 'what leaked is dead',
  refused: 'what leaked is refused by Stytch; the sweep confirms it',
  partly: 'NOT all of what leaked is refused',
  failed: 'NOTHING of what leaked is known to be refused',
}

/** What to type next, of an incident that is not over. */
const nextStep = ({ incidentId, isDirect, since }: EndAsked, clients: readonly ClientOutcome[]): string => {
  const names = clients.flatMap((client) => (isEnded(client) ? [] : [client.secret.name]))
  const isUnderWay = clients.some(({ state }) => state === 'ask' || state === 'running' || state === 'switched')
  const named = names.length === 1 ? ` ${names[0]}` : ''
  const isIdle = since === undefined && clients.some(({ state }) => state === 'ask')
  const idle = isIdle ? ` Where nothing begins, m2m incident${named || ' …'} --id ${incidentId} reports it again.` : ''
  if (isUnderWay && !isDirect) return `Look again with m2m incident follow ${incidentId}${named}.${idle}`
  return `Fix what the table names, then repeat the command with --id ${incidentId}.`
}

const weight = (client: ClientOutcome): number => (isEnded(client) ? (client.outcome === 'refused' ? 1 : 2) : 0)

/** What needs a person first. */
const tableOf = (clients: readonly ClientOutcome[], mostLines: number): string => {
  const isShown = clients.some(({ proof }) => proof !== undefined)
  const sorted = clients.toSorted((one, other) => weight(one) - weight(other))
  const lines = sorted
    .slice(0, mostLines)
    .map((client) => [client.secret.name, outcomeWords(client), ...(isShown ? [briefProofWords(client.proof)] : [])])
  const left = sorted.length - lines.length
  const more = left === 0 ? '' : `\nand ${left} more, which ended no worse; --json names each`
  return `${table(['CLIENT', 'LEAKED VALUE', ...(isShown ? ['SIGNED PROOF'] : [])], lines)}${more}`
}

/** The sentence is the last thing that is said. */
const textOf = ({ before, sentence }: { readonly before: readonly string[]; readonly sentence: string }): string =>
  [...before, sentence].join('\n')

const endingOf = (context: CommandContext, asked: EndAsked, clients: readonly ClientOutcome[]) => {
  const { incidentId } = asked
  const outcome = outcomeOf(clients)
  const done = clients.filter(isEnded).length
  const of = clients.length === 1 ? '' : ` (${done} of ${count(clients.length, 'client')})`
  const next = outcome === 'dead' || outcome === 'refused' ? '' : ` ${nextStep(asked, clients)}`
  return {
    json: { stage: context.stage, incidentId, outcome, clients: clients.map(outcomeJson) },
    before: [tableOf(clients, linesFor(context.screen.rows).table)],
    sentence: `Incident ${incidentId}: ${sentences[outcome]}${of}.${next}`,
    exitCode: exitOf({ done, failed: clients.length - done }),
  }
}

type End = ReturnType<typeof endingOf>

const toEnding = ({ json, exitCode, ...text }: End): Ending => ({ json, exitCode, text: textOf(text) })

/** Read only where it is wanted: it waits for what is on its way to the archive. */
const withReport = async (
  context: CommandContext,
  end: End,
  { file, ...asked }: Parameters<typeof readReport>[1] & { readonly file: string | undefined },
): Promise<Ending> => {
  const isWanted = file !== undefined || context.screen.isJson
  if (!isWanted || (file === undefined && namedBucket(asked.bucket) === undefined)) return toEnding(end)
  /** What became of the incident is said first, and counts. */
  const unreported = (why: string, json: object): CommandFault =>
    new CommandFault(
      end.exitCode === EXIT.ok ? EXIT.partly : end.exitCode,
      `${toEnding(end).text}\nThe report was not made (${why.replace(/\.$/, '')}); m2m incident show ${asked.incidentId} makes it again.`,
      json,
    )
  const report = await readReport(context, asked).catch((error: unknown) => {
    throw error instanceof Fault || error instanceof CommandFault ? unreported(error.message, end.json) : error
  })
  const json = { ...end.json, report }
  if (file === undefined) return toEnding({ ...end, json })
  const { incidentMarkdown } = await import('../../lambda/core/incident/incident-markdown.ts')
  await writeFile(file, incidentMarkdown(report)).catch((error: unknown) => {
    const why = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
    throw unreported(`${file}: ${why}`, json)
  })
  return toEnding({ ...end, json, before: [...end.before, `Report: ${file}`] })
}

/** Of a single client also its name: by that it is found before it carries a label of the incident. */
const followWords = (incidentId: string, secrets: readonly Secret[]): string =>
  `m2m incident follow ${incidentId}${secrets.length === 1 ? ` ${secrets[0]?.name}` : ''} looks again.`

/** What goes on, and what does not: nobody but this process begins a revoke that is carried out from here. */
export const interruptedWords = (
  { incidentId, isDirect, since }: Pick<EndAsked, 'incidentId' | 'isDirect' | 'since'>,
  secrets: readonly Secret[],
): string => {
  // It may be carried out by another command, of which nothing is known here.
  if (since === undefined) {
    return `Interrupted: only the watching ended; what carries the incident out does not depend on it. ${followWords(incidentId, secrets)}`
  }
  return isDirect
    ? `Interrupted: rotations that have started continue, and the sweep settles them; NO OTHER starts. Repeat the command with --id ${incidentId} for the rest. ${followWords(incidentId, secrets)}`
    : `Interrupted: the incident function continues without you. ${followWords(incidentId, secrets)}`
}

/** Ctrl-C ends the watching, and not the revoke. */
const untilInterrupted = async <Value>(
  { screen }: CommandContext,
  words: string,
  work: () => Promise<Value>,
): Promise<Value> => {
  const onSignal = (): void => {
    screen.note(words)
    process.exit(EXIT.interrupted)
  }
  process.once('SIGINT', onSignal)
  process.once('SIGTERM', onSignal)
  return work().finally(() => {
    process.off('SIGINT', onSignal)
    process.off('SIGTERM', onSignal)
  })
}

/** What is asked for again with each client that ends is denied again as well. */
const sayingOnce = (context: CommandContext): CommandContext => {
  const said = new Set<string>()
  const note = (text: string): void => {
    if (!said.has(text)) context.screen.note(text)
    said.add(text)
  }
  return { ...context, screen: { ...context.screen, note } }
}

/** Found out as each ends, and asked for again at the end only where more may be known by then. */
const createOutcomes = (context: CommandContext, { incidentId, bucket, beganAt }: EndAsked) => {
  const lines = createEndedLines(context.screen)
  const found = new Map<string, ClientOutcome>()
  const quiet = sayingOnce(context)
  const readProofs = (secretArns: readonly string[]) => readSignedProofs(quiet, { incidentId, bucket, secretArns })
  const isFinal = ({ secret, state }: Watched): boolean => {
    const known = found.get(secret.arn)
    return known?.state === state && (known.outcome === 'dead' || known.outcome === 'deadAlready')
  }
  return {
    onEnded: async (ended: readonly Watched[]): Promise<void> => {
      const afterMs = beganAt === undefined ? undefined : context.timing.now() - beganAt
      for (const client of await readOutcomes(context, ended, readProofs)) {
        found.set(client.secret.arn, client)
        lines.show(client, afterMs)
      }
    },
    final: async (watched: readonly Watched[]): Promise<readonly ClientOutcome[]> => {
      const open = watched.filter((one) => !isFinal(one))
      const read = open.length === 0 ? [] : await readOutcomes(context, open, readProofs)
      for (const client of read) found.set(client.secret.arn, client)
      return watched.flatMap(({ secret }) => found.get(secret.arn) ?? [])
    },
  }
}

/** @param work what this process does itself meanwhile: the revokes, where they do not go by the bus */
export const watchToTheEnd = (
  context: CommandContext,
  secrets: readonly Secret[],
  { work, ...asked }: EndAsked & { readonly work?: () => Promise<void> },
): Promise<Ending> =>
  untilInterrupted(context, interruptedWords(asked, secrets), async () => {
    const { incidentId, isGraceful, since, bucket, report: file, isDirect, until } = asked
    const timeoutMs = Math.max(0, until - context.timing.now())
    const outcomes = createOutcomes(context, asked)
    const { onEnded } = outcomes
    const watching = { incidentId, isGraceful, timeoutMs, onEnded, ...defined({ since }) }
    const [watched] = await Promise.all([watchIncident(context, secrets, watching), work?.()])
    const end = endingOf(context, asked, await outcomes.final(watched))
    return withReport(context, end, {
      incidentId,
      secretNames: secrets.map(({ name }) => name),
      // Where nothing was rotated from here, no evidence is on its way.
      patienceMs: isDirect && watched.every(({ state }) => state === 'deadAlready') ? 0 : EVIDENCE_MS,
      file,
      ...defined({ bucket }),
    })
  })
