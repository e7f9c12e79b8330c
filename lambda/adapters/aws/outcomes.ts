// The event bus as the domain's Outcomes, and, under another source, as whatever else of this system tells. An event that was not
// taken is a Fault: a step whose outcome nobody heard is not done.

import { type EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge'
import { ROTATION_SOURCE } from '../../core/base/event-types.ts'
import { Fault } from '../../core/base/fault.ts'
import type { Outcomes } from '../../core/rotation/outcomes.ts'

const notSent = (types: string, why: string): Fault =>
  new Fault({
    code: 'EVENT_NOT_SENT',
    retryable: true,
    message: `The event bus did not take ${types}: ${why}; the step will be asked again and tell it anew.`,
  })

interface Told {
  readonly type: string
  readonly detail: Readonly<Record<string, unknown>>
}

/** What PutEvents takes at once. */
const MAX_ENTRIES = 10

/** @param source the policy on the bus lets only named roles speak as one. */
export const createTeller = (client: EventBridgeClient, busName: string, source: string) => {
  const put = async (events: readonly Told[]): Promise<void> => {
    const types = events.map(({ type }) => type).join(', ')
    const entries = events.map(({ type, detail }) => ({
      EventBusName: busName,
      Source: source,
      DetailType: type,
      Detail: JSON.stringify(detail),
      Resources: typeof detail.secretArn === 'string' ? [detail.secretArn] : [],
    }))
    const reply = await client.send(new PutEventsCommand({ Entries: entries })).catch((error: unknown) => {
      throw notSent(types, error instanceof Error ? error.name : 'unknown')
    })
    const failed = (reply.Entries ?? []).find(({ ErrorCode }) => ErrorCode !== undefined)
    if (failed !== undefined) throw notSent(types, failed.ErrorCode ?? 'unknown')
  }
  return {
    /** @throws Fault EVENT_NOT_SENT */
    emit: async (events: readonly Told[]): Promise<void> => {
      for (let at = 0; at < events.length; at += MAX_ENTRIES) await put(events.slice(at, at + MAX_ENTRIES))
    },
  }
}

/** @param source as whom it speaks. @default - as the rotation function */
export const createOutcomes = (
  client: EventBridgeClient,
  busName: string,
  source: string = ROTATION_SOURCE,
): Outcomes => createTeller(client, busName, source)
