// Plays API Gateway, of both kinds: a stage serves the routes that stand when it is made or changed, each by the function behind it.
import { defined } from '../../../core/base/defined.ts'
import type { JsonObject } from '../../../core/base/json-object.ts'
import { fieldsOf, listOf } from '../../stand-in/fields.ts'
import type { RateLimit } from '../../stand-in/token-bucket.ts'
import type { GatewayResponse, GatewayResponses } from '../../vend-front/gateway-responses.ts'
import type { ApiRoute, StackHost } from '../host.ts'
import type { PlayedResource, Player, Players } from '../player.ts'

/** `arn:…:lambda:path/2015-03-31/functions/<ARN>/invocations`, or the ARN alone. */
const functionArnOf = (uri: unknown): string =>
  /functions\/(arn:.+)\/invocations$/.exec(String(uri))?.[1] ?? String(uri)

/** `arn:…:s3:path/<bucket>/<key>`: API Gateway's own integration with S3. */
const storedAtOf = (uri: unknown): string | undefined => /:s3:path\/(.+)$/.exec(String(uri))?.[1]

const throttleOf = (settings: JsonObject): RateLimit | undefined =>
  settings.ThrottlingRateLimit === undefined
    ? undefined
    : { ratePerSecond: Number(settings.ThrottlingRateLimit), burst: Number(settings.ThrottlingBurstLimit) }

/** `/~1revocations`, as CloudFormation has a path, with its method; `/*` and `*` are all others. */
const throttlesOf = (settings: unknown) => {
  const all = listOf(settings).map(fieldsOf)
  const isOf = (path: string, method: string) => (one: JsonObject) =>
    String(one.ResourcePath)
      .replace(/^\/(?=~1)/, '')
      .replaceAll('~1', '/') === path && one.HttpMethod === method
  return {
    ofStage: throttleOf(all.find(isOf('/*', '*')) ?? {}),
    ofRoute: ({ method, resource }: Pick<ApiRoute, 'method' | 'resource'>) =>
      throttleOf(all.find(isOf(resource, method)) ?? {}),
  }
}

const HEADER = /^gatewayresponse\.header\./i

/** Headers' values are quoted there: `'no-store'`. */
const toResponse = ({ StatusCode, ResponseParameters, ResponseTemplates }: JsonObject): GatewayResponse => {
  const headers = Object.entries(fieldsOf(ResponseParameters))
    .filter(([name]) => HEADER.test(name))
    .map(([name, value]) => [name.replace(HEADER, ''), String(value).replace(/^'(.*)'$/, '$1')] as const)
  const { 'application/json': body } = fieldsOf(ResponseTemplates)
  return {
    headers: Object.fromEntries(headers),
    ...(StatusCode === undefined ? {} : { status: Number(StatusCode) }),
    ...(body === undefined ? {} : { body: String(body) }),
  }
}

/** Parts of an API, by their physical id. */
const createParts = (): Player & { readonly all: () => readonly PlayedResource[] } => {
  const parts = new Map<string, PlayedResource>()
  return {
    put: (resource) => {
      parts.set(resource.name, resource)
    },
    remove: ({ name }) => {
      parts.delete(name)
    },
    all: () => [...parts.values()],
  }
}

