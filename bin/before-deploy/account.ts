// What the checks ask of an AWS account: each a question with a plain answer, so that their logic is tested without one. Every question is
// asked with the caller's own rights and changes nothing; one that fails throws an AwsCallError.
import type { HandMadeSecret } from '../../lambda/core/secret/hand-made-secrets.ts'
import type { NamedResource } from './plan.ts'

export interface AccountSecret {
  /** A key's ARN, id or alias; absent: aws/secretsmanager. */
  readonly kmsKeyId: string | undefined
  readonly isBeingDeleted: boolean
}

interface StackResource {
  readonly type: string
  readonly physicalId: string
}

export interface AccountStack {
  readonly status: string
  readonly resources: readonly StackResource[]
}

export interface Account {
  /** Twelve digits. */
  identity(): Promise<{ readonly account: string; readonly arn: string }>
  /** Undefined: there is none of this name. */
  stack(name: string): Promise<AccountStack | undefined>
  /** Undefined: there is no such parameter. */
  parameter(name: string): Promise<string | undefined>
  concurrency(): Promise<{ readonly limit: number; readonly unreserved: number }>
  /** By a function that may not be there: 0. */
  reservedBy(functionName: string): Promise<number>
  /** Whether Lambda here knows durable executions. */
  hasDurableFunctions(): Promise<boolean>
  /** Whether CloudFormation in this Region makes resources of the type. */
  hasResourceType(type: string): Promise<boolean>
  apiGatewayLogRole(): Promise<string | undefined>
  secret(name: string): Promise<AccountSecret | undefined>
  /** @returns what is wrong with the stored value, without any of it; undefined for nothing. */
  valueFault(secret: HandMadeSecret): Promise<string | undefined>
  /** @returns Secrets Manager's objections. */
  policyFaults(policy: string): Promise<readonly string[]>
  key(arn: string): Promise<{ readonly state: string }>
  keyPolicy(arn: string): Promise<unknown>
  /** Undefined: there is no such topic. */
  topicPolicy(arn: string): Promise<unknown>
  /** Whether something of this type has the name; 'elsewhere': another account has it. */
  isTaken(resource: NamedResource): Promise<boolean | 'elsewhere'>
}
