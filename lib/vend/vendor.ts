// The token vendor: a REST API with IAM auth before one function, which reads secrets below the prefix and asks Stytch for tokens, and
// may do nothing else. Who may ask for which client is plain IAM on the path. Only this API may call the function: whoever else may,
// by a policy of their own, could write any event.

import { CfnOutput, Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib'
import {
  AuthorizationType,
  CfnRestApi,
  CfnStage,
  EndpointType,
  LambdaIntegration,
  LogGroupLogDestination,
  MethodLoggingLevel,
  type Resource,
  ResponseType,
  RestApi,
} from 'aws-cdk-lib/aws-apigateway'
import { type IGrantable, PolicyDocument, PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { FilterPattern, LogGroup, MetricFilter } from 'aws-cdk-lib/aws-logs'
import { CfnWebACLAssociation } from 'aws-cdk-lib/aws-wafv2'
import { Construct } from 'constructs'
import { VENDOR_SOURCE } from '../../lambda/core/base/event-types.ts'
import { writeVendorEnv } from '../../lambda/env/vendor.ts'
import type { M2mEventBus } from '../base/event-bus.ts'
import { type FunctionSurroundings, logSettings, M2mFunction } from '../base/m2m-function.ts'
import type { MetricNotice } from '../base/notice.ts'
import type { RevocationList } from '../base/revocation-list.ts'
import type { SecretsKey } from '../base/secrets-key.ts'
import { DeployConfigFault } from '../config/deploy-config.ts'
import { functionName, managedSecrets, type StageNames } from '../config/stage-names.ts'
import { type VendorConfig, vendedClient } from '../config/vendor-config.ts'
import { serveRevocations } from './served-revocations.ts'
import { admissionFault, fillVendorPolicy, READ_PATHS, tokenPath } from './vendor-policy.ts'

export interface VendorProps {
  readonly names: StageNames
  readonly surroundings: FunctionSurroundings
  readonly projectId: string
  readonly config: VendorConfig
  readonly key: SecretsKey
  readonly bus: M2mEventBus
  readonly revocations: RevocationList
}

/** Twice Secrets Manager, three mints of three seconds and what lies between; API Gateway itself waits for 29. */
const TIMEOUT_SECONDS = 15
/**
 * Lambda's share of a CPU: the first token of an environment is some 50 ms of a whole one (docs/decisions/023), and TLS with two hosts as
 * much again; with half of this memory it would be twice as long. A cached one is a billed millisecond with any.
 */
const MEMORY_MB = 1024

/** Never a part of a caller's path, so that URL and policies stay as they are. */
const API_STAGE = 'v1'

/**
 * Of the list of revocations, which no function serves: apart from tokens, so that neither keeps the other from anybody. At a poll in 30 seconds
 * it is enough for 15,000 verifiers.
 */
export const LIST_PACE = { requestsPerSecond: 500, burst: 1_000 } as const

const FIVE_MINUTES = Duration.minutes(5)

/** Who asked for what, and what was answered; no header, no body. */
const ACCESS_LOG = JSON.stringify({
  requestId: '$context.requestId',
  time: '$context.requestTime',
  caller: '$context.identity.userArn',
  account: '$context.identity.accountId',
  ip: '$context.identity.sourceIp',
  vpcEndpoint: '$context.identity.vpceId',
  method: '$context.httpMethod',
  path: '$context.path',
  status: '$context.status',
  error: '$context.error.message',
  waf: '$context.wafResponseCode',
  latencyMs: '$context.responseLatency',
})

export class Vendor extends Construct {
  readonly fn: M2mFunction
  readonly api: RestApi
  /** Callers append `/clients/<name>/token`. */
  readonly url: string
  private readonly policy = new PolicyDocument()

  constructor(scope: Construct, id: string, props: VendorProps) {
    super(scope, id)
    const { names, config, key, bus } = props
    this.api = this.makeApi(props)
    const { region, urlSuffix } = Stack.of(this)
    // From the API alone: its stage depends on the function, and the function's settings may not depend on that.
    this.url = `https://${this.api.restApiId}.execute-api.${region}.${urlSuffix}/${API_STAGE}`
    this.fn = new M2mFunction(this, 'Fn', {
      names,
      surroundings: props.surroundings,
      part: 'vendor',
      bundle: 'on-vend',
      description: `Vends tokens of M2M clients below ${names.secretNamePrefix}`,
      memoryMb: MEMORY_MB,
      timeoutSeconds: TIMEOUT_SECONDS,
      onFailure: 'API Gateway calls it synchronously, and its caller hears at once',
      environment: writeVendorEnv({
        stytch: { projectId: props.projectId },
        vertical: config.vertical,
        secretNamePrefix: names.secretNamePrefix,
        extraPrefixes: names.extraPrefixes,
        eventBus: bus.bus.eventBusArn,
        apiId: this.api.restApiId,
        apiUrl: this.url,
        revocationsBucket: props.revocations.bucket.bucketName,
        checkSeconds: config.checkSeconds,
      }),
    })
    this.mayRead(names, key)
    props.revocations.mayRead(this.fn.role)
    this.fn.mayDo(bus.mayPublish(VENDOR_SOURCE))
    this.countVends(names)
    this.addRoutes()
    serveRevocations(this, this.api, props)
    this.answerLater()
    const fault = admissionFault(this, API_STAGE, config)
    if (fault !== undefined) throw new DeployConfigFault([`m2m.vendor.admits ${fault}`])
    fillVendorPolicy(this.policy, this, API_STAGE, config)
    if (config.webAclArn !== undefined) {
      new CfnWebACLAssociation(this, 'Firewall', {
        resourceArn: this.api.deploymentStage.stageArn,
        webAclArn: config.webAclArn,
      })
    }
    new CfnOutput(this, 'Url', { value: this.url, description: 'Where tokens are vended' })
  }

  /** Lets a role of this account ask for one client's tokens, by a statement in its own policy. `*`: for every client's. */
  grantVend(grantee: IGrantable, client: string): void {
    if (!vendedClient.fits(client)) {
      const expected = vendedClient.expectedFor?.(client) ?? vendedClient.expected
      throw new Error(`${this.node.path}: ${JSON.stringify(client)} is no client's name: expected ${expected}.`)
    }
    this.grantPaths(grantee, 'VendTokens', [tokenPath(client)])
  }

  /** Lets sessions of a role ask for the one client that their session tag names: the role's trust policy says who may set it. */
  grantVendByTag(grantee: IGrantable, tagKey = 'stytch-client'): void {
    this.grantPaths(grantee, 'VendTokensByTag', [tokenPath(`\${aws:PrincipalTag/${tagKey}}`)])
  }

  /** Lets a role read what verifiers need: revocations, and where the keys are. */
  grantVerify(grantee: IGrantable): void {
    this.grantPaths(grantee, 'ReadRevocations', READ_PATHS)
  }

  /** Stytch refuses a current value; tokens are not vended. */
  /**
   * None of `Credential Refused`: each instance publishes it, every quarter of an hour and for each client. The sweep, which remembers what it
   * has said, finds the same value within as long, and names it once (secretDead).
   */
  get metricNotices(): readonly MetricNotice[] {
    return [
      {
        id: 'VendErrors',
        page: 'vends-fail',
        says: 'The token vendor crashed instead of answering.',
        metric: this.fn.function.metricErrors({ period: FIVE_MINUTES }),
        atLeast: 1,
      },
      {
        id: 'VendFailures',
        page: 'vends-fail',
        says: 'Vends fail with 5xx: Stytch or Secrets Manager does not answer, or a secret is refused.',
        metric: this.api.metricServerError({ period: FIVE_MINUTES, statistic: 'Sum' }),
        atLeast: 5,
      },
      {
        id: 'VendKeepsFailing',
        page: 'vends-fail',
        says: 'A few vends keep failing with 5xx, in two or more five-minute periods of an hour: an outage that affects few clients, or the vendor is at its concurrency limit.',
        metric: this.api.metricServerError({ period: FIVE_MINUTES, statistic: 'Sum' }),
        atLeast: 1,
        periods: 2,
      },
    ]
  }

  /** Metrics of the audit lines, made by CloudWatch Logs: on its hot path the function writes nothing for them. */
  private countVends({ stage }: StageNames): void {
    const audited = FilterPattern.stringValue('$.audit', '=', 'vend')
    const where = (field: string, value: string) =>
      FilterPattern.all(audited, FilterPattern.stringValue(`$.${field}`, '=', value))
    const patterns = {
      Vends: where('decision', 'vended'),
      VendCacheHits: where('source', 'cached'),
      VendMints: FilterPattern.all(
        audited,
        FilterPattern.any(
          FilterPattern.stringValue('$.source', '=', 'minted'),
          FilterPattern.stringValue('$.source', '=', 'refreshed'),
        ),
      ),
      VendsStale: where('source', 'stale'),
      VendsRefused: where('decision', 'refused'),
      VendsFailed: where('decision', 'failed'),
    }
    for (const [metricName, filterPattern] of Object.entries(patterns)) {
      new MetricFilter(this, `Count${metricName}`, {
        logGroup: this.fn.logGroup,
        filterPattern,
        metricNamespace: `M2M/${stage}`,
        metricName,
        metricValue: '1',
      })
    }
  }

  private grantPaths(grantee: IGrantable, sid: string, paths: readonly string[]): void {
    const { partition, region, account } = Stack.of(this)
    const api = `arn:${partition}:execute-api:${region}:${account}:${this.api.restApiId}/${API_STAGE}`
    grantee.grantPrincipal.addToPrincipalPolicy(
      new PolicyStatement({
        sid,
        actions: ['execute-api:Invoke'],
        resources: paths.map((path) => `${api}/${path}`),
      }),
    )
  }

  private mayRead(names: StageNames, key: SecretsKey): void {
    const secrets = managedSecrets(this, names)
    this.fn.mayDo(
      new PolicyStatement({
        sid: 'ReadManagedSecrets',
        actions: ['secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue'],
        resources: [...secrets],
      }),
      key.use(['kms:Decrypt']),
    )
    this.fn.explainWildcard(
      secrets,
      'Clients come and go without a deployment; IAM says on the path who may ask for which',
    )
  }

  private makeApi({ names, surroundings, config }: VendorProps): RestApi {
    const isPrivate = config.endpoint.kind === 'private'
    // Of each method: what one of its own leaves out is not taken from the others' settings.
    const watched = {
      loggingLevel: MethodLoggingLevel.ERROR,
      // Bodies hold tokens.
      dataTraceEnabled: false,
      metricsEnabled: true,
      cachingEnabled: false,
    }
    const api = new RestApi(this, 'Api', {
      restApiName: functionName(names, 'vendor'),
      description: `Vends tokens of M2M clients, stage ${names.stage}`,
      endpointTypes: [isPrivate ? EndpointType.PRIVATE : EndpointType.REGIONAL],
      policy: this.policy,
      defaultMethodOptions: { authorizationType: AuthorizationType.IAM },
      cloudWatchRole: config.accountLogRole === 'create',
      ...(config.accountLogRole === 'create' ? { cloudWatchRoleRemovalPolicy: RemovalPolicy.RETAIN } : {}),
      deployOptions: {
        stageName: API_STAGE,
        ...watched,
        tracingEnabled: true,
        throttlingRateLimit: config.requestsPerSecond,
        throttlingBurstLimit: config.burst,
        methodOptions: {
          '/revocations/GET': {
            ...watched,
            throttlingRateLimit: Math.max(LIST_PACE.requestsPerSecond, config.requestsPerSecond),
            throttlingBurstLimit: Math.max(LIST_PACE.burst, config.burst),
          },
        },
      },
    })
    this.logAccess(api, surroundings, names)
    const cfnApi = api.node.defaultChild
    if (!(cfnApi instanceof CfnRestApi)) throw new Error('The API has no CfnRestApi.')
    if (config.endpoint.kind === 'private') {
      cfnApi.addPropertyOverride('EndpointConfiguration.VpcEndpointIds', [...config.endpoint.vpcEndpointIds])
    }
    Validations.of(api).acknowledge(
      {
        id: 'AwsSolutions-APIG2',
        reason:
          "The function judges path and body itself, and answers in OAuth's shape, which API Gateway's check cannot",
      },
      ...(config.webAclArn === undefined
        ? [
            {
              id: 'AwsSolutions-APIG3',
              reason:
                'Every request is signed, throttled, and let in by IAM alone; webAclArn puts a firewall before it',
            },
          ]
        : []),
    )
    if (config.accountLogRole === 'create') {
      Validations.of(api).acknowledge({
        id: 'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs]',
        reason: "The role is API Gateway's own for the whole account, and AWS keeps the policy that it needs",
      })
    }
    return api
  }

  /** Once the API is there: its id keeps a log group that outlived its API out of the way of the next one's. */
  private logAccess(api: RestApi, surroundings: FunctionSurroundings, names: StageNames): void {
    const log = new LogGroup(this, 'AccessLog', {
      logGroupName: `/aws/apigateway/${functionName(names, 'vendor')}-${api.restApiId}`,
      ...logSettings(surroundings),
    })
    const stage = api.deploymentStage
    const cfnStage = stage.node.defaultChild
    if (!(cfnStage instanceof CfnStage)) throw new Error('The stage has no CfnStage.')
    const { destinationArn } = new LogGroupLogDestination(log).bind(stage)
    cfnStage.accessLogSetting = { destinationArn, format: ACCESS_LOG }
  }

  /**
   * What API Gateway answers by itself when a request may be sent again: more of them than its limits or the function's executions allow, or
   * a function that did not answer. As the vendor's own 503, with when to come back. Lambda's throttle would be a 500 else.
   */
  private answerLater(): void {
    const later = (id: string, type: ResponseType, statusCode: string, description: string): void => {
      this.api.addGatewayResponse(id, {
        type,
        statusCode,
        responseHeaders: { 'Retry-After': "'1'", 'Cache-Control': "'no-store'" },
        templates: {
          'application/json': JSON.stringify({ error: 'temporarily_unavailable', error_description: description }),
        },
      })
    }
    later('Throttled', ResponseType.THROTTLED, '429', 'There are more requests than are served at once.')
    later('IntegrationFailure', ResponseType.INTEGRATION_FAILURE, '503', 'The vendor could not be reached just now.')
    later('IntegrationTimeout', ResponseType.INTEGRATION_TIMEOUT, '503', 'The vendor did not answer in time.')
  }

  private addRoutes(): void {
    const integration = new LambdaIntegration(this.fn.called, { allowTestInvoke: false })
    const add = (resource: Resource, method: string): string => {
      const added = resource.addMethod(method, integration)
      Validations.of(added).acknowledge({
        id: 'AwsSolutions-COG4',
        reason: 'Callers are roles and sign with their own keys: IAM says who may ask for which client',
      })
      return added.methodArn
    }
    const { root } = this.api
    const sourceArns = [
      add(root.addResource('clients').addResource('{client}').addResource('token'), 'POST'),
      add(root.addResource('.well-known').addResource('oauth-authorization-server'), 'GET'),
    ]
    // The event says who asks for a token, and API Gateway alone sees to it that this is true.
    this.fn.onlyCalledBy({ services: [{ service: 'apigateway.amazonaws.com', sourceArns }] })
  }
}
