// The event bus as the domain's Outcomes, for the vendor's own source. An event that was not taken is a Fault.
import { VENDOR_SOURCE } from '../../core/base/event-types.ts'
import { Fault } from '../../core/base/fault.ts'
import type { Outcomes } from '../../core/rotation/outcomes.ts'
import type { AwsJsonCall } from './signed-json.ts'

const WITHIN_MS = 2_000

const notSent = (types: string, why: string): Fault =>
  new Fault({ code: 'EVENT_NOT_SENT', retryable: true, message: `The event bus did not take ${types}: ${why}.` })

export const createVendOutcomes = (call: AwsJsonCall, busName: string): Outcomes => ({
  emit: async (events) => {
    const types = events.map(({ type }) => type).join(', ')
    const Entries = events.map(({ type, detail }) => ({
      EventBusName: busName,
      Source: VENDOR_SOURCE,
      DetailType: type,
      Detail: JSON.stringify(detail),
      Resources: typeof detail.secretArn === 'string' ? [detail.secretArn] : [],
    }))
    const reply = await call('PutEvents', { Entries }, WITHIN_MS).catch((error: unknown) => {
      throw notSent(types, error instanceof Error ? error.name : 'unknown')
    })
    if (reply.FailedEntryCount !== 0) throw notSent(types, 'an entry failed')
  },
})
