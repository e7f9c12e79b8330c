// role-trust: a role is assumed by the services for which a resource of the stack names it, and by nobody else. A service that has no
// need of the role, an account, or everybody in its trust policy is one more way to what the role may do.

import { fieldsOf, textsOf } from '../../../lambda/local/stand-in/fields.ts'
import { actsOf } from '../acts.ts'
import { type Finding, finder, type Rule } from '../finding.ts'
import { type Policy, policiesOf, type Statement } from '../policies.ts'
import { type JudgedResource, ofType, type Stack } from '../template.ts'

const find = finder('role-trust')

const usesOf = (stack: Stack): ReadonlyMap<JudgedResource, ReadonlySet<string>> => {
  const uses = new Map<JudgedResource, Set<string>>()
  const use = (reference: unknown, service: string): void => {
    const role = stack.find(reference)
    if (role !== undefined) uses.set(role, (uses.get(role) ?? new Set()).add(service))
  }
  for (const { properties } of ofType(stack, 'AWS::Lambda::Function')) use(properties.Role, 'lambda.amazonaws.com')
  for (const { role, service } of actsOf(stack)) use(role, service)
  return uses
}

const whoOf = ({ Principal, NotPrincipal }: Statement): readonly string[] => {
  if (NotPrincipal !== undefined) return ['everybody but some']
  if (typeof Principal === 'string') return [Principal]
  return Object.values(fieldsOf(Principal)).flatMap(textsOf)
}

const judgeTrust = (
  stack: Stack,
  { statedBy, statements }: Policy,
  needed: ReadonlySet<string>,
): readonly Finding[] => {
  const trusted = statements.filter(({ Effect }) => Effect === 'Allow').flatMap(whoOf)
  return [...new Set(trusted)]
    .filter((one) => !needed.has(one))
    .map((one) => find(stack, statedBy.id, `may be assumed by ${one}, for which nothing in the stack uses the role`))
}

export const roleTrust: Rule = {
  id: 'role-trust',
  judge: (stacks) =>
    stacks.flatMap((stack) => {
      const uses = usesOf(stack)
      return policiesOf(stack)
        .filter(({ kind }) => kind === 'trust')
        .flatMap((policy) => judgeTrust(stack, policy, uses.get(policy.statedBy) ?? new Set()))
    }),
}
