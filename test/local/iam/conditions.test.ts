// The condition element: every operator, the set operators, and what a missing key means to each.
import { describe, expect, test } from 'vitest'
import { allow, decide, holds, policy } from './ask.ts'

describe('a key that is not in the request', () => {
  test.each([
    'StringEquals',
    'StringEqualsIgnoreCase',
    'StringLike',
    'ArnEquals',
    'ArnLike',
    'NumericEquals',
    'DateEquals',
    'IpAddress',
    'Bool',
    'BinaryEquals',
  ])('%s does not match it', (operator) => {
    expect(holds({ [operator]: { 'aws:x': 'true' } })).toBe(false)
  })

  test.each([
    'StringNotEquals',
    'StringNotEqualsIgnoreCase',
    'StringNotLike',
    'ArnNotEquals',
    'ArnNotLike',
    'NumericNotEquals',
    'DateNotEquals',
    'NotIpAddress',
  ])('%s matches it', (operator) => {
    expect(holds({ [operator]: { 'aws:x': '1' } })).toBe(true)
  })

  test('Bool is false of it, for true and for false', () => {
    expect(holds({ Bool: { 'aws:ViaAWSService': 'true' } })).toBe(false)
    expect(holds({ Bool: { 'aws:ViaAWSService': 'false' } })).toBe(false)
  })

  test.each(['StringEqualsIfExists', 'ArnLikeIfExists', 'BoolIfExists', 'ForAnyValue:StringEqualsIfExists'])(
    '%s matches it, and compares it where it is there',
    (operator) => {
      expect(holds({ [operator]: { 'aws:x': 'a' } })).toBe(true)
      expect(holds({ [operator]: { 'aws:x': 'a' } }, { 'aws:x': operator.startsWith('For') ? ['b'] : 'b' })).toBe(false)
    },
  )

  test('ForAnyValue never matches it, negated or not', () => {
    expect(holds({ 'ForAnyValue:StringEquals': { 'aws:x': 'a' } })).toBe(false)
    expect(holds({ 'ForAnyValue:StringNotEquals': { 'aws:x': 'a' } })).toBe(false)
  })

  test('ForAllValues matches it, negated or not', () => {
    expect(holds({ 'ForAllValues:StringEquals': { 'aws:x': 'a' } })).toBe(true)
    expect(holds({ 'ForAllValues:StringNotEquals': { 'aws:x': 'a' } })).toBe(true)
  })

  test('Null asks for it', () => {
    expect(holds({ Null: { 'aws:x': 'true' } })).toBe(true)
    expect(holds({ Null: { 'aws:x': 'false' } })).toBe(false)
    expect(holds({ Null: { 'aws:x': 'true' } }, { 'aws:x': 'a' })).toBe(false)
    expect(holds({ Null: { 'aws:x': 'false' } }, { 'aws:x': 'a' })).toBe(true)
  })

  test('a key with an empty list is absent', () => {
    expect(holds({ Null: { 'aws:x': 'true' } }, { 'aws:x': [] })).toBe(true)
    expect(holds({ 'ForAllValues:StringEquals': { 'aws:x': 'a' } }, { 'aws:x': [] })).toBe(true)
  })
})

describe('set operators', () => {
  const tags = { 'aws:TagKeys': ['m2m:held', 'team'] }

  test('ForAllValues: every value of the request is one of the listed', () => {
    expect(holds({ 'ForAllValues:StringEquals': { 'aws:TagKeys': ['m2m:held', 'team', 'x'] } }, tags)).toBe(true)
    expect(holds({ 'ForAllValues:StringEquals': { 'aws:TagKeys': ['m2m:held'] } }, tags)).toBe(false)
  })

  test('ForAllValues, negated: none of them is listed', () => {
    expect(holds({ 'ForAllValues:StringNotLike': { 'aws:TagKeys': 'x*' } }, tags)).toBe(true)
    expect(holds({ 'ForAllValues:StringNotLike': { 'aws:TagKeys': 'm2m:*' } }, tags)).toBe(false)
  })

  test('ForAnyValue: one of them is listed', () => {
    expect(holds({ 'ForAnyValue:StringLike': { 'aws:TagKeys': 'm2m:*' } }, tags)).toBe(true)
    expect(holds({ 'ForAnyValue:StringLike': { 'aws:TagKeys': 'x*' } }, tags)).toBe(false)
  })

  test('ForAnyValue, negated: one of them is not listed', () => {
    expect(holds({ 'ForAnyValue:StringNotEquals': { 'aws:TagKeys': 'team' } }, tags)).toBe(true)
    expect(holds({ 'ForAnyValue:StringNotEquals': { 'aws:TagKeys': ['team', 'm2m:held'] } }, tags)).toBe(false)
  })

  test('an operator for one value matches no key of many, unless the setting is lenient; then one of them is enough', () => {
    const identityPolicies = [policy(allow({ Condition: { StringEquals: { 'events:source': 'm2m.sweep' } } }))]
    const asked = { identityPolicies, context: { 'events:source': ['m2m.sweep'] } }

    expect(decide(asked)).toBe('implicitDeny: identity')
    expect(decide({ ...asked, multiValued: 'strict' })).toBe('implicitDeny: identity')
    expect(decide({ ...asked, multiValued: 'lenient' })).toBe('allowed')
  })
})

