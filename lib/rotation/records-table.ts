// What the functions of a stage remember outside of Secrets Manager (docs/decisions/058): a lease a secret and a few bytes a version, the leak
// intake's gate, who last read which secret, and what the sweep has reported. Each is below partition keys of its own, which the roles that are named here write, and
// nobody else. The table outlives the stack, and is read by key: nobody scans it. A rotation goes on without it (docs/guarantees.md).

import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib'
import { Metric } from 'aws-cdk-lib/aws-cloudwatch'
import { AttributeType, Billing, TableEncryptionV2, TableV2 } from 'aws-cdk-lib/aws-dynamodb'
import { AnyPrincipal, Effect, PolicyDocument, PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { Construct } from 'constructs'
import {
  CLAIM_KEYS,
  GATE_KEYS,
  LEASE_KEYS,
  READ_KEYS,
  REPORT_KEYS,
  VERSION_KEYS,
} from '../../lambda/core/rotation/record-keys.ts'
import type { M2mFunction } from '../base/m2m-function.ts'
import type { MetricNotice } from '../base/notice.ts'
import type { StageNames } from '../config/stage-names.ts'

/** Who writes which records, by the ARNs of roles; none: nobody does. */
export interface RecordWriters {
  /** Leases and versions: the rotation functions. */
  readonly rotations: readonly string[]
  /** The gate: the leak intake, and whoever may release what it holds. */
  readonly gate: readonly string[]
  /** Who read what: the function that records reads. */
  readonly reads: readonly string[]
  /** What was reported: the sweep. */
  readonly reports: readonly string[]
  /** Which secret holds which client: the registrar and the clients function. */
  readonly claims: readonly string[]
}

export interface RecordsTableProps {
  readonly names: StageNames
  readonly writers: RecordWriters
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

interface Denial {
  readonly sid: string
  readonly actions: readonly string[]
  /** Roles that it does not hold for. @default - it holds for everybody */
  readonly unless?: readonly string[]
  /** Where the partition keys begin that it is about. @default - any request, also one that names no key */
  readonly below?: readonly string[]
}

const conditionsOf = ({ unless = [], below }: Denial) => ({
  ...(unless.length === 0 ? {} : { ArnNotEquals: { 'aws:PrincipalArn': [...unless] } }),
  // One such key among others is enough.
  ...(below === undefined
    ? {}
    : { 'ForAnyValue:StringLike': { 'dynamodb:LeadingKeys': below.map((keys) => `${keys}*`) } }),
})

/** Against identity policies elsewhere in the account, however wide. */
const deny = (denial: Denial): PolicyStatement => {
  const conditions = conditionsOf(denial)
  return new PolicyStatement({
    sid: denial.sid,
    effect: Effect.DENY,
    principals: [new AnyPrincipal()],
    actions: [...denial.actions],
    // The table's own ARN would make it depend on itself.
    resources: ['*'],
    ...(Object.keys(conditions).length === 0 ? {} : { conditions }),
  })
}

const unique = (...arns: readonly string[]): readonly string[] => [...new Set(arns)]

export class RecordsTable extends Construct {
  readonly table: TableV2
  readonly metricNotices: readonly MetricNotice[]

  constructor(scope: Construct, id: string, props: RecordsTableProps) {
    super(scope, id)
    this.table = new TableV2(this, 'Table', {
      // No name of our own: a table that outlived its stack disturbs nothing.
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
        says: 'The records table does not answer. Rotations continue, without the lease that keeps two executions of one apart.',
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
      this.below(LEASE_KEYS, 'HoldLeases', ['dynamodb:PutItem', 'dynamodb:DeleteItem']),
      this.below(VERSION_KEYS, 'KeepVersions', ['dynamodb:UpdateItem', 'dynamodb:Query']),
    )
  }

  /** Lets the rotation function ask which secret holds a client. */
  mayReadClaims(fn: M2mFunction): void {
    fn.mayDo(this.below(CLAIM_KEYS, 'ReadClaims', ['dynamodb:GetItem']))
  }

  /** Lets a function write which secret holds a client. */
  mayClaim(fn: M2mFunction): void {
    fn.mayDo(this.below(CLAIM_KEYS, 'Claim', ['dynamodb:GetItem', 'dynamodb:PutItem']))
  }

  /** Of a secret that is given back. */
  mayEndClaims(fn: M2mFunction): void {
    fn.mayDo(this.below(CLAIM_KEYS, 'EndClaims', ['dynamodb:DeleteItem']))
  }

  /** Lets a role read the gate and change it. The table's own policy has to name the role as well. */
  mayPassTheGate(sid: string): PolicyStatement {
    return this.below(GATE_KEYS, sid, ['dynamodb:GetItem', 'dynamodb:PutItem'])
  }

  mayRecordReads(): PolicyStatement {
    return this.below(READ_KEYS, 'RecordReads', ['dynamodb:UpdateItem'])
  }

  mayAskWhoHasRead(): PolicyStatement {
    return this.below(READ_KEYS, 'AskWhoHasRead', ['dynamodb:Query'])
  }

  /** Lets a function read when a rotation switched, and no more. */
  mayReadVersions(fn: M2mFunction): void {
    fn.mayDo(this.below(VERSION_KEYS, 'ReadVersions', ['dynamodb:Query']))
  }

  /** Lets the sweep remember what it has reported. */
  mayRememberReports(fn: M2mFunction): void {
    fn.mayDo(this.below(REPORT_KEYS, 'RememberReports', ['dynamodb:Query', 'dynamodb:PutItem', 'dynamodb:DeleteItem']))
  }

  private below(keys: string, sid: string, actions: readonly string[]): PolicyStatement {
    return new PolicyStatement({
      sid,
      actions: [...actions],
      resources: [this.table.tableArn],
      conditions: {
        // ForAllValues alone is true for a request without keys (IAM User Guide, "Multivalued context keys").
        'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [`${keys}*`] },
        Null: { 'dynamodb:LeadingKeys': 'false' },
        StringEquals: { 'aws:ResourceAccount': Stack.of(this).account },
      },
    })
  }

  private policy({ writers, keeperRoleArns }: RecordsTableProps): PolicyDocument {
    const { partition, account } = Stack.of(this)
    const { rotations, gate, reads, reports, claims } = writers
    return new PolicyDocument({
      statements: [
        deny({
          sid: 'OnlyNamedRolesWrite',
          actions: WRITES,
          unless: unique(...rotations, ...gate, ...reads, ...reports, ...claims),
        }),
        deny({
          sid: 'OnlyRotationsWriteTheirs',
          actions: WRITES,
          unless: rotations,
          below: [LEASE_KEYS, VERSION_KEYS],
        }),
        deny({ sid: 'OnlyTheIntakeAndReleases', actions: WRITES, unless: gate, below: [GATE_KEYS] }),
        deny({ sid: 'OnlyItsFunctionRecordsReads', actions: WRITES, unless: reads, below: [READ_KEYS] }),
        deny({ sid: 'OnlyTheSweepRemembersReports', actions: WRITES, unless: reports, below: [REPORT_KEYS] }),
        deny({ sid: 'OnlyRegistrationsClaim', actions: WRITES, unless: claims, below: [CLAIM_KEYS] }),
        deny({ sid: 'NobodyScans', actions: ['dynamodb:Scan'] }),
        deny({
          sid: 'OnlyKeepersChangeTheTable',
          actions: TABLE_CHANGES,
          unless: unique(...keeperRoleArns, `arn:${partition}:iam::${account}:root`),
        }),
      ],
    })
  }
}
