// The fronts of the template's APIs: what API Gateway would serve, on the laptop's own addresses. The REST API has a port of its own, since its
// callers sign for it; the HTTP API answers below a path of the AWS stand-in's address.
import { randomBytes } from 'node:crypto'
import { defined } from '../../core/base/defined.ts'
import type { InvocationResult } from '../aws/functions.ts'
import type { Api, ApiHost } from '../stack/host.ts'
import type { Operation, StandInRequest } from '../stand-in/server.ts'
import { createVendFront, type ServedApi, type VendFront, type VendFrontInput } from '../vend-front/front.ts'
import type { KeyPair } from '../vend-front/signature.ts'
import type { ReadObject } from '../vend-front/stored-list.ts'
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
  /** Whose reads of objects they are: a function's role that may read them, as the stand-ins know no API's. */
  readonly readerKeyId: string
}

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** As AWS's look, and good for nothing but this laptop. */
const newKeys = (): KeyPair => ({
  accessKeyId: `AKIA${[...randomBytes(16)].map((byte) => BASE32.charAt(byte % 32)).join('')}`,
  secretAccessKey: randomBytes(30).toString('base64'),
})

/** As API Gateway reads an object, with the one header that it passes on. */
const readObject =
  (aws: () => string, keyId: string, path: string): ReadObject =>
  async (ifNoneMatch) => {
    // The stand-in looks at whose key it is, and at no signature.
    const authorization = `AWS4-HMAC-SHA256 Credential=${keyId}/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0`
    const known: Record<string, string> = ifNoneMatch === undefined ? {} : { 'if-none-match': ifNoneMatch }
    const response = await fetch(new URL(`/${path}`, aws()), { headers: { authorization, ...known } })
    return { status: response.status, headers: Object.fromEntries(response.headers), body: await response.text() }
  }

type HttpFront = ReturnType<typeof createLeakFront>

export const createFronts = ({ region, accountId, invoke, throttledIntegration, ...input }: FrontsInput): Fronts => {
  const keys = newKeys()
  const { accessKeyId } = keys
  const rest = new Map<string, ServedApi>()
  const http = new Map<string, readonly HttpFront[]>()

  const toServed = ({ id: apiId, stage, routes, throttle, responses }: Api): ServedApi => ({
    identity: { apiId, stage, accountId, accessKeyId, userArn: `arn:aws:iam::${accountId}:user/laptop` },
    routes: routes.map(({ functionArn, storedAt, ...route }) => ({
      ...route,
      invoke: (event) => invoke(functionArn, event),
      ...defined({
        read: storedAt === undefined ? undefined : readObject(input.awsEndpoint, input.readerKeyId, storedAt),
      }),
    })),
    throttle,
    responses,
  })
  const toHttpFronts = ({ id: apiId, stage, routes, throttle }: Api): readonly HttpFront[] =>
    routes.map(({ functionArn, method, resource: path }) =>
      createLeakFront({
        route: { apiId, stage, method, path },
        at: input.httpPath,
        invoke: (event) => invoke(functionArn, event),
        ...defined({ throttle }),
      }),
    )

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
