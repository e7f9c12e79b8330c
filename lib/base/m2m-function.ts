// A Lambda function as all of this system's are: Node 24 on arm64 from a prebuilt bundle, a role with a fixed name, with nothing but
// what is granted and of use inside of this function alone, a log group of its own with a retention, active tracing. Grants nothing over
// secrets by itself.

import { Duration, type RemovalPolicy, Stack, Validations } from 'aws-cdk-lib'
import { type PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import {
  Architecture,
  CfnFunction,
  type IFunction,
  Function as LambdaFunction,
  Runtime,
  Tracing,
} from 'aws-cdk-lib/aws-lambda'
import { LogGroup } from 'aws-cdk-lib/aws-logs'
import type { IQueue } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import { defined } from '../../lambda/core/base/defined.ts'
import type { NetworkConfig } from '../config/account-config.ts'
import type { Reservations } from '../config/reservations.ts'
import { functionArn, functionName, type Part, roleName, type StageNames } from '../config/stage-names.ts'
import { type BundleName, functionBundle } from './function-bundle.ts'
import { onlyFromTheFunction, useNetworkInterfaces } from './function-guards.ts'
import { guardFunction, type ServiceCaller } from './function-policy.ts'

/** What a stage decides for all of its functions. */
export interface FunctionSurroundings {
  /** CloudWatch Logs' own steps: 1, 3, 5, 7, 14, 30, … */
  readonly logRetentionDays: number
  /** For the log group. */
  readonly removalPolicy: RemovalPolicy
  /** @default - outside of any VPC */
  readonly network?: NetworkConfig
  /** @default - every function shares what the account has left */
  readonly reservations?: Reservations
  /** Encrypts the log groups. @default - CloudWatch Logs' own encryption */
  readonly monitoringKey?: IKey
}

export interface M2mFunctionProps {
  readonly names: StageNames
  readonly surroundings: FunctionSurroundings
  readonly part: Part
  readonly bundle: BundleName
  readonly description: string
  readonly memoryMb: number
  readonly timeoutSeconds: number
  readonly environment: Readonly<Record<string, string>>
  /** Lambda's own dead letter target; or where a call that failed goes instead, in a sentence. */
  readonly onFailure: string | IQueue
}

/** What the part reserves; undefined where it shares what the account has left. */
export const reservationOf = (part: Part, { reservations = {} }: FunctionSurroundings): number | undefined =>
  Object.entries(reservations).find(([reserving]) => reserving === part)?.[1]

/** For a log group: what a stage decides for all of them. */
export const logSettings = ({ logRetentionDays, removalPolicy, monitoringKey }: FunctionSurroundings) => ({
  retention: logRetentionDays,
  removalPolicy,
  ...defined({ encryptionKey: monitoringKey }),
})

/** An ARN as rule packs print it: `arn:<AWS::Partition>:…`. */
export const printedArn = (scope: Construct, arn: string): string => {
  const resolved: unknown = Stack.of(scope).resolve(arn)
  if (typeof resolved === 'string') return resolved
  const { 'Fn::Join': join = [] } = resolved as {
    'Fn::Join'?: readonly [string?, (readonly (string | { Ref: string })[])?]
  }
  return (join[1] ?? []).map((part) => (typeof part === 'string' ? part : `<${part.Ref}>`)).join('')
}

export class M2mFunction extends Construct {
  readonly part: Part
  readonly role: Role
  readonly function: LambdaFunction
  readonly logGroup: LogGroup
  /** By name. */
  readonly arn: string
  private withoutPermission: IFunction | undefined

  constructor(scope: Construct, id: string, props: M2mFunctionProps) {
    super(scope, id)
    const { names, part, surroundings } = props
    this.part = part
    this.arn = functionArn(this, names, part)
    this.role = new Role(this, 'Role', {
      roleName: roleName(this, names, part),
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      description: props.description,
    })
    this.logGroup = new LogGroup(this, 'Log', {
      // The id that IAM gives each role that is made: a log group that outlived its function is not in the way of the next one's.
      logGroupName: `/aws/lambda/${functionName(names, part)}-${this.role.roleId}`,
      ...logSettings(surroundings),
    })
    this.logGroup.grantWrite(this.role)
    this.mayDo(onlyFromTheFunction(this, names, part))
    const reserved = reservationOf(part, surroundings)
    this.function = new LambdaFunction(this, 'Function', {
      functionName: functionName(names, part),
      description: props.description,
      role: this.role,
      logGroup: this.logGroup,
      code: functionBundle(props.bundle),
      handler: 'index.handler',
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: props.memoryMb,
      timeout: Duration.seconds(props.timeoutSeconds),
      tracing: Tracing.ACTIVE,
      environment: { ...props.environment },
      // Absent and never 0, which would stop the function.
      ...defined({ reservedConcurrentExecutions: reserved }),
      ...(typeof props.onFailure === 'string' ? {} : { deadLetterQueue: props.onFailure }),
    })
    if (surroundings.network !== undefined) this.join(surroundings.network)
    // X-Ray's write actions know no resource (service authorization reference); CDK grants them with the tracing.
    this.explainWildcard(
      '*',
      'X-Ray knows no resources, so that AWS offers nothing narrower for PutTraceSegments and PutTelemetryRecords',
    )
    if (typeof props.onFailure !== 'string') return
    Validations.of(this.function).acknowledge({ id: 'Serverless-LambdaDLQ', reason: props.onFailure })
  }

  /** One action or a few, on named resources. */
  mayDo(...statements: readonly PolicyStatement[]): void {
    for (const statement of statements) this.role.addToPrincipalPolicy(statement)
  }

  /** The same function for a rule or an API: without the permission that CDK adds for each, which cannot stand beside `onlyCalledBy`. */
  get called(): IFunction {
    this.withoutPermission ??= LambdaFunction.fromFunctionAttributes(this, 'Called', {
      functionArn: this.function.functionArn,
      sameEnvironment: false,
      skipPermissions: true,
    })
    return this.withoutPermission
  }

  /** Whoever else has the right to call functions may not call this one, however wide that right is. The account's root may. */
  onlyCalledBy({
    roleArns = [],
    services = [],
  }: {
    readonly roleArns?: readonly string[]
    readonly services?: readonly ServiceCaller[]
  }): void {
    const guarded = guardFunction(this, 'OnlyItsCallers', {
      arn: this.arn,
      allowed: roleArns,
      letIn: [],
      // Nobody has a reason to name a version, and a statement about the function does not speak of one.
      qualified: [{ sid: 'QualifiedByNobody', arn: `${this.arn}:*`, allowed: [] }],
      services,
    })
    guarded.node.addDependency(this.function)
  }

  /** Writes down why a wildcard stands in the role's policy; the tests hold every one against this list. */
  explainWildcard(resources: string | readonly string[], reason: string): void {
    for (const resource of [resources].flat()) {
      const id = `AwsSolutions-IAM5[Resource::${printedArn(this, resource)}]`
      Validations.of(this.role).acknowledge({ id, reason })
    }
  }

  private join({ subnetIds, securityGroupIds }: NetworkConfig): void {
    // By ids, since Vpc.fromLookup would need an account at synth; and without CDK's managed policy, which grants on `*` as well.
    const cfnFunction = this.function.node.defaultChild
    if (!(cfnFunction instanceof CfnFunction)) throw new Error('The function has no CfnFunction.')
    cfnFunction.vpcConfig = { subnetIds: [...subnetIds], securityGroupIds: [...securityGroupIds] }
    const { statements, interfaces } = useNetworkInterfaces(this, { subnetIds, securityGroupIds })
    this.mayDo(...statements)
    this.explainWildcard(interfaces, 'An interface that Lambda is about to make has no id yet')
    this.function.node.addDependency(this.role)
  }
}
