// Where people are notified: a topic, its subscriber, and a queue for what could not be delivered. A stack without an address still
// has the topic, so that another can subscribe; why there is none stands in the configuration. Mails and a chat channel want messages of
// different forms, and a topic has one for all of its subscribers, so that both together are two topics. The policies name the services
// that write to them, each for this account alone, in a number of statements that does not grow with rules and alarms. An existing topic's
// policy is its owner's: an output has the statements that it needs.

import { CfnOutput, type RemovalPolicy, Stack } from 'aws-cdk-lib'
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns'
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions'
import type { Queue } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import { defined } from '../../lambda/core/base/defined.ts'
import type { AlarmAddress } from '../config/alarms-config.ts'
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

/** One topic, and the form of what is published there. */
export interface NoticeTopic {
  readonly topic: ITopic
  readonly isChat: boolean
}

type NoticeTopics = readonly [NoticeTopic, ...NoticeTopic[]]

export class Notifications extends Construct {
  readonly topics: NoticeTopics
  /** What EventBridge or Lambda could not hand over, kept for a person to look at. */
  readonly deadLetters: Queue
  /** That of mails, where there are two. */
  readonly topic: ITopic

  constructor(scope: Construct, id: string, props: NotificationsProps) {
    super(scope, id)
    this.deadLetters = deadLetters(this, 'DeadLetters', {
      holds: 'It is itself where undelivered messages end',
      removalPolicy: props.removalPolicy,
    })
    this.letRulesKeep()
    this.topics = this.makeTopics(props)
    this.topic = this.topics[0].topic
  }

  private makeTopics(props: NotificationsProps): NoticeTopics {
    const { address, names } = props
    if (!('chat' in address)) return [{ topic: this.ownTopic('Topic', 'alarms', props), isChat: false }]
    const { email, topicArn, chat } = address
    if (topicArn !== undefined) return [{ topic: this.existingTopic(topicArn, names), isChat: chat }]
    const topic = this.ownTopic('Topic', 'alarms', props)
    if (email === undefined) return [{ topic, isChat: chat }]
    topic.addSubscription(new EmailSubscription(email, { deadLetterQueue: this.deadLetters }))
    const mail = { topic, isChat: false }
    return chat ? [mail, { topic: this.ownTopic('Chat', 'chat', props), isChat: true }] : [mail]
  }

  private ownTopic(id: string, word: string, { names, key }: NotificationsProps): Topic {
    const topic = new Topic(this, id, {
      topicName: `m2m-${names.stage}-${word}`,
      // The sender's name of a mail, whose subject a rule cannot set.
      displayName: `M2M secrets ${names.stage}`,
      enforceSSL: true,
      ...defined({ masterKey: key }),
    })
    for (const statement of publishStatements(this, names, topic.topicArn)) topic.addToResourcePolicy(statement)
    return topic
  }

  private existingTopic(topicArn: string, names: StageNames): ITopic {
    new CfnOutput(this, 'TopicMustAllow', {
      value: Stack.of(this).toJsonString(publishStatements(this, names, topicArn).map((one) => one.toStatementJson())),
      description:
        'Statements that the policy of the existing topic needs, beside those that it has: nothing arrives without them',
    })
    return Topic.fromTopicArn(this, 'Existing', topicArn)
  }

  private letRulesKeep(): void {
    this.deadLetters.addToResourcePolicy(
      new PolicyStatement({
        ...fromRules(this, 'WhatRulesCouldNotDeliver'),
        actions: ['sqs:SendMessage'],
        resources: [this.deadLetters.queueArn],
      }),
    )
  }
}

// Else a rule or an alarm of any account could write here (IAM user guide, "The confused deputy problem").
const from = (scope: Construct, sid: string, { service, sourceArn }: { service: string; sourceArn: string }) => ({
  sid,
  principals: [new ServicePrincipal(service)],
  conditions: {
    StringEquals: { 'aws:SourceAccount': Stack.of(scope).account },
    ArnLike: { 'aws:SourceArn': sourceArn },
  },
})

const fromRules = (scope: Construct, sid: string) => {
  const { partition, region, account } = Stack.of(scope)
  return from(scope, sid, {
    service: 'events.amazonaws.com',
    sourceArn: `arn:${partition}:events:${region}:${account}:rule/*`,
  })
}

/** What alarms and rules of the stage need of a topic's policy. */
const publishStatements = (scope: Construct, names: StageNames, topicArn: string): readonly PolicyStatement[] => {
  const publish = { actions: ['sns:Publish'], resources: [topicArn] }
  const alarms = { service: 'cloudwatch.amazonaws.com', sourceArn: alarmArns(scope, names) }
  return [
    new PolicyStatement({ ...from(scope, 'OurAlarms', alarms), ...publish }),
    new PolicyStatement({ ...fromRules(scope, 'OurRules'), ...publish }),
  ]
}
