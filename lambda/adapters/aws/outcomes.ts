// The event bus as the domain's Outcomes. An event that was not taken is a Fault: a step whose outcome nobody heard is not done.
import { type EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge'
import { Fault } from '../../domain/failures.ts'
import { OUTCOME_SOURCE } from '../../domain/outcome.ts'
import type { Outcomes } from '../../domain/ports.ts'

const notSent = (types: string, why: string): Fault =>
  new Fault({
    code: 'EVENT_NOT_SENT',
    retryable: true,
    message: `The event bus did not take ${types}: ${why}; the step will be asked again and tell it anew.`,
  })

export const createOutcomes = (client: EventBridgeClient, busName: string): Outcomes => ({
  emit: async (events) => {
    const types = events.map(({ type }) => type).join(', ')
    const entries = events.map(({ type, detail }) => ({
      EventBusName: busName,
      Source: OUTCOME_SOURCE,
      DetailType: type,
      Detail: JSON.stringify(detail),
      Resources: typeof detail.secretArn === 'string' ? [detail.secretArn] : [],
    }))
    const reply = await client.send(new PutEventsCommand({ Entries: entries })).catch((error: unknown) => {
      throw notSent(types, error instanceof Error ? error.name : 'unknown')
    })
    const failed = (reply.Entries ?? []).find(({ ErrorCode }) => ErrorCode !== undefined)
    if (failed !== undefined) throw notSent(types, failed.ErrorCode ?? 'unknown')
  },
})
