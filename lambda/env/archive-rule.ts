// The rule on the bus by which the archive function is called: for what an auditor asks for, from who may say it. The stack and the laptop
// make their rule from this.
import {
  archivePlaceOf,
  type EventSource,
  type EventType,
  eventSources,
  eventTypesOf,
  ROTATION_SOURCE,
} from '../core/base/event-types.ts'

/** An alias, so that it fits where any pattern does. */
type ArchivedPair = {
  readonly source: readonly EventSource[]
  readonly 'detail-type': readonly EventType[]
}

const archivedOf = (source: EventSource): readonly EventType[] =>
  (eventTypesOf(source) ?? []).filter((type) => archivePlaceOf(source, type) !== null)

/** What an auditor asks for: each source with its archived types, and no type with another's source. Sources with the same types are one. */
export const archivedPairs: readonly ArchivedPair[] = [
  ...Map.groupBy(
    eventSources.filter((source) => archivedOf(source).length > 0),
    (source) => archivedOf(source).join(),
  ).values(),
].map((source) => ({ source, 'detail-type': archivedOf(source[0] ?? ROTATION_SOURCE) }))

/** The pattern by which the bus's rule hands these to the archive and nothing else. */
export const archivePattern = { $or: archivedPairs } as const
