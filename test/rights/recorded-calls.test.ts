// Calls that were recorded on one laptop are put to the policies of another: what differs from run to run stands in them as one text, a right that
// is taken out denies the call by its name, and one that no call needs is found.
import { expect, test } from 'vitest'
import type { PolicyDocument } from '../../lambda/local/iam/policy.ts'
import { createRights } from '../../lambda/local/iam/rights.ts'
import { readCalls, recordOf, writeCalls } from '../../scripts/rights/recorded-calls.ts'
import { heldAgainst, type TemplateRights } from '../../scripts/rights/template-rights.ts'
import { reasonFor } from '../../scripts/rights/uncalled.ts'
import { ACCOUNT, may, policy, roleOf } from '../local/aws/signed-as.ts'

const ROLE = roleOf('rotation')
const FUNCTION = `arn:aws:lambda:us-east-1:${ACCOUNT}:function:rotation`
const BUCKET = 'arn:aws:s3:::evidence'
const secretArn = (suffix: string): string => `arn:aws:secretsmanager:us-east-1:${ACCOUNT}:secret:m2m/a-${suffix}`

const templateOf = (identityPolicy: PolicyDocument): TemplateRights => {
  const bucketPolicy = policy({
    Sid: 'Puts',
    Effect: 'Allow',
    Principal: { AWS: ROLE },
    Action: 's3:PutObject',
    Resource: '*',
  })
  const rights = createRights({
    account: ACCOUNT,
    identities: [
      {
        ...{ accessKeyId: 'rotation', principalArn: ROLE, account: ACCOUNT, identityPolicies: [identityPolicy] },
        arn: `arn:aws:sts::${ACCOUNT}:assumed-role/rotation/rotation`,
        context: { 'lambda:SourceFunctionArn': FUNCTION },
      },
    ],
    resourcePolicies: new Map([[BUCKET, bucketPolicy]]),
  })
  return {
    rights,
    policies: new Map([
      [identityPolicy, ROLE],
      [bucketPolicy, BUCKET],
    ]),
  }
}

const whole = may(['secretsmanager:GetSecretValue', 'secretsmanager:DeleteSecret'])

const run = (suffix: string, token: string) => {
  const { rights } = templateOf(whole)
  const caller = rights.identify('rotation')
  const context = { 'secretsmanager:VersionId': token }
  rights.authorize({
    caller,
    action: 'secretsmanager:GetSecretValue',
    resource: secretArn(suffix),
    resourcePolicy: undefined,
    context,
  })
  rights.authorize({ caller, action: 's3:PutObject', resource: `${BUCKET}/proofs/${token}.jws`, guardedBy: BUCKET })
  rights.authorize({ caller, action: 's3:GetObject', resource: `${BUCKET}/proofs/${token}.jws`, guardedBy: BUCKET })
  return recordOf(rights.evaluations())
}

const record = readCalls(
  writeCalls([run('Ab12Cd', 'rotate-mb0aaaaaaaa-11111111'), run('Zz98Yx', 'rotate-mb1bbbbbbbb-22222222')]),
)

test('two runs record the same, what was denied is no part of it, and the record reads as it was written', () => {
  expect(record.calls.map(({ action, resource }) => [action, resource])).toEqual([
    ['s3:PutObject', `${BUCKET}/proofs/x`],
    ['secretsmanager:GetSecretValue', secretArn('AbCdEf')],
  ])
  expect(readCalls(writeCalls([record]))).toEqual(record)
})

test('what a template names by itself stays as it is', () => {
  const { rights } = templateOf(may('*'))
  const caller = rights.identify('rotation')
  const key = `arn:aws:kms:us-east-1:${ACCOUNT}:key/11111111-2222-3333-4444-555555555555`
  const document = policy({ Effect: 'Allow', Principal: { AWS: ROLE }, Action: 'kms:Sign', Resource: '*' })
  rights.authorize({ caller, action: 'kms:Sign', resource: key, resourcePolicy: document })
  rights.authorize({ caller, action: 's3:GetObject', resource: `${BUCKET}/revocations.jwt`, guardedBy: BUCKET })

  expect(recordOf(rights.evaluations()).calls.map(({ resource }) => resource)).toEqual([
    key,
    `${BUCKET}/revocations.jwt`,
  ])
})

test('the rights that no call needs are named', () => {
  expect(heldAgainst(templateOf(whole), record)).toMatchObject({
    denied: [],
    unneeded: [{ holder: ROLE, statement: 'statement 1', action: 'secretsmanager:DeleteSecret' }],
  })
})

test('a right that is taken out denies the call that needs it, by its name', () => {
  const { denied } = heldAgainst(templateOf(may('secretsmanager:DeleteSecret')), record)

  expect(denied).toEqual([
    expect.stringMatching(
      /^arn:aws:iam::\d{12}:role\/rotation calls secretsmanager:GetSecretValue on .*: User: .* is not authorized to perform: secretsmanager:GetSecretValue/,
    ),
  ])
})

test('a caller that is gone is said as that', () => {
  const gone = { rights: createRights({ account: ACCOUNT, identities: [] }), policies: new Map() }

  expect(heldAgainst(gone, record).denied).toHaveLength(2)
  expect(heldAgainst(gone, record).denied[0]).toContain('nobody is called so')
})

test.each([
  ['logs:PutLogEvents', true],
  ['sqs:GetQueueUrl', true],
  ['sqs:SendMessage', false],
  ['secretsmanager:DeleteSecret', false],
])('that nothing calls %s is explained: %s', (action, isExplained) => {
  expect(reasonFor({ holder: ROLE, statement: 'statement 1', action }) !== undefined).toBe(isExplained)
})
