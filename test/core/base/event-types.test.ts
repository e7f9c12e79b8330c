// The table of sources and types: what is archived is what some source may put, and a source that is not in it has no types.
import { expect, test } from 'vitest'
import { archivedTypes, eventTypes, eventTypesOf } from '../../../lambda/core/base/event-types.ts'

test('a type is archived once, and some source may put it', () => {
  const all: readonly string[] = Object.values(eventTypes).flat()

  expect(archivedTypes.filter((type) => !all.includes(type))).toEqual([])
  expect(new Set(archivedTypes).size).toBe(archivedTypes.length)
})

test('no type belongs to two sources, but for the report of a leak', () => {
  const all = Object.values(eventTypes).flat()

  expect([...new Set(all.filter((type, at) => all.indexOf(type) !== at))]).toEqual(['Secret Leak Reported'])
})

test('the types of a source are those of the table; a source that is not in it has none', () => {
  expect(eventTypesOf('m2m.campaign')).toBe(eventTypes['m2m.campaign'])
  expect(eventTypesOf('m2m.else')).toBeUndefined()
  expect(eventTypesOf('toString')).toBeUndefined()
})
