// Which calls a statement is about: actions, resources, what is excepted, and policy variables.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables are written so
import { describe, expect, test } from 'vitest'
import { allow, decide, deny, holds, policy, READ, ROLE, SECRET } from './ask.ts'

const allows = (statement: object, resource = SECRET): boolean =>
  decide({ identityPolicies: [policy(allow(statement))], resource }) === 'allowed'

describe('actions', () => {
  test('are not case-sensitive and have wildcards', () => {
    expect(allows({ Action: 'SecretsManager:getsecretvalue' })).toBe(true)
    expect(allows({ Action: 'secretsmanager:Get*' })).toBe(true)
    expect(allows({ Action: 'secretsmanager:?etSecretValue' })).toBe(true)
    expect(allows({ Action: ['secretsmanager:Put*', 'secretsmanager:DescribeSecret'] })).toBe(false)
  })

  test('NotAction is about all but those that it names', () => {
    const statement = { Effect: 'Allow', NotAction: ['iam:*', 'secretsmanager:Put*'], Resource: '*' }

    expect(decide({ identityPolicies: [policy(statement)] })).toBe('allowed')
    expect(decide({ identityPolicies: [policy(statement)], action: 'secretsmanager:PutSecretValue' })).toBe(
      'implicitDeny: identity',
    )
  })

  test('a denial by NotAction stops what it does not name', () => {
    const policies = [policy(allow(), { Effect: 'Deny', NotAction: 'secretsmanager:Describe*', Resource: '*' })]

    expect(decide({ identityPolicies: policies })).toBe('explicitDeny: identity')
    expect(decide({ identityPolicies: policies, action: 'secretsmanager:DescribeSecret' })).toBe('allowed')
  })
})

describe('resources', () => {
  test('are case-sensitive patterns', () => {
    expect(allows({ Resource: SECRET.replace('AbCdEf', '??????') })).toBe(true)
    expect(allows({ Resource: SECRET.replace('AbCdEf', '?????') })).toBe(false)
    expect(allows({ Resource: SECRET.toLowerCase() })).toBe(false)
    expect(allows({ Resource: 'arn:aws:secretsmanager:*:*:secret:m2m/*' })).toBe(true)
  })

  test('a * that ends a part goes on over colons, and any other stays in its part', () => {
    const alias = 'arn:aws:lambda:eu-west-1:111111111111:function:m2m-rotation:live'

    expect(allows({ Resource: 'arn:aws:lambda:*' }, alias)).toBe(true)
    expect(allows({ Resource: 'arn:aws:lambda:eu-west-1:111111111111:function:m2m*' }, alias)).toBe(true)
    expect(allows({ Resource: 'arn:aws:lambda:eu-west-1:111111111111:function:m*live' }, alias)).toBe(false)
  })

  test('NotResource is about all but those that it names', () => {
    const statement = { Effect: 'Deny', Action: '*', NotResource: [SECRET] }

    expect(decide({ identityPolicies: [policy(allow(), statement)] })).toBe('allowed')
    expect(decide({ identityPolicies: [policy(allow(), statement)], resource: `${SECRET}x` })).toBe(
      'explicitDeny: identity',
    )
  })
})

describe('policy variables', () => {
  const own = 'arn:aws:secretsmanager:eu-west-1:111111111111:secret:${aws:PrincipalAccount}/*'

  test('stand for what the request says, in resources and in conditions', () => {
    expect(allows({ Resource: own }, own.replace('${aws:PrincipalAccount}/*', '111111111111/x'))).toBe(true)
    expect(allows({ Resource: own }, own.replace('${aws:PrincipalAccount}/*', '222222222222/x'))).toBe(false)
    expect(holds({ StringEquals: { 'aws:x': '${aws:PrincipalAccount}' } }, { 'aws:x': '111111111111' })).toBe(true)
    expect(holds({ ArnLike: { 'aws:x': 'arn:aws:iam::${aws:PrincipalAccount}:role/*' } }, { 'aws:x': ROLE })).toBe(true)
    expect(holds({ StringLike: { 'aws:x': '${AWS:principalaccount}-*' } }, { 'aws:x': '111111111111-a' })).toBe(true)
  })

  test('what they stand for is literal, and StringEquals around them has no wildcards', () => {
    const tag = { 'aws:PrincipalTag/team': '*' }

    expect(holds({ StringLike: { 'aws:x': '${aws:PrincipalTag/team}' } }, { ...tag, 'aws:x': 'anything' })).toBe(false)
    expect(holds({ StringLike: { 'aws:x': '${aws:PrincipalTag/team}' } }, { ...tag, 'aws:x': '*' })).toBe(true)
    expect(holds({ StringEquals: { 'aws:x': '${aws:PrincipalAccount}*' } }, { 'aws:x': '111111111111a' })).toBe(false)
    expect(holds({ StringEquals: { 'aws:x': '${aws:PrincipalAccount}*' } }, { 'aws:x': '111111111111*' })).toBe(true)
  })

  test('one without a value matches nothing, unless it has a default', () => {
    expect(
      holds({ StringEquals: { 'aws:x': '${aws:PrincipalTag/team}' } }, { 'aws:x': '${aws:PrincipalTag/team}' }),
    ).toBe(false)
    expect(holds({ StringEquals: { 'aws:x': "${aws:PrincipalTag/team, 'none'}" } }, { 'aws:x': 'none' })).toBe(true)
  })

  test('a key of many values is no variable', () => {
    expect(holds({ StringEquals: { 'aws:x': '${aws:TagKeys}' } }, { 'aws:x': 'a', 'aws:TagKeys': ['a'] })).toBe(false)
  })

  test('${*}, ${?} and ${$} are those characters', () => {
    expect(holds({ StringLike: { 'aws:x': 'a${*}${?}${$}' } }, { 'aws:x': 'a*?$' })).toBe(true)
    expect(holds({ StringLike: { 'aws:x': 'a${*}' } }, { 'aws:x': 'abc' })).toBe(false)
  })

  test('in a policy of the older version they are plain text', () => {
    const older = { Version: '2008-10-17', Statement: allow({ Resource: 'x-${aws:PrincipalAccount}' }) }

    expect(decide({ identityPolicies: [older], resource: 'x-111111111111' })).toBe('implicitDeny: identity')
    expect(decide({ identityPolicies: [older], resource: 'x-${aws:PrincipalAccount}' })).toBe('allowed')
  })
})

test('a policy may hold one statement instead of a list', () => {
  expect(decide({ identityPolicies: [{ Version: '2012-10-17', Statement: allow({ Action: READ }) }] })).toBe('allowed')
  expect(decide({ identityPolicies: [policy(allow(), deny({ Resource: SECRET }))] })).toBe('explicitDeny: identity')
})
