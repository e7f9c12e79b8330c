// What AWS asks its policies when somebody calls: an action on a resource, with the condition keys that come with the request. One call may be
// several of them, each of which has to be allowed. Clauses: service authorization reference, each service's page.

import type { RequestContext } from '../../iam/pattern.ts'
import type { PolicyDocument } from '../../iam/policy.ts'
import type { Identity } from '../../iam/rights.ts'
import type { StandInRequest } from '../../stand-in/server.ts'
import type { AwsFault } from '../aws-fault.ts'

export interface Demand {
  readonly action: string
  readonly resource: string
  /** As the denial names it. @default - the resource */
  readonly shown?: string
  readonly context?: RequestContext
  /** ARN of the resource whose policy has a say. @default - the resource */
  readonly guardedBy?: string
  /** In place of the one that was given for that ARN. */
  readonly resourcePolicy?: PolicyDocument | undefined
  /** What the service answers in place of the denial's own words. */
  readonly refusal?: AwsFault
}

export interface Place {
  readonly region: string
  readonly accountId: string
}

/** Who calls, from where, and what it sent. */
export interface SignedCall {
  readonly caller: Identity
  /** The Region that the call is signed for. */
  readonly region: string
  /** The operation's name. */
  readonly op: string
  /** What the operation is about, as the stand-in understood it. */
  readonly subject: string | null
  readonly request: StandInRequest
  /** The request's JSON; empty for what is none. */
  readonly body: Readonly<Record<string, unknown>>
}

/** @returns undefined: the operation is none of this service's, or no right is known for it */
export type Demands = (call: SignedCall) => readonly Demand[] | undefined

export const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined

export const textsIn = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : []

/** Without the keys that are undefined. */
export const keysOf = (context: Readonly<Record<string, string | readonly string[] | undefined>>): RequestContext =>
  Object.fromEntries(
    Object.entries(context).flatMap(([key, value]) => (value === undefined ? [] : [[key, value] as const])),
  )

/** @returns undefined for what is no boolean */
export const flagOf = (value: unknown): string | undefined => (typeof value === 'boolean' ? String(value) : undefined)

/** Tags of a request: `aws:RequestTag/key` for each, and their keys as one. */
export const tagContext = (tags: unknown): RequestContext => {
  const pairs = (Array.isArray(tags) ? tags : []).flatMap((one: unknown) => {
    const { Key, Value } = (typeof one === 'object' && one !== null ? one : {}) as { Key?: unknown; Value?: unknown }
    return typeof Key === 'string' ? [[Key, typeof Value === 'string' ? Value : ''] as const] : []
  })
  if (pairs.length === 0) return {}
  return {
    ...Object.fromEntries(pairs.map(([key, value]) => [`aws:RequestTag/${key}`, value])),
    'aws:TagKeys': pairs.map(([key]) => key),
  }
}

export const arnFor = ({ region, accountId }: Place, service: string, resource: string): string =>
  `arn:aws:${service}:${region}:${accountId}:${resource}`

/** A name is one of the caller's own account: only an ARN reaches another's. */
export const placeOf = ({ caller, region }: Pick<SignedCall, 'caller' | 'region'>): Place => ({
  region,
  accountId: caller.account,
})
