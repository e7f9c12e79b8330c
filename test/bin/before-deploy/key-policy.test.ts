// What a key's own policy must cover, judged on policies as owners write them: ours, a wider one, a narrower one, AWS's default.
import { describe, expect, test } from 'vitest'
import { judgeKeyPolicy, neededUses } from '../../../bin/before-deploy/key-policy.ts'
import { keyPolicyIn } from '../../../bin/before-deploy/plan.ts'
import { synthStack } from '../../stack/synth.ts'

const ACCOUNT = '111111111111'
const around = {
  account: ACCOUNT,
  region: 'eu-west-1',
  partition: 'aws',
  urlSuffix: 'amazonaws.com',
  stackName: 'm2m-prod',
}
const own = keyPolicyIn(synthStack().template().toJSON(), around)
const needed = neededUses(own)
const judge = (...statements: readonly object[]) => judgeKeyPolicy({ Statement: statements }, needed, ACCOUNT)
const sids = (verdict: readonly { readonly Sid?: string }[]) => verdict.map(({ Sid }) => Sid)
const all = sids(needed)

const wide = { Effect: 'Allow', Principal: '*', Action: ['kms:Decrypt', 'kms:Generate*', 'kms:Encrypt'] }
const viaService = { StringEquals: { 'kms:ViaService': 'secretsmanager.eu-west-1.amazonaws.com' } }

test('the stack’s own policy covers what the stack needs, and its statements hold nothing that is not known yet', () => {
  expect(needed.length).toBeGreaterThan(0)
  expect(judgeKeyPolicy(own, needed, ACCOUNT)).toEqual({ missing: [], leftToIam: [], hasDenial: expect.any(Boolean) })
  expect(JSON.stringify(needed)).not.toContain('<unknown>')
})

test('the key for logs and alarms is not taken for it', () => {
  const both = synthStack({ monitoringKey: 'create' }).template().toJSON()

  expect(keyPolicyIn(both, around)).toEqual(own)
})

describe('a wider policy covers it', () => {
  test.each([
    ['without a condition', wide],
    ['for this service', { ...wide, Condition: viaService }],
    [
      'with other case and wildcards',
      { ...wide, Condition: { StringLike: { 'kms:viaservice': 'secretsmanager.*.amazonaws.com' } } },
    ],
    ['with all actions', { ...wide, Action: 'kms:*' }],
  ])('%s', (_what, statement) => {
    expect(judge(statement)).toMatchObject({ missing: [], leftToIam: [] })
  })
})

describe('a narrower one does not', () => {
  test.each([
    [
      'of another service',
      { ...wide, Condition: { StringEquals: { 'kms:ViaService': 'ssm.eu-west-1.amazonaws.com' } } },
    ],
    [
      'of another Region',
      { ...wide, Condition: { StringEquals: { 'kms:ViaService': 'secretsmanager.us-east-1.amazonaws.com' } } },
    ],
    [
      'with a condition that the stack would not write',
      { ...wide, Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'true' } } },
    ],
    [
      'for another stage',
      {
        ...wide,
        Condition: {
          StringLike: {
            'kms:EncryptionContext:SecretARN': 'arn:aws:secretsmanager:eu-west-1:111111111111:secret:m2m/test/*',
          },
        },
      },
    ],
    ['that denies', { ...wide, Effect: 'Deny' }],
    ['of another account', { ...wide, Principal: { AWS: 'arn:aws:iam::222222222222:root' } }],
  ])('%s', (_what, statement) => {
    expect(sids(judge(statement).missing)).toEqual(all)
  })

  test('and what is missing is what is to be pasted', () => {
    const reading = { ...wide, Action: 'kms:Decrypt', Condition: viaService }
    const { missing } = judge(reading)

    expect(missing.length).toBeLessThan(needed.length)
    for (const statement of missing) expect(JSON.stringify(statement.Action)).toContain('kms:GenerateDataKey')
  })
})

test('AWS’s default policy leaves it to IAM, which is neither yes nor no', () => {
  const root = { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` }, Action: 'kms:*' }

  expect(judge(root).missing).toEqual([])
  expect(sids(judge(root).leftToIam)).toEqual(all)
})

test('a denial of using the key is said, one of administering it is not', () => {
  const denial = { Effect: 'Deny', Principal: '*' }

  expect(judge(wide, { ...denial, Action: 'kms:Decrypt' }).hasDenial).toBe(true)
  expect(judge(wide, { ...denial, NotAction: 'kms:PutKeyPolicy' }).hasDenial).toBe(true)
  expect(judge(wide, { ...denial, Action: 'kms:PutKeyPolicy' }).hasDenial).toBe(false)
})

test.each([undefined, {}, { Statement: 'x' }, { Statement: [null, 3] }])(
  'a policy that is none (%j) covers nothing',
  (policy) => {
    expect(sids(judgeKeyPolicy(policy, needed, ACCOUNT).missing)).toEqual(all)
  },
)
