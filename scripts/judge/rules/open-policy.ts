// open-policy: no policy allows everybody, or a whole other account, without a condition that says which principals, accounts,
// organization or sources are meant. And a function's permission names services alone: whom else it lets in stands in its whole policy.
// Clauses: IAM User Guide, "AWS JSON policy elements: Principal" and, of each service, its meaning of "public".

import { fieldsOf, textsOf } from '../../../lambda/local/stand-in/fields.ts'
import { type Condition, conditionsOf } from '../evaluate.ts'
import { type Finding, finder, type Rule } from '../finding.ts'
import { type Policy, policiesOf, type Statement } from '../policies.ts'
import type { Stack } from '../template.ts'

const find = finder('open-policy')

/** Keys that say who calls, or for whom. */
const identityKeys =
  /^(aws:(PrincipalArn|PrincipalAccount|PrincipalOrgID|PrincipalOrgPaths|userid|SourceArn|SourceAccount|SourceOrgID|SourceOrgPaths|SourceVpc|SourceVpce|SourceOwner)|kms:CallerAccount)$/i

/** An ARN whose account is left open may be one that anybody makes; a bucket's ARN has no account. */
const isDefinite = (value: string): boolean => {
  if (!value.startsWith('arn:')) return !/^[*?]|^o-\*/.test(value)
  const [, , service = '', , account = '', ...rest] = value.split(':')
  return service === 's3' ? !/^[*?]/.test(rest.join(':')) : /^\d{12}$/.test(account)
}

const saysWho = ({ key, operator, values }: Condition): boolean =>
  identityKeys.test(key) &&
  !operator.isNegated &&
  !operator.ifExists &&
  operator.name !== 'null' &&
  operator.set !== 'all' &&
  values.every(isDefinite)

const principalsOf = ({ Principal, NotPrincipal }: Statement): readonly string[] => {
  if (NotPrincipal !== undefined) return ['*']
  if (Principal === '*') return ['*']
  const { AWS, Federated } = fieldsOf(Principal)
  return [...textsOf(AWS), ...textsOf(Federated).filter((one) => one === '*')]
}

const isWholeAccount = (principal: string): boolean => /^(\d{12}|arn:[^:]*:iam::\d{12}:root)$/.test(principal)

const isOf = (account: string, principal: string): boolean =>
  principal === account || principal.split(':')[4] === account

/** An API's callers from other accounts are admitted by account: each of its methods asks for their signature and has them named. */
const admitsAccounts = ({ kind }: Policy): boolean => kind === 'api'

const faultOf = (stack: Stack, policy: Policy, statement: Statement): string | undefined => {
  if (statement.Effect !== 'Allow') return undefined
  const principals = principalsOf(statement)
  if (policy.statedBy.type === 'AWS::Lambda::Permission' && principals.length > 0) {
    return `allows ${principals.join(', ')}, and a permission is for services: name the callers in the function's whole policy`
  }
  if (conditionsOf(statement).some(saysWho)) return undefined
  if (principals.includes('*'))
    return 'allows everybody, without a condition on principal, account, organization or source'
  const others = principals.filter((one) => isWholeAccount(one) && !isOf(stack.account, one))
  if (others.length === 0 || admitsAccounts(policy)) return undefined
  return `allows every principal of ${others.join(', ')}, without a condition that says which`
}

const judgePolicy = (stack: Stack, policy: Policy): readonly Finding[] =>
  policy.statements.flatMap((statement, index) => {
    const fault = policy.kind === 'inline' || policy.kind === 'managed' ? undefined : faultOf(stack, policy, statement)
    const name = statement.Sid === undefined ? `statement ${index + 1}` : String(statement.Sid)
    return fault === undefined ? [] : [find(stack, policy.statedBy.id, `${name}: ${fault}`)]
  })

export const openPolicy: Rule = {
  id: 'open-policy',
  judge: (stacks) => stacks.flatMap((stack) => policiesOf(stack).flatMap((policy) => judgePolicy(stack, policy))),
}
