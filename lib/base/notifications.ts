// Where people are notified: one topic, its subscriber, and a queue for what could not be delivered. A stack without an address still
// has the topic, so that another can subscribe; why there is none stands in the configuration. The policies of both name the services
// that write to them, each for this account alone, in a number of statements that does not grow with rules and alarms.

import { type RemovalPolicy, Stack } from 'aws-cdk-lib'
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import { Topic } from 'aws-cdk-lib/aws-sns'
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions'
import type { Queue } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import { defined } from '../../lambda/core/base/defined.ts'
import type { AlarmAddress } from '../config/account-config.ts'
import type { StageNames } from '../config/stage-names.ts'
import { alarmArns } from './alarm-names.ts'
import { deadLetters } from './dead-letters.ts'

export interface NotificationsProps {
  readonly names: StageNames
  readonly address: AlarmAddress
  /** Encrypts what waits to be delivered. @default - SNS's own encryption */
  readonly key?: IKey | undefined
  readonly removalPolicy: RemovalPolicy
}

export class Notifications extends Construct {
  readonly topic: Topic
  /** What EventBridge or Lambda could not hand over, kept for a person to look at. */
  readonly deadLetters: Queue

  constructor(scope: Construct, id: string, { names, address, key, removalPolicy }: NotificationsProps) {
    super(scope, id)
    this.topic = new Topic(this, 'Topic', {
      topicName: `m2m-${names.stage}-alarms`,
      displayName: `M2M secrets ${names.stage}`,
      enforceSSL: true,
      ...defined({ masterKey: key }),
    })
    this.deadLetters = deadLetters(this, 'DeadLetters', {
      holds: 'It is itself where undelivered messages end',
      removalPolicy,
    })
    this.letServicesWrite(names)
    if ('email' in address) {
      this.topic.addSubscription(new EmailSubscription(address.email, { deadLetterQueue: this.deadLetters }))
    }
  }

  private letServicesWrite(names: StageNames): void {
    const { partition, region, account } = Stack.of(this)
    const allow = (sid: string, service: string, sourceArn: string) => ({
      sid,
      principals: [new ServicePrincipal(service)],
      // Else a rule or an alarm of any account could write here (IAM user guide, "The confused deputy problem").
      conditions: { StringEquals: { 'aws:SourceAccount': account }, ArnLike: { 'aws:SourceArn': sourceArn } },
    })
    const rules = `arn:${partition}:events:${region}:${account}:rule/*`
    const publish = { actions: ['sns:Publish'], resources: [this.topic.topicArn] }
    this.topic.addToResourcePolicy(
      new PolicyStatement({ ...allow('OurAlarms', 'cloudwatch.amazonaws.com', alarmArns(this, names)), ...publish }),
    )
    this.topic.addToResourcePolicy(
      new PolicyStatement({ ...allow('OurRules', 'events.amazonaws.com', rules), ...publish }),
    )
    this.deadLetters.addToResourcePolicy(
      new PolicyStatement({
        ...allow('WhatRulesCouldNotDeliver', 'events.amazonaws.com', rules),
        actions: ['sqs:SendMessage'],
        resources: [this.deadLetters.queueArn],
      }),
    )
  }
}
