// A queue in which what failed waits for a person: encrypted, over TLS only, for fourteen days. Each asynchronous function has one of its
// own, beside that of whatever delivers to it: a handler that fails is not a delivery that failed. Its name is CloudFormation's, so that a
// queue that outlives its feature disturbs nothing (docs/decisions/046); an output of the stack has its URL.
import { CfnOutput, Duration, type RemovalPolicy, Validations } from 'aws-cdk-lib'
import type { Metric } from 'aws-cdk-lib/aws-cloudwatch'
import { type IQueue, Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs'
import type { Construct } from 'constructs'

export interface DeadLettersProps {
  /** What ends in it, in a sentence. */
  readonly holds: string
  readonly removalPolicy: RemovalPolicy
}

export const deadLetters = (scope: Construct, id: string, { holds, removalPolicy }: DeadLettersProps): Queue => {
  const queue = new Queue(scope, id, {
    encryption: QueueEncryption.SQS_MANAGED,
    enforceSSL: true,
    retentionPeriod: Duration.days(14),
    removalPolicy,
  })
  for (const rule of ['AwsSolutions-SQS3', 'Serverless-SQSRedrivePolicy']) {
    Validations.of(queue).acknowledge({ id: rule, reason: holds })
  }
  const output = new CfnOutput(queue, 'Url', { value: queue.queueUrl, description: holds })
  // Without CDK's hash: the runbook names it.
  output.overrideLogicalId(`${scope.node.id}${id}Url`)
  return queue
}

/**
 * What arrived in a queue, for its alarm. What waits there would not do: a message that nobody took away would keep the alarm from ever
 * raising again. SQS counts here what a service sends; of a queue's own redrive, which none of these has, it would count nothing.
 */
export const messagesSent = (queue: IQueue): Metric =>
  queue.metricNumberOfMessagesSent({ period: Duration.minutes(5), statistic: 'Sum' })
