// The identify function: the intake and the CLI ask it whose value leaked, and wait for the answer. It refuses to be asked
// asynchronously, since Lambda would keep the value in a queue meanwhile; and more often than its limit allows, since it is no oracle.
// Neither value nor input goes into an answer, a log or an error.

import type { Context } from 'aws-lambda'
import { createSecretsManager } from '../adapters/aws/clients.ts'
import { createSearchSlots } from '../adapters/aws/search-slots.ts'
import { createSecretReader } from '../adapters/aws/secret-reader.ts'
import { createSignedCall } from '../adapters/aws/signed-call.ts'
import { createTableCall } from '../adapters/aws/table-call.ts'
import { randomKey } from '../adapters/random.ts'
import { createProbing } from '../adapters/stytch/prober.ts'
import { createTiming } from '../adapters/timing.ts'
import { Fault } from '../core/base/fault.ts'
import { isJsonObject } from '../core/base/json-object.ts'
import type { Timing } from '../core/base/timing.ts'
import { identifyLeak } from '../core/intake/identify-leak.ts'
import { type LeakFinding, NOTHING_SEARCHED } from '../core/intake/leak-finding.ts'
import { createRateLimit } from '../core/intake/rate-limit.ts'
import { readIdentifyEvent } from '../core/intake/read-identify-event.ts'
import { readIdentifyEnv } from '../env/identify.ts'
import { processEnvironment } from '../env.ts'
import { createJournal } from './journal.ts'

const settings = readIdentifyEnv(processEnvironment())
const secretsManager = createSecretsManager()
const secrets = createSecretReader(secretsManager)
const probing = createProbing(settings.stytch)
const limit = createRateLimit(settings.searchesPerMinute)
const { slots, refused, projectSecretName, stytch } = settings
const parts = { secrets, newKey: randomKey, refused, projectId: stytch.projectId, projectSecretName }
const table = slots && createSignedCall(secretsManager, { service: 'dynamodb', endpoint: slots.endpoint })

/** Its own limit first, which costs nothing; then, where any number of environments may run, the one of all together. */
const mayRun = async ({ now, wait }: Timing): Promise<boolean> => {
  const at = now()
  if (!limit.take(at)) return false
  if (slots === undefined || table === undefined) return true
  const ask = createTableCall({ call: table, table: slots.table, wait })
  return createSearchSlots(ask, slots.searchesPerMinute, Math.random).take(at)
}

/** Lambda hands a ClientContext to synchronous invocations only (API reference, "Invoke"). */
const isSynchronous = ({ clientContext }: Context): boolean => {
  const context: unknown = clientContext
  const custom = isJsonObject(context) ? (context.custom ?? context.Custom) : undefined
  return isJsonObject(custom) && custom.m2m === 'synchronous'
}

const malformed = (message: string): Fault => new Fault({ code: 'INPUT_MALFORMED', retryable: false, message })

/** @throws Fault: whoever asked sees its message. */
export const handler = async (event: unknown, context: Context): Promise<LeakFinding> => {
  const journal = createJournal({ requestId: context.awsRequestId })
  try {
    if (!isSynchronous(context)) {
      throw malformed('Asked asynchronously, or without its mark: a ClientContext of {"custom":{"m2m":"synchronous"}}.')
    }
    const request = readIdentifyEvent(event, settings)
    if (!request.ok) throw malformed(`The question is malformed: ${request.refusal.join('; ')}.`)
    const timing = createTiming(() => context.getRemainingTimeInMillis())
    if (!(await mayRun(timing))) {
      journal.note({ outcome: 'notSearched', reason: 'rateLimited' })
      return { ...NOTHING_SEARCHED, notSearched: 'rateLimited' }
    }
    return await identifyLeak({ ...parts, prober: probing(timing), timing, journal }, request.value)
  } catch (error) {
    journal.fail(error)
    if (error instanceof Fault) throw error
    // What was not foreseen may quote anything.
    throw new Fault({ code: 'IDENTIFY_FAILED', retryable: true, message: 'The search failed; the log has its kind.' })
  }
}
