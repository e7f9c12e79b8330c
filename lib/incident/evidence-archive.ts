// Where evidence is kept: a bucket that takes each object once, from one role for events and others for proofs, lets no one delete, and is changed itself by those alone who
// deploy; the rule that picks from the bus what an auditor asks for; and the small function between the two (docs/evidence.md,
// docs/decisions/038). The bucket outlives the stack, whatever the configuration says of everything else.

import { Duration, Stack, Validations } from 'aws-cdk-lib'
import { CfnRule, type EventBus, Rule } from 'aws-cdk-lib/aws-events'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations'
import { Bucket, ObjectLockRetention } from 'aws-cdk-lib/aws-s3'
import type { IQueue, Queue } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import { defined } from '../../lambda/core/base/defined.ts'
import { writeArchiveEnv } from '../../lambda/env/archive.ts'
import { archivePattern } from '../../lambda/env/archive-rule.ts'
import { denyOn, keepBucket, keptBucket } from '../base/bucket-guard.ts'
import { deadLetters } from '../base/dead-letters.ts'
import { type FunctionSurroundings, M2mFunction, printedArn } from '../base/m2m-function.ts'
import { byRules, keepingUndelivered, toFunction } from '../base/rule-targets.ts'
import type { OperatorPolicy } from '../clients/operator-policy.ts'
import type { DeployConfig } from '../config/deploy-config.ts'
import { roleArn, type StageNames } from '../config/stage-names.ts'

export interface EvidenceArchiveProps {
  readonly names: StageNames
  readonly surroundings: FunctionSurroundings
  readonly bus: EventBus
  readonly evidence: DeployConfig['evidence']
  /** Roles that put signed proofs below `proofs/`, and nothing elsewhere: those of the rotation functions. */
  readonly proverRoleArns: readonly string[]
  /** Roles that may change the bucket itself, beside the account's root: the one that deploys, and break-glass. */
  readonly keeperRoleArns: readonly string[]
  /** Roles that may hand over what could not be archived. @default - none */
  readonly breakGlassRoleArns?: readonly string[]
  /** For what EventBridge could not hand over; what the function could not do has a queue of its own. */
  readonly deadLetters: IQueue
}

/** One put of at most three seconds, tried twice. */
const TIMEOUT_SECONDS = 15
const MEMORY_MB = 256
/** After its time an object is only hidden, so that a retention that was set too short by mistake can be corrected for a month. */
const HIDDEN_DAYS = 30

/** Where proofs lie (lambda/core/rotation/proof.ts). */
const PROOFS = 'proofs/*'

const lockOf = ({ objectLock, retentionDays }: DeployConfig['evidence']): ObjectLockRetention | undefined => {
  if (objectLock === undefined) return undefined
  const duration = Duration.days(retentionDays)
  return objectLock === 'compliance'
    ? ObjectLockRetention.compliance(duration)
    : ObjectLockRetention.governance(duration)
}

export class EvidenceArchive extends Construct {
  readonly bucket: Bucket
  readonly fn: M2mFunction
  /** Events that the function failed on three times. */
  readonly unarchived: Queue
  /** Hands events to the archive. */
  readonly rule: Rule
  /** ARN pattern of every object. */
  private readonly objects: string

  constructor(scope: Construct, id: string, props: EvidenceArchiveProps) {
    super(scope, id)
    this.bucket = this.makeBucket(props)
    // By name, as rule packs print it.
    this.objects = `arn:${Stack.of(this).partition}:s3:::${this.bucket.bucketName}/*`
    this.guard(props)
    this.unarchived = deadLetters(this, 'Unarchived', {
      holds: 'It is itself where events end that could not be archived',
      removalPolicy: props.surroundings.removalPolicy,
    })
    this.fn = this.makeFunction(props)
    this.rule = new Rule(this, 'Rule', {
      eventBus: props.bus,
      description: 'What an auditor asks for goes to the evidence archive',
      // Replaced below: the construct's own form of a pattern has no alternatives.
      eventPattern: { detailType: ['none'] },
      targets: [keepingUndelivered(toFunction(this.fn.function), props.deadLetters)],
    })
    const cfnRule = this.rule.node.defaultChild
    if (!(cfnRule instanceof CfnRule)) throw new Error('The rule has no CfnRule.')
    cfnRule.eventPattern = archivePattern
    // What lies with the unarchived is handed over again by a person (docs/runbook.md).
    this.fn.onlyCalledBy({ roleArns: props.breakGlassRoleArns ?? [], services: [byRules([this.rule])] })
  }

