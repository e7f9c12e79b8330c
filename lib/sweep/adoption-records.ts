// Who last read which secret (docs/adoption.md, docs/decisions/058): what CloudTrail reports to EventBridge of reads, and a small function that keeps
// a few bytes a role and secret in the records table. It holds no value and names roles alone; when it is gone, only proof is missing.

import { Duration, type RemovalPolicy } from 'aws-cdk-lib'
import { CfnRule, Rule } from 'aws-cdk-lib/aws-events'
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations'
import type { IQueue, Queue } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import { prefixesOf } from '../../lambda/core/secret/stage-secrets.ts'
import { type AdoptionEnv, writeReadsEnv } from '../../lambda/env/reads.ts'
import { deadLetters, messagesSent } from '../base/dead-letters.ts'
import { type FunctionSurroundings, M2mFunction } from '../base/m2m-function.ts'
import type { EventNotice, MetricNotice } from '../base/notice.ts'
import { byRules, keepingUndelivered, toFunction } from '../base/rule-targets.ts'
import type { AdoptionProofConfig } from '../config/adoption-config.ts'
import { roleArn, type StageNames } from '../config/stage-names.ts'
import type { RecordsTable } from '../rotation/records-table.ts'

export interface AdoptionRecordsProps {
  readonly names: StageNames
  readonly surroundings: FunctionSurroundings
  readonly config: AdoptionProofConfig
  readonly records: RecordsTable
  /** For what EventBridge could not hand over; what the function could not do has a queue of its own. */
  readonly deadLetters: IQueue
  /** Of the queue for what could not be recorded. */
  readonly removalPolicy: RemovalPolicy
}

/** A write of at most three seconds, tried three times. */
const TIMEOUT_SECONDS = 15
const MEMORY_MB = 128

export class AdoptionRecords extends Construct {
  readonly fn: M2mFunction
  private readonly records: RecordsTable
  /** What the sweep needs to ask. */
  readonly env: AdoptionEnv
  /** Of an overlap that ended without proof, the sweep's digest tells. */
  readonly eventNotices: readonly EventNotice[] = []
  readonly metricNotices: readonly MetricNotice[]

  constructor(scope: Construct, id: string, props: AdoptionRecordsProps) {
    super(scope, id)
    const { names, config, records } = props
    this.records = records
    const { tableName } = records.table
    const unrecorded = deadLetters(this, 'Unrecorded', {
      holds: 'It is itself where reads end that could not be recorded',
      removalPolicy: props.removalPolicy,
    })
    const { lookBackHours } = config
    this.fn = this.makeFunction(props, { tableName, lookBackHours, unrecorded })
    this.follow(props)
    this.env = {
      table: tableName,
      lookBackHours,
      waitAtMostHours: config.waitAtMostHours,
      ownPrincipal: roleArn(this, names, 'rotation'),
    }
    this.metricNotices = [
      {
        id: 'ReadsNotRecorded',
        page: 'adoption-unproven',
        says: 'Reads could not be recorded in three attempts. Overlaps may wait for consumers that have already moved.',
        metric: messagesSent(unrecorded),
        atLeast: 1,
      },
    ]
  }

  /** Lets the sweep ask who has read a secret, and no more. */
  mayAsk(): PolicyStatement {
    return this.records.mayAskWhoHasRead()
  }

  private makeFunction(
    { names, surroundings }: AdoptionRecordsProps,
    made: { readonly tableName: string; readonly lookBackHours: number; readonly unrecorded: Queue },
  ): M2mFunction {
    const fn = new M2mFunction(this, 'Fn', {
      names,
      surroundings,
      part: 'reads',
      bundle: 'on-read',
      description: `Records who reads the secrets below ${names.secretNamePrefix}`,
      memoryMb: MEMORY_MB,
      timeoutSeconds: TIMEOUT_SECONDS,
      onFailure: 'What it failed on three times goes to a queue of its own by a destination, which keeps the error too',
      environment: writeReadsEnv({
        table: made.tableName,
        lookBackHours: made.lookBackHours,
        secretNamePrefix: names.secretNamePrefix,
        extraPrefixes: names.extraPrefixes,
      }),
    })
    fn.function.configureAsyncInvoke({
      onFailure: new SqsDestination(made.unrecorded),
      retryAttempts: 2,
      maxEventAge: Duration.hours(6),
    })
    fn.mayDo(this.records.mayRecordReads())
    return fn
  }

  private follow({ names, deadLetters: undelivered }: AdoptionRecordsProps): void {
    const below = prefixesOf(names).flatMap((prefix) => [{ prefix }, { wildcard: `arn:*:secret:${prefix}*` }])
    const rule = new Rule(this, 'Rule', {
      description: `Reads of the secrets below ${names.secretNamePrefix}, as CloudTrail reports them`,
      eventPattern: {
        source: ['aws.secretsmanager'],
        detailType: ['AWS API Call via CloudTrail'],
        detail: {
          eventSource: ['secretsmanager.amazonaws.com'],
          eventName: ['GetSecretValue', 'BatchGetSecretValue'],
          errorCode: [{ exists: false }],
          requestParameters: { $or: [{ secretId: below }, { secretIdList: below }] },
        },
      },
      targets: [keepingUndelivered(toFunction(this.fn.function), undelivered)],
    })
    const cfnRule = rule.node.defaultChild
    if (!(cfnRule instanceof CfnRule)) throw new Error('The rule has no CfnRule.')
    // Else EventBridge leaves out calls that only read (EventBridge user guide, "read-only management events").
    cfnRule.state = 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS'
    this.fn.onlyCalledBy({ services: [byRules([rule])] })
  }
}
