// What is asked of an evaluator of IAM, and what it decided, as a file that any other evaluator can be held against: policies by their
// hash, requests, callers, and for each caller one letter a request. `decisionsIn` gives them one by one. Pure.
import { createHash } from 'node:crypto'
import { readDeployConfig } from '../../lib/config/deploy-config.ts'
import type { Ability } from './ability.ts'
import type { RightsCaller } from './callers.ts'
import { ACCOUNT, type PolicyDocument, roles, settings } from './deployment.ts'
import { CALLERS_ACCOUNT, type RecordedRequest, type RequestContext } from './requests.ts'
import { scpOfConfig } from './scp-of-config.ts'

/** Allowed; denied since nothing allows it; denied by a statement. */
export type RecordedDecision = 'A' | 'I' | 'D'

interface PlannedRequest {
  readonly id: string
  readonly action: string
  readonly resource: string
  readonly resourceAccount: string
  /** Hash of the resource's policy. */
  readonly resourcePolicy?: string
  readonly context: RequestContext
}

interface PlannedCaller {
  readonly id: string
  readonly isUnderScp: boolean
  readonly principal: string
  readonly account: string
  readonly identityPolicies: readonly string[]
  readonly serviceControlPolicies: readonly string[]
  readonly context: RequestContext
}

export interface RecordingPlan {
  readonly policies: ReadonlyMap<string, PolicyDocument>
  readonly requests: readonly PlannedRequest[]
  readonly callers: readonly PlannedCaller[]
}

export interface RightsRecording extends RecordingPlan {
  readonly evaluator: string
  /** `caller` and `caller+scp` → a letter for each request. */
  readonly decisions: ReadonlyMap<string, string>
}

/** One question, complete in itself. */
export interface Question {
  readonly principal: string
  readonly action: string
  readonly resource: string
  readonly resourceAccount: string
  readonly context: RequestContext
  readonly identityPolicies: readonly PolicyDocument[]
  readonly resourcePolicy?: PolicyDocument
  /** None: no organization binds the caller. */
  readonly serviceControlPolicies: readonly PolicyDocument[]
}

/** https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html: what stands beside any other. */
const FULL_AWS_ACCESS: PolicyDocument = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
}

/** The policy that docs/threat-model.md shows: of the deployment whose rights are computed. */
export const exampleScp = (): PolicyDocument => {
  const made = scpOfConfig(readDeployConfig(settings), {
    deployers: [roles.pipeline],
    guardedRoles: [roles.billingJob],
  })
  if (!made.ok) throw new Error(made.faults.join('\n'))
  return made.policy
}

const hashOf = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16)

export const callerKey = (id: string, isUnderScp: boolean): string => (isUnderScp ? `${id}+scp` : id)

/** How a request is found again; its resource's policy is part of what is asked. */
export const requestId = ({ resourcePolicy, ...rest }: RecordedRequest): string =>
  hashOf([rest, resourcePolicy === undefined ? null : hashOf(resourcePolicy)])

export const planOf = (callers: readonly RightsCaller[], abilities: readonly Ability[]): RecordingPlan => {
  const policies = new Map<string, PolicyDocument>()
  const keep = (policy: PolicyDocument): string => {
    const hash = hashOf(policy)
    policies.set(hash, policy)
    return hash
  }
  const requests = new Map<string, PlannedRequest>()
  for (const request of abilities.flatMap(({ ways }) => ways.flatMap(({ readings }) => readings.flat()))) {
    const { resourcePolicy, ...rest } = request
    const id = requestId(request)
    requests.set(id, { id, ...rest, ...(resourcePolicy === undefined ? {} : { resourcePolicy: keep(resourcePolicy) }) })
  }
  const scps = [keep(FULL_AWS_ACCESS), keep(exampleScp())]
  const planned = (caller: RightsCaller, isUnderScp: boolean): PlannedCaller => ({
    id: caller.id,
    isUnderScp,
    principal: caller.principal,
    account: caller.account,
    identityPolicies: caller.identityPolicies.map(keep),
    serviceControlPolicies: isUnderScp ? scps : [],
    context: caller.context,
  })
  return {
    policies,
    requests: [...requests.values()],
    // An account's policy binds its own principals only.
    callers: callers.flatMap((caller) =>
      caller.account === ACCOUNT ? [planned(caller, false), planned(caller, true)] : [planned(caller, false)],
    ),
  }
}

const fillIn = (context: RequestContext, account: string): RequestContext =>
  Object.fromEntries(Object.entries(context).map(([key, value]) => [key, value === CALLERS_ACCOUNT ? account : value]))

