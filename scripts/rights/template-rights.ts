// The rights that a laptop's template gives, without a laptop: its roles, the policies of its resources, and the people who call. Calls that were
// recorded are put to them, and each right that no call needs is found.

import { apiUser, deployer, people } from '../../lambda/local/iam/people.ts'
import type { PolicyDocument } from '../../lambda/local/iam/policy.ts'
import { createRights, type Evaluation, type Identity, type Rights } from '../../lambda/local/iam/rights.ts'
import type { DeployedStage } from '../../lambda/local/laptop/deployed-stage.ts'
import { peopleOf } from '../../lambda/local/laptop/stage-people.ts'
import { createIdentities } from '../../lambda/local/stack/identities.ts'
import type { PlayedResource } from '../../lambda/local/stack/player.ts'
import { resourcePoliciesOf } from '../../lambda/local/stack/policies.ts'
import { fieldsOf } from '../../lambda/local/stand-in/fields.ts'
import type { CallRecord, RecordedCall } from './recorded-calls.ts'
import { type GivenRight, rightsIn, type Side, sidesOf, type UsedRight, usedRights } from './replay.ts'

export interface TemplateRights {
  readonly rights: Rights
  /** Every policy of the template, with who holds it. */
  readonly policies: ReadonlyMap<PolicyDocument, string>
}

export const rightsOfStage = ({ stackFile, resolver, place, settings }: DeployedStage): TemplateRights => {
  const { account, region } = place
  const rights = createRights({ account, identities: [] })
  const identities = createIdentities(place, rights)
  const resources = Object.entries(fieldsOf(stackFile.template.Resources)).map(([id, resource]) => {
    const { Type, Properties } = fieldsOf(resource)
    const name = resolver.nameOf(id)
    const properties = fieldsOf(resolver.evaluate(fieldsOf(Properties)))
    return { id, type: String(Type), name, arn: resolver.arnOf(id) ?? name, properties } satisfies PlayedResource
  })
  for (const one of resources) identities.put(one)
  for (const { type, arn, properties } of resources) {
    if (type === 'AWS::Lambda::Function') identities.bind(arn, String(properties.Role))
  }
  const everybody = people(peopleOf({ account, region, settings, resources }))
  const others = [deployer({ account, region }), apiUser({ accessKeyId: 'api-user', account, region })]
  for (const one of [...everybody, ...others]) rights.add(one)

  const policies = new Map<PolicyDocument, string>()
  const roles = resources.filter(({ type }) => type === 'AWS::IAM::Role')
  for (const { arn } of roles) {
    for (const document of rights.session(arn, 'x')?.identityPolicies ?? []) policies.set(document, arn)
  }
  for (const one of everybody.filter(({ accessKeyId }) => accessKeyId === 'operator')) {
    for (const document of one.identityPolicies) policies.set(document, one.principalArn)
  }
  for (const { arn } of resources.flatMap((one) => resourcePoliciesOf(one, place))) {
    const document = rights.resourcePolicy(arn)
    if (document !== undefined) policies.set(document, arn)
  }
  return { rights, policies }
}

/** Whose call it is, with the policies of today. Undefined: nobody of that name is there any more. */
const callerOf = (rights: Rights, { who, fn }: RecordedCall): Identity | undefined => {
  const known = rights
    .identities()
    .find((one) => one.principalArn === who && (fn === undefined) === (one.context === undefined))
  return known ?? rights.session(who, 'x')
}

/** A recorded call, evaluated with the rights of today. Undefined: its caller is gone. */
const evaluatedNow = ({ rights }: TemplateRights, call: RecordedCall, record: CallRecord): Evaluation | undefined => {
  const { who, action, resource, guardedBy = resource, account: resourceAccount, context, policy } = call
  const caller = who.startsWith('arn:') ? callerOf(rights, call) : { service: who }
  if (caller === undefined) return undefined
  const own = policy === undefined ? {} : { resourcePolicy: record.policies.get(policy) }
  return rights.authorize({ caller, action, resource, guardedBy, resourceAccount, context, ...own })
}

export interface Held {
  /** Calls that were allowed, and are not any more, or not by all whose policies allowed them. */
  readonly denied: readonly string[]
  /** Of the template. */
  readonly unneeded: readonly GivenRight[]
  readonly used: readonly UsedRight[]
  /** The calls that are allowed as they were. */
  readonly held: CallRecord
}

const sideNames: Readonly<Record<Side, string>> = {
  identity: "the caller's policies",
  resource: "the resource's policy",
}

export const sentenceOf = ({ holder, statement, action }: GivenRight): string =>
  `no recorded call needs ${action} of ${statement}, which ${holder} has`

const keyOf = ({ holder, statement, action }: GivenRight): string => JSON.stringify([holder, statement, action])

const policiesOf = (by: readonly Side[]): string => by.map((side) => sideNames[side]).join(' and ')

/** What is another of a call with the rights of today; undefined: nothing. */
const changeOf = (call: RecordedCall, now: Evaluation | undefined): string | undefined => {
  if (now === undefined) return 'nobody is called so'
  if (now.decision !== 'allowed') return now.message ?? now.decision
  const by = sidesOf(now)
  if (by.join() === call.by.join()) return undefined
  return `it was allowed by ${policiesOf(call.by)}, and is by ${policiesOf(by)}`
}

/** What the recorded calls need of a template's rights, and what none of them does. */
export const heldAgainst = (template: TemplateRights, record: CallRecord): Held => {
  const held = new Set<RecordedCall>()
  const denied: string[] = []
  const evaluations = record.calls.flatMap((call) => {
    const evaluation = evaluatedNow(template, call, record)
    const change = changeOf(call, evaluation)
    if (change === undefined) held.add(call)
    else denied.push(`${call.who} calls ${call.action} on ${call.resource}: ${change}`)
    return evaluation?.decision === 'allowed' ? [evaluation] : []
  })
  const used = usedRights(evaluations)
  const needed = new Set(
    used.flatMap(({ neededBy, sharedBy, ...right }) => (neededBy.length + sharedBy.length === 0 ? [] : [keyOf(right)])),
  )
  const unneeded = [...template.policies].flatMap(([document, holder]) =>
    rightsIn(document, holder).filter((right) => !needed.has(keyOf(right))),
  )
  return { denied: [...new Set(denied)], unneeded, used, held: { ...record, calls: [...held] } }
}
