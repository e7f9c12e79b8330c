// An ECS service that keeps its secret in memory: a new deployment as soon as the value changed. Both values work meanwhile, so that the
// rolling deployment fails nobody.
import { EventBus, Rule } from 'aws-cdk-lib/aws-events'
import { AwsApi } from 'aws-cdk-lib/aws-events-targets'
import type { Construct } from 'constructs'

export interface RedeployProps {
  /** `m2m-<stage>` */
  readonly busName: string
  /** `m2m/<stage>/<client>` */
  readonly secretName: string
  readonly cluster: string
  readonly service: string
}

export const redeployOnNewSecret = (scope: Construct, id: string, props: RedeployProps): Rule =>
  new Rule(scope, id, {
    eventBus: EventBus.fromEventBusName(scope, `${id}Bus`, props.busName),
    eventPattern: {
      source: ['m2m.rotation'],
      detailType: ['M2M Secret Changed'],
      detail: { secretName: [props.secretName] },
    },
    targets: [
      new AwsApi({
        service: 'ECS',
        action: 'updateService',
        parameters: { cluster: props.cluster, service: props.service, forceNewDeployment: true },
      }),
    ],
  })
