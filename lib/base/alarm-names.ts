// What a stage's alarms are called, and the pattern of their ARNs: the alarms take the one, the topic's policy the other.
import { Stack } from 'aws-cdk-lib'
import type { Construct } from 'constructs'
import type { StageNames } from '../config/stage-names.ts'
import type { Notice } from './notice.ts'

const prefixOf = ({ stage }: StageNames): string => `m2m-${stage}-`

/** `m2m-prod-leak-IncidentErrors` */
export const alarmName = (names: StageNames, { page, id }: Notice): string => `${prefixOf(names)}${page}-${id}`

export const alarmArns = (scope: Construct, names: StageNames): string => {
  const { partition, region, account } = Stack.of(scope)
  return `arn:${partition}:cloudwatch:${region}:${account}:alarm:${prefixOf(names)}*`
}
