// The archive function: EventBridge hands it every event that an auditor asks for, asynchronously. It writes the event down and does
// nothing else; what it throws is tried twice more by Lambda and then lies in a queue of its own.

import type { Context } from 'aws-lambda'
import { createArchive } from '../adapters/aws/archive.ts'
import { createS3 } from '../adapters/aws/s3-client.ts'
import { Fault } from '../core/base/fault.ts'
import { archiveEvent } from '../core/incident/archive-event.ts'
import { type ArchivedEvent, readArchivedEvent, secondsToProof } from '../core/incident/archived-event.ts'
import { readArchiveEnv } from '../env/archive.ts'
import { processEnvironment } from '../env.ts'
import { createJournal, type FunctionJournal } from './journal.ts'

const { stage, bucket } = readArchiveEnv(processEnvironment())
const archive = createArchive(createS3(), bucket)

const measureProof = (journal: FunctionJournal, event: ArchivedEvent): void => {
  const seconds = secondsToProof(event)
  if (seconds === undefined) return
  const about = { namespace: `M2M/${stage}`, at: Date.parse(event.time), fields: { outcome: 'proven' } }
  journal.measure({ ...about, counts: { SecretsRevoked: 1 }, seconds: { SecondsToProof: seconds } })
}

/** @throws Fault: a delivery that failed. */
export const handler = async (event: unknown, context: Context): Promise<void> => {
  const journal = createJournal({ requestId: context.awsRequestId })
  try {
    const read = readArchivedEvent(event)
    if (!read.ok) {
      const message = `This is no event of a bus: ${read.refusal.join('; ')}.`
      throw new Fault({ code: 'INPUT_MALFORMED', retryable: false, message })
    }
    await archiveEvent({ archive, journal }, read.value)
    measureProof(journal, read.value)
  } catch (error) {
    journal.fail(error)
    throw error
  }
}
