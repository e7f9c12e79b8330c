// The sweep's settings: whose secrets, what their overlaps and periods are when their tags say nothing, and how often it comes.
import { defined } from '../core/base/defined.ts'
import type { Bounds } from '../core/rotation/bounds.ts'
import type { StageSecrets } from '../core/secret/stage-secrets.ts'
import { readEvidenceBucket } from './archive.ts'
import { readBounds, writeBounds } from './bounds.ts'
import { endpointOf, type FreezeEnv, readFreezeEnv, writeFreezeEnv } from './freeze.ts'
import { readNumber } from './number.ts'
import { type ProjectPlaceEnv, readProjectPlace, writeProjectPlace } from './project-place.ts'
import { createReader, type Environment, type Reader } from './reader.ts'
import { type AdoptionEnv, readAdoption, writeAdoption } from './reads.ts'
import { type RecordsEnv, readRecordsIfAny, writeRecords } from './records.ts'
import { type PublicationEnv, readPublication, writePublication } from './revocations.ts'
import { readPrefixes, writePrefixes } from './secret-prefixes.ts'
import { readStageParts, type StagePartsEnv, writeStageParts } from './stage-parts.ts'

interface ProofBucketEnv {
  /** Name of the evidence bucket. */
  readonly bucket: string
  /** Where S3 listens; absent: at AWS's own address. */
  readonly endpoint?: string
}

export interface SweepEnv extends StageSecrets {
  /** Names the metrics' namespace, `M2M/<stage>`. */
  readonly stage: string
  readonly rotationFunctionArn: string
  /** Name or ARN of the event bus. */
  readonly eventBus: string
  readonly periodHours: number
  readonly overlapHours: number
  readonly longestHoldHours: number
  /** How long until the next sweep. */
  readonly everyMinutes: number
  readonly freeze: FreezeEnv
  readonly project?: ProjectPlaceEnv
  /** Of how many secrets a second it is asked, at most, whether Stytch accepts what consumers read. */
  readonly checksPerSecond: number
  /** Absent: an overlap ends by its time alone. */
  readonly adoption?: AdoptionEnv
  /** How far the services may be behind. */
  readonly bounds: Bounds
  /** Where it stands when a rotation switched; absent: a secret's dates say it as well as they can. */
  readonly records?: RecordsEnv
  /** Where proofs of revokes lie; absent: none is owed. */
  readonly proofs?: ProofBucketEnv
  /** What the stage stands on beside its secrets; absent: nothing of it is looked at. */
  readonly parts?: StagePartsEnv
  /** Where revocations are published; absent: nowhere. */
  readonly publication?: PublicationEnv | undefined
  /** Where Lambda listens; absent: at AWS's own address. */
  readonly lambdaEndpoint?: string
}

const readProofBucket = (reader: Reader): Pick<SweepEnv, 'proofs'> => {
  if (reader.optional('M2M_EVIDENCE_BUCKET') === undefined) return {}
  return { proofs: { bucket: readEvidenceBucket(reader), ...defined({ endpoint: endpointOf(reader, 'S3') }) } }
}

/** Two searches a second at Stytch. */
export const CHECKS_PER_SECOND = 200

const readChecksPerSecond = (reader: Reader): number => {
  const name = 'M2M_CHECKS_PER_SECOND'
  if (reader.optional(name) === undefined) return CHECKS_PER_SECOND
  return readNumber(reader, name, 'how many secrets are checked a second, above 0')
}

export const readSweepEnv = (env: Environment): SweepEnv => {
  const reader = createReader(env)
  const lambdaEndpoint = endpointOf(reader, 'LAMBDA')
  const settings: SweepEnv = {
    stage: reader.text('M2M_STAGE', 'the name of the stage'),
    ...readPrefixes(reader),
    rotationFunctionArn: reader.text('M2M_ROTATION_FUNCTION', "the rotation function's ARN"),
    eventBus: reader.text('M2M_EVENT_BUS', 'the name or ARN of the event bus'),
    periodHours: readNumber(reader, 'M2M_PERIOD_HOURS', 'the period in hours, above 0'),
    overlapHours: readNumber(reader, 'M2M_OVERLAP_HOURS', 'the overlap in hours, above 0'),
    longestHoldHours: readNumber(reader, 'M2M_LONGEST_HOLD_HOURS', 'how long a hold may last in hours, above 0'),
    everyMinutes: readNumber(reader, 'M2M_SWEEP_EVERY_MINUTES', 'the minutes between two sweeps, above 0'),
    checksPerSecond: readChecksPerSecond(reader),
    freeze: readFreezeEnv(reader),
    bounds: readBounds(reader),
    ...readRecordsIfAny(reader),
    ...readProjectPlace(reader),
    ...readAdoption(reader),
    ...readProofBucket(reader),
    ...readPublication(reader),
    ...readStageParts(reader),
    ...defined({ lambdaEndpoint }),
  }
  reader.finish()
  return settings
}

/** The inverse of readSweepEnv. */
export const writeSweepEnv = (settings: SweepEnv): Record<string, string> => ({
  M2M_STAGE: settings.stage,
  ...writePrefixes(settings),
  M2M_ROTATION_FUNCTION: settings.rotationFunctionArn,
  M2M_EVENT_BUS: settings.eventBus,
  M2M_PERIOD_HOURS: String(settings.periodHours),
  M2M_OVERLAP_HOURS: String(settings.overlapHours),
  M2M_LONGEST_HOLD_HOURS: String(settings.longestHoldHours),
  M2M_SWEEP_EVERY_MINUTES: String(settings.everyMinutes),
  M2M_CHECKS_PER_SECOND: String(settings.checksPerSecond),
  ...writeFreezeEnv(settings.freeze),
  ...writeBounds(settings.bounds),
  ...writeRecords(settings.records),
  ...writeProjectPlace(settings.project),
  ...writeAdoption(settings.adoption),
  ...writeStageParts(settings.parts),
  ...writePublication(settings.publication),
  ...defined({
    M2M_EVIDENCE_BUCKET: settings.proofs?.bucket,
    AWS_ENDPOINT_URL_S3: settings.proofs?.endpoint,
    AWS_ENDPOINT_URL_LAMBDA: settings.lambdaEndpoint,
  }),
})