describe('texts', () => {
  test('StringEquals is case-sensitive and takes a wildcard for a character', () => {
    expect(holds({ StringEquals: { 'aws:x': 'a*' } }, { 'aws:x': 'ab' })).toBe(false)
    expect(holds({ StringEquals: { 'aws:x': 'a*' } }, { 'aws:x': 'a*' })).toBe(true)
    expect(holds({ StringEquals: { 'aws:x': 'A' } }, { 'aws:x': 'a' })).toBe(false)
    expect(holds({ StringEqualsIgnoreCase: { 'aws:x': 'A' } }, { 'aws:x': 'a' })).toBe(true)
  })

  test('StringLike has * and ?, over any character, line ends included', () => {
    expect(holds({ StringLike: { 'aws:x': 'a?c*' } }, { 'aws:x': 'abc/:\nd' })).toBe(true)
    expect(holds({ StringLike: { 'aws:x': 'a?c' } }, { 'aws:x': 'ac' })).toBe(false)
    expect(holds({ StringLike: { 'aws:x': 'a.c' } }, { 'aws:x': 'abc' })).toBe(false)
  })

  test('keys are not case-sensitive, in the policy or in the request', () => {
    expect(holds({ StringEquals: { 'AWS:SOURCEACCOUNT': '1' } }, { 'aws:SourceAccount': '1' })).toBe(true)
  })

  test('several values are alternatives, several keys and operators are all needed', () => {
    expect(holds({ StringEquals: { 'aws:x': ['a', 'b'] } }, { 'aws:x': 'b' })).toBe(true)
    expect(holds({ StringEquals: { 'aws:x': 'a', 'aws:y': 'b' } }, { 'aws:x': 'a' })).toBe(false)
    expect(holds({ StringEquals: { 'aws:x': 'a' }, Bool: { 'aws:y': 'true' } }, { 'aws:x': 'a' })).toBe(false)
  })

  test('of a negated operator with several values, none may be the one of the request', () => {
    expect(holds({ StringNotEquals: { 'aws:x': ['a', 'b'] } }, { 'aws:x': 'b' })).toBe(false)
    expect(holds({ StringNotEquals: { 'aws:x': ['a', 'b'] } }, { 'aws:x': 'c' })).toBe(true)
  })
})

describe('ARNs', () => {
  const arn = 'arn:aws:lambda:eu-west-1:111111111111:function:m2m-prod-rotation:live'

  test('are compared part by part: a * goes over slashes and over colons of the last part, and over no other colon', () => {
    expect(holds({ ArnLike: { 'aws:x': 'arn:aws:lambda:*:111111111111:function:m2m-*' } }, { 'aws:x': arn })).toBe(true)
    expect(holds({ ArnLike: { 'aws:x': 'arn:aws:lambda:*:function:m2m-prod-rotation:live' } }, { 'aws:x': arn })).toBe(
      false,
    )
    expect(holds({ ArnLike: { 'aws:x': 'arn:aws:iam::1:role/*' } }, { 'aws:x': 'arn:aws:iam::1:role/a/b/c' })).toBe(
      true,
    )
    expect(
      holds({ StringLike: { 'aws:x': 'arn:aws:lambda:*:function:m2m-prod-rotation:live' } }, { 'aws:x': arn }),
    ).toBe(true)
  })

  test('ArnEquals is ArnLike', () => {
    expect(holds({ ArnEquals: { 'aws:x': 'arn:aws:lambda:*:*:function:*' } }, { 'aws:x': arn })).toBe(true)
    expect(holds({ ArnNotEquals: { 'aws:x': 'arn:aws:lambda:*:*:function:*' } }, { 'aws:x': arn })).toBe(false)
  })
})

describe('numbers, dates and addresses', () => {
  test.each([
    ['NumericLessThan', '10', '9', true],
    ['NumericLessThan', '10', '10', false],
    ['NumericLessThanEquals', '10', '10', true],
    ['NumericGreaterThan', '10', '10', false],
    ['NumericGreaterThanEquals', '10', '10', true],
    ['NumericEquals', '10', '10.0', true],
    ['NumericNotEquals', '10', '10', false],
    ['NumericEquals', '10', 'ten', false],
    ['DateLessThan', '2026-01-01T00:00:00Z', '2025-12-31T23:59:59Z', true],
    ['DateGreaterThan', '2026-01-01T00:00:00Z', '2025-12-31T23:59:59Z', false],
    ['DateGreaterThanEquals', '2026-01-01T00:00:00Z', '1767225600', true],
    ['DateEquals', '1767225600', '2026-01-01T00:00:00Z', true],
    ['IpAddress', '10.0.0.0/8', '10.200.3.4', true],
    ['IpAddress', '10.0.0.0/8', '11.0.0.1', false],
    ['IpAddress', '203.0.113.7', '203.0.113.7', true],
    ['IpAddress', '2001:db8::/32', '2001:db8::1', true],
    ['IpAddress', '10.0.0.0/8', '2001:db8::1', false],
    ['NotIpAddress', '10.0.0.0/8', '11.0.0.1', true],
    ['BinaryEquals', 'QmluYXJ5', 'QmluYXJ5', true],
  ])('%s %s holds of %s: %j', (operator, wanted, given, expected) => {
    expect(holds({ [operator]: { 'aws:x': wanted } }, { 'aws:x': given })).toBe(expected)
  })
})

test('an operator that IAM does not have is refused by its name', () => {
  expect(() => holds({ StringsEqual: { 'aws:x': 'a' } }, { 'aws:x': 'a' })).toThrow('StringsEqual')
})