const restPlayers = ({ apis }: StackHost): Players => {
  const resources = createParts()
  const methods = createParts()
  const responses = createParts()
  const responsesOf = (apiId: unknown): GatewayResponses =>
    Object.fromEntries(
      responses
        .all()
        .filter(({ properties }) => properties.RestApiId === apiId)
        .map(({ properties }) => [String(properties.ResponseType), toResponse(properties)]),
    )
  const rootOf = (apiId: unknown): string => `${String(apiId)}-root`

  const pathOf = (id: string): string => {
    const found = resources.all().find(({ name }) => name === id)
    return found === undefined
      ? ''
      : `${pathOf(String(found.properties.ParentId))}/${String(found.properties.PathPart)}`
  }
  const routesOf = (apiId: unknown): readonly ApiRoute[] =>
    methods
      .all()
      .filter(({ properties }) => properties.RestApiId === apiId)
      .map(({ properties: { HttpMethod, ResourceId, AuthorizationType, Integration } }) => ({
        method: String(HttpMethod),
        resource: pathOf(String(ResourceId)),
        functionArn: functionArnOf(fieldsOf(Integration).Uri),
        ...defined({
          storedAt: storedAtOf(fieldsOf(Integration).Uri),
          roleArn:
            typeof fieldsOf(Integration).Credentials === 'string'
              ? String(fieldsOf(Integration).Credentials)
              : undefined,
        }),
        isSigned: AuthorizationType === 'AWS_IAM',
      }))

  return {
    'AWS::ApiGateway::RestApi': {
      put: ({ name }) => ({ attributes: { RootResourceId: rootOf(name) } }),
      remove: ({ name }) => apis.remove(name),
    },
    'AWS::ApiGateway::Resource': resources,
    'AWS::ApiGateway::Method': methods,
    'AWS::ApiGateway::GatewayResponse': responses,
    'AWS::ApiGateway::Deployment': { put: () => undefined },
    'AWS::ApiGateway::Stage': {
      put: ({ properties: { RestApiId, StageName, MethodSettings } }) => {
        const throttles = throttlesOf(MethodSettings)
        apis.put({
          id: String(RestApiId),
          kind: 'rest',
          stage: String(StageName),
          routes: routesOf(RestApiId).map((route) => ({
            ...route,
            ...defined({ throttle: throttles.ofRoute(route) }),
          })),
          throttle: throttles.ofStage,
          responses: responsesOf(RestApiId),
        })
        return undefined
      },
    },
  }
}

const httpPlayers = ({ apis }: StackHost): Players => {
  const integrations = createParts()
  const routes = createParts()
  const stages = new Map<string, PlayedResource>()

  const routesOf = (apiId: unknown): readonly ApiRoute[] =>
    routes
      .all()
      .filter(({ properties }) => properties.ApiId === apiId)
      .map(({ properties: { RouteKey, Target, AuthorizationType } }) => {
        const [method = '', resource = ''] = String(RouteKey).split(' ')
        const integration = integrations.all().find(({ name }) => Target === `integrations/${name}`)
        return {
          method,
          resource,
          functionArn: functionArnOf(integration?.properties.IntegrationUri),
          isSigned: AuthorizationType === 'AWS_IAM',
        }
      })
  /** A stage deploys by itself whatever is changed. */
  const serve = (apiId: unknown): void => {
    const stage = stages.get(String(apiId))
    if (stage === undefined) return
    const { StageName, DefaultRouteSettings } = stage.properties
    apis.put({
      id: String(apiId),
      kind: 'http',
      stage: String(StageName),
      routes: routesOf(apiId),
      throttle: throttleOf(fieldsOf(DefaultRouteSettings)),
      responses: {},
    })
  }
  const served = (part: Player): Player => ({
    put: (resource) => {
      void part.put(resource)
      serve(resource.properties.ApiId)
    },
    remove: (resource) => {
      void part.remove?.(resource)
      serve(resource.properties.ApiId)
    },
  })

  return {
    'AWS::ApiGatewayV2::Api': {
      put: ({ name }) => ({ attributes: { ApiEndpoint: apis.endpointOf(name, 'http') } }),
      remove: ({ name }) => apis.remove(name),
    },
    'AWS::ApiGatewayV2::Integration': served(integrations),
    'AWS::ApiGatewayV2::Route': served(routes),
    'AWS::ApiGatewayV2::Stage': {
      put: (stage) => {
        stages.set(String(stage.properties.ApiId), stage)
        serve(stage.properties.ApiId)
      },
      remove: ({ properties }) => {
        stages.delete(String(properties.ApiId))
        apis.remove(String(properties.ApiId))
      },
    },
  }
}

export const apiPlayers = (host: StackHost): Players => ({ ...restPlayers(host), ...httpPlayers(host) })
