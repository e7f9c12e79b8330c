// Where a rule's events go, without a statement for each rule: CDK's own targets add one to the topic's or the queue's policy for every
// rule, and SQS takes twenty statements and 8,192 bytes. Topic and dead letters name EventBridge once instead (notifications.ts).
import type { IRuleTarget, RuleTargetInput } from 'aws-cdk-lib/aws-events'
import type { ITopic } from 'aws-cdk-lib/aws-sns'
import type { IQueue } from 'aws-cdk-lib/aws-sqs'

/** The same target, whose undelivered events end in a queue that lets EventBridge write. */
export const keepingUndelivered = (target: IRuleTarget, undelivered: IQueue): IRuleTarget => ({
  bind: (rule, id) => ({ ...target.bind(rule, id), deadLetterConfig: { arn: undelivered.queueArn } }),
})

/** A topic that lets EventBridge publish. */
export const toTopic = (topic: ITopic, message: RuleTargetInput): IRuleTarget => ({
  bind: () => ({ arn: topic.topicArn, input: message, targetResource: topic }),
})
