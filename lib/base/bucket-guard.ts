// What guards a bucket of the stage against identity policies elsewhere in the account, however wide. Lifecycle rules are not bound by it,
// S3's own rule.

import { RemovalPolicy, Stack } from 'aws-cdk-lib'
import { AnyPrincipal, Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { BlockPublicAccess, type Bucket, BucketEncryption, type BucketProps, ObjectOwnership } from 'aws-cdk-lib/aws-s3'

/** Of each bucket of the stage. No key of ours: what lies there holds no secret, and must stay readable when a key is gone (docs/decisions/038). */
export const keptBucket = {
  versioned: true,
  encryption: BucketEncryption.S3_MANAGED,
  blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
  objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
  enforceSSL: true,
  minimumTLSVersion: 1.2,
  removalPolicy: RemovalPolicy.RETAIN,
} as const satisfies BucketProps

/** Whatever opens the bucket, or makes S3 itself delete what is in it. */
const BUCKET_CHANGES = [
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
] as const

interface Denial {
  readonly on: string
  /** `on` is what it is not about. */
  readonly elsewhere?: true
  /** @default - in any case */
  readonly unless?: Readonly<Record<string, Readonly<Record<string, string | string[]>>>>
}

/** Adds a denial to the bucket's own policy. */
export const denyOn = (bucket: Bucket, sid: string, actions: readonly string[], denial: Denial): void => {
  const { on, elsewhere, unless = {} } = denial
  bucket.addToResourcePolicy(
    new PolicyStatement({
      sid,
      effect: Effect.DENY,
      principals: [new AnyPrincipal()],
      actions: [...actions],
      ...(elsewhere === true ? { notResources: [on] } : { resources: [on] }),
      conditions: unless,
    }),
  )
}

/** Nothing in it is deleted, and it is itself changed by the keepers alone. @param keeperRoleArns beside the account's root */
export const keepBucket = (bucket: Bucket, keeperRoleArns: readonly string[]): void => {
  const { partition, account } = Stack.of(bucket)
  denyOn(bucket, 'NobodyDeletes', ['s3:DeleteObject', 's3:DeleteObjectVersion'], { on: bucket.arnForObjects('*') })
  const root = `arn:${partition}:iam::${account}:root`
  denyOn(bucket, 'OnlyKeepersChangeTheBucket', BUCKET_CHANGES, {
    on: bucket.bucketArn,
    unless: { ArnNotEquals: { 'aws:PrincipalArn': [...new Set(keeperRoleArns), root] } },
  })
  // Else the bucket would outlive the stack unguarded.
  bucket.policy?.applyRemovalPolicy(RemovalPolicy.RETAIN)
}
