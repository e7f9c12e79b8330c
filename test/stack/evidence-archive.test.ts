// The evidence archive, statement by statement: who writes, that nobody overwrites or deletes, how long it is kept, what the rule picks,
// and where a delivery that failed ends.

import { Match, type Template } from 'aws-cdk-lib/assertions'
import { beforeAll, describe, expect, test } from 'vitest'
import { archivePlaceOf, eventSources, eventTypesOf } from '../../lambda/core/base/event-types.ts'
import { archivePattern } from '../../lambda/env/archive-rule.ts'
import { matchesPattern } from '../../lambda/local/aws/event-pattern.ts'
import { ACCOUNT, BREAK_GLASS, REGION, resourcesOf, roleStatements, type Statement, synthStack } from './synth.ts'

let template: Template
beforeAll(() => {
  template = synthStack().template()
})

const idsOf = (type: string, prefix = 'Evidence', of = template): readonly string[] =>
  Object.entries(resourcesOf(of)).flatMap(([id, { Type }]) => (Type === type && id.startsWith(prefix) ? [id] : []))
const onlyId = (type: string, prefix?: string): string => {
  const [id, ...more] = idsOf(type, prefix)
  if (id === undefined || more.length > 0) throw new Error(`${type}: expected one, found ${1 + more.length}`)
  return id
}
const propertiesOf = (type: string, prefix?: string) => resourcesOf(template)[onlyId(type, prefix)]?.Properties ?? {}

