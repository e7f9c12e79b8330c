// The roles of a stack, with all that a template attaches to them, and the policies of its resources: what the stand-ins' rights are made of.
// Who is handed out as a function's identity has its role's policies as they stand now.
import { defined } from '../../core/base/defined.ts'
import type { CallersPolicies } from '../iam/evaluate.ts'
import { DEPLOYER } from '../iam/people.ts'
import type { PolicyDocument } from '../iam/policy.ts'
import type { Identity, Rights } from '../iam/rights.ts'
import { fieldsOf, listOf, textsOf } from '../stand-in/fields.ts'
import type { PlayedResource } from './player.ts'
import { documentOf, resourcePoliciesOf } from './policies.ts'
import type { TemplatePlace } from './resolve.ts'

export interface Identities {
  /** A role, or a policy that is attached to some. */
  put(resource: PlayedResource): void
  remove(resource: PlayedResource): void
  /** The function acts as this role, by an access key id that is called like the role. @returns the key id */
  bind(functionArn: string, roleArn: string): string
  release(functionArn: string): void
  /** Why a service may not assume a role: its trust policy, or there is none. Undefined: it may. */
  refusesToAssume(service: string, roleArn: string): string | undefined
  /** Why whoever deploys the stack may not. Undefined: it may. */
  refusesToDeployer(action: string, resource: string): string | undefined
  /** Of a role that stands. */
  identityPolicies(roleArn: string): readonly PolicyDocument[]
  /** Of a managed policy that stands. */
  managedPolicy(arn: string): PolicyDocument | undefined
}

const roleName = (arn: string): string => arn.slice(arn.lastIndexOf('/') + 1)

/** @param rights absent: nobody evaluates them. */
export const createIdentities = (place: TemplatePlace, rights: Rights | undefined): Identities => {
  const roles = new Map<string, PlayedResource>()
  /** Identity policies and managed policies, by logical id. */
  const policies = new Map<string, PlayedResource>()
  /** Function's ARN → role's. */
  const bound = new Map<string, string>()
  const guarding = new Map<string, Map<string, readonly unknown[]>>()

  const managedPolicy = (arn: string): PolicyDocument | undefined => {
    const found = [...policies.values()].find((one) => one.type === 'AWS::IAM::ManagedPolicy' && one.arn === arn)
    return found === undefined ? undefined : documentOf(found.properties.PolicyDocument)
  }

  const identityPolicies = (roleArn: string): readonly PolicyDocument[] => {
    const role = roles.get(roleArn)
    if (role === undefined) return []
    const inline = listOf(role.properties.Policies).map((one) => documentOf(fieldsOf(one).PolicyDocument))
    const managed = textsOf(role.properties.ManagedPolicyArns).flatMap((arn) => managedPolicy(arn) ?? [])
    const attached = [...policies.values()]
      .filter(({ properties }) => textsOf(properties.Roles).includes(role.name))
      .map(({ properties }) => documentOf(properties.PolicyDocument))
    return [...inline, ...managed, ...attached]
  }

  const policiesOf = (roleArn: string): CallersPolicies => {
    const boundaryArn = roles.get(roleArn)?.properties.PermissionsBoundary
    const boundary = typeof boundaryArn === 'string' ? managedPolicy(boundaryArn) : undefined
    return { identityPolicies: identityPolicies(roleArn), ...defined({ boundary }) }
  }

  const identityOf = (functionArn: string, roleArn: string): Identity => {
    const name = roleName(roleArn)
    return {
      ...policiesOf(roleArn),
      accessKeyId: name,
      arn: `arn:aws:sts::${place.account}:assumed-role/${name}/${functionArn.split(':')[6] ?? name}`,
      principalArn: roleArn,
      account: place.account,
      context: { 'lambda:SourceFunctionArn': functionArn },
    }
  }

  const publish = (): void => {
    if (rights === undefined) return
    for (const roleArn of roles.keys()) rights.setRole(roleArn, policiesOf(roleArn))
    for (const [functionArn, roleArn] of bound) rights.add(identityOf(functionArn, roleArn))
  }

  const guard = (arn: string): void => {
    const statements = [...(guarding.get(arn)?.values() ?? [])].flat()
    rights?.setResourcePolicy(
      arn,
      statements.length === 0 ? undefined : { Version: '2012-10-17', Statement: statements },
    )
  }

  return {
    put: (resource) => {
      if (resource.type === 'AWS::IAM::Role') roles.set(resource.arn, resource)
      if (resource.type === 'AWS::IAM::Policy' || resource.type === 'AWS::IAM::ManagedPolicy') {
        policies.set(resource.id, resource)
      }
      for (const { arn, statements } of resourcePoliciesOf(resource, place)) {
        guarding.set(arn, (guarding.get(arn) ?? new Map()).set(resource.id, statements))
        guard(arn)
      }
      publish()
    },
    remove: (resource) => {
      if (roles.delete(resource.arn)) rights?.setRole(resource.arn, undefined)
      policies.delete(resource.id)
      for (const [arn, by] of guarding) if (by.delete(resource.id)) guard(arn)
      publish()
    },
    bind: (functionArn, roleArn) => {
      bound.set(functionArn, roleArn)
      publish()
      return roleName(roleArn)
    },
    release: (functionArn) => {
      const roleArn = bound.get(functionArn)
      bound.delete(functionArn)
      if (roleArn !== undefined && ![...bound.values()].includes(roleArn)) rights?.remove(roleName(roleArn))
    },
    refusesToAssume: (service, roleArn) =>
      rights?.authorize({ caller: { service }, action: 'sts:AssumeRole', resource: roleArn }).message,
    refusesToDeployer: (action, resource) =>
      rights?.authorize({ caller: rights.identify(DEPLOYER), action, resource }).message,
    identityPolicies,
    managedPolicy,
  }
}
