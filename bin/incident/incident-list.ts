// `m2m incident list`: which incidents were reported lately, by whom, and whether what the last report asked for is over. It only looks.
import { mapInParallel } from '../../lambda/core/base/worker-pool.ts'
import { isKeyOf } from '../../lambda/core/incident/archive-key.ts'
import type { EvidenceReader } from '../../lambda/core/incident/archive-ports.ts'
import { type ArchivedEvent, parseArchivedEvent, textOf } from '../../lambda/core/incident/archived-event.ts'
import { EXIT } from '../terminal/command-fault.ts'
import type { Work } from '../terminal/run.ts'
import { table } from '../terminal/table.ts'
import { at } from '../terminal/words.ts'
import { requiredBucket } from './incident-report.ts'

interface Listed {
  readonly incidentId: string
  /** Of the last report, as are the two below. ISO 8601. */
  readonly reportedAt: string
  readonly requestedBy: string
  readonly reason: string
  /** How often it was reported. */
  readonly reports: number
  /** Whether an end was reported of what the last report began. */
  readonly isCompleted: boolean
  /** The incident function has refused what was reported, and carried out none of it. */
  readonly isRefused: boolean
}

const MOST_LISTED = 50
const READS_AT_ONCE = 16

/** By incident, in the order of the archive. */
const byIncident = (keys: readonly string[]): ReadonlyMap<string, readonly string[]> => {
  const found = new Map<string, string[]>()
  for (const key of keys) {
    const [, folder = ''] = key.split('/')
    const before = found.get(folder)
    if (before === undefined) found.set(folder, [key])
    else before.push(key)
  }
  return found
}

/** When what has ended began, as far as it says so; a campaign that ends after a report may have been begun by the one before. */
const begunAt = ({ detail, time }: ArchivedEvent): number =>
  Date.parse(textOf(detail, 'startedAt') ?? textOf(detail, 'at') ?? time)

/** Of one that leaves clients to a campaign, the campaign's end is the end. A report's time is cut to the second. */
const isEndOf = (report: ArchivedEvent, end: ArchivedEvent): boolean =>
  begunAt(end) >= Date.parse(report.time) && end.detail.open === undefined

interface Said {
  readonly reports: readonly ArchivedEvent[]
  readonly ends: readonly ArchivedEvent[]
  readonly isRefused: boolean
}

const toListed = ({ reports, ends, isRefused }: Said): readonly Listed[] => {
  const last = reports.toSorted((one, other) => Date.parse(one.time) - Date.parse(other.time)).at(-1)
  const incidentId = last && textOf(last.detail, 'incidentId')
  if (last === undefined || incidentId === undefined) return []
  return [
    {
      incidentId,
      reportedAt: last.time,
      requestedBy: textOf(last.detail, 'requestedBy') ?? 'unknown',
      reason: textOf(last.detail, 'reason') ?? 'none given',
      reports: reports.length,
      isCompleted: ends.some((end) => isEndOf(last, end)),
      isRefused: isRefused && ends.length === 0,
    },
  ]
}

/** Newest report first. @throws Fault ARCHIVE_UNAVAILABLE or ARCHIVE_REJECTED */
export const readReportedIncidents = async (reader: EvidenceReader): Promise<readonly Listed[]> => {
  const read = async (keys: readonly string[]): Promise<readonly ArchivedEvent[]> => {
    const texts = await Promise.all(keys.map((key) => reader.read(key)))
    return texts.flatMap((text) => (text === undefined ? [] : (parseArchivedEvent(text) ?? [])))
  }
  const all = [...byIncident(await reader.list('incidents/')).values()]
  const found = await mapInParallel(all, READS_AT_ONCE, async (keys) =>
    toListed({
      reports: await read(keys.filter((key) => isKeyOf(key, 'Secret Leak Reported'))),
      ends: await read(keys.filter((key) => isKeyOf(key, 'Incident Completed', 'Campaign Completed'))),
      isRefused:
        keys.some((key) => isKeyOf(key, 'Leak Report Refused')) &&
        !keys.some((key) => isKeyOf(key, 'Incident Delayed')),
    }),
  )
  return found
    .flat()
    .toSorted((one, other) => (one.reportedAt < other.reportedAt ? 1 : -1))
    .slice(0, MOST_LISTED)
}

interface ListOptions {
  readonly bucket?: string
}

export const listIncidents: Work<ListOptions> = async (context, { bucket: given }) => {
  const bucket = await requiredBucket(context, given)
  const [{ createArchiveReader }, { createS3 }] = await Promise.all([
    import('../../lambda/adapters/aws/archive-reader.ts'),
    import('../../lambda/adapters/aws/s3-client.ts'),
  ])
  const incidents = await readReportedIncidents(createArchiveReader(createS3(), bucket))
  return {
    json: { stage: context.stage, incidents },
    text:
      incidents.length === 0
        ? 'No incident was reported.'
        : table(
            ['INCIDENT', 'REPORTED', 'BY', 'REASON', ''],
            incidents.map(({ incidentId, reportedAt, requestedBy, reason, isCompleted, isRefused }) => [
              incidentId,
              at(Date.parse(reportedAt)),
              requestedBy,
              reason,
              isRefused ? 'NOT CARRIED OUT' : isCompleted ? '' : 'no end was reported yet',
            ]),
          ),
    exitCode: EXIT.ok,
  }
}
