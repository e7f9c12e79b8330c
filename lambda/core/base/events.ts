// The event bus as a port, and the form that the events on it share. A source publishes only types that are its own: the table in
// event-types.ts, which the bus's policy is made from, decides at compile time as well.
import { createHash } from 'node:crypto'
import type { EventSource, EventType } from './event-types.ts'

/** What one source may put on the bus; any of our events, when none is named. Never holds a secret. */
export interface M2mEvent<Source extends EventSource = EventSource> {
  readonly type: EventType<Source>
  readonly detail: Readonly<Record<string, unknown>>
}

/** The event bus, for one source. */
export interface Events<Source extends EventSource = EventSource> {
  /**
   * All or a Fault: some may have been taken then, and a retry publishes every one again, with the same ids.
   * @throws Fault EVENT_NOT_SENT
   */
  readonly publish: (events: readonly M2mEvent<Source>[]) => Promise<void>
}

const VERSION = 1

/** @param about what makes it this event and no other: the id is its hash, so that an event that is published again is recognised. */
export const newEvent = <Type extends EventType, Fields extends object>(
  type: Type,
  about: readonly unknown[],
  fields: Fields,
) => ({
  type,
  detail: {
    version: VERSION,
    id: createHash('sha256')
      .update(JSON.stringify([type, ...about]))
      .digest('hex')
      .slice(0, 32),
    ...fields,
  },
})
