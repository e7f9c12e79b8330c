// Which secrets an event means: nothing is ever selected by an empty or misspelt selector, and "all" says how many.

import { describe, expect, it } from 'vitest'
import type { Secret } from '../../../lambda/core/secret/secret.ts'
import {
  countFault,
  countSelection,
  countWords,
  createSelection,
  MAX_NAMED,
  missingFrom,
  namedAs,
  namedBy,
  readSelector,
  type Selector,
  selectedIn,
  type Wish,
} from '../../../lambda/core/secret/selector.ts'
import { BLANK } from '../../fakes/blank-secret.ts'

const NOW = Date.parse('2026-11-01T12:00:00Z')
const DAY = 86_400_000
const asOf = { now: NOW, spans: { periodMs: 30 * DAY, overlapMs: DAY } }

const secret = (name: string, tags: Record<string, string> = {}, changes: Partial<Secret> = {}): Secret => ({
  ...BLANK,
  arn: `arn:aws:secretsmanager:us-east-1:111111111111:secret:${name}-AbCdEf`,
  name,
  tags,
  labels: {},
  rotationEnabled: true,
  rotationFunctionArn: 'arn:f',
  isDeleted: false,
  createdAt: NOW - DAY,
  lastChangedAt: NOW - DAY,
  lastRotatedAt: undefined,
  nextRotationAt: undefined,
  ...changes,
})

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

describe('createSelection', () => {
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
    [{ due: true } as const, false],
  ])('%j selects it: %s', (selector, isSelected) => {
    expect(createSelection({ by: [selector] }).isSelected(billing)).toBe(isSelected)
  })

  it('selects no secret without the tag, whatever ids were given', () => {
    expect(createSelection({ by: [{ clientIds: ['undefined', ''] }] }).isSelected(secret('m2m/prod/untagged'))).toBe(
      false,
    )
  })
})

describe('what is deleted, retired, held or not due', () => {
  const tags = { 'm2m:client-id': 'c', team: 'identity', 'm2m:scopes': 'read:a' }
  const live = secret('m2m/prod/live', tags)
  const deleted = secret('m2m/prod/deleted', tags, { isDeleted: true })
  const retired = secret('m2m/prod/retired', { ...tags, 'm2m:retired': '2026-10-01T00:00:00Z' })
  const held = secret('m2m/prod/held', { ...tags, 'm2m:held': 'yes' })
  const old = secret('m2m/prod/old', tags, { createdAt: NOW - 30 * DAY })
  const fleet = [live, deleted, retired, held, old]
  const namesOf = (wish: Wish) => fleet.filter(createSelection(wish, asOf).isSelected).map(({ name }) => name.slice(9))

  it.each<[string, Selector]>([
    ['all', { all: true, expectedCount: 3 }],
    ['a tag', { tags: { team: 'identity' } }],
    ['a scope', { scopes: ['read:a'] }],
  ])('%s means neither a deleted nor a retired secret', (_what, selector) => {
    expect(namesOf({ by: [selector] })).toEqual(['live', 'held', 'old'])
  })

  it('no selector means what "all" means', () => {
    expect(namesOf({ by: [] })).toEqual(['live', 'held', 'old'])
  })

  it.each<[string, Selector]>([
    ['a name', { secretNames: fleet.map(({ name }) => name) }],
    ['a client id', { clientIds: ['c'] }],
  ])('%s selects a retired secret, and no deleted one', (_what, selector) => {
    expect(namesOf({ by: [selector] })).toEqual(['live', 'retired', 'held', 'old'])
  })

  it('due selects by age, and nothing where no time is given', () => {
    expect(namesOf({ by: [{ due: true }] })).toEqual(['old'])
    expect(createSelection({ by: [{ due: true }] }).whyNot(old)).toBe('notDue')
  })

  it('a list may show all of them, or those on hold', () => {
    expect(namesOf({ by: [], withRetired: true })).toHaveLength(fleet.length)
    expect(namesOf({ by: [], withRetired: true, isHeld: true })).toEqual(['held'])
  })

  it('several selectors mean what each of them means', () => {
    expect(namesOf({ by: [{ tags: { team: 'identity' } }, { scopes: ['read:b'] }] })).toEqual([])
  })
})

describe('what was named and is not there', () => {
  it('is missing from what was found', () => {
    expect(missingFrom({ secretNames: ['a', 'b'] }, [secret('b')])).toEqual(['a'])
    expect(missingFrom({ clientIds: ['c', 'd'] }, [secret('n', { 'm2m:client-id': 'c' })])).toEqual(['d'])
    expect(missingFrom({ tags: { a: 'b' } }, [])).toEqual([])
  })

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

describe('the counts of a selection', () => {
  const fleet = [
    secret('m2m/prod/a', { team: 'x' }),
    secret('m2m/prod/b', { team: 'x', 'm2m:held': new Date(NOW).toISOString() }),
    secret('m2m/prod/c', { team: 'x', 'm2m:retired': new Date(NOW).toISOString() }),
    secret('m2m/prod/d', { team: 'x' }, { rotationFunctionArn: undefined, rotationEnabled: false }),
    secret('m2m/prod/e', { team: 'x' }, { isDeleted: true }),
    secret('m2m/prod/f', { team: 'y' }),
  ]
  const isForeign = ({ rotationFunctionArn }: Secret): boolean => rotationFunctionArn !== 'arn:f'
  const countsOf = (...by: readonly Selector[]) => countSelection(createSelection({ by }), fleet, isForeign)

  it('have each secret once: matched, retired or foreign, and of the matched those on hold', () => {
    expect(countsOf({ tags: { team: 'x' } })).toEqual({ matched: 2, retired: 1, held: 1, foreign: 1 })
    expect(countsOf({ all: true, expectedCount: 4 })).toEqual({ matched: 3, retired: 1, held: 1, foreign: 1 })
    expect(countsOf({ tags: { team: 'z' } })).toEqual({ matched: 0, retired: 0, held: 0, foreign: 0 })
  })

  it('count a retired secret that is named as selected', () => {
    expect(countsOf({ secretNames: ['m2m/prod/c'] })).toEqual({ matched: 1, retired: 0, held: 0, foreign: 0 })
  })

  it('add up to everything that is selected or retired, a foreign one on hold included', () => {
    const strange = secret(
      'm2m/prod/g',
      { 'm2m:held': new Date(NOW).toISOString() },
      { rotationFunctionArn: undefined, rotationEnabled: false },
    )
    const alive = [...fleet, strange].filter(({ isDeleted }) => !isDeleted)
    const counts = countSelection(createSelection({ by: [{ all: true, expectedCount: 5 }] }), alive, isForeign)

    expect(counts).toEqual({ matched: 3, retired: 1, held: 1, foreign: 2 })
    expect(counts.matched + counts.retired + counts.foreign).toBe(alive.length)
  })

  it('are what "all" is held against', () => {
    const all: Selector = { all: true, expectedCount: 4 }

    expect(countFault(all, selectedIn(countsOf(all)))).toBeUndefined()
  })

  it('read as one line', () => {
    expect(countWords({ matched: 18, retired: 2, held: 0, foreign: 0 })).toBe('18 matched, 2 retired and left out')
    expect(countWords({ matched: 3, retired: 0, held: 1, foreign: 1 })).toMatch(
      /^3 matched, 1 of them on hold, 1 more not given to/,
    )
  })
})
