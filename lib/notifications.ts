// Where people are told: one topic, its subscriber, and a queue for what could not be delivered. A stack without an address still
// has the topic, so that another can subscribe; why there is none stands in the configuration, and in the topic's name for display.
import type { RemovalPolicy } from 'aws-cdk-lib'
import { Topic } from 'aws-cdk-lib/aws-sns'
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions'
import type { Queue } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import { deadLetters } from './dead-letters.ts'
import type { AlarmAddress } from './deploy-config.ts'
import type { StageNames } from './stage-names.ts'

export interface NotificationsProps {
  readonly names: StageNames
  readonly address: AlarmAddress
  readonly removalPolicy: RemovalPolicy
}

export class Notifications extends Construct {
  readonly topic: Topic
  /** What EventBridge or Lambda could not hand over, kept for a person to look at. */
  readonly deadLetters: Queue

  constructor(scope: Construct, id: string, { names, address, removalPolicy }: NotificationsProps) {
    super(scope, id)
    this.topic = new Topic(this, 'Topic', {
      topicName: `m2m-${names.stage}-alarms`,
      displayName: `M2M secrets ${names.stage}`,
      enforceSSL: true,
    })
    this.deadLetters = deadLetters(this, 'DeadLetters', {
      queueName: `m2m-${names.stage}-dead-letters`,
      holds: 'It is itself where undelivered messages end',
      removalPolicy,
    })
    if ('email' in address) {
      this.topic.addSubscription(new EmailSubscription(address.email, { deadLetterQueue: this.deadLetters }))
    }
  }
}
