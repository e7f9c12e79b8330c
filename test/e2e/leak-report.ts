// A leak that is reported on the laptop's bus, by whom the stage lets report under that source.
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge'
import { LEAK_REPORTED, type LeakSource } from '../../lambda/core/base/event-types.ts'
import { type Caller, credentialsOf } from '../../lambda/local/iam/people.ts'
import type { Laptop } from '../../lambda/local/laptop/laptop.ts'

const reporters: Readonly<Record<LeakSource, Caller>> = {
  'm2m.security': 'security',
  'm2m.break-glass': 'break-glass',
  'm2m.leak-intake': 'm2m-laptop-intake-us-east-1',
}

export interface LeakReport {
  /** @default 'm2m.security' */
  readonly source?: LeakSource
  readonly incidentId: string
  readonly selector: object
  readonly graceSeconds?: number
  readonly reason?: string
  readonly requestedBy?: string
}

/** @throws where the bus does not take it. */
export const reportLeak = async ({ address }: Pick<Laptop, 'address'>, report: LeakReport): Promise<void> => {
  const { source: Source = 'm2m.security', ...more } = report
  const { aws: endpoint, region, bus: EventBusName } = address
  const client = new EventBridgeClient({ endpoint, region, credentials: credentialsOf(reporters[Source]) })
  const Detail = JSON.stringify({ reason: 'found in a public repository', requestedBy: 'on-call', ...more })
  try {
    const { Entries: [answer] = [] } = await client.send(
      new PutEventsCommand({ Entries: [{ EventBusName, Source, DetailType: LEAK_REPORTED, Detail }] }),
    )
    if (answer?.EventId === undefined) throw new Error(`the report was not taken: ${answer?.ErrorMessage}`)
  } finally {
    client.destroy()
  }
}
