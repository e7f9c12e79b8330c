// Who is behind, by who last read what: a table of cases, and that more reads of the new value never make anybody a laggard.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type PrincipalReads, proveAdoption } from '../../../lambda/core/sweep/adoption-proof.ts'

const HOUR = 3_600_000
const SWITCH = 1000 * HOUR
const now = { versionId: 'rotate-new', at: SWITCH }
const rules = { lookBackMs: 100 * HOUR, ownPrincipal: 'own' }
const own: PrincipalReads = { principal: 'own', currentAt: SWITCH - 5000 }
/** Of a record that reaches back as far as readers count. */
const prove = (reads: readonly PrincipalReads[], since: number | undefined = SWITCH - rules.lookBackMs) =>
  proveAdoption({ since, reads }, now, rules)

const behind = (reads: Omit<PrincipalReads, 'principal'>): number | undefined => {
  const proof = prove([own, { principal: 'consumer', ...reads }])
  return proof.proven ? undefined : proof.laggards[0]?.readAt
}

test.each<readonly [string, Omit<PrincipalReads, 'principal'>, number | undefined]>([
  ['nothing read', {}, undefined],
  ['read before the switch only', { currentAt: SWITCH - HOUR }, SWITCH - HOUR],
  ['read in the second before it', { currentAt: SWITCH - 1 }, SWITCH - 1],
  ['read at the switch', { currentAt: SWITCH }, undefined],
  ['read since', { currentAt: SWITCH + HOUR }, undefined],
  ['last read long ago: gone', { currentAt: SWITCH - 101 * HOUR }, undefined],
  [
    'AWSPREVIOUS since, after the new one',
    { currentAt: SWITCH + HOUR, previousAt: SWITCH + 2 * HOUR },
    SWITCH + 2 * HOUR,
  ],
  ['AWSPREVIOUS, then the new one', { currentAt: SWITCH + 2 * HOUR, previousAt: SWITCH + HOUR }, undefined],
  [
    'the new version by its id',
    { currentAt: SWITCH - HOUR, version: { versionId: 'rotate-new', at: SWITCH + 1 } },
    undefined,
  ],
  ['another version by its id', { currentAt: SWITCH + 1, version: { versionId: 'old', at: SWITCH + 2 } }, SWITCH + 2],
  [
    'another version, then the new one',
    { currentAt: SWITCH + 3, version: { versionId: 'old', at: SWITCH + 2 } },
    undefined,
  ],
])('%s', (_, reads, readAt) => {
  expect(behind(reads)).toBe(readAt)
})

test('names whoever is furthest behind first', () => {
  const reads = [own, { principal: 'b', currentAt: SWITCH - 1 }, { principal: 'a', currentAt: SWITCH - 2 }]

  expect(prove(reads)).toEqual({
    proven: false,
    isBlind: false,
    isYoung: false,
    laggards: [
      { principal: 'a', readAt: SWITCH - 2 },
      { principal: 'b', readAt: SWITCH - 1 },
    ],
  })
})

test.each([
  ['our own reads were never seen', []],
  ['our own reads of this rotation were not seen', [{ principal: 'own', currentAt: SWITCH - HOUR }]],
])('proves nothing when %s', (_, reads) => {
  expect(prove(reads)).toEqual({ proven: false, laggards: [], isBlind: true, isYoung: false })
})

test('our own old reads make no laggard of us', () => {
  expect(prove([{ ...own, previousAt: SWITCH - 1000 }])).toEqual({ proven: true })
})

describe('a record that does not reach back as far as readers count', () => {
  const young = { proven: false, laggards: [], isBlind: false, isYoung: true }

  test.each([
    ['began a millisecond too late', SWITCH - rules.lookBackMs + 1],
    ['began after the switch', SWITCH + 1],
  ])('since it %s, proves nothing of those who are not in it', (_, since) => {
    expect(prove([own], since)).toEqual(young)
    expect(prove([own, { principal: 'consumer', currentAt: SWITCH + HOUR }], since)).toEqual(young)
  })

  test('or of which nobody knows when it began, neither', () => {
    expect(proveAdoption({ since: undefined, reads: [own] }, now, rules)).toEqual(young)
  })

  test('shows who is behind all the same', () => {
    const reads = [own, { principal: 'late', currentAt: SWITCH - 1 }]

    expect(prove(reads, SWITCH)).toMatchObject({ laggards: [{ principal: 'late' }], isYoung: true })
  })
})

test('whoever reads the new value last is never behind', () => {
  const time = fc.integer({ min: 0, max: 2 * SWITCH })
  fc.assert(
    fc.property(time, time, (previousAt, versionAt) => {
      const last = Math.max(SWITCH, previousAt, versionAt)
      expect(behind({ currentAt: last, previousAt, version: { versionId: 'old', at: versionAt } })).toBeUndefined()
    }),
  )
})
