// The leak intake's address behind AWS WAF, which stands in front of REST APIs and not of HTTP APIs: one route, the same function, and a web ACL,
// the deployment's own or one that counts each address. Where detectors report once a firewall is configured (docs/decisions/099).

import { Stack, Validations } from 'aws-cdk-lib'
import { AuthorizationType, EndpointType, LambdaIntegration, RestApi } from 'aws-cdk-lib/aws-apigateway'
import type { IFunction } from 'aws-cdk-lib/aws-lambda'
import { CfnIPSet, CfnWebACL, CfnWebACLAssociation } from 'aws-cdk-lib/aws-wafv2'
import { Construct } from 'constructs'
import {
  ADDRESS_WINDOW_MS,
  OTHERS_WINDOW_MS,
  othersTogether,
  type Throttle,
} from '../../lambda/core/intake/door-limits.ts'
import type { IntakeFirewall } from '../config/incident-config.ts'
import { functionName, type StageNames } from '../config/stage-names.ts'

export interface LeakFirewallProps {
  readonly names: StageNames
  readonly fn: IFunction
  readonly throttle: Throttle
  readonly firewall: IntakeFirewall
}

type Counting = Extract<IntakeFirewall, { readonly kind: 'perAddress' }>

const API_STAGE = 'v1'

export class LeakFirewall extends Construct {
  readonly api: RestApi
  /** Without the path. */
  readonly url: string

  constructor(scope: Construct, id: string, { names, fn, throttle, firewall }: LeakFirewallProps) {
    super(scope, id)
    this.api = new RestApi(this, 'Api', {
      restApiName: `${functionName(names, 'intake')}-firewall`,
      description: "Takes detectors' reports of leaked M2M secrets, behind AWS WAF",
      endpointTypes: [EndpointType.REGIONAL],
      // The signature is over bytes: none is changed on the way.
      binaryMediaTypes: ['*/*'],
      cloudWatchRole: false,
      deployOptions: {
        stageName: API_STAGE,
        metricsEnabled: true,
        tracingEnabled: true,
        dataTraceEnabled: false,
        throttlingRateLimit: throttle.rateLimit,
        throttlingBurstLimit: throttle.burstLimit,
      },
    })
    const method = this.api.root
      .addResource('leaks')
      .addMethod('POST', new LambdaIntegration(fn, { allowTestInvoke: false }), {
        authorizationType: AuthorizationType.NONE,
      })
    const unsigned =
      'Detectors hold no AWS credentials: each delivery is signed, and the function believes nothing else'
    Validations.of(method).acknowledge(
      { id: 'AwsSolutions-APIG4', reason: unsigned },
      { id: 'AwsSolutions-COG4', reason: unsigned },
    )
    const logged =
      'The function logs each delivery with its address; logs of a REST API would take a role of the whole account'
    Validations.of(this.api).acknowledge(
      { id: 'AwsSolutions-APIG1', reason: logged },
      { id: 'AwsSolutions-APIG6', reason: logged },
      { id: 'Serverless::Serverless-APIGWAccessLogging', reason: logged },
      { id: 'AwsSolutions-APIG2', reason: 'The function judges the body itself, by its bytes and its signature' },
    )
    new CfnWebACLAssociation(this, 'Association', {
      resourceArn: this.api.deploymentStage.stageArn,
      webAclArn: firewall.kind === 'own' ? firewall.webAclArn : this.makeWebAcl(names, throttle, firewall),
    })
    const { region, urlSuffix } = Stack.of(this)
    this.url = `https://${this.api.restApiId}.execute-api.${region}.${urlSuffix}/${API_STAGE}`
  }

  /** @returns its ARN. */
  private makeWebAcl(
    { stage }: StageNames,
    throttle: Throttle,
    { requestsPerAddress, detectorAddresses }: Counting,
  ): string {
    const metric = { cloudWatchMetricsEnabled: true, sampledRequestsEnabled: false }
    const acl = new CfnWebACL(this, 'WebAcl', {
      scope: 'REGIONAL',
      description: `Counts what each address sends to the leak intake of stage ${stage}`,
      defaultAction: { allow: {} },
      rules: [
        {
          name: 'RequestsPerAddress',
          priority: 0,
          action: { block: {} },
          statement: {
            rateBasedStatement: {
              aggregateKeyType: 'IP',
              limit: requestsPerAddress,
              evaluationWindowSec: ADDRESS_WINDOW_MS / 1000,
            },
          },
          visibilityConfig: { ...metric, metricName: `m2m-${stage}-intake-requests-per-address` },
        },
        ...(detectorAddresses.length === 0
          ? []
          : [
              {
                name: 'OthersTogether',
                priority: 1,
                action: { block: {} },
                statement: {
                  rateBasedStatement: {
                    aggregateKeyType: 'CONSTANT',
                    limit: othersTogether(throttle),
                    evaluationWindowSec: OTHERS_WINDOW_MS / 1000,
                    scopeDownStatement: { notStatement: { statement: this.isOneOf(stage, detectorAddresses) } },
                  },
                },
                visibilityConfig: { ...metric, metricName: `m2m-${stage}-intake-others-together` },
              },
            ]),
      ],
      visibilityConfig: { ...metric, metricName: `m2m-${stage}-intake` },
    })
    return acl.attrArn
  }

  /** AWS WAF keeps addresses of either kind apart. */
  private isOneOf(stage: string, addresses: readonly string[]): CfnWebACL.StatementProperty {
    const versions = (['IPV4', 'IPV6'] as const).flatMap((version) => {
      const some = addresses.filter((one) => one.includes(':') === (version === 'IPV6'))
      return some.length === 0 ? [] : [{ version, some }]
    })
    const statements = versions.map(({ version, some }) => ({
      ipSetReferenceStatement: {
        arn: new CfnIPSet(this, `Detectors${version}`, {
          scope: 'REGIONAL',
          description: `Where detectors deliver to the leak intake of stage ${stage} from`,
          ipAddressVersion: version,
          addresses: [...some],
        }).attrArn,
      },
    }))
    const [only, ...more] = statements
    return only !== undefined && more.length === 0 ? only : { orStatement: { statements } }
  }
}
