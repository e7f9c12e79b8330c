// The archive function: EventBridge hands it every event that an auditor asks for, asynchronously. It writes the event down and does
// nothing else; what it throws is tried twice more by Lambda and then lies in a queue of its own.

import type { Context } from 'aws-lambda'
import { createArchive } from '../adapters/aws/archive.ts'
import { metricLine } from '../adapters/aws/metric-line.ts'
import { createS3 } from '../adapters/aws/s3-client.ts'
import { Fault } from '../core/base/fault.ts'
import { archiveEvent } from '../core/incident/archive-event.ts'
import { type ArchivedEvent, readArchivedEvent, secondsToProof } from '../core/incident/archived-event.ts'
import { readArchiveEnv } from '../env/archive.ts'
import { processEnvironment } from '../env.ts'

const { stage, bucket } = readArchiveEnv(processEnvironment())
const archive = createArchive(createS3(), bucket)

const tellMetric = (event: ArchivedEvent): void => {
  const seconds = secondsToProof(event)
  if (seconds === undefined) return
  const about = { namespace: `M2M/${stage}`, at: Date.parse(event.time), fields: { outcome: 'proven' } }
  // Past the runtime's console, which puts words in front of a line.
  process.stdout.write(
    `${metricLine({ ...about, counts: { SecretsRevoked: 1 }, seconds: { SecondsToProof: seconds } })}\n`,
  )
}

/** @throws Fault: a delivery that failed. */
export const handler = async (event: unknown, context: Context): Promise<void> => {
  const note = (entry: Readonly<Record<string, unknown>>): void => {
    console.log(JSON.stringify({ ...entry, requestId: context.awsRequestId }))
  }
  try {
    const read = readArchivedEvent(event)
    if (!read.ok) {
      const message = `This is no event of a bus: ${read.refusal.join('; ')}.`
      throw new Fault({ code: 'INPUT_MALFORMED', retryable: false, message })
    }
    await archiveEvent({ archive, journal: { note } }, read.value)
    tellMetric(read.value)
  } catch (error) {
    const code = error instanceof Fault ? error.code : 'unknown'
    note({ outcome: 'failed', code, message: error instanceof Fault ? error.message : 'An unforeseen failure.' })
    throw error
  }
}
