// What functions remember, and sign with: who writes which records of the table and who signs, statement by statement; that both outlive the stack; and what
// the functions are told.
import { Match, type Template } from 'aws-cdk-lib/assertions'
import { beforeAll, describe, expect, test } from 'vitest'
import { everything } from './everything.ts'
import { ACCOUNT, BREAK_GLASS, REGION, resourcesOf, roleStatements, type Statement, synthStack } from './synth.ts'

let template: Template
let whole: Template
beforeAll(() => {
  template = synthStack().template()
  whole = synthStack(everything).template()
})

const text = (value: unknown): string =>
  JSON.stringify(value).replaceAll(
    /\{"Fn::Join":\["",\["arn:",\{"Ref":"AWS::Partition"\},"([^"]*)"\]\]\}/g,
    (_, rest: string) => `"arn:aws${rest}"`,
  )
const role = (part: string) => `arn:aws:iam::${ACCOUNT}:role/m2m-prod-${part}-${REGION}`
const CLAIMING = [role('registrar'), role('clients')]
const OPERATOR = `arn:aws:iam::${ACCOUNT}:role/operator`
const SECURITY = 'arn:aws:iam::222222222222:role/security-desk'
const DEPLOY = `arn:aws:iam::${ACCOUNT}:role/cdk-hnb659fds-cfn-exec-role-${ACCOUNT}-${REGION}`
const ROOT = `arn:aws:iam::${ACCOUNT}:root`
const plain = (value: unknown): unknown => JSON.parse(text(value))
const oneOf = (of: Template, type: string, prefix: string) => {
  const [found, ...more] = Object.entries(resourcesOf(of)).filter(
    ([id, { Type }]) => Type === type && id.startsWith(prefix),
  )
  if (found === undefined || more.length > 0) throw new Error(`${type}: expected one below ${prefix}`)
  return { id: found[0], ...found[1] }
}

describe('the records table', () => {
  const table = (of = template) => oneOf(of, 'AWS::DynamoDB::GlobalTable', 'Records')
  const replica = (of = template) => (table(of).Properties.Replicas as readonly Record<string, unknown>[])[0] ?? {}
  const statements = (of = template) => {
    const { PolicyDocument } = replica(of).ResourcePolicy as { readonly PolicyDocument: { Statement: Statement[] } }
    return plain(PolicyDocument.Statement)
  }
  const everybody = { Effect: 'Deny', Principal: { AWS: '*' }, Resource: '*' }
  const but = (...arns: readonly string[]) => ({
    Condition: { ArnNotEquals: { 'aws:PrincipalArn': arns } },
  })

  test('is paid by use, can be restored, refuses to be deleted, and outlives the stack', () => {
    expect(table()).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' })
    expect(table().Properties).toMatchObject({
      BillingMode: 'PAY_PER_REQUEST',
      TimeToLiveSpecification: { AttributeName: 'keptUntil', Enabled: true },
    })
    expect(table().Properties).not.toHaveProperty('TableName')
    expect(replica()).toMatchObject({
      DeletionProtectionEnabled: true,
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
    })
  })

  const writes = [
    'dynamodb:PutItem',
    'dynamodb:UpdateItem',
    'dynamodb:DeleteItem',
    'dynamodb:BatchWriteItem',
    'dynamodb:PartiQLInsert',
    'dynamodb:PartiQLUpdate',
    'dynamodb:PartiQLDelete',
  ]
  /** A denial of writes below these keys, to all but these roles. */
  const only = (sid: string, keys: string | readonly string[], ...arns: readonly string[]) => ({
    Sid: sid,
    ...everybody,
    Action: writes,
    Condition: {
      ...(arns.length === 0 ? {} : but(...arns).Condition),
      'ForAnyValue:StringLike': { 'dynamodb:LeadingKeys': [keys].flat() },
    },
  })

  test('has this policy', () => {
    expect(statements()).toEqual([
      {
        Sid: 'OnlyNamedRolesWrite',
        ...everybody,
        Action: writes,
        ...but(role('rotation'), role('sweep'), ...CLAIMING),
      },
      only('OnlyRotationsWriteTheirs', ['lease#*', 'versions#*'], role('rotation')),
      // Without an intake and without proof of adoption.
      only('OnlyTheIntakeAndReleases', ['gate#*']),
      only('OnlyItsFunctionRecordsReads', ['reads#*']),
      only('OnlyTheSweepRemembersReports', ['reports#*'], role('sweep')),
      only('OnlyRegistrationsClaim', ['claims#*'], ...CLAIMING),
      { Sid: 'NobodyScans', ...everybody, Action: 'dynamodb:Scan' },
      {
        Sid: 'OnlyKeepersChangeTheTable',
        ...everybody,
        Action: [
          'dynamodb:PutResourcePolicy',
          'dynamodb:DeleteResourcePolicy',
          'dynamodb:DeleteTable',
          'dynamodb:UpdateTable',
          'dynamodb:UpdateTimeToLive',
          'dynamodb:UpdateContinuousBackups',
        ],
        ...but(DEPLOY, BREAK_GLASS, ROOT),
      },
    ])
  })

  test('lets each of those who write something write that, and nothing else', () => {
    const rotations = [role('rotation'), role('project-rotation')]
    const releasing = [role('intake'), OPERATOR, SECURITY, BREAK_GLASS]

    expect((statements(whole) as readonly unknown[]).slice(0, 4)).toEqual([
      {
        Sid: 'OnlyNamedRolesWrite',
        ...everybody,
        Action: writes,
        ...but(...rotations, ...releasing, role('reads'), role('sweep'), ...CLAIMING),
      },
      only('OnlyRotationsWriteTheirs', ['lease#*', 'versions#*'], ...rotations),
      only('OnlyTheIntakeAndReleases', ['gate#*'], ...releasing),
      only('OnlyItsFunctionRecordsReads', ['reads#*'], role('reads')),
    ])
  })

  test.each([
    ['intake', 'IntakeFnRole', 'PassTheGate', ['dynamodb:GetItem', 'dynamodb:PutItem'], 'gate#*'],
    ['reads', 'AdoptionFnRole', 'RecordReads', ['dynamodb:UpdateItem'], 'reads#*'],
    ['sweep', 'SweepFnRole', 'AskWhoHasRead', ['dynamodb:Query'], 'reads#*'],
    [
      'sweep',
      'SweepFnRole',
      'RememberReports',
      ['dynamodb:Query', 'dynamodb:PutItem', 'dynamodb:DeleteItem'],
      'reports#*',
    ],
    ['rotation', 'RotationFnRole', 'HoldLeases', ['dynamodb:PutItem', 'dynamodb:DeleteItem'], 'lease#*'],
    ['rotation', 'RotationFnRole', 'ReadClaims', ['dynamodb:GetItem'], 'claims#*'],
    ['registrar', 'RegistrarFnRole', 'Claim', ['dynamodb:GetItem', 'dynamodb:PutItem'], 'claims#*'],
    ['clients', 'ClientsFnRole', 'Claim', ['dynamodb:GetItem', 'dynamodb:PutItem'], 'claims#*'],
    ['clients', 'ClientsFnRole', 'EndClaims', ['dynamodb:DeleteItem'], 'claims#*'],
    ['rotation', 'RotationFnRole', 'KeepVersions', ['dynamodb:UpdateItem', 'dynamodb:Query'], 'versions#*'],
  ])('the role of the %s function has %s below its keys, in requests that name some', (_, id, sid, actions, keys) => {
    const [statement, ...more] = roleStatements(whole, id).filter(({ Sid }) => Sid === sid)

    expect(more).toEqual([])
    expect([statement?.Action].flat()).toEqual(actions)
    expect(plain(statement?.Condition)).toEqual({
      'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [keys] },
      Null: { 'dynamodb:LeadingKeys': 'false' },
      StringEquals: { 'aws:ResourceAccount': ACCOUNT },
    })
  })

  test('is the only table that remembers anything, and no role may scan it or list what is in it', () => {
    expect(Object.keys(whole.findResources('AWS::DynamoDB::GlobalTable'))).toEqual([table(whole).id])
    const allowed = Object.values(resourcesOf(whole))
      .filter(({ Type }) => /^AWS::IAM::(Managed)?Policy$/.test(Type))
      .flatMap(
        ({ Properties }) => (Properties.PolicyDocument as { readonly Statement: readonly Statement[] }).Statement,
      )
      .flatMap(({ Effect, Action }) => (Effect === 'Allow' ? [Action].flat() : []))
      .filter((action) => action?.startsWith('dynamodb:'))
    expect([...new Set(allowed)].sort()).toEqual(
      ['DeleteItem', 'GetItem', 'PutItem', 'Query', 'UpdateItem'].map((name) => `dynamodb:${name}`),
    )
  })

  test('is written by the rotation of the project secret as well, where there is one', () => {
    expect(text(statements(whole))).toContain(role('project-rotation'))
    expect(text(statements())).not.toContain('project-rotation')
  })
})

const keysThatSign = { Properties: { KeyUsage: 'SIGN_VERIFY', KeySpec: 'ECC_NIST_P256' } }

describe('the key of the proofs', () => {
  const key = (of = template) => oneOf(of, 'AWS::KMS::Key', 'Proofs')
  const statements = (of = template) =>
    plain((key(of).Properties.KeyPolicy as { readonly Statement: Statement[] }).Statement) as readonly Statement[]

  test.each([{}, { onRemoval: 'destroy' }])('signs over P-256, and outlives the stack: %j', (changes) => {
    const of = synthStack(changes).template()

    expect(key(of)).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' })
    expect(key(of).Properties).toMatchObject({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' })
    expect(key(of).Properties).not.toHaveProperty('EnableKeyRotation')
    of.hasResourceProperties('AWS::KMS::Alias', { AliasName: 'alias/m2m-prod-proofs' })
  })

  test('signs digests for the rotations alone, and shows its public half to the account', () => {
    const everybody = { Principal: { AWS: '*' }, Resource: '*' }
    const byRotations = { 'aws:PrincipalArn': [role('rotation')] }
    const signing = { ...everybody, Action: 'kms:Sign' }

    expect(statements().slice(2)).toEqual([
      {
        Sid: 'SignForRotations',
        Effect: 'Allow',
        ...signing,
        Condition: {
          StringEquals: { 'kms:MessageType': 'DIGEST', 'kms:SigningAlgorithm': 'ECDSA_SHA_256' },
          ArnEquals: byRotations,
        },
      },
      { Sid: 'NobodyElseSigns', Effect: 'Deny', ...signing, Condition: { ArnNotEquals: byRotations } },
      {
        Sid: 'OnlyMessageType',
        Effect: 'Deny',
        ...signing,
        Condition: { StringNotEquals: { 'kms:MessageType': 'DIGEST' } },
      },
      {
        Sid: 'OnlySigningAlgorithm',
        Effect: 'Deny',
        ...signing,
        Condition: { StringNotEquals: { 'kms:SigningAlgorithm': 'ECDSA_SHA_256' } },
      },
      {
        Sid: 'AnybodyOfTheAccountReadsThePublicKey',
        Effect: 'Allow',
        ...everybody,
        Action: 'kms:GetPublicKey',
        Condition: { StringEquals: { 'kms:CallerAccount': ACCOUNT } },
      },
    ])
  })

  test('is changed as the key of the secrets is', () => {
    const [look, administer] = statements()

    expect([look?.Sid, administer?.Sid]).toEqual(['LookNotUse', 'AdministerNotUse'])
    expect(administer?.Condition).toEqual({ ArnEquals: { 'aws:PrincipalArn': [DEPLOY, BREAK_GLASS, ROOT] } })
    expect(text(statements().filter(({ Effect }) => Effect === 'Allow'))).not.toContain('kms:CreateGrant')
  })

  test('is replaced by another beside it, to which alias, output and functions move, and the former one stays', () => {
    const before = synthStack().template()
    const after = synthStack({ evidence: { signingKey: 2 } }).template()
    const keysOf = (of: Template) => Object.entries(of.findResources('AWS::KMS::Key', keysThatSign))
    const aliasesOf = (of: Template) =>
      Object.entries(of.findResources('AWS::KMS::Alias')).filter(([, one]) =>
        text(one).includes('alias/m2m-prod-proofs'),
      )
    const [[former, one] = ['', {}]] = keysOf(before)
    const [[next] = ['', {}], ...more] = keysOf(after)

    expect(one).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' })
    expect(more).toEqual([])
    expect(next).not.toBe(former)
    // The same resource: CloudFormation moves it.
    expect(aliasesOf(after).map(([id]) => id)).toEqual(aliasesOf(before).map(([id]) => id))
    expect(text(aliasesOf(after))).toContain(`"${next}"`)
    after.hasOutput('ProofPublicKey', { Value: { 'Fn::GetAtt': [next, 'Arn'] } })
    expect(text(after.findResources('AWS::Lambda::Function'))).not.toContain(`"${former}"`)
  })

  test('has its ARN in an output, which says how to read the public half', () => {
    template.hasOutput('ProofPublicKey', {
      Value: { 'Fn::GetAtt': [key().id, 'Arn'] },
      Description: Match.stringLikeRegexp('aws kms get-public-key'),
    })
  })
})

test.each([
  ['rotation', 'RotationFnRole'],
  ['project-rotation', 'ProjectRotationFnRole'],
])('the %s function knows table, key and bucket, and may use them', (part, logicalId) => {
  whole.hasResourceProperties('AWS::Lambda::Function', {
    FunctionName: Match.stringLikeRegexp(`-${part}$`),
    Environment: {
      Variables: {
        M2M_RECORDS_TABLE: { Ref: Match.stringLikeRegexp('^RecordsTable') },
        M2M_PROOF_KEY: { 'Fn::GetAtt': [Match.stringLikeRegexp('^ProofsKey'), 'Arn'] },
        M2M_EVIDENCE_BUCKET: { Ref: Match.stringLikeRegexp('^EvidenceBucket') },
      },
    },
  })
  const sids = roleStatements(whole, logicalId).map(({ Sid }) => Sid)
  expect(sids).toEqual(expect.arrayContaining(['HoldLeases', 'KeepVersions', 'SignProofs', 'PutProofs']))
})

test('no other function signs, or writes into the table or below proofs/', () => {
  const roles = Object.entries(resourcesOf(whole)).filter(([, { Type }]) => Type === 'AWS::IAM::Policy')
  const those = roles.filter(([, one]) => /"SignProofs"|"HoldLeases"|"KeepVersions"|"PutProofs"/.test(text(one)))

  expect(those.map(([id]) => id.replace(/RoleDefaultPolicy.*$/, '')).sort()).toEqual([
    'ProjectRotationFn',
    'RotationFn',
  ])
})

test('operators may release what the intake holds, and see who reads: the gate and the reads, and nothing else of the table', () => {
  const [policy] = Object.values(whole.findResources('AWS::IAM::ManagedPolicy'))
  const statements = policy?.Properties.PolicyDocument.Statement as readonly Statement[]
  const ofTable = statements.filter(({ Action }) => text(Action).includes('dynamodb:'))

  expect(ofTable.map(({ Sid }) => Sid)).toEqual(['ReleaseTheIntake', 'AskWhoHasRead'])
  expect(ofTable[0]?.Condition).toMatchObject({
    'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['gate#*'] },
    Null: { 'dynamodb:LeadingKeys': 'false' },
  })
  expect(ofTable[1]?.Condition).toMatchObject({ 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['reads#*'] } })
})

test('operators may read the public key', () => {
  template.hasResourceProperties('AWS::IAM::ManagedPolicy', {
    PolicyDocument: { Statement: Match.arrayWith([Match.objectLike({ Action: 'kms:GetPublicKey' })]) },
  })
})
