// service-principal: every service that acts on a resource is named in its policy, with a condition that says for whom it acts; every
// role that a service uses trusts that service and allows the call. And no policy admits a service without such a condition: a service
// that acts for somebody of another account is the same principal (the "confused deputy" of the IAM User Guide).

import { fieldsOf, textsOf } from '../../../lambda/local/stand-in/fields.ts'
import { actsOf, keyUsesOf, type ServiceAct, sendsNoSourceToKms } from '../acts.ts'
import { conditionsOf, type EvaluationContext, evaluatePolicies } from '../evaluate.ts'
import { type Finding, finder, type Rule } from '../finding.ts'
import { functionOf, type Policy, type PolicyKind, policiesFor, policiesOf, type Statement } from '../policies.ts'
import { type JudgedResource, ofType, type Stack } from '../template.ts'

const find = finder('service-principal')

const contextOf = (stack: Stack, sourceArn: string | undefined): EvaluationContext => ({
  'aws:securetransport': 'true',
  'aws:sourceaccount': stack.account,
  'aws:principalisawsservice': 'true',
  ...(sourceArn === undefined ? {} : { 'aws:sourcearn': sourceArn }),
})

const printedResource = (resource: JudgedResource): string => `${resource.id} (${resource.type})`

const ownStatements = (stack: Stack, resource: JudgedResource): readonly Statement[] =>
  policiesFor(stack, resource).flatMap(({ statements }) => statements)

/** The service calls as itself. */
const judgeService = (stack: Stack, { by, service, action, on, sourceArn }: ServiceAct): readonly Finding[] => {
  const target = functionOf(stack, on) ?? stack.find(on)
  if (target === undefined) return []
  const context = contextOf(stack, sourceArn)
  // A permission names a function or an alias of it in ways of its own; whose it is has been looked up.
  const decision = evaluatePolicies(ownStatements(stack, target), { service, action, context })
  if (decision === 'allowed') return []
  const what = decision === 'denied' ? 'denies it' : 'does not allow it'
  return [find(stack, by.id, `${service} needs ${action} on ${printedResource(target)}, whose policy ${what}`)]
}

const roleOf = (stack: Stack, role: unknown): JudgedResource | undefined =>
  stack.find(role) ??
  ofType(stack, 'AWS::IAM::Role').find(({ properties }) => String(role).endsWith(`/${properties.RoleName}`))

/** The service calls in a role. */
const judgeRole = (stack: Stack, { by, service, action, on, sourceArn, role }: ServiceAct): readonly Finding[] => {
  const found = roleOf(stack, role)
  if (found === undefined) return []
  const policies = policiesFor(stack, found)
  const trust = policies.filter(({ kind }) => kind === 'trust').flatMap(({ statements }) => statements)
  const rights = policies.filter(({ kind }) => kind !== 'trust').flatMap(({ statements }) => statements)
  // What a policy of AWS's own allows is not in the template.
  const hasMore = textsOf(found.properties.ManagedPolicyArns).some((arn) => stack.find(arn) === undefined)
  const isTrusted =
    evaluatePolicies(trust, { service, action: 'sts:AssumeRole', context: contextOf(stack, sourceArn) }) === 'allowed'
  const target = functionOf(stack, on) ?? stack.find(on)
  const principal = stack.arnOf(found)
  const decision = evaluatePolicies([...rights, ...(target === undefined ? [] : ownStatements(stack, target))], {
    principal,
    action,
    ...(on === '*' ? {} : { resource: on }),
    context: {
      'aws:principalarn': principal,
      'aws:principalaccount': stack.account,
      // Of what the template makes, and of what it names without an account, as buckets are.
      'aws:resourceaccount': on.split(':')[4] || stack.account,
      'aws:securetransport': 'true',
    },
  })
  return [
    ...(isTrusted ? [] : [find(stack, by.id, `${service} cannot assume ${printedResource(found)}`)]),
    ...(decision === 'allowed' || (hasMore && decision === 'not allowed')
      ? []
      : [find(stack, by.id, `${printedResource(found)} needs ${action} on ${on}: ${decision}`)]),
  ]
}

const judgeKeys = (stack: Stack): readonly Finding[] => {
  const faults = keyUsesOf(stack).flatMap(({ by, key, service, actions, context }) => {
    const missing = actions.filter(
      (action) => evaluatePolicies(ownStatements(stack, key), { service, action, context }) !== 'allowed',
    )
    if (missing.length === 0) return []
    return [
      find(
        stack,
        by.id,
        `${service} needs ${missing.join(', ')} with the key ${key.id}, whose policy does not allow it`,
      ),
    ]
  })
  return [...new Map(faults.map((one) => [one.at + one.says, one])).values()]
}

/** Keys by which a policy says for whom a service may act. */
const sourceKey = /^(aws:Source(Arn|Account|OrgID|OrgPaths|Owner)|kms:EncryptionContext:.+|kms:ViaService)$/i
/** These assume a role only for what the account itself has set up with iam:PassRole, and send no source. */
const sendNoSource = ['lambda.amazonaws.com', 'apigateway.amazonaws.com', 'edgelambda.amazonaws.com']

const mayLackSource = (kind: PolicyKind, service: string): boolean =>
  (kind === 'trust' && sendNoSource.includes(service)) || (kind === 'kms' && sendsNoSourceToKms(service))

const saysForWhom = (statement: Statement): boolean =>
  conditionsOf(statement).some(
    ({ key, operator }) => sourceKey.test(key) && !operator.isNegated && !operator.ifExists && operator.name !== 'null',
  )

const judgeAdmissions = (stack: Stack, { kind, statedBy, statements }: Policy): readonly Finding[] =>
  statements.flatMap((statement) => {
    const services = textsOf(fieldsOf(statement.Principal).Service)
    const open = services.filter((service) => !mayLackSource(kind, service))
    if (statement.Effect !== 'Allow' || open.length === 0 || saysForWhom(statement)) return []
    const sid = statement.Sid === undefined ? '' : ` (${String(statement.Sid)})`
    return [find(stack, statedBy.id, `${open.join(', ')} is allowed without aws:SourceArn or aws:SourceAccount${sid}`)]
  })

/**
 * PutResourcePolicy replaces the whole policy, permissions that were added one by one included (Lambda API Reference): with both on
 * one function, alias or version, whichever is deployed last is all there is.
 */
const judgeMixed = (stack: Stack): readonly Finding[] => {
  const targetOf = (reference: unknown) => stack.find(reference) ?? functionOf(stack, reference)
  const whole = ofType(stack, 'AWS::Lambda::ResourcePolicy').map(({ properties }) => targetOf(properties.ResourceArn))
  return ofType(stack, 'AWS::Lambda::Permission')
    .filter(({ properties }) => {
      const target = targetOf(properties.FunctionName)
      return target !== undefined && whole.includes(target)
    })
    .map(({ id, properties }) =>
      find(stack, id, `${String(properties.FunctionName)} has a whole policy as well, and one overwrites the other`),
    )
}

export const servicePrincipal: Rule = {
  id: 'service-principal',
  judge: (stacks) =>
    stacks.flatMap((stack) => [
      ...actsOf(stack).flatMap((act) => (act.role === undefined ? judgeService(stack, act) : judgeRole(stack, act))),
      ...judgeKeys(stack),
      ...judgeMixed(stack),
      ...policiesOf(stack).flatMap((policy) => judgeAdmissions(stack, policy)),
    ]),
}
