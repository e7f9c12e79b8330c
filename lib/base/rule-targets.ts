// Where a rule's events go, without a statement for each rule: CDK's own targets add one to the topic's or the queue's policy for every
// rule, and SQS takes twenty statements and 8,192 bytes. Topic and dead letters name EventBridge once instead (notifications.ts).
import type { IRule, IRuleTarget, RuleTargetInput } from 'aws-cdk-lib/aws-events'
import type { IFunction } from 'aws-cdk-lib/aws-lambda'
import type { ITopic } from 'aws-cdk-lib/aws-sns'
import type { IQueue } from 'aws-cdk-lib/aws-sqs'
import type { ServiceCaller } from './function-policy.ts'

/** EventBridge tries for a day by itself, at the end of which somebody would hear of it later than within a day. */
const TRIED_FOR_SECONDS = 6 * 3600

/** The same target, whose undelivered events end in a queue that lets EventBridge write. */
export const keepingUndelivered = (target: IRuleTarget, undelivered: IQueue): IRuleTarget => ({
  bind: (rule, id) => ({
    ...target.bind(rule, id),
    retryPolicy: { maximumEventAgeInSeconds: TRIED_FOR_SECONDS, maximumRetryAttempts: 185 },
    deadLetterConfig: { arn: undelivered.queueArn },
  }),
})

/** A function whose policy lets EventBridge call it: CDK's own target adds a permission, which cannot stand beside a policy. */
export const toFunction = (fn: IFunction): IRuleTarget => ({
  bind: () => ({ arn: fn.functionArn, targetResource: fn }),
})

/** A topic that lets EventBridge publish. */
export const toTopic = (topic: ITopic, message: RuleTargetInput): IRuleTarget => ({
  bind: () => ({ arn: topic.topicArn, input: message, targetResource: topic }),
})

/** Of a function that rules call. */
export const byRules = (rules: readonly IRule[]): ServiceCaller => ({
  service: 'events.amazonaws.com',
  sourceArns: rules.map(({ ruleArn }) => ruleArn),
})