/** One by one, callers in order, and for each the requests in order. */
export const questionsOf = ({ policies, requests, callers }: RecordingPlan): readonly Question[] => {
  const policy = (hash: string): PolicyDocument => {
    const document = policies.get(hash)
    if (document === undefined) throw new Error(`No policy has the hash ${hash}.`)
    return document
  }
  return callers.flatMap((caller) =>
    requests.map(({ action, resource, resourceAccount, resourcePolicy, context }) => ({
      principal: caller.principal,
      action,
      resource,
      resourceAccount,
      context: { ...caller.context, ...fillIn(context, caller.account) },
      identityPolicies: caller.identityPolicies.map(policy),
      serviceControlPolicies: caller.serviceControlPolicies.map(policy),
      ...(resourcePolicy === undefined ? {} : { resourcePolicy: policy(resourcePolicy) }),
    })),
  )
}

/** For replay: what was asked, and what was decided. */
export const decisionsIn = (recording: RightsRecording): readonly (Question & { readonly decision: string })[] => {
  const letters = recording.callers.map(
    ({ id, isUnderScp }) => recording.decisions.get(callerKey(id, isUnderScp)) ?? '',
  )
  const all = letters.join('')
  return questionsOf(recording).map((question, at) => ({ ...question, decision: all[at] ?? '' }))
}

/** Lines of JSON, so that a change of one policy is one line of a diff. */
export const writeRecording = ({ evaluator, policies, requests, callers, decisions }: RightsRecording): string =>
  [
    { evaluator },
    ...[...policies]
      .sort(([one], [other]) => one.localeCompare(other))
      .map(([policy, document]) => ({ policy, document })),
    ...requests.map((request) => ({ request })),
    ...callers.map((caller) => ({ caller, decisions: decisions.get(callerKey(caller.id, caller.isUnderScp)) })),
  ]
    .map((line) => `${JSON.stringify(line)}\n`)
    .join('')

type Line = {
  readonly evaluator?: string
  readonly policy?: string
  readonly document?: PolicyDocument
  readonly request?: PlannedRequest
  readonly caller?: PlannedCaller
  readonly decisions?: string
}

export const readRecording = (text: string): RightsRecording => {
  const lines = text
    .split('\n')
    .filter(Boolean)
    .map((line): Line => JSON.parse(line))
  return {
    evaluator: lines[0]?.evaluator ?? '',
    policies: new Map(
      lines.flatMap(({ policy, document }) =>
        policy === undefined || document === undefined ? [] : [[policy, document]],
      ),
    ),
    requests: lines.flatMap(({ request }) => (request === undefined ? [] : [request])),
    callers: lines.flatMap(({ caller }) => (caller === undefined ? [] : [caller])),
    decisions: new Map(
      lines.flatMap(({ caller, decisions = '' }) =>
        caller === undefined ? [] : [[callerKey(caller.id, caller.isUnderScp), decisions]],
      ),
    ),
  }
}

const namesOf = (plan: RecordingPlan): ReadonlyMap<string, string> =>
  new Map<string, string>([
    ...[...plan.policies].map(([hash, document]) => [`policy ${hash}`, JSON.stringify(document)] as const),
    ...plan.requests.map(
      (request) =>
        [`request ${request.action} on ${request.resource} (${request.id})`, JSON.stringify(request)] as const,
    ),
    ...plan.callers.map(
      (caller) => [`caller ${callerKey(caller.id, caller.isUnderScp)}`, JSON.stringify(caller)] as const,
    ),
  ])

/** @returns what is asked today and was not recorded so, and what was recorded and is asked no more; empty: the recording holds. */
export const differences = (plan: RecordingPlan, recording: RightsRecording): readonly string[] => {
  const [asked, recorded] = [namesOf(plan), namesOf(recording)]
  const order =
    JSON.stringify(plan.requests.map(({ id }) => id)) === JSON.stringify(recording.requests.map(({ id }) => id))
  return [
    ...[...asked].filter(([name, text]) => recorded.get(name) !== text).map(([name]) => `not recorded: ${name}`),
    ...[...recorded.keys()].filter((name) => !asked.has(name)).map((name) => `asked no more: ${name}`),
    ...(order ? [] : ['requests: not in the recorded order']),
    ...recording.callers
      .filter(
        ({ id, isUnderScp }) =>
          recording.decisions.get(callerKey(id, isUnderScp))?.length !== recording.requests.length,
      )
      .map(({ id }) => `incomplete: caller ${id}`),
  ]
}
