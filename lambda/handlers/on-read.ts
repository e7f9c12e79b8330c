// The function that records reads: EventBridge hands it what CloudTrail reports of every read of a secret below the prefix, asynchronously. It
// writes down who read what, and does nothing else; what it throws is tried twice more by Lambda and then lies in a queue of its own.

import type { Context } from 'aws-lambda'
import { createPatientSettings } from '../adapters/aws/clients.ts'
import { createReadRecorder } from '../adapters/aws/read-records.ts'
import { createSignedCall } from '../adapters/aws/signed-call.ts'
import { createTiming } from '../adapters/timing.ts'
import { HOUR_MS } from '../core/base/time-units.ts'
import { noteReads } from '../core/sweep/note-reads.ts'
import { readReadsEnv } from '../env/reads.ts'
import { processEnvironment } from '../env.ts'
import { createJournal } from './journal.ts'

const { table, endpoint, lookBackHours, ...stage } = readReadsEnv(processEnvironment())
const call = createSignedCall(createPatientSettings(), { service: 'dynamodb', endpoint })
// A principal counts for so long before the switch, and the end of an overlap lies no further behind it (lib/config/adoption-config.ts).
const keepMs = 2 * lookBackHours * HOUR_MS
const lately = new Map<string, number>()

/** @throws Fault: a delivery that failed. */
export const handler = async (event: unknown, context: Context): Promise<void> => {
  const { wait } = createTiming(() => context.getRemainingTimeInMillis())
  try {
    await noteReads({ records: createReadRecorder({ call, table, wait }, keepMs), ...stage, lately }, event)
  } catch (error) {
    createJournal({ requestId: context.awsRequestId }).fail(error)
    throw error
  }
}
