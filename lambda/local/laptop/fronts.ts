// The fronts of the template's APIs: what API Gateway would serve, on the laptop's own addresses. The REST API has a port of its own, since its
// callers sign for it; the HTTP API answers below a path of the AWS stand-in's address.
import { randomBytes } from 'node:crypto'
import { defined } from '../../core/base/defined.ts'
import type { InvocationResult } from '../aws/functions.ts'
import type { Api, ApiHost, ApiRoute } from '../stack/host.ts'
import type { Operation, StandInRequest } from '../stand-in/server.ts'
import {
  createVendFront,
  type ServedApi,
  type ServedRoute,
  type VendFront,
  type VendFrontInput,
} from '../vend-front/front.ts'
import type { KeyPair } from '../vend-front/signature.ts'
import type { ReadObject } from '../vend-front/stored-list.ts'
import type { ApiRights, Called } from './api-rights.ts'
import { createLeakFront } from './leak-front.ts'

export interface Fronts extends ApiHost {
  /** Of the one key pair that it takes. */
  readonly keys: KeyPair
  readonly rest: VendFront
  /** Of the HTTP API. @returns undefined for what is none of its routes. */
  route(request: StandInRequest): Operation | undefined
}

export interface FrontsInput extends Pick<VendFrontInput, 'region' | 'throttledIntegration'> {
  readonly accountId: string
  readonly invoke: (functionArn: string, event: object) => Promise<InvocationResult>
  /** The HTTP API's path on the AWS address. */
  readonly httpPath: string
  /** Where it is reached. */
  readonly httpEndpoint: () => string
  readonly restEndpoint: () => string
  /** Where S3 listens. */
  readonly awsEndpoint: () => string
  readonly rights: ApiRights
}

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** As AWS's look, and good for nothing but this laptop. */
const newKeys = (): KeyPair => ({
  accessKeyId: `AKIA${[...randomBytes(16)].map((byte) => BASE32.charAt(byte % 32)).join('')}`,
  secretAccessKey: randomBytes(30).toString('base64'),
})

/** As API Gateway reads an object, with the one header that it passes on. */
const readObject =
  (aws: () => string, keyId: () => string | undefined, path: string): ReadObject =>
  async (ifNoneMatch) => {
    // The stand-in looks at whose key it is, and at no signature.
    const authorization = `AWS4-HMAC-SHA256 Credential=${keyId()}/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0`
    const known: Record<string, string> = ifNoneMatch === undefined ? {} : { 'if-none-match': ifNoneMatch }
    const response = await fetch(new URL(`/${path}`, aws()), { headers: { authorization, ...known } })
    return { status: response.status, headers: Object.fromEntries(response.headers), body: await response.text() }
  }

/** Which API Gateway answers as an error of its own. */
const notPermitted: InvocationResult = {
  ok: false,
  errorType: 'AccessDeniedException',
  errorMessage: 'API Gateway may not invoke the function.',
}

type HttpFront = ReturnType<typeof createLeakFront>

export const createFronts = (input: FrontsInput): Fronts => {
  const { region, accountId, invoke, throttledIntegration, rights, awsEndpoint } = input
  const keys = newKeys()
  const { accessKeyId } = keys
  const rest = new Map<string, ServedApi>()
  const http = new Map<string, readonly HttpFront[]>()

  const toServedRoute = (api: Api, { functionArn, storedAt, roleArn, isSigned, ...route }: ApiRoute): ServedRoute => {
    const called = (path: string): Called => ({ method: route.method, path })
    const keyId = (): string | undefined => (roleArn === undefined ? undefined : rights.keyOfRole(roleArn))
    return {
      ...route,
      invoke: (event) => invoke(functionArn, event),
      isPermitted: (path) =>
        storedAt === undefined ? rights.mayInvoke(api, called(path), functionArn) : keyId() !== undefined,
      ...defined({
        read: storedAt === undefined ? undefined : readObject(awsEndpoint, keyId, storedAt),
        refuses: isSigned ? (path: string) => rights.refusesCaller(api, called(path), accessKeyId) : undefined,
      }),
    }
  }
  const toServed = (api: Api): ServedApi => {
    const { id: apiId, stage, routes, throttle, responses } = api
    return {
      identity: { apiId, stage, accountId, accessKeyId, userArn: `arn:aws:iam::${accountId}:user/laptop` },
      routes: routes.map((route) => toServedRoute(api, route)),
      throttle,
      responses,
    }
  }
  const toHttpFronts = (api: Api): readonly HttpFront[] => {
    const { id: apiId, stage, routes, throttle } = api
    return routes.map(({ functionArn, method, resource: path }) =>
      createLeakFront({
        route: { apiId, stage, method, path },
        at: input.httpPath,
        invoke: async (event) =>
          rights.mayInvoke(api, { method, path }, functionArn) ? invoke(functionArn, event) : notPermitted,
        ...defined({ throttle }),
      }),
    )
  }

  return {
    keys,
    rest: createVendFront({ keys, region, apis: () => [...rest.values()], ...defined({ throttledIntegration }) }),
    route: (request) => {
      for (const front of [...http.values()].flat()) {
        const operation = front(request)
        if (operation !== undefined) return operation
      }
      return undefined
    },
    put: (api) => {
      if (api.kind === 'rest') rest.set(api.id, toServed(api))
      else http.set(api.id, toHttpFronts(api))
    },
    remove: (id) => {
      rest.delete(id)
      http.delete(id)
    },
    endpointOf: (_id, kind) => (kind === 'http' ? input.httpEndpoint() : input.restEndpoint()),
  }
}
