// Who calls besides the functions: each has the rights that its name promises, and nobody else's.
import { expect, test } from 'vitest'
import { people, type StagePeople } from '../../../lambda/local/iam/people.ts'
import { createRights } from '../../../lambda/local/iam/rights.ts'
import { allow, allowTo, policy } from './ask.ts'

const account = '000000000000'
const secret = `arn:aws:secretsmanager:us-east-1:${account}:secret:m2m/laptop/reports-AbCdEf`
const key = `arn:aws:kms:us-east-1:${account}:key/1`
const bus = `arn:aws:events:us-east-1:${account}:event-bus/m2m-laptop`
const identify = `arn:aws:lambda:us-east-1:${account}:function:m2m-laptop-identify`

const rights = createRights({
  account,
  identities: people({
    account,
    region: 'us-east-1',
    operatorPolicies: [policy(allow({ Action: 'secretsmanager:RotateSecret' }))],
    busArn: bus,
    identifyArns: [identify],
    secretArns: [secret],
    keyArns: [key],
  }),
})

const may = (who: string, action: string, resource: string, resourcePolicy?: ReturnType<typeof policy>): boolean =>
  rights.authorize({
    caller: rights.identify(who),
    action,
    resource,
    resourcePolicy,
    context: { 'kms:ViaService': 'secretsmanager.us-east-1.amazonaws.com' },
  }).decision === 'allowed'

const everybody = [
  'admin',
  'break-glass',
  'operator',
  'security',
  'power-user',
  'reader',
  'other-account-reader',
  'stranger',
]
const whoMay = (action: string, resource: string, resourcePolicy?: ReturnType<typeof policy>) =>
  everybody.filter((who) => may(who, action, resource, resourcePolicy))

test('each is a role of its name, and the other account’s reader one of that account', () => {
  expect(rights.identities().map(({ accessKeyId, principalArn }) => [accessKeyId, principalArn])).toEqual(
    everybody.map((name) => [
      name,
      `arn:aws:iam::${name === 'other-account-reader' ? '111111111111' : account}:role/${name}`,
    ]),
  )
  expect(rights.identify('operator').arn).toBe(`arn:aws:sts::${account}:assumed-role/operator/operator`)
})

test('each has by itself what its name promises', () => {
  expect(whoMay('iam:CreateRole', `arn:aws:iam::${account}:role/x`)).toEqual(['admin', 'break-glass'])
  expect(whoMay('secretsmanager:RotateSecret', secret)).toEqual(['admin', 'break-glass', 'operator', 'power-user'])
  expect(whoMay('events:PutEvents', bus)).toEqual(['admin', 'break-glass', 'security', 'power-user'])
  expect(whoMay('lambda:InvokeFunction', identify)).toEqual(['admin', 'break-glass', 'security', 'power-user'])
})

test('a listed reader of another account has its own side of a read, of the value and of the key', () => {
  const listed = policy(allowTo({ AWS: '111111111111' }))

  expect(may('other-account-reader', 'secretsmanager:GetSecretValue', secret, listed)).toBe(true)
  expect(may('other-account-reader', 'kms:Decrypt', key, listed)).toBe(true)
  expect(may('other-account-reader', 'secretsmanager:PutSecretValue', secret, listed)).toBe(false)
  expect(may('other-account-reader', 'secretsmanager:GetSecretValue', secret)).toBe(false)
})

const stage = (name: string, roles: Partial<StagePeople>) => ({
  account,
  region: 'us-east-1',
  operatorPolicies: [policy(allow({ Action: 'secretsmanager:RotateSecret', Resource: `arn:*:secret:m2m/${name}/*` }))],
  busArn: bus,
  identifyArns: [identify],
  secretArns: [secret],
  keyArns: [key],
  roles: { breakGlass: [], operators: [], security: [], readers: [], ...roles },
})
const role = (name: string, at = account): string => `arn:aws:iam::${at}:role/${name}`

test('roles that a configuration names take the names of their kinds, and the others their own', () => {
  const named = people(
    stage('shop', {
      breakGlass: [role('breaker')],
      operators: [role('team/platform'), role('payments')],
      security: [role('soc'), role('team/platform')],
      readers: [role('task'), role('task', '222222222222')],
    }),
  )

  expect(Object.fromEntries(named.map(({ accessKeyId, principalArn }) => [accessKeyId, principalArn]))).toEqual({
    admin: role('admin'),
    'break-glass': role('breaker'),
    operator: role('team/platform'),
    payments: role('payments'),
    security: role('soc'),
    'power-user': role('power-user'),
    reader: role('task'),
    'other-account-reader': role('task', '222222222222'),
    stranger: role('stranger'),
  })
  expect(named.find(({ accessKeyId }) => accessKeyId === 'operator')?.arn).toContain('assumed-role/platform/')
})

test('of two stages each operator may what his stage’s policy says, and whoever operates both may both', () => {
  const both = createRights({
    account,
    identities: people(
      stage('shop', { operators: [role('shop'), role('everywhere')] }),
      stage('lab', { operators: [role('lab'), role('everywhere')] }),
    ),
  })
  const mayRotate = (who: string, at: string): boolean =>
    both.authorize({
      caller: both.identify(who),
      action: 'secretsmanager:RotateSecret',
      resource: `arn:aws:secretsmanager:us-east-1:${account}:secret:m2m/${at}/a-AbCdEf`,
    }).decision === 'allowed'

  expect(
    ['operator', 'lab', 'everywhere', 'stranger'].map((who) => [mayRotate(who, 'shop'), mayRotate(who, 'lab')]),
  ).toEqual([
    [true, false],
    [false, true],
    [true, true],
    [false, false],
  ])
})
