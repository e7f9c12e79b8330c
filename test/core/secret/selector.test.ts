// Which secrets an event means: nothing is ever selected by an empty or misspelt selector, and "all" says how many.
import { describe, expect, it } from 'vitest'
import {
  countFault,
  createMatcher,
  MAX_NAMED,
  namedAs,
  namedBy,
  readSelector,
} from '../../../lambda/core/secret/selector.ts'

const secret = (name: string, tags: Record<string, string> = {}) => ({ name, tags })

describe('readSelector', () => {
  it.each([
    [undefined, /^selector is missing: expected exactly one of/],
    [null, /^selector is malformed/],
    [{}, /an empty selector is never "all"/],
    [[], /^selector is malformed/],
    ['all', /^selector is malformed/],
    [{ secretNames: [] }, /selector\.secretNames is malformed: expected 1 to 1000/],
    [{ secretNames: 'billing' }, /selector\.secretNames is malformed/],
    [{ secretNames: ['m2m/prod/*'] }, /selector\.secretNames\[0\] is malformed/],
    [{ secretNames: [''] }, /selector\.secretNames\[0\] is malformed/],
    [{ clientIds: ['with space'] }, /selector\.clientIds\[0\] is malformed/],
    [{ clientIds: Array.from({ length: MAX_NAMED + 1 }, (_, at) => `c${at}`) }, /expected 1 to 1000/],
    [{ scopes: ['a"b'] }, /selector\.scopes\[0\] is malformed/],
    [{ tags: {} }, /selector\.tags is malformed/],
    [{ tags: { team: 7 } }, /selector\.tags\.team is malformed/],
    [{ all: true }, /selector\.expectedCount is missing/],
    [{ all: false, expectedCount: 3 }, /selector\.all is malformed/],
    [{ all: true, expectedCount: 0 }, /selector\.expectedCount is malformed/],
    [{ all: true, expectedCount: 2.5 }, /selector\.expectedCount is malformed/],
    [{ due: 'yes' }, /selector\.due is malformed/],
    [{ all: true, expectedCount: 3, clientIds: ['c'] }, /expected exactly one of/],
    [{ clientIds: ['c'], expectedCount: 3 }, /selector\.expectedCount is unknown/],
    [{ secretName: ['a'] }, /expected exactly one of/],
  ])('refuses %j', (value, expected) => {
    const read = readSelector(value)

    expect(read.ok).toBe(false)
    expect(read.ok ? '' : read.refusal.join('\n')).toMatch(expected)
  })

  it('names every fault, not the first', () => {
    const read = readSelector({ secretNames: ['ok', 'a b', ''], more: 1 })

    expect(read.ok ? [] : read.refusal).toHaveLength(3)
  })

  it.each([
    { secretNames: ['m2m/prod/billing'] },
    { clientIds: ['m2m-client-test-1', 'other'] },
    { tags: { team: 'identity', 'm2m:tier': '' } },
    { scopes: ['read:invoices'] },
    { all: true, expectedCount: 10_000 },
    { due: true },
  ])('takes %j as it is', (value) => {
    expect(readSelector(value)).toEqual({ ok: true, value })
  })

  it('takes a name that was given twice once', () => {
    expect(readSelector({ clientIds: ['a', 'a'] })).toEqual({ ok: true, value: { clientIds: ['a'] } })
  })
})

describe('createMatcher', () => {
  const billing = secret('m2m/prod/billing', {
    'm2m:client-id': 'client-1',
    'm2m:scopes': 'read:a read:b',
    'm2m:scopes.2': 'read:c',
    team: 'identity',
  })

  it.each([
    [{ secretNames: ['m2m/prod/billing'] }, true],
    [{ secretNames: ['m2m/prod/bill'] }, false],
    [{ clientIds: ['client-1', 'client-2'] }, true],
    [{ clientIds: ['client-2'] }, false],
    [{ tags: { team: 'identity' } }, true],
    [{ tags: { team: 'identity', tier: 'gold' } }, false],
    [{ tags: { team: 'Identity' } }, false],
    [{ scopes: ['read:c'] }, true],
    [{ scopes: ['write:x', 'read:a'] }, true],
    [{ scopes: ['read'] }, false],
    [{ all: true, expectedCount: 1 } as const, true],
    [{ due: true } as const, true],
  ])('%j selects it: %s', (selector, isSelected) => {
    expect(createMatcher(selector)(billing)).toBe(isSelected)
  })

  it('selects no secret without the tag, whatever ids were given', () => {
    expect(createMatcher({ clientIds: ['undefined', ''] })(secret('m2m/prod/untagged'))).toBe(false)
  })
})

describe('what was named and is not there', () => {
  it('is told of names and client ids only', () => {
    expect(namedBy({ secretNames: ['a'] })).toEqual(['a'])
    expect(namedBy({ clientIds: ['c'] })).toEqual(['c'])
    expect(namedBy({ tags: { a: 'b' } })).toEqual([])
    expect(namedAs({ clientIds: ['c'] }, secret('n', { 'm2m:client-id': 'c' }))).toBe('c')
    expect(namedAs({ secretNames: ['n'] }, secret('n'))).toBe('n')
  })
})

describe('countFault', () => {
  it.each([
    [100, 100, true],
    [100, 105, true],
    [100, 95, true],
    [100, 106, false],
    [100, 94, false],
    [10, 9, false],
    [10, 11, false],
    [20, 21, true],
    [1, 0, false],
  ])('of %i expected and %i found: %s', (expectedCount, found, isFine) => {
    expect(countFault({ all: true, expectedCount }, found) === undefined).toBe(isFine)
  })

  it('is no matter of other selectors', () => {
    expect(countFault({ clientIds: ['a'] }, 7)).toBeUndefined()
  })
})
