// Where the AWS console shows a thing: whole addresses, for messages that are read outside of it.
import { Stack, Token } from 'aws-cdk-lib'
import type { Construct } from 'constructs'
import { functionName, type Part, type StageNames } from '../config/stage-names.ts'

/** Partitions other than `aws` have consoles of their own; a stack without a Region is taken for one of `aws`. */
const domainOf = (region: string): string => {
  if (Token.isUnresolved(region)) return 'console.aws.amazon.com'
  if (region.startsWith('cn-')) return 'console.amazonaws.cn'
  return region.startsWith('us-gov-') ? 'console.amazonaws-us-gov.com' : 'console.aws.amazon.com'
}

const consoleOf = (scope: Construct): string => {
  const { region } = Stack.of(scope)
  return `https://${region}.${domainOf(region)}`
}

/** Log groups of a function: its present one, whose name ends in its role's id, and those that are kept of earlier deployments. */
export const logLink = (scope: Construct, names: StageNames, part: Part): string =>
  `${consoleOf(scope)}/cloudwatch/home?region=${Stack.of(scope).region}#logsV2:log-groups$3FlogGroupNameFilter$3D${functionName(names, part)}-`

/** @param name a secret's, or what stands for it in a template. */
export const secretLink = (scope: Construct, name: string): string =>
  `${consoleOf(scope)}/secretsmanager/secret?name=${name}&region=${Stack.of(scope).region}`
