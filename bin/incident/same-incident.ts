// A report that was made before: with the same selection and the same reason, within the last hour. Whoever repeats a command that was
// interrupted wants to join its incident; whoever reports another leak wants a new one, which alone replaces the value again. Only a person
// knows. Read from the evidence archive, as `m2m incident list` does; where none is known, or it does not answer, nothing is asked.
import { LEAK_REPORTED } from '../../lambda/core/base/event-types.ts'
import { Fault } from '../../lambda/core/base/fault.ts'
import { HOUR_MS } from '../../lambda/core/base/time-units.ts'
import { mapInParallel } from '../../lambda/core/base/worker-pool.ts'
import { isKeyOf } from '../../lambda/core/incident/archive-key.ts'
import type { EvidenceReader } from '../../lambda/core/incident/archive-ports.ts'
import { parseArchivedEvent, textOf } from '../../lambda/core/incident/archived-event.ts'
import type { Selector } from '../../lambda/core/secret/selector.ts'
import type { CommandContext } from '../terminal/command-context.ts'
import { CommandFault, EXIT } from '../terminal/command-fault.ts'
import { within } from '../terminal/within.ts'
import { span } from '../terminal/words.ts'
import { bucketOf } from './incident-report.ts'

const PATIENCE_MS = 3000
const READS_AT_ONCE = 16

/** What every id of the command line begins with on a day. */
export const incidentDay = (now: number): string => `INC-${new Date(now).toISOString().slice(0, 10)}`

export interface EarlierReport {
  readonly incidentId: string
  readonly requestedBy: string
  /** Epoch milliseconds. */
  readonly reportedAt: number
}

interface Report {
  readonly reason: string
  readonly selector: Selector
}

/** The same whatever order names and tags were given in. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_key, inner: unknown) => {
    if (Array.isArray(inner)) return inner.toSorted()
    if (typeof inner !== 'object' || inner === null) return inner
    return Object.fromEntries(Object.entries(inner).toSorted(([one], [other]) => (one < other ? -1 : 1)))
  })

/** @returns the newest. @throws Fault ARCHIVE_UNAVAILABLE or ARCHIVE_REJECTED */
export const findEarlier = async (
  reader: EvidenceReader,
  { reason, selector }: Report,
  now: number,
): Promise<EarlierReport | undefined> => {
  const days = [...new Set([incidentDay(now), incidentDay(now - HOUR_MS)])]
  const keys = (await Promise.all(days.map((day) => reader.list(`incidents/${day}`)))).flat()
  const reports = keys.filter((key) => isKeyOf(key, LEAK_REPORTED))
  const found = await mapInParallel(reports, READS_AT_ONCE, async (key): Promise<readonly EarlierReport[]> => {
    const text = await reader.read(key)
    const event = text === undefined ? undefined : parseArchivedEvent(text)
    const incidentId = event && textOf(event.detail, 'incidentId')
    if (event === undefined || incidentId === undefined) return []
    const reportedAt = Date.parse(event.time)
    const isSame = event.detail.reason === reason && canonical(event.detail.selector) === canonical(selector)
    const isRecent = Math.abs(now - reportedAt) < HOUR_MS
    return isSame && isRecent
      ? [{ incidentId, reportedAt, requestedBy: textOf(event.detail, 'requestedBy') ?? 'unknown' }]
      : []
  })
  return found.flat().toSorted((one, other) => other.reportedAt - one.reportedAt)[0]
}

const lookUp = async (context: CommandContext, report: Report, bucket: string): Promise<EarlierReport | undefined> => {
  const [{ createArchiveReader }, { createS3 }] = await Promise.all([
    import('../../lambda/adapters/aws/archive-reader.ts'),
    import('../../lambda/adapters/aws/s3-client.ts'),
  ])
  const looked = findEarlier(createArchiveReader(createS3(), bucket), report, context.timing.now())
  return within(PATIENCE_MS, looked, undefined).catch((error: unknown) => {
    if (error instanceof Fault) return undefined
    throw error
  })
}

interface Rerun {
  /** As given; without one, nothing is taken for a repetition. */
  readonly reason: string | undefined
  readonly selector: Selector
  readonly bucket: string | undefined
  /** Not to be asked: a new incident is begun. */
  readonly isSure: boolean
}

/** @returns the id to join; undefined: a new incident. @throws CommandFault `refused` where no one is there to ask */
export const joinedIncident = async (context: CommandContext, asked: Rerun): Promise<string | undefined> => {
  const { reason, selector, isSure } = asked
  if (reason === undefined) return undefined
  const bucket = await bucketOf(context, asked.bucket)
  if (bucket === undefined) return undefined
  const earlier = await lookUp(context, { reason, selector }, bucket)
  if (earlier === undefined) return undefined
  const { incidentId, requestedBy, reportedAt } = earlier
  const ago = span(context.timing.now() - reportedAt)
  const what = `Incident ${incidentId} was reported ${ago} ago by ${requestedBy}, about the same clients and with the same reason.`
  if (isSure) {
    context.screen.note(`${what} This is another one; to join that one: --id ${incidentId}`)
    return undefined
  }
  const answer = await context.screen.ask(`${what} Is this the same incident?`)
  if (answer === 'nobody') {
    throw new CommandFault(
      EXIT.refused,
      `${what} Nothing was reported now. To join it, add --id ${incidentId}; if the value has leaked again, add --new, which replaces it once more.`,
      { stage: context.stage, earlier: { incidentId, requestedBy, reportedAt: new Date(reportedAt).toISOString() } },
    )
  }
  return answer === 'yes' ? incidentId : undefined
}
