// Anything that listens on HTTPS: EventBridge delivers the event, with retries for a day, and what could not be delivered lies in a queue.
import { Duration, type SecretValue } from 'aws-cdk-lib'
import {
  ApiDestination,
  Authorization,
  Connection,
  EventBus,
  HttpMethod,
  type IApiDestination,
  Rule,
} from 'aws-cdk-lib/aws-events'
import { ApiDestination as ApiDestinationTarget } from 'aws-cdk-lib/aws-events-targets'
import { Queue } from 'aws-cdk-lib/aws-sqs'
import type { Construct } from 'constructs'

export interface WebhookProps {
  /** `m2m-<stage>` */
  readonly busName: string
  readonly endpoint: string
  /** From Secrets Manager, so that it stands in no template. */
  readonly apiKey: SecretValue
}

export const callOnNewSecret = (scope: Construct, id: string, props: WebhookProps): Rule => {
  const connection = new Connection(scope, `${id}Connection`, {
    authorization: Authorization.apiKey('x-api-key', props.apiKey),
  })
  // Its own class and its interface differ by an optional property.
  const destination = new ApiDestination(scope, `${id}Destination`, {
    connection,
    endpoint: props.endpoint,
    httpMethod: HttpMethod.POST,
  }) as IApiDestination
  return new Rule(scope, id, {
    eventBus: EventBus.fromEventBusName(scope, `${id}Bus`, props.busName),
    eventPattern: { source: ['m2m.rotation'], detailType: ['M2M Secret Changed'] },
    targets: [
      new ApiDestinationTarget(destination, {
        deadLetterQueue: new Queue(scope, `${id}Undelivered`, { retentionPeriod: Duration.days(14), enforceSSL: true }),
      }),
    ],
  })
}
