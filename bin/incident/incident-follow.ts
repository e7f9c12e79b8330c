// `m2m incident follow` and `m2m incident list`: an incident that was reported elsewhere, or by a command that was interrupted; and which ones
// there were lately. Both only look.
import { defined } from '../../lambda/core/base/defined.ts'
import type { ArchivedType } from '../../lambda/core/base/event-types.ts'
import { mapInParallel } from '../../lambda/core/base/worker-pool.ts'
import { readSecrets } from '../../lambda/core/clients/survey-clients.ts'
import { isKeyOf } from '../../lambda/core/incident/archive-key.ts'
import { type ArchivedEvent, parseArchivedEvent, textOf } from '../../lambda/core/incident/archived-event.ts'
import { isAskedBy } from '../../lambda/core/incident/incident-tokens.ts'
import type { Secret } from '../../lambda/core/secret/secret.ts'
import type { CommandContext } from '../terminal/command-context.ts'
import { CommandFault, EXIT } from '../terminal/command-fault.ts'
import type { Work } from '../terminal/run.ts'
import { table } from '../terminal/table.ts'
import { at, count } from '../terminal/words.ts'
import { watchToTheEnd } from './incident-end.ts'
import { requiredBucket } from './incident-report.ts'
import { stageOf, targetsNamed } from './incident-targets.ts'

interface FollowOptions {
  readonly bucket?: string
  readonly prefix?: string
  readonly report?: string
  readonly timeout: number
}

/** Every switch leaves its token under a label until two others came after it, and ListSecrets shows labels. */
const isOf = (incidentId: string, { arn, labels }: Secret): boolean =>
  Object.keys(labels).some((versionId) => isAskedBy(incidentId, arn, versionId))

interface Followed {
  readonly incidentId: string
  readonly prefix?: string
}

/** Those of the stage whose labels name the incident. */
export const labelledBy = async (
  context: CommandContext,
  { incidentId, prefix }: Followed,
): Promise<readonly Secret[]> => {
  const { secrets } = await context.connect()
  const stage = await stageOf(context, defined({ prefix }))
  return (await readSecrets({ secrets }, stage)).filter((secret) => isOf(incidentId, secret))
}

/** @throws CommandFault `usage` when nothing shows whom it is about */
const clientsOf = async (context: CommandContext, followed: Followed): Promise<readonly Secret[]> => {
  const { incidentId } = followed
  const found = await labelledBy(context, followed)
  if (found.length > 0) return found
  throw new CommandFault(
    EXIT.usage,
    `No secret of stage ${context.stage} carries a label of incident ${incidentId}: it has not begun yet, or others came after it. Name its clients (m2m incident follow ${incidentId} NAME), or ask the archive (m2m incident show ${incidentId}).`,
    { stage: context.stage, incidentId, outcome: 'nobody', clients: [] },
  )
}

export const follow: Work<FollowOptions> = async (context, options, [incidentId = '', ...names]) => {
  const { bucket, report, prefix, timeout } = options
  const about = { incidentId, ...defined({ prefix }) }
  const secrets =
    names.length === 0
      ? await clientsOf(context, about)
      : (await targetsNamed(context, { stage: await stageOf(context, defined({ prefix })), names })).secrets
  context.screen.note(`Incident ${incidentId}: ${count(secrets.length, 'client')}`)
  return watchToTheEnd(context, secrets, {
    incidentId,
    // A rotate about an incident is that of a grace, whoever gave it.
    isGraceful: true,
    until: context.timing.now() + timeout * 1000,
    isDirect: false,
    ...defined({ bucket, report }),
  })
}

interface Listed {
  readonly incidentId: string
  readonly reportedAt: string
  readonly requestedBy: string
  readonly reason: string
  readonly isCompleted: boolean
  /** The incident function has refused a report of it, and carried out none. */
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

const isSaid = (keys: readonly string[], type: ArchivedType): boolean => keys.some((key) => isKeyOf(key, type))

/** Of one that an outage has delayed, what has ended before is no end: its campaign's is. */
const hasEnded = (keys: readonly string[]): boolean =>
  isSaid(keys, 'Campaign Completed') || (isSaid(keys, 'Incident Completed') && !isSaid(keys, 'Incident Delayed'))

const toListed = ({ detail, time }: ArchivedEvent, keys: readonly string[]): readonly Listed[] => {
  const incidentId = textOf(detail, 'incidentId')
  if (incidentId === undefined) return []
  return [
    {
      incidentId,
      reportedAt: time,
      requestedBy: textOf(detail, 'requestedBy') ?? 'unknown',
      reason: textOf(detail, 'reason') ?? 'none given',
      isCompleted: hasEnded(keys),
      isRefused: isSaid(keys, 'Leak Report Refused') && !hasEnded(keys) && !isSaid(keys, 'Incident Delayed'),
    },
  ]
}

interface ListOptions {
  readonly bucket?: string
}

export const listIncidents: Work<ListOptions> = async (context, { bucket: given }) => {
  const bucket = requiredBucket(given)
  const [{ createArchiveReader }, { createS3 }] = await Promise.all([
    import('../../lambda/adapters/aws/archive-reader.ts'),
    import('../../lambda/adapters/aws/s3-client.ts'),
  ])
  const reader = createArchiveReader(createS3(), bucket)
  const all = [...byIncident(await reader.list('incidents/')).values()]
  const found = await mapInParallel(all, READS_AT_ONCE, async (keys): Promise<readonly Listed[]> => {
    const first = keys.find((key) => isKeyOf(key, 'Secret Leak Reported'))
    const text = first === undefined ? undefined : await reader.read(first)
    const event = text === undefined ? undefined : parseArchivedEvent(text)
    return event === undefined ? [] : toListed(event, keys)
  })
  const incidents = found
    .flat()
    .toSorted((one, other) => (one.reportedAt < other.reportedAt ? 1 : -1))
    .slice(0, MOST_LISTED)
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
