// What the rotation functions remember outside of Secrets Manager: a lease a secret, and a few bytes a version (lambda/adapters/aws/records.ts).
// The table outlives the stack, is written by the roles that are named here alone, and is read by key: nobody scans it. A rotation goes on
// without it (docs/guarantees.md).

import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib'
import { Metric } from 'aws-cdk-lib/aws-cloudwatch'
import { AttributeType, Billing, TableEncryptionV2, TableV2 } from 'aws-cdk-lib/aws-dynamodb'
import { AnyPrincipal, Effect, PolicyDocument, PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { Construct } from 'constructs'
import { LEASE_KEYS, VERSION_KEYS } from '../../lambda/core/rotation/record-keys.ts'
import type { M2mFunction } from '../base/m2m-function.ts'
import type { MetricNotice } from '../base/notice.ts'
import type { StageNames } from '../config/stage-names.ts'

export interface RecordsTableProps {
  readonly names: StageNames
  /** Roles that write: those of the rotation functions. */
  readonly writerRoleArns: readonly string[]
  /** Roles that may change the table itself, beside the account's root: the one that deploys, and break-glass. */
  readonly keeperRoleArns: readonly string[]
}

/** Also as PartiQL, whose statements have actions of their own; transactions ask for the same ones. */
const WRITES = [
  'dynamodb:PutItem',
  'dynamodb:UpdateItem',
  'dynamodb:DeleteItem',
  'dynamodb:BatchWriteItem',
  'dynamodb:PartiQLInsert',
  'dynamodb:PartiQLUpdate',
  'dynamodb:PartiQLDelete',
]

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/rbac-iam-actions.html: what a table's policy may name. */
const TABLE_CHANGES = [
  'dynamodb:PutResourcePolicy',
  'dynamodb:DeleteResourcePolicy',
  'dynamodb:DeleteTable',
  'dynamodb:UpdateTable',
  'dynamodb:UpdateTimeToLive',
  'dynamodb:UpdateContinuousBackups',
]

export class RecordsTable extends Construct {
  readonly table: TableV2
  readonly metricNotices: readonly MetricNotice[]

  constructor(scope: Construct, id: string, props: RecordsTableProps) {
    super(scope, id)
    this.table = new TableV2(this, 'Table', {
      // No name of our own: a table that outlived its stack is in nobody's way.
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      sortKey: { name: 'sk', type: AttributeType.STRING },
      billing: Billing.onDemand(),
      encryption: TableEncryptionV2.dynamoOwnedKey(),
      timeToLiveAttribute: 'keptUntil',
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: true,
      removalPolicy: RemovalPolicy.RETAIN,
      resourcePolicy: this.policy(props),
    })
    this.metricNotices = [
      {
        id: 'RecordsUnavailable',
        page: 'records-unavailable',
        says: 'The records table does not answer. Rotations go on, and two executions are no longer kept apart.',
        metric: new Metric({
          namespace: `M2M/${props.names.stage}`,
          metricName: 'RecordsUnavailable',
          statistic: 'Sum',
          period: Duration.minutes(5),
        }),
        atLeast: 3,
      },
    ]
  }

  /** Lets a rotation function hold leases and keep versions, each below its own keys. */
  mayRecord(fn: M2mFunction): void {
    fn.mayDo(
      new PolicyStatement({
        sid: 'HoldLeases',
        actions: ['dynamodb:PutItem', 'dynamodb:DeleteItem'],
        resources: [this.table.tableArn],
        conditions: this.below(LEASE_KEYS),
      }),
      new PolicyStatement({
        sid: 'KeepVersions',
        actions: ['dynamodb:UpdateItem', 'dynamodb:Query'],
        resources: [this.table.tableArn],
        conditions: this.below(VERSION_KEYS),
      }),
    )
  }

  /** Lets a function read when a rotation switched, and no more. */
  mayReadVersions(fn: M2mFunction): void {
    fn.mayDo(
      new PolicyStatement({
        sid: 'ReadVersions',
        actions: ['dynamodb:Query'],
        resources: [this.table.tableArn],
        conditions: this.below(VERSION_KEYS),
      }),
    )
  }

  private below(keys: string) {
    return {
      // ForAllValues alone is true for a request without keys (IAM User Guide, "Multivalued context keys").
      'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [`${keys}*`] },
      Null: { 'dynamodb:LeadingKeys': 'false' },
      StringEquals: { 'aws:ResourceAccount': Stack.of(this).account },
    }
  }

  /** Against identity policies elsewhere in the account, however wide. */
  private policy({ writerRoleArns, keeperRoleArns }: RecordsTableProps): PolicyDocument {
    const { partition, account } = Stack.of(this)
    const deny = (sid: string, actions: readonly string[], allowed?: readonly string[]): PolicyStatement =>
      new PolicyStatement({
        sid,
        effect: Effect.DENY,
        principals: [new AnyPrincipal()],
        actions: [...actions],
        // The table's own ARN would make it depend on itself.
        resources: ['*'],
        ...(allowed === undefined ? {} : { conditions: { ArnNotEquals: { 'aws:PrincipalArn': [...allowed] } } }),
      })
    return new PolicyDocument({
      statements: [
        deny('OnlyRotationsWrite', WRITES, writerRoleArns),
        deny('NobodyScans', ['dynamodb:Scan']),
        deny('OnlyKeepersChangeTheTable', TABLE_CHANGES, [
          ...new Set([...keeperRoleArns, `arn:${partition}:iam::${account}:root`]),
        ]),
      ],
    })
  }
}
