// The table of sources, speakers and types: what the bus's policy, its rules, the archive and the report are made of.
import { describe, expect, test } from 'vitest'
import {
  archivePlaceOf,
  eventSources,
  eventTypesOf,
  isSpokenBy,
  sourcesOf,
} from '../../../lambda/core/base/event-types.ts'
import { archivedPairs } from '../../../lambda/env/archive-rule.ts'

const all = eventSources.flatMap((source) => eventTypesOf(source) ?? [])

test('no type belongs to two sources, but for the report of a leak', () => {
  expect([...new Set(all.filter((type, at) => all.indexOf(type) !== at))]).toEqual(['Secret Leak Reported'])
  expect(sourcesOf('Secret Leak Reported')).toEqual(['m2m.leak-intake', 'm2m.security', 'm2m.break-glass'])
  expect(sourcesOf('Secret Revoked')).toEqual(['m2m.rotation'])
})

describe('a source that is not in the table', () => {
  test.each(['m2m.else', 'toString', ''])('has no types, and its events have no place: %j', (source) => {
    expect(eventTypesOf(source)).toBeUndefined()
    expect(isSpokenBy(source, 'Secret Revoked')).toBe(false)
    expect(archivePlaceOf(source, 'Secret Revoked')).toBeNull()
  })
})

test.each(eventSources)('a type of another source has no place in the archive: %s', (source) => {
  for (const type of all) {
    expect(isSpokenBy(source, type)).toBe(eventTypesOf(source)?.includes(type))
    if (!isSpokenBy(source, type)) expect(archivePlaceOf(source, type)).toBeNull()
  }
  expect(archivePlaceOf(source, 'toString')).toBeNull()
})

test('what is archived is each source with its own types, once', () => {
  const pairs = archivedPairs.flatMap(({ source, 'detail-type': types }) =>
    source.flatMap((one) => types.map((type) => `${one}: ${type}`)),
  )

  expect(pairs.toSorted()).toEqual([...new Set(pairs)].toSorted())
  expect(pairs.toSorted()).toEqual(
    eventSources
      .flatMap((source) =>
        (eventTypesOf(source) ?? []).flatMap((type) =>
          archivePlaceOf(source, type) === null ? [] : [`${source}: ${type}`],
        ),
      )
      .toSorted(),
  )
  expect(pairs).toContain('m2m.rotation: Secret Revoked')
})
