// The policy of a function that only named roles may call, whatever their own or other policies say. It is the function's only one: Lambda
// replaces a policy as a whole, so that a permission of the older kind (AWS::Lambda::Permission) on the same function would be lost or
// take this one away (CloudFormation, AWS::Lambda::ResourcePolicy).
import { Stack } from 'aws-cdk-lib'
import {
  ArnPrincipal,
  Effect,
  PolicyDocument,
  PolicyStatement,
  ServicePrincipal,
  StarPrincipal,
} from 'aws-cdk-lib/aws-iam'
import { CfnResourcePolicy } from 'aws-cdk-lib/aws-lambda'
import type { Construct } from 'constructs'

export interface Callers {
  /** Roles that may call. Those of this account still need a policy of their own, unless they are let in as well. */
  readonly allowed: readonly string[]
  /** Of the allowed: roles that this policy lets in by itself. They must exist when it is stored. */
  readonly letIn: readonly string[]
}

/** A service that calls for itself, for one of the resources that are named. */
export interface ServiceCaller {
  /** Such as `events.amazonaws.com`. */
  readonly service: string
  /** Rules, or an API's methods. */
  readonly sourceArns: readonly string[]
}

export interface FunctionPolicyProps extends Callers {
  /** Of the function, or of one of its aliases. */
  readonly arn: string
  /** Versions and aliases of the function, where those may be called by others. @default - none */
  readonly qualified?: readonly { readonly sid: string; readonly arn: string; readonly allowed: readonly string[] }[]
  /** @default - no service may call */
  readonly services?: readonly ServiceCaller[]
}

interface Denied {
  readonly sid: string
  readonly arn: string
  readonly allowed: readonly string[]
  readonly letsServices?: boolean
}

const onlyFor = (scope: Construct, { sid, arn, allowed, letsServices = false }: Denied): PolicyStatement => {
  const { partition, account } = Stack.of(scope)
  return new PolicyStatement({
    sid,
    effect: Effect.DENY,
    principals: [new StarPrincipal()],
    actions: ['lambda:InvokeFunction', 'lambda:InvokeFunctionUrl'],
    resources: [arn],
    // The account's root can change this policy anyway; and a list without anybody could not be written. Services have no such ARN, and a
    // negated operator matches an absent key: no service may call.
    // Where one may, the denial is of those that are none; which service, the permission beside it says.
    conditions: {
      ArnNotEquals: { 'aws:PrincipalArn': [...allowed, `arn:${partition}:iam::${account}:root`] },
      ...(letsServices ? { Bool: { 'aws:PrincipalIsAWSService': 'false' } } : {}),
    },
  })
}

const byService = (arn: string, { service, sourceArns }: ServiceCaller): PolicyStatement =>
  new PolicyStatement({
    sid: `By${service.replace(/\..*$/, '').replace(/^./, (letter) => letter.toUpperCase())}`,
    principals: [new ServicePrincipal(service)],
    actions: ['lambda:InvokeFunction'],
    resources: [arn],
    // Each names the account. EventBridge and API Gateway are not documented to send aws:SourceAccount to Lambda.
    conditions: { ArnLike: { 'aws:SourceArn': [...sourceArns] } },
  })

export const guardFunction = (
  scope: Construct,
  id: string,
  { arn, allowed, letIn, qualified = [], services = [] }: FunctionPolicyProps,
): CfnResourcePolicy => {
  const statements = [onlyFor(scope, { sid: 'OnlyItsCallers', arn, allowed, letsServices: services.length > 0 })]
  // What a service may call, the permissions beside these say.
  for (const denied of qualified) statements.push(onlyFor(scope, { ...denied, letsServices: services.length > 0 }))
  for (const service of services) statements.push(byService(arn, service))
  if (letIn.length > 0) {
    statements.push(
      new PolicyStatement({
        sid: 'LetIn',
        principals: letIn.map((roleArn) => new ArnPrincipal(roleArn)),
        actions: ['lambda:InvokeFunction'],
        resources: [arn],
      }),
    )
  }
  return new CfnResourcePolicy(scope, id, { resourceArn: arn, policyDocument: new PolicyDocument({ statements }) })
}
