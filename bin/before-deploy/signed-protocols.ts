// Calls of AWS services that have no client among the dependencies, each for one question or two: signed with the SDK's signer, in the three
// protocols that AWS speaks (docs/decisions/048). A call has three seconds and one more try; what fails becomes an AwsCallError.

import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { AWS_TIMEOUT_MS } from '../../lambda/adapters/aws/aws-call.ts'
import { type AwsRequest, jsonRequest } from '../../lambda/adapters/aws/request-signer.ts'
import {
  createSignedCall,
  errorHeaderOf,
  errorTypeOf,
  type SignedReply,
} from '../../lambda/adapters/aws/signed-call.ts'
import { partitionOf } from '../../lambda/core/base/aws-partition.ts'
import { defined } from '../../lambda/core/base/defined.ts'
import { type JsonObject, parseJsonObject } from '../../lambda/core/base/json-object.ts'
import { retry } from '../../lambda/core/base/retry.ts'
import { AwsCallError } from './check.ts'

/** `AWS_ENDPOINT_URL_<SERVICE>`, or `AWS_ENDPOINT_URL` for all. */
export type EndpointOf = (service: string) => string | undefined

export interface SignedProtocols {
  /** AWS JSON. @param target `Logs_20140328.DescribeLogGroups` @param elsewhere another Region than the stage's */
  json(service: JsonServiceName, target: string, input: object, elsewhere?: string): Promise<JsonObject>
  /** The Query protocol. @returns the reply's XML */
  query(service: QueryService, action: string, parameters?: Readonly<Record<string, string>>): Promise<string>
  get(service: RestService, action: string, path: string): Promise<JsonObject>
}

type JsonServiceName = 'kms' | 'logs' | 'sqs' | 'dynamodb'
type QueryService = 'iam' | 'sts' | 'sns' | 'cloudformation' | 'monitoring'
type RestService = 'apigateway' | 'scheduler'
type Service = JsonServiceName | QueryService | RestService

/** As IAM's actions begin, and the SDK's endpoint variables end, where the host's name does not. */
const ACTION_PREFIX: Readonly<Partial<Record<Service, string>>> = { monitoring: 'cloudwatch' }
const ENDPOINT_NAME: Readonly<Partial<Record<Service, string>>> = {
  apigateway: 'API_GATEWAY',
  monitoring: 'CLOUDWATCH',
  logs: 'CLOUDWATCH_LOGS',
}

const JSON_VERSION: Readonly<Record<JsonServiceName, '1.0' | '1.1'>> = {
  kms: '1.1',
  logs: '1.1',
  sqs: '1.0',
  dynamodb: '1.0',
}

const API_VERSION: Readonly<Record<QueryService, string>> = {
  iam: '2010-05-08',
  sts: '2011-06-15',
  sns: '2010-03-31',
  cloudformation: '2010-05-15',
  monitoring: '2010-08-01',
}

/** IAM is one for all Regions of a partition (AWS General Reference, "IAM endpoints"); a partition of one Region has it there. */
const iamOf = (region: string): { readonly endpoint?: string; readonly region?: string } => {
  const { partition, urlSuffix } = partitionOf(region)
  switch (partition) {
    case 'aws':
      return { endpoint: `https://iam.${urlSuffix}`, region: 'us-east-1' }
    case 'aws-us-gov':
      return { endpoint: `https://iam.us-gov.${urlSuffix}`, region: 'us-gov-west-1' }
    case 'aws-cn':
      return { endpoint: `https://iam.cn-north-1.${urlSuffix}`, region: 'cn-north-1' }
    default:
      return {}
  }
}

const XML_ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' }

/** Texts of an element without elements inside, wherever it stands. AWS's replies have neither attributes nor CDATA there. */
export const elementsOf = (xml: string, name: string): readonly string[] =>
  [...xml.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, 'g'))].map(([, text = '']) =>
    text.replaceAll(/&(lt|gt|quot|apos|amp);/g, (_all, entity: string) => XML_ENTITIES[entity] ?? ''),
  )

interface Said {
  readonly name: string
  readonly message: string
}

const errorIn = (reply: SignedReply): Said => {
  const { status, body } = reply
  const [code] = elementsOf(body, 'Code')
  if (code !== undefined) return { name: code, message: elementsOf(body, 'Message')[0] ?? '' }
  const json = parseJsonObject(body)
  const message = json?.message ?? json?.Message
  return {
    name: errorHeaderOf(reply) ?? errorTypeOf(json, status),
    message: typeof message === 'string' ? message : '',
  }
}

const TRIES = 2
const isWorthAnother = (status: number, name: string): boolean => status >= 500 || /Throttl|TooManyRequests/.test(name)

interface SignedProtocolsInput {
  /** Its credentials, Region and connections are used. */
  readonly base: SecretsManagerClient
  readonly region: string
  readonly endpointOf: EndpointOf
}

export const createSignedProtocols = ({ base, region, endpointOf }: SignedProtocolsInput): SignedProtocols => {
  const callerOf = (service: Service, elsewhere: string | undefined) => {
    const given = endpointOf(ENDPOINT_NAME[service] ?? service.toUpperCase())
    const own = service === 'iam' ? iamOf(region) : { region: elsewhere }
    return createSignedCall(base, { service, ...own, ...defined({ endpoint: given }) })
  }

  const send = async (service: Service, operation: string, request: AwsRequest, elsewhere?: string) => {
    const action = `${ACTION_PREFIX[service] ?? service}:${operation}`
    const call = callerOf(service, elsewhere)
    const reply = await retry(
      () => call(request, AWS_TIMEOUT_MS),
      async () => {},
      (end, tries) => {
        const mayHelp =
          end.status === 'rejected' ||
          (end.value.status >= 300 && isWorthAnother(end.value.status, errorIn(end.value).name))
        return mayHelp && tries < TRIES ? 0 : undefined
      },
    ).catch((error: unknown) => {
      throw new AwsCallError(action, error instanceof Error ? error.name : 'unknown', '')
    })
    if (reply.status < 300) return reply.body
    const { name, message } = errorIn(reply)
    throw new AwsCallError(action, name, message)
  }

  return {
    json: async (service, target, input, elsewhere) => {
      const request = jsonRequest(target, JSON_VERSION[service], input)
      const reply = await send(service, target.split('.')[1] ?? target, request, elsewhere)
      return parseJsonObject(reply) ?? {}
    },
    query: (service, action, parameters = {}) => {
      const headers = { 'content-type': 'application/x-www-form-urlencoded' }
      const body = new URLSearchParams({ Action: action, Version: API_VERSION[service], ...parameters }).toString()
      return send(service, action, { path: '/', headers, body })
    },
    get: async (service, action, path) => {
      const headers = { accept: 'application/json' }
      return parseJsonObject(await send(service, action, { method: 'GET', path, headers, body: '' })) ?? {}
    },
  }
}
