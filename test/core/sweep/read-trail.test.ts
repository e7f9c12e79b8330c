// What is understood of CloudTrail's events of reads, in the shapes that AWS documents for roles, users, other accounts and services.
import { describe, expect, test } from 'vitest'
import { readTrail } from '../../../lambda/core/sweep/read-trail.ts'

const PREFIX = 'm2m/prod/'
const ARN = 'arn:aws:secretsmanager:eu-west-1:111111111111:secret:m2m/prod/billing-AbCdEf'
const ROLE = 'arn:aws:iam::111111111111:role/billing'
const assumed = {
  type: 'AssumedRole',
  principalId: 'AROAEXAMPLE:task-1',
  arn: 'arn:aws:sts::111111111111:assumed-role/billing/task-1',
  accountId: '111111111111',
  sessionContext: { sessionIssuer: { type: 'Role', arn: ROLE } },
}
const detail = {
  eventTime: '2026-11-24T12:00:00Z',
  eventName: 'GetSecretValue',
  userIdentity: assumed,
  requestParameters: { secretId: ARN },
}
const read = (changes: object = {}) => readTrail({ detail: { ...detail, ...changes } }, { secretNamePrefix: PREFIX })
const found = (changes: object = {}) => {
  const result = read(changes)
  return result.ok ? result.value : result.refusal
}
const seen = {
  secretName: 'm2m/prod/billing',
  principal: ROLE,
  at: Date.UTC(2026, 10, 24, 12),
  asked: { kind: 'current' },
}

describe('whose secret', () => {
  test.each([
    ['its whole ARN', ARN],
    ['its ARN without the suffix', ARN.slice(0, -7)],
    ['its name', 'm2m/prod/billing'],
  ])('is told by %s', (_, secretId) => {
    expect(found({ requestParameters: { secretId } })).toEqual([seen])
  })

  test.each([
    ['its whole ARN', `${ARN.slice(0, -7)}-worker-AbCdEf`],
    ['its name', 'm2m/prod/billing-worker'],
  ])('that ends in a hyphen and six characters is told by %s', (_, secretId) => {
    expect(found({ requestParameters: { secretId } })).toMatchObject([{ secretName: 'm2m/prod/billing-worker' }])
  })

  test('may be several, and those of others are left out', () => {
    const secretIdList = ['m2m/prod/one', 'elsewhere/two', ARN]

    expect(found({ requestParameters: { secretIdList } })).toMatchObject([
      { secretName: 'm2m/prod/one' },
      { secretName: 'm2m/prod/billing' },
    ])
  })
})

describe('who reads', () => {
  test.each([
    ['a role, whatever its session', assumed, ROLE],
    ['a user', { type: 'IAMUser', arn: 'arn:aws:iam::111111111111:user/ada' }, 'arn:aws:iam::111111111111:user/ada'],
    [
      'somebody of another account',
      { type: 'AWSAccount', accountId: '222222222222', principalId: 'AROAOTHER:session' },
      '222222222222/AROAOTHER',
    ],
  ])('is %s', (_, userIdentity, principal) => {
    expect(found({ userIdentity })).toMatchObject([{ principal }])
  })

  test('is nobody when a service of AWS’s does', () => {
    expect(found({ userIdentity: { type: 'AWSService', invokedBy: 'secretsmanager.amazonaws.com' } })).toEqual([])
  })
})

test.each([
  [{ versionStage: 'AWSCURRENT' }, [{ kind: 'current' }]],
  [{ versionStage: null }, [{ kind: 'current' }]],
  [{ versionStage: 'AWSPREVIOUS' }, [{ kind: 'previous' }]],
  [{ versionId: 'rotate-1', versionStage: 'AWSCURRENT' }, [{ kind: 'version', versionId: 'rotate-1' }]],
  [{ versionStage: 'AWSPENDING' }, []],
  [{ versionStage: 'mine' }, []],
])('%j asks for %j', (more, asked) => {
  const reads = found({ requestParameters: { secretId: ARN, ...more } })

  expect(reads.map((one) => (typeof one === 'string' ? one : one.asked))).toEqual(asked)
})

test('a read that failed is none', () => {
  expect(found({ errorCode: 'AccessDenied' })).toEqual([])
})

test('what is no such event is told with every fault, and not repeated', () => {
  expect(readTrail('canary', { secretNamePrefix: PREFIX })).toEqual({
    ok: false,
    refusal: ['detail: expected an object'],
  })
  const faults = found({ eventTime: 'canary', userIdentity: 'canary', requestParameters: 7 })

  expect(faults).toHaveLength(3)
  expect(JSON.stringify(faults)).not.toContain('canary')
})
