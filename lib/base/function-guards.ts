// What binds a function's role to the function: outside of it, whoever gets hold of the role – by handing it to a function of their own,
// above all – may do nothing with it that matters here; and inside of it, the code may not use what only Lambda needs.
import { Stack } from 'aws-cdk-lib'
import { Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { Construct } from 'constructs'
import type { NetworkConfig } from '../config/account-config.ts'
import { functionArn, type Part, type StageNames } from '../config/stage-names.ts'

/**
 * What the functions' own code calls: secrets, evidence and its signature, events, and what is remembered. Of KMS nothing else is among
 * it. Lambda decrypts a function's settings as the function's role and without the key (developer guide, "Using source function ARN"), so
 * that a denial of that would stop every function; and the keys of secrets work through Secrets Manager alone.
 */
const BOUND_ACTIONS = ['secretsmanager:*', 'events:PutEvents', 's3:*', 'dynamodb:*', 'kms:Sign']

export const onlyFromTheFunction = (scope: Construct, names: StageNames, part: Part): PolicyStatement => {
  const arn = functionArn(scope, names, part)
  return new PolicyStatement({
    sid: 'OnlyFromTheFunction',
    effect: Effect.DENY,
    actions: BOUND_ACTIONS,
    resources: ['*'],
    conditions: {
      // Lambda puts the key into the credentials that it gives the code. Whether a version or an alias shows in it is not documented. A
      // negated operator matches an absent key: credentials without it are not those of any function.
      ArnNotLike: { 'lambda:SourceFunctionArn': [arn, `${arn}:*`] },
      // What a service does on behalf of the code, such as Secrets Manager when it makes a replica, may come without the key; the call
      // that made it do so did not.
      BoolIfExists: { 'aws:ViaAWSService': 'false' },
    },
  })
}

/** With CreateNetworkInterface, what AWS's own AWSLambdaVPCAccessExecutionRole allows. */
const ON_ANY = [
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSubnets',
  'ec2:DeleteNetworkInterface',
  'ec2:AssignPrivateIpAddresses',
  'ec2:UnassignPrivateIpAddresses',
]

/** Lambda makes and deletes a function's network interfaces as the function's role. */
export const useNetworkInterfaces = (
  scope: Construct,
  { subnetIds, securityGroupIds }: NetworkConfig,
): { readonly statements: readonly PolicyStatement[]; readonly interfaces: string } => {
  const { partition, account, region } = Stack.of(scope)
  const ec2 = `arn:${partition}:ec2:${region}:${account}`
  const interfaces = `${ec2}:network-interface/*`
  const statements = [
    new PolicyStatement({
      sid: 'NetworkInterfaces',
      actions: ['ec2:CreateNetworkInterface'],
      resources: [
        interfaces,
        ...subnetIds.map((subnetId) => `${ec2}:subnet/${subnetId}`),
        ...securityGroupIds.map((groupId) => `${ec2}:security-group/${groupId}`),
      ],
    }),
    // Lambda checks these without a resource when the function is made.
    new PolicyStatement({ sid: 'NetworkInterfacesOfAnyName', actions: ON_ANY, resources: ['*'] }),
    new PolicyStatement({
      sid: 'NotByTheCodeItself',
      effect: Effect.DENY,
      actions: ['ec2:CreateNetworkInterface', 'ec2:DetachNetworkInterface', ...ON_ANY],
      resources: ['*'],
      // Lambda's own calls carry no such key; the function's do.
      conditions: {
        ArnLike: { 'lambda:SourceFunctionArn': `arn:${partition}:lambda:${region}:${account}:function:*` },
      },
    }),
  ]
  return { statements, interfaces }
}
