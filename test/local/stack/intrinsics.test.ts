// A template's functions, as CloudFormation evaluates them, and the order in which its resources are made.
import { describe, expect, test } from 'vitest'
import { createEvaluator } from '../../../lambda/local/stack/intrinsics.ts'
import { inOrder } from '../../../lambda/local/stack/order.ts'

const { evaluate, isTrue } = createEvaluator({
  reference: (id) => ({ Region: 'eu-west-1', Empty: '' })[id],
  attribute: (id, name) => `${id}.${name}`,
  imported: (name) => (name === 'shared-key' ? 'arn:key' : undefined),
  mappings: { Sizes: { small: { mb: 128 } } },
  conditions: {
    IsEurope: { 'Fn::Equals': [{ Ref: 'Region' }, 'eu-west-1'] },
    IsElsewhere: { 'Fn::Not': [{ Condition: 'IsEurope' }] },
  },
})
/** As `Fn::Sub` names a value. */
const sub = (name: string): string => `$\{${name}}`

describe('a function becomes what it stands for', () => {
  test.each([
    [{ 'Fn::If': ['IsEurope', 'here', 'there'] }, 'here'],
    [{ 'Fn::If': ['IsElsewhere', 'here', { Ref: 'Region' }] }, 'eu-west-1'],
    [{ kept: 1, left: { 'Fn::If': ['IsElsewhere', 2, { Ref: 'AWS::NoValue' }] } }, { kept: 1 }],
    [{ 'Fn::ImportValue': 'shared-key' }, 'arn:key'],
    [{ 'Fn::FindInMap': ['Sizes', 'small', 'mb'] }, 128],
    [{ 'Fn::Base64': 'a' }, 'YQ=='],
    [{ 'Fn::Sub': `${sub('!Literal')} ${sub('Key.Arn')}` }, `${sub('Literal')} Key.Arn`],
    [{ 'Fn::Join': ['-', ['a', { Ref: 'Empty' }, 'b']] }, 'a--b'],
    [{ 'Fn::Select': ['1', { 'Fn::Split': ['/', 'a/b'] }] }, 'b'],
  ])('%j', (value, expected) => {
    expect(evaluate(value)).toEqual(expected)
  })

  test.each([
    [{ 'Fn::Or': [{ Condition: 'IsElsewhere' }, { 'Fn::Contains': [['1', '6'], '6'] }] }, true],
    [{ 'Fn::And': [{ Condition: 'IsEurope' }, { Condition: 'IsElsewhere' }] }, false],
  ])('the condition %j holds: %s', (condition, expected) => {
    expect(isTrue(condition)).toBe(expected)
  })

  test.each([
    [{ 'Fn::GetAZs': '' }, 'Fn::GetAZs'],
    [{ 'Fn::ImportValue': 'other' }, 'other'],
    [{ 'Fn::If': ['NoSuch', 1, 2] }, 'NoSuch'],
  ])('%j is refused by name', (value, named) => {
    expect(() => evaluate(value)).toThrow(named)
  })
})

describe('resources are made', () => {
  test('after all that they refer to or depend on', () => {
    const ordered = inOrder({
      Alias: { Properties: { Version: { 'Fn::GetAtt': ['Version', 'Version'] } } },
      Version: { Properties: { Of: { 'Fn::Sub': sub('Function.Arn') } } },
      Function: { Properties: { Role: { 'Fn::GetAtt': ['Role', 'Arn'] } }, DependsOn: ['Policy'] },
      Policy: { Properties: { Roles: [{ Ref: 'Role' }] } },
      Role: {},
    })

    expect(ordered).toEqual(['Role', 'Policy', 'Function', 'Version', 'Alias'])
  })

  test('not at all in a circle, whose resources are named', () => {
    const circle = { One: { Properties: { Of: { Ref: 'Two' } } }, Two: { DependsOn: 'One' } }
    expect(() => inOrder(circle)).toThrow('Circular dependency between resources: [One, Two]')
  })
})