const bucketId = () => onlyId('AWS::S3::Bucket')
const objectsByArn = () => ({ 'Fn::Join': ['', [{ 'Fn::GetAtt': [bucketId(), 'Arn'] }, '/*']] })
const objectsByName = () => ({
  'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':s3:::', { Ref: bucketId() }, '/*']],
})
const proofsByArn = () => ({ 'Fn::Join': ['', [{ 'Fn::GetAtt': [bucketId(), 'Arn'] }, '/proofs/*']] })
const roleNamed = (part: string) => ({
  'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, `:iam::${ACCOUNT}:role/m2m-prod-${part}-${REGION}`]],
})
const archiveRole = roleNamed('archive')

describe('the bucket', () => {
  test('is versioned, encrypted, closed to the public, and owned by its account alone', () => {
    expect(propertiesOf('AWS::S3::Bucket')).toMatchObject({
      VersioningConfiguration: { Status: 'Enabled' },
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
      },
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
      OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
    })
  })

  test('has a name that CloudFormation makes, so that a stage can be deployed beside the evidence that a former one left', () => {
    expect(propertiesOf('AWS::S3::Bucket')).not.toHaveProperty('BucketName')
  })

  test.each([{}, { onRemoval: 'destroy' }])('outlives the stack, and stays guarded: %j', (changes) => {
    const kept = { DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' }
    const stack = synthStack(changes).template()

    stack.hasResource('AWS::S3::Bucket', kept)
    stack.hasResource('AWS::S3::BucketPolicy', kept)
    expect(JSON.stringify(stack.toJSON())).not.toMatch(/AutoDeleteObjects/)
  })

  test('hides an object when its time is over, and erases it a month later', () => {
    expect(propertiesOf('AWS::S3::Bucket').LifecycleConfiguration).toEqual({
      Rules: [
        {
          Id: 'Retention',
          Status: 'Enabled',
          ExpirationInDays: 1096,
          NoncurrentVersionExpiration: { NoncurrentDays: 30 },
        },
        {
          Id: 'Leftovers',
          Status: 'Enabled',
          ExpiredObjectDeleteMarker: true,
          AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 },
        },
      ],
    })
  })

  test('keeps for as long as is configured', () => {
    synthStack({ evidence: { retentionDays: 2557 } })
      .template()
      .hasResourceProperties('AWS::S3::Bucket', {
        LifecycleConfiguration: { Rules: Match.arrayWith([Match.objectLike({ ExpirationInDays: 2557 })]) },
      })
  })
})

describe('Object Lock', () => {
  test('is off unless asked for: a mistake would stand for years', () => {
    const properties = propertiesOf('AWS::S3::Bucket')

    expect(properties).not.toHaveProperty('ObjectLockEnabled')
    expect(properties).not.toHaveProperty('ObjectLockConfiguration')
  })

  test.each(['governance', 'compliance'])('%s locks each object for as long as it is kept', (objectLock) => {
    synthStack({ evidence: { retentionDays: 400, objectLock } })
      .template()
      .hasResourceProperties('AWS::S3::Bucket', {
        ObjectLockEnabled: true,
        ObjectLockConfiguration: {
          ObjectLockEnabled: 'Enabled',
          Rule: { DefaultRetention: { Mode: objectLock.toUpperCase(), Days: 400 } },
        },
      })
  })
})

describe("the bucket's policy", () => {
  const statements = () =>
    (propertiesOf('AWS::S3::BucketPolicy').PolicyDocument as { Statement: Statement[] }).Statement

  test('says exactly this', () => {
    const everything = [{ 'Fn::GetAtt': [bucketId(), 'Arn'] }, objectsByArn()]
    const everybody = { Effect: 'Deny', Principal: { AWS: '*' } }

    expect(statements()).toEqual([
      { ...everybody, Action: 's3:*', Resource: everything, Condition: { Bool: { 'aws:SecureTransport': 'false' } } },
      { ...everybody, Action: 's3:*', Resource: everything, Condition: { NumericLessThan: { 's3:TlsVersion': 1.2 } } },
      {
        Sid: 'OnlyTheArchiveWrites',
        ...everybody,
        Action: 's3:PutObject',
        NotResource: proofsByArn(),
        Condition: { ArnNotEquals: { 'aws:PrincipalArn': archiveRole } },
      },
      {
        Sid: 'OnlyRotationsProve',
        ...everybody,
        Action: 's3:PutObject',
        Resource: proofsByArn(),
        Condition: { ArnNotEquals: { 'aws:PrincipalArn': [roleNamed('rotation')] } },
      },
      {
        Sid: 'WrittenOnce',
        ...everybody,
        Action: 's3:PutObject',
        Resource: objectsByArn(),
        Condition: { Null: { 's3:if-none-match': 'true' } },
      },
      {
        Sid: 'NobodyDeletes',
        ...everybody,
        Action: ['s3:DeleteObject', 's3:DeleteObjectVersion'],
        Resource: objectsByArn(),
      },
      {
        Sid: 'OnlyKeepersChangeTheBucket',
        ...everybody,
        Action: [
          's3:PutBucketPolicy',
          's3:DeleteBucketPolicy',
          's3:PutLifecycleConfiguration',
          's3:PutBucketVersioning',
          's3:PutBucketObjectLockConfiguration',
          's3:PutBucketOwnershipControls',
          's3:PutBucketPublicAccessBlock',
          's3:PutEncryptionConfiguration',
          's3:PutReplicationConfiguration',
          's3:DeleteBucket',
        ],
        Resource: { 'Fn::GetAtt': [bucketId(), 'Arn'] },
        Condition: { ArnNotEquals: { 'aws:PrincipalArn': expect.any(Array) } },
      },
    ])
  })

  test('leaves itself to the role that deploys, break-glass and the root, who locks nobody out', () => {
    const keepers = statements().find(({ Sid }) => Sid === 'OnlyKeepersChangeTheBucket')?.Condition?.ArnNotEquals

    const deploy = `arn:aws:iam::${ACCOUNT}:role/cdk-hnb659fds-cfn-exec-role-${ACCOUNT}-${REGION}`
    const shown = JSON.stringify(keepers?.['aws:PrincipalArn']).replaceAll(
      /\{"Fn::Join":\["",\["arn:",\{"Ref":"AWS::Partition"\},("[^"]*")\]\]\}/g,
      (_, rest: string) => `"arn:aws${rest.slice(1)}`,
    )
    expect(JSON.parse(shown)).toEqual([deploy, BREAK_GLASS, `arn:aws:iam::${ACCOUNT}:root`])
    const owned = synthStack({ deployRoleArn: `arn:aws:iam::${ACCOUNT}:role/pipeline` }).template()
    expect(JSON.stringify(owned.findResources('AWS::S3::BucketPolicy'))).toContain(':role/pipeline')
  })
})

describe('the function', () => {
  test('may do exactly this', () => {
    expect(roleStatements(template, 'EvidenceFnRole')).toEqual([
      expect.objectContaining({ Action: ['logs:CreateLogStream', 'logs:PutLogEvents'] }),
      expect.objectContaining({ Action: ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'], Resource: '*' }),
      {
        Effect: 'Allow',
        Action: ['sqs:SendMessage', 'sqs:GetQueueAttributes', 'sqs:GetQueueUrl'],
        Resource: { 'Fn::GetAtt': [onlyId('AWS::SQS::Queue'), 'Arn'] },
      },
      {
        Sid: 'ArchiveInOwnAccount',
        Effect: 'Allow',
        Action: 's3:PutObject',
        Resource: objectsByName(),
        Condition: { StringEquals: { 'aws:ResourceAccount': ACCOUNT } },
      },
    ])
  })

  test('knows its bucket and nothing else', () => {
    template.hasResourceProperties('AWS::Lambda::Function', {
      FunctionName: 'm2m-prod-archive',
      Timeout: 15,
      MemorySize: 256,
      Environment: { Variables: { M2M_STAGE: 'prod', M2M_EVIDENCE_BUCKET: { Ref: bucketId() } } },
    })
  })

  test('is tried three times, and what it failed on is kept for fourteen days in a queue of its own', () => {
    const queue = onlyId('AWS::SQS::Queue')

    template.hasResourceProperties('AWS::Lambda::EventInvokeConfig', {
      FunctionName: { Ref: onlyId('AWS::Lambda::Function') },
      MaximumRetryAttempts: 2,
      MaximumEventAgeInSeconds: 21_600,
      DestinationConfig: { OnFailure: { Destination: { 'Fn::GetAtt': [queue, 'Arn'] } } },
    })
    expect(propertiesOf('AWS::SQS::Queue')).toMatchObject({
      MessageRetentionPeriod: 1_209_600,
      SqsManagedSseEnabled: true,
    })
  })

  test.each([
    ['AWS/SQS', 'NumberOfMessagesSent'],
    ['AWS/Lambda', 'DestinationDeliveryFailures'],
  ])('what it could not archive wakes somebody: %s %s', (Namespace, MetricName) => {
    const about =
      Namespace === 'AWS/SQS'
        ? { 'Fn::GetAtt': [onlyId('AWS::SQS::Queue'), 'QueueName'] }
        : { Ref: onlyId('AWS::Lambda::Function') }

    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      Namespace,
      MetricName,
      Threshold: 1,
      Dimensions: [{ Name: Match.anyValue(), Value: about }],
      AlarmDescription: Match.stringLikeRegexp('Runbook: docs/runbook.md#evidence-not-archived'),
      AlarmActions: Match.anyValue(),
    })
  })
})

describe('the rule', () => {
  test('picks what an auditor asks for from our bus, each type from the sources that may put it, and nothing else', () => {
    const { EventBusName, EventPattern } = propertiesOf('AWS::Events::Rule')
    expect(EventBusName).toEqual({ Ref: expect.stringMatching(/^EventsBus/) })
    expect(EventPattern).toEqual(archivePattern)
    // EventBridge's quota.
    expect(JSON.stringify(EventPattern).length).toBeLessThan(2048)

    const types = [...new Set(eventSources.flatMap((source) => eventTypesOf(source) ?? []))]
    for (const source of [...eventSources, 'm2m.else', 'aws.health']) {
      for (const type of [...types, 'Anything Else']) {
        const isPicked = matchesPattern(archivePattern, { source, 'detail-type': type, detail: {} })
        expect([source, type, isPicked]).toEqual([source, type, archivePlaceOf(source, type) !== null])
      }
    }
  })

  test('keeps what it could not deliver', () => {
    expect(propertiesOf('AWS::Events::Rule').Targets).toEqual([
      {
        Arn: { 'Fn::GetAtt': [onlyId('AWS::Lambda::Function'), 'Arn'] },
        Id: 'Target0',
        DeadLetterConfig: { Arn: { 'Fn::GetAtt': [expect.stringMatching(/^NotificationsDeadLetters/), 'Arn'] } },
        RetryPolicy: { MaximumEventAgeInSeconds: 6 * 3600, MaximumRetryAttempts: 185 },
      },
    ])
  })

  test('alone may call the function', () => {
    const policies = Object.values(resourcesOf(template)).filter(
      ({ Type, Properties }) =>
        Type === 'AWS::Lambda::ResourcePolicy' && JSON.stringify(Properties.ResourceArn).includes('m2m-prod-archive'),
    )

    expect(policies.map(({ Properties }) => Properties.PolicyDocument)).toEqual([
      {
        Version: '2012-10-17',
        Statement: [
          expect.objectContaining({ Sid: 'OnlyItsCallers', Effect: 'Deny', Principal: '*' }),
          expect.objectContaining({ Sid: 'QualifiedByNobody', Effect: 'Deny', Principal: '*' }),
          expect.objectContaining({
            Sid: 'ByEvents',
            Action: 'lambda:InvokeFunction',
            Principal: { Service: 'events.amazonaws.com' },
            Condition: expect.objectContaining({
              ArnLike: { 'aws:SourceArn': [{ 'Fn::GetAtt': [onlyId('AWS::Events::Rule'), 'Arn'] }] },
            }),
          }),
        ],
      },
    ])
  })
})

test('operators may list and read evidence, and do nothing else to it', () => {
  const policy = propertiesOf('AWS::IAM::ManagedPolicy', 'Operators')
  const { Statement: all } = policy.PolicyDocument as { readonly Statement: readonly Statement[] }

  expect(all.filter(({ Action }) => JSON.stringify(Action).includes('s3:'))).toEqual([
    {
      Sid: 'ListEvidence',
      Effect: 'Allow',
      Action: 's3:ListBucket',
      Resource: { 'Fn::GetAtt': [bucketId(), 'Arn'] },
    },
    { Sid: 'ReadEvidence', Effect: 'Allow', Action: 's3:GetObject', Resource: objectsByName() },
  ])
})

test('the name of the bucket is told, since CloudFormation made it', () => {
  template.hasOutput('EvidenceBucketName', { Value: { Ref: bucketId() } })
})
