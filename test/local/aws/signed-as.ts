// Calls of the stand-in by whoever a test says, over HTTP and by the SDK's own clients where there is one: a reply is a status, an error's name
// and its message.
import { createHash } from 'node:crypto'
import { afterAll, beforeAll, beforeEach } from 'vitest'
import { parseJsonObject } from '../../../lambda/core/base/json-object.ts'
import { type AwsStandIn, type AwsStandInInput, createAwsStandIn } from '../../../lambda/local/aws/aws-stand-in.ts'
import { ADMINISTRATOR_ACCESS } from '../../../lambda/local/iam/managed-policies.ts'
import { roleIdentity } from '../../../lambda/local/iam/people.ts'
import type { PolicyDocument } from '../../../lambda/local/iam/policy.ts'
import { createRights, type Identity } from '../../../lambda/local/iam/rights.ts'
import { createWorld } from '../../../lambda/local/stand-in/world.ts'

export const ACCOUNT = '000000000000'
export const REGION = 'us-east-1'
export const roleOf = (name: string, account = ACCOUNT): string => `arn:aws:iam::${account}:role/${name}`
export const sessionOf = (name: string, account = ACCOUNT): string =>
  `arn:aws:sts::${account}:assumed-role/${name}/${name}`

export const policy = (...Statement: readonly object[]): PolicyDocument => ({ Version: '2012-10-17', Statement })
export const may = (
  Action: string | readonly string[],
  Resource: string | readonly string[] = '*',
  Condition?: object,
) => policy({ Effect: 'Allow', Action, Resource, ...(Condition === undefined ? {} : { Condition }) })

export interface Answer {
  readonly status: number
  /** Of an error. */
  readonly type: string | undefined
  readonly message: string | undefined
  readonly body: Readonly<Record<string, unknown>>
  readonly text: string
}

export interface Sent {
  readonly service: string
  readonly method?: string
  readonly path?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly region?: string
}

/** The name of a service in X-Amz-Target. */
export const targets: Readonly<Record<string, string>> = {
  secretsmanager: 'secretsmanager',
  events: 'AWSEvents',
  ssm: 'AmazonSSM',
  dynamodb: 'DynamoDB_20120810',
  kms: 'TrentService',
  cloudtrail: 'com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101',
}

const first = (text: string, element: string): string | undefined =>
  new RegExp(`<${element}>([^<]*)</${element}>`).exec(text)?.[1]?.replaceAll('&quot;', '"')

const json = (text: string): Readonly<Record<string, unknown>> => parseJsonObject(text) ?? {}

/** Sends as whoever's key id is given; without one, unsigned. */
export const signedSender =
  (origin: () => string) =>
  async (who: string | undefined, sent: Sent): Promise<Answer> => {
    const { service, method = 'POST', path = '/', headers = {}, body, region = REGION } = sent
    const scope = `Credential=${who}/20260101/${region}/${service}/aws4_request`
    const authorization = `AWS4-HMAC-SHA256 ${scope}, SignedHeaders=host, Signature=${createHash('sha256').digest('hex')}`
    const reply = await fetch(`${origin()}${path}`, {
      method,
      headers: { ...headers, ...(who === undefined ? {} : { authorization }) },
      ...(body === undefined ? {} : { body }),
    })
    const text = await reply.text()
    const fields = json(text)
    const type = reply.ok ? undefined : (reply.headers.get('x-amzn-errortype') ?? first(text, 'Code'))
    const message = fields.message ?? fields.Message ?? first(text, 'Message')
    return {
      status: reply.status,
      type,
      message: typeof message === 'string' ? message : undefined,
      body: fields,
      text,
    }
  }

/** To be called at the top of a test file. */
export const useGuardedAws = (given: Omit<Partial<AwsStandInInput>, 'rights'> = {}) => {
  const world = createWorld()
  const rights = createRights({ account: ACCOUNT, identities: [] })
  const standIn: AwsStandIn = createAwsStandIn({ world, invoke: async () => ({ ok: true }), ...given, rights })
  let origin = ''
  beforeAll(async () => {
    origin = await standIn.listen(0)
  })
  afterAll(() => standIn.close())
  beforeEach(() => {
    world.reset()
    for (const { accessKeyId } of rights.identities()) rights.remove(accessKeyId)
    rights.add(
      roleIdentity({ accessKeyId: 'admin', roleArn: roleOf('admin'), identityPolicies: [ADMINISTRATOR_ACCESS] }),
    )
  })

  const send = signedSender(() => origin)

  return {
    world,
    rights,
    standIn,
    origin: () => origin,
    send,
    /** A role of that name with these policies, whose key is called like it. */
    be: (name: string, ...identityPolicies: readonly PolicyDocument[]): Identity => {
      const identity = roleIdentity({ accessKeyId: name, roleArn: roleOf(name), identityPolicies })
      rights.add(identity)
      return identity
    },
    beAbroad: (name: string, account: string, ...identityPolicies: readonly PolicyDocument[]): Identity => {
      const identity = roleIdentity({ accessKeyId: name, roleArn: roleOf(name, account), identityPolicies })
      rights.add(identity)
      return identity
    },
    call: (who: string | undefined, service: string, operation: string, body: object = {}, region = REGION) =>
      send(who, {
        service,
        region,
        headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': `${targets[service]}.${operation}` },
        body: JSON.stringify(body),
      }),
    query: (
      who: string | undefined,
      service: string,
      Action: string,
      form: Readonly<Record<string, string>> = {},
      region = REGION,
    ) =>
      send(who, {
        service,
        region,
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({ Action, ...form }).toString(),
      }),
  }
}