  /** Lets a rotation function put its proofs here. */
  mayProve(fn: M2mFunction): void {
    const proofs = this.objects.replace(/\*$/, PROOFS)
    fn.mayDo(
      new PolicyStatement({
        sid: 'PutProofs',
        actions: ['s3:PutObject'],
        resources: [proofs],
        conditions: { StringEquals: { 'aws:ResourceAccount': Stack.of(this).account } },
      }),
    )
    fn.explainWildcard(proofs, 'A proof is named by its secret and its tokens, and those come later')
  }

  /** Lets the sweep see which proofs and which summaries of its own are stored, by name, and read none. */
  mayListProofs(fn: M2mFunction, { stage }: StageNames): void {
    fn.mayDo(
      new PolicyStatement({
        sid: 'ListProofs',
        actions: ['s3:ListBucket'],
        resources: [this.bucket.bucketArn],
        conditions: {
          StringLike: { 's3:prefix': [`proofs/${stage}/*`, 'days/*'] },
          StringEquals: { 'aws:ResourceAccount': Stack.of(this).account },
        },
      }),
    )
  }

  /** Adds reading the evidence to what operators may do: lists and gets, nothing else. */
  allowReading(operators: OperatorPolicy): void {
    operators.mayDo(
      new PolicyStatement({
        sid: 'ListEvidence',
        actions: ['s3:ListBucket'],
        resources: [this.bucket.bucketArn],
      }),
      new PolicyStatement({ sid: 'ReadEvidence', actions: ['s3:GetObject'], resources: [this.objects] }),
    )
    const reason = 'An object is named by what it is evidence of, and that comes later'
    const id = `AwsSolutions-IAM5[Resource::${printedArn(this, this.objects)}]`
    Validations.of(operators.policy).acknowledge({ id, reason })
  }

  private makeBucket({ evidence }: EvidenceArchiveProps): Bucket {
    const lock = lockOf(evidence)
    const bucket = new Bucket(this, 'Bucket', {
      ...keptBucket,
      lifecycleRules: [
        {
          id: 'Retention',
          expiration: Duration.days(evidence.retentionDays),
          noncurrentVersionExpiration: Duration.days(HIDDEN_DAYS),
        },
        { id: 'Leftovers', expiredObjectDeleteMarker: true, abortIncompleteMultipartUploadAfter: Duration.days(1) },
      ],
      ...defined({ objectLockDefaultRetention: lock }),
    })
    Validations.of(bucket).acknowledge({
      id: 'AwsSolutions-S1',
      reason:
        'Who reads evidence is for CloudTrail to record (data events, docs/evidence.md): a bucket of access logs would need the same care as this one',
    })
    return bucket
  }

  private guard({ names, keeperRoleArns, proverRoleArns }: EvidenceArchiveProps): void {
    const { bucket } = this
    const objects = bucket.arnForObjects('*')
    const proofs = bucket.arnForObjects(PROOFS)
    denyOn(bucket, 'OnlyTheArchiveWrites', ['s3:PutObject'], {
      on: proofs,
      elsewhere: true,
      unless: { ArnNotEquals: { 'aws:PrincipalArn': roleArn(this, names, 'archive') } },
    })
    denyOn(bucket, 'OnlyRotationsProve', ['s3:PutObject'], {
      on: proofs,
      unless: { ArnNotEquals: { 'aws:PrincipalArn': [...proverRoleArns] } },
    })
    // https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes-enforce.html
    denyOn(bucket, 'WrittenOnce', ['s3:PutObject'], { on: objects, unless: { Null: { 's3:if-none-match': 'true' } } })
    keepBucket(bucket, keeperRoleArns)
  }

  private makeFunction({ names, surroundings }: EvidenceArchiveProps): M2mFunction {
    const fn = new M2mFunction(this, 'Fn', {
      names,
      surroundings,
      part: 'archive',
      bundle: 'on-archive',
      description: `Archives the evidence of stage ${names.stage}`,
      memoryMb: MEMORY_MB,
      timeoutSeconds: TIMEOUT_SECONDS,
      onFailure: 'What it failed on three times goes to a queue of its own by a destination, which keeps the error too',
      environment: writeArchiveEnv({ stage: names.stage, bucket: this.bucket.bucketName }),
    })
    fn.function.configureAsyncInvoke({
      onFailure: new SqsDestination(this.unarchived),
      retryAttempts: 2,
      maxEventAge: Duration.hours(6),
    })
    fn.mayDo(
      new PolicyStatement({
        sid: 'ArchiveInOwnAccount',
        actions: ['s3:PutObject'],
        resources: [this.objects],
        // A bucket of this name that somebody else made, should ours ever be gone, is not ours.
        conditions: { StringEquals: { 'aws:ResourceAccount': Stack.of(this).account } },
      }),
    )
    fn.explainWildcard(this.objects, 'An object is named by what it is evidence of, and that comes later')
    return fn
  }
}
