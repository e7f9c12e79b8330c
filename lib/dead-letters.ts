// A queue in which what failed waits for a person: encrypted, over TLS only, for fourteen days. Each asynchronous function has one of its
// own, beside that of whatever delivers to it: a handler that fails is not a delivery that failed.
import { Duration, type RemovalPolicy, Validations } from 'aws-cdk-lib'
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs'
import type { Construct } from 'constructs'

export interface DeadLettersProps {
  readonly queueName: string
  /** What ends in it, in a sentence. */
  readonly holds: string
  readonly removalPolicy: RemovalPolicy
}

export const deadLetters = (
  scope: Construct,
  id: string,
  { queueName, holds, removalPolicy }: DeadLettersProps,
): Queue => {
  const queue = new Queue(scope, id, {
    queueName,
    encryption: QueueEncryption.SQS_MANAGED,
    enforceSSL: true,
    retentionPeriod: Duration.days(14),
    removalPolicy,
  })
  for (const rule of ['AwsSolutions-SQS3', 'Serverless-SQSRedrivePolicy']) {
    Validations.of(queue).acknowledge({ id: rule, reason: holds })
  }
  return queue
}
