// Patterns of sets: what fits one, and whether some text fits two.
import { describe, expect, test } from 'vitest'
import { fitsPattern, patternsMeet } from '../../../lambda/core/base/pattern.ts'

describe('a pattern', () => {
  test.each([
    ['payments-*', 'payments-billing', true],
    ['payments-*', 'payments-', true],
    ['payments-*', 'payments', false],
    ['payments-*', 'my-payments-billing', false],
    ['*-job', 'a-job', true],
    ['*', '', true],
    ['read:*', 'write:read:x', false],
    ['a.c', 'abc', false],
    ['a*b*c', 'a-b-b-c', true],
    ['arn:aws:iam::111111111111:role/x-*', 'arn:aws:iam::111111111111:role/x-1\nand more', true],
  ])('%s fits %s: %s', (pattern, text, expected) => {
    expect(fitsPattern(pattern, text)).toBe(expected)
  })
})

describe('two patterns', () => {
  test.each([
    ['payments-*', 'reports-*', false],
    ['payments-*', 'pay*', true],
    ['*-job', 'payments-*', true],
    ['a', 'a', true],
    ['a', 'b', false],
    ['a*', 'a', true],
    ['*a', '*b', false],
    ['*a*', 'b', false],
    ['', '*', true],
    [`${'*a'.repeat(30)}`, `${'*b'.repeat(30)}`, false],
  ])('%s and %s share a text: %s', (one, other, expected) => {
    expect([patternsMeet(one, other), patternsMeet(other, one)]).toEqual([expected, expected])
  })
})
