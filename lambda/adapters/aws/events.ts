// The event bus as the core's Events, by the SDK's client or, for the token vendor, by a signed call. An event that was not taken is a
// Fault: a step whose outcome nobody received is not done.

import { type EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge'
import type { EventSource } from '../../core/base/event-types.ts'
import type { Events, M2mEvent } from '../../core/base/events.ts'
import { Fault } from '../../core/base/fault.ts'
import { filled, isJsonObject, type JsonObject } from '../../core/base/json-object.ts'
import { plainForPeople } from '../../core/base/mail-text.ts'
import { errorName } from '../error-name.ts'
import type { AwsJsonCall } from '../vend/signed-json.ts'

/** PutEvents takes at most ten entries, of less than 256 KB together (eventbridge/latest/userguide/eb-putevents.html). */
const MAX_ENTRIES = 10
const MAX_BYTES = 256 * 1024

const SIGNED_WITHIN_MS = 2_000

interface Entry {
  readonly EventBusName: string
  readonly Source: string
  readonly DetailType: string
  readonly Detail: string
  readonly Resources: string[]
}

type PutEntries = (entries: Entry[]) => Promise<JsonObject>

/** As AWS counts, by the UTF-8 of what an entry holds (eventbridge/latest/userguide/calculate-putevents-entry-size.html). */
const bytesOf = ({ Source, DetailType, Detail, Resources }: Entry): number =>
  [Source, DetailType, Detail, ...Resources].reduce((sum, text) => sum + Buffer.byteLength(text), 0)

/** In order, each as full as one request may be; an entry that is too large by itself is AWS's to refuse. */
const toBatches = (entries: readonly Entry[]): readonly Entry[][] => {
  const batches: Entry[][] = []
  let room = 0
  for (const entry of entries) {
    const batch = batches.at(-1)
    room -= bytesOf(entry)
    if (batch !== undefined && batch.length < MAX_ENTRIES && room > 0) batch.push(entry)
    else {
      batches.push([entry])
      room = MAX_BYTES - bytesOf(entry)
    }
  }
  return batches
}

/** Why some entries were not taken, though the call succeeded. */
const failureOf = ({ FailedEntryCount: failed, Entries: results }: JsonObject): string | undefined => {
  if (failed === 0) return undefined
  const codes = Array.isArray(results) ? results.map((one) => isJsonObject(one) && filled(one.ErrorCode)) : []
  return codes.find((code) => typeof code === 'string') ?? 'an entry failed'
}

const putBatch = async (put: PutEntries, batch: Entry[]): Promise<void> => {
  const notSent = (why: string): Fault => {
    const types = batch.map(({ DetailType }) => DetailType).join(', ')
    const message = `The event bus did not take ${types}: ${why}. A retry publishes them again.`
    return new Fault({ code: 'EVENT_NOT_SENT', retryable: true, message })
  }
  const reply = await put(batch).catch((error: unknown) => {
    throw notSent(errorName(error))
  })
  const failure = failureOf(reply)
  if (failure !== undefined) throw notSent(failure)
}

const publishing = <Source extends EventSource>(put: PutEntries, busName: string, source: Source): Events<Source> => ({
  publish: async (events) => {
    const toEntry = ({ type, detail }: M2mEvent<Source>): Entry => ({
      EventBusName: busName,
      Source: source,
      DetailType: type,
      Detail: JSON.stringify(detail, plainForPeople),
      Resources: typeof detail.secretArn === 'string' ? [detail.secretArn] : [],
    })
    for (const batch of toBatches(events.map(toEntry))) await putBatch(put, batch)
  },
})

/** @param source as whom it speaks: the bus's policy lets only named roles speak as one. */
export const createEvents = <Source extends EventSource>(
  client: EventBridgeClient,
  busName: string,
  source: Source,
): Events<Source> => {
  const put: PutEntries = async (entries) => ({ ...(await client.send(new PutEventsCommand({ Entries: entries }))) })
  return publishing(put, busName, source)
}

/** Without the SDK's client (docs/decisions/023). */
export const createSignedEvents = <Source extends EventSource>(
  call: AwsJsonCall,
  busName: string,
  source: Source,
): Events<Source> => publishing((entries) => call('PutEvents', { Entries: entries }, SIGNED_WITHIN_MS), busName, source)
