// The key that encrypts the log groups and the alarm topic, for those whose rules want one of their own: made here, with the policy that
// the services need, or an existing one, whose policy its owner writes (docs/deploying.md has the same statements).
import { type RemovalPolicy, Stack } from 'aws-cdk-lib'
import { AccountRootPrincipal, PolicyDocument, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { type IKey, Key } from 'aws-cdk-lib/aws-kms'
import type { Construct } from 'constructs'
import { logGroupArns, type StageNames } from '../config/stage-names.ts'
import { alarmArns } from './alarm-names.ts'

/** What `monitoringKey` says when the stack is to make it. */
export const CREATE_KEY = 'create'

export interface MonitoringKeyProps {
  readonly names: StageNames
  /** `create`, or a key's ARN. */
  readonly setting: string
  readonly removalPolicy: RemovalPolicy
}

/** What the services need, of a key that the stack makes or of an existing one. */
export const monitoringKeyStatements = (scope: Construct, names: StageNames): readonly PolicyStatement[] => {
  const { region, account, urlSuffix } = Stack.of(scope)
  return [
    new PolicyStatement({
      sid: 'LogGroupsOfTheStage',
      principals: [new ServicePrincipal(`logs.${region}.${urlSuffix}`)],
      actions: ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:Describe*'],
      resources: ['*'],
      // https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
      conditions: { ArnLike: { 'kms:EncryptionContext:aws:logs:arn': logGroupArns(scope, names) } },
    }),
    new PolicyStatement({
      sid: 'AlarmsOfTheStage',
      principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
      actions: ['kms:Decrypt', 'kms:GenerateDataKey*'],
      resources: ['*'],
      conditions: {
        StringEquals: { 'aws:SourceAccount': account },
        ArnLike: { 'aws:SourceArn': alarmArns(scope, names) },
      },
    }),
    new PolicyStatement({
      sid: 'RulesOfTheTopic',
      principals: [new ServicePrincipal('events.amazonaws.com')],
      actions: ['kms:Decrypt', 'kms:GenerateDataKey*'],
      resources: ['*'],
      // EventBridge's request to KMS has neither aws:SourceAccount nor aws:SourceArn, so that such a condition would drop every notice
      // (SNS developer guide, "Enable compatibility between event sources from AWS services and encrypted topics"). The topic's own policy
      // says whose rules may publish.
    }),
  ]
}

export const monitoringKey = (
  scope: Construct,
  id: string,
  { names, setting, removalPolicy }: MonitoringKeyProps,
): IKey => {
  if (setting !== CREATE_KEY) return Key.fromKeyArn(scope, id, setting)
  const administer = new PolicyStatement({
    sid: 'Administer',
    principals: [new AccountRootPrincipal()],
    actions: ['kms:*'],
    resources: ['*'],
  })
  return new Key(scope, id, {
    description: `Logs and alarms of M2M secret rotation, stage ${names.stage}`,
    enableKeyRotation: true,
    policy: new PolicyDocument({ statements: [administer, ...monitoringKeyStatements(scope, names)] }),
    removalPolicy,
  })
}
