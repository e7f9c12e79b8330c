// An incident's report, made of what the evidence archive holds: for people as Markdown, for machines as JSON. Reads with the operator's own
// rights, and waits a while for what is on its way.

import { defined } from '../../lambda/core/base/defined.ts'
import { pollUntil } from '../../lambda/core/base/poll-until.ts'
import type { IncidentReport } from '../../lambda/core/incident/incident-report.ts'
import { processCliEnv } from '../terminal/cli-env.ts'
import type { CommandContext } from '../terminal/command-context.ts'
import { CommandFault, EXIT } from '../terminal/command-fault.ts'
import { verificationOf } from './proof-keys.ts'

interface ReportAsked {
  readonly incidentId: string
  /** As far as the archive cannot name them itself. */
  readonly secretNames: readonly string[]
  /** Secrets that may be concerned; those that are not will not be in the report. */
  readonly candidates?: readonly string[]
  readonly bucket?: string
  /** @default - KMS is asked for the stage's key */
  readonly publicKey?: readonly string[]
  /** How long to wait for evidence that is on its way. */
  readonly patienceMs: number
}

const PAUSE_MS = 1000

/** As the caller says, on the command line or in the environment. */
export const namedBucket = (given: string | undefined): string | undefined => given ?? processCliEnv().evidenceBucket

type Deployed = Pick<CommandContext, 'deployedBucket'>

/** The same; else as the deployment says. */
export const bucketOf = async (context: Deployed, given: string | undefined): Promise<string | undefined> =>
  namedBucket(given) ?? context.deployedBucket()

/** @throws CommandFault `usage` when none is known */
export const requiredBucket = async (context: Deployed, given: string | undefined): Promise<string> => {
  const bucket = await bucketOf(context, given)
  if (bucket !== undefined) return bucket
  throw new CommandFault(
    EXIT.usage,
    "no evidence archive is known, and the deployment does not say it: add --bucket, or set M2M_EVIDENCE_BUCKET (the stack's output EvidenceBucketName)",
  )
}

export const readReport = async (context: CommandContext, asked: ReportAsked): Promise<IncidentReport> => {
  const bucket = await requiredBucket(context, asked.bucket)
  const [{ createArchiveReader }, { createS3 }, { gatherIncident }, { buildIncidentReport }] = await Promise.all([
    import('../../lambda/adapters/aws/archive-reader.ts'),
    import('../../lambda/adapters/aws/s3-client.ts'),
    import('../../lambda/core/incident/gather-incident.ts'),
    import('../../lambda/core/incident/incident-report.ts'),
  ])
  const reader = createArchiveReader(createS3(), bucket)
  const { incidentId, secretNames, candidates = [], patienceMs, publicKey } = asked
  const { timing } = context
  const { verification, unverified } = await verificationOf(context, defined({ publicKey }))
  const question = { incidentId, secretNames, candidates, verification }
  const look = async () => buildIncidentReport({ ...(await gatherIncident(reader, question)), unverified })
  const polling = { timing, everyMs: PAUSE_MS, until: timing.now() + patienceMs }
  return pollUntil(look, ({ outcome }) => outcome === 'proven', polling)
}
