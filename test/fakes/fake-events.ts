// The event bus in memory: what was published, in order.
import type { Events, M2mEvent } from '../../lambda/core/base/events.ts'
import type { CallLog } from './call-log.ts'

export interface FakeEvents {
  readonly published: M2mEvent[]
  /** A test may put another in its place. */
  publish: Events['publish']
}

export const createFakeEvents = (log: CallLog): FakeEvents => {
  const published: M2mEvent[] = []
  return {
    published,
    publish: (events) =>
      log.run({ port: 'events', name: 'publish', about: events.map(({ type }) => type).join(', ') }, () => {
        published.push(...events)
      }),
  }
}
