// Where the list of revocations is published (docs/vending.md): one object in a bucket of its own, signed by a key of its own, written by the
// functions that know who is revoked, each on condition that the others' words stay in it. The vendor's API serves it from there; so neither
// the vendor nor any other function has to work for a verifier to read it.

import { CfnOutput, Duration, Stack, Validations } from 'aws-cdk-lib'
import { Metric } from 'aws-cdk-lib/aws-cloudwatch'
import { type IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { Key } from 'aws-cdk-lib/aws-kms'
import { Bucket } from 'aws-cdk-lib/aws-s3'
import { Construct } from 'constructs'
import { publishingKeyAlias, REVOCATIONS_OBJECT } from '../../lambda/core/revocations/document.ts'
import type { PublicationEnv } from '../../lambda/env/revocations.ts'
import type { StageNames } from '../config/stage-names.ts'
import { denyOn, keepBucket, keptBucket } from './bucket-guard.ts'
import type { M2mFunction } from './m2m-function.ts'
import type { MetricNotice } from './notice.ts'
import { maySignWith, signingKey } from './signing-key.ts'

export interface RevocationListProps {
  readonly names: StageNames
  /** Roles that write the list: those of the functions that learn who is revoked. */
  readonly writerRoleArns: readonly string[]
  /** Roles that may change key and bucket themselves, beside the account's root: the one that deploys, and break-glass. */
  readonly keeperRoleArns: readonly string[]
}

/** Older lists show what verifiers were given, and when. */
const OLDER_LISTS_DAYS = 30

export class RevocationList extends Construct {
  readonly key: Key
  readonly bucket: Bucket
  /** For the functions that write it. */
  readonly env: PublicationEnv
  readonly metricNotices: readonly MetricNotice[]

  constructor(scope: Construct, id: string, props: RevocationListProps) {
    super(scope, id)
    const { names, writerRoleArns, keeperRoleArns } = props
    this.key = signingKey(this, {
      description: `Signs the list of revocations, stage ${names.stage}`,
      alias: publishingKeyAlias(names.stage),
      signingSid: 'SignForWriters',
      signerRoleArns: writerRoleArns,
      administratorRoleArns: keeperRoleArns,
    })
    this.bucket = this.makeBucket()
    this.guard(props)
    this.env = { keyArn: this.key.keyArn, bucket: this.bucket.bucketName }
    this.metricNotices = [
      {
        id: 'RevocationsUnpublished',
        page: 'revocations-unpublished',
        says: 'A revoke is done, but the list of revocations could not be written: verifiers do not know about it yet.',
        metric: new Metric({
          namespace: `M2M/${names.stage}`,
          metricName: 'RevocationsUnpublished',
          statistic: 'Sum',
          period: Duration.minutes(5),
        }),
        atLeast: 1,
      },
    ]
    const output = new CfnOutput(this, 'Public', {
      value: this.key.keyArn,
      description:
        'Key that signs the list of revocations; its public half, for verifiers: aws kms get-public-key --key-id ARN --query PublicKey --output text',
    })
    output.overrideLogicalId('RevocationsPublicKey')
  }

  /** Whoever reads it is named by IAM, not by this bucket: it holds ids and times. */
  mayRead(reader: IGrantable): void {
    const { account } = Stack.of(this)
    const own = { StringEquals: { 'aws:ResourceAccount': account } }
    const read = [
      new PolicyStatement({
        sid: 'ReadRevocations',
        actions: ['s3:GetObject'],
        resources: [this.bucket.arnForObjects(REVOCATIONS_OBJECT)],
        conditions: own,
      }),
      // Without it, S3 answers 403 for a list that is not there yet.
      new PolicyStatement({
        sid: 'SeeWhetherThereAreRevocations',
        actions: ['s3:ListBucket'],
        resources: [this.bucket.bucketArn],
        conditions: own,
      }),
    ]
    for (const statement of read) reader.grantPrincipal.addToPrincipalPolicy(statement)
  }

  /** Lets a function write the list. */
  mayPublish(fn: M2mFunction): void {
    this.mayRead(fn.role)
    fn.mayDo(
      new PolicyStatement({
        sid: 'WriteRevocations',
        actions: ['s3:PutObject'],
        resources: [this.bucket.arnForObjects(REVOCATIONS_OBJECT)],
        conditions: { StringEquals: { 'aws:ResourceAccount': Stack.of(this).account } },
      }),
      maySignWith(this.key, 'SignRevocations'),
      new PolicyStatement({
        sid: 'VerifyRevocations',
        actions: ['kms:GetPublicKey'],
        resources: [this.key.keyArn],
      }),
    )
  }

  private makeBucket(): Bucket {
    const bucket = new Bucket(this, 'Bucket', {
      ...keptBucket,
      lifecycleRules: [
        {
          id: 'OlderLists',
          noncurrentVersionExpiration: Duration.days(OLDER_LISTS_DAYS),
          abortIncompleteMultipartUploadAfter: Duration.days(1),
        },
      ],
    })
    Validations.of(bucket).acknowledge({
      id: 'AwsSolutions-S1',
      reason: 'It holds one list, which every verifier may read; its older versions show who wrote what',
    })
    return bucket
  }

  private guard({ writerRoleArns, keeperRoleArns }: RevocationListProps): void {
    const { bucket } = this
    const list = bucket.arnForObjects(REVOCATIONS_OBJECT)
    denyOn(bucket, 'NothingElseIsHere', ['s3:PutObject'], { on: list, elsewhere: true })
    denyOn(bucket, 'OnlyWritersWrite', ['s3:PutObject'], {
      on: list,
      unless: { ArnNotEquals: { 'aws:PrincipalArn': [...writerRoleArns] } },
    })
    // Whoever writes over what he has not read would lose a revocation.
    // https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes-enforce.html
    denyOn(bucket, 'WrittenOverWhatWasRead', ['s3:PutObject'], {
      on: list,
      unless: { Null: { 's3:if-match': 'true', 's3:if-none-match': 'true' } },
    })
    keepBucket(bucket, keeperRoleArns)
  }
}
