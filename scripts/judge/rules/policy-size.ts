// policy-size: statements and bytes of every policy against the quota of its kind, and what else grows with the configuration: a
// function's environment, a rule's pattern, a role's policies, names, the template itself. A finding says what it is and what fits.

import { kindOf } from '../../../lambda/local/stack/kinds.ts'
import { fieldsOf, listOf } from '../../../lambda/local/stand-in/fields.ts'
import { type Finding, finder, type Rule } from '../finding.ts'
import { functionOf, type Policy, type PolicyKind, policiesOf, type Statement } from '../policies.ts'
import * as quotas from '../quotas.ts'
import { type JudgedResource, ofType, type Stack } from '../template.ts'

const find = finder('policy-size')

const written = (statements: readonly Statement[]): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: statements })

const sizeOf = (statements: readonly Statement[], ignoresWhiteSpace: boolean): number => {
  const text = written(statements)
  return Buffer.byteLength(ignoresWhiteSpace ? text.replaceAll(/\s/g, '') : text)
}

/** Kinds of which several resources of a template make one policy. */
const assembled: readonly PolicyKind[] = ['bus', 'lambda', 'inline']

const holderOf = (stack: Stack, { kind, statedBy, holders }: Policy): readonly string[] => {
  if (!assembled.includes(kind)) return [statedBy.id]
  return holders.map((holder) => {
    const found = kind === 'lambda' ? functionOf(stack, holder) : stack.find(holder)
    return found?.id ?? holder
  })
}

/** Holder → its whole policy, of one kind. */
const wholePolicies = (stack: Stack) => {
  const whole = new Map<string, { kind: PolicyKind; at: string; statements: Statement[] }>()
  for (const policy of policiesOf(stack)) {
    for (const at of holderOf(stack, policy)) {
      const key = `${policy.kind} ${at}`
      const found = whole.get(key) ?? { kind: policy.kind, at, statements: [] }
      found.statements.push(...policy.statements)
      whole.set(key, found)
    }
  }
  return [...whole.values()]
}

const over = (stack: Stack, id: string, has: number, fits: number, what: string): readonly Finding[] =>
  has > fits ? [find(stack, id, `${has.toLocaleString('en')} ${what}, of ${fits.toLocaleString('en')}`)] : []

const judgePolicies = (stack: Stack): readonly Finding[] =>
  wholePolicies(stack).flatMap(({ kind, at, statements }) => {
    const { of, bytes = Number.POSITIVE_INFINITY, ...quota } = quotas.policyQuotas[kind]
    const size = sizeOf(statements, quota.ignoresWhiteSpace === true)
    return [
      ...over(stack, at, size, bytes, `bytes in ${of}`),
      ...over(stack, at, statements.length, quota.statements ?? Number.POSITIVE_INFINITY, `statements in ${of}`),
      ...(kind === 'sqs' ? statements.flatMap((statement) => judgeSqsStatement(stack, at, statement)) : []),
    ]
  })

const judgeSqsStatement = (
  stack: Stack,
  at: string,
  { Action, Principal, Condition }: Statement,
): readonly Finding[] => {
  const { actions, principals, conditions } = quotas.sqsStatement
  const named = Object.values(fieldsOf(Principal)).flatMap(listOf).length
  const keys = Object.values(fieldsOf(Condition)).flatMap((one) => Object.keys(fieldsOf(one))).length
  return [
    ...over(stack, at, listOf(Action).length, actions, 'actions in one statement of an SQS policy'),
    ...over(stack, at, named, principals, 'principals in an SQS policy'),
    ...over(stack, at, keys, conditions, 'conditions in an SQS policy'),
  ]
}

const judgeRoles = (stack: Stack): readonly Finding[] =>
  ofType(stack, 'AWS::IAM::Role').flatMap((role) => {
    const attached = ofType(stack, 'AWS::IAM::ManagedPolicy').filter(({ properties }) =>
      listOf(properties.Roles).some((name) => stack.find(name) === role),
    )
    const count = listOf(role.properties.ManagedPolicyArns).length + attached.length
    return over(stack, role.id, count, quotas.MANAGED_POLICIES_A_ROLE, 'managed policies on a role')
  })

const environmentBytes = ({ properties }: JudgedResource): number =>
  Object.entries(fieldsOf(fieldsOf(properties.Environment).Variables)).reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(name) + Buffer.byteLength(String(value)),
    0,
  )

const judgeFunction = (stack: Stack, fn: JudgedResource): readonly Finding[] => {
  const { SecurityGroupIds, SubnetIds } = fieldsOf(fn.properties.VpcConfig)
  return [
    ...over(stack, fn.id, environmentBytes(fn), quotas.ENVIRONMENT_BYTES, "bytes in a function's environment"),
    ...over(stack, fn.id, listOf(SecurityGroupIds).length, quotas.network.securityGroups, 'security groups'),
    ...over(stack, fn.id, listOf(SubnetIds).length, quotas.network.subnets, 'subnets'),
  ]
}

/** A list of keys and values, or an object: each resource type has one of the two. */
const tagsOf = ({ Tags }: JudgedResource['properties']): number =>
  Array.isArray(Tags) ? Tags.length : Object.keys(fieldsOf(Tags)).length

const judgeTags = (stack: Stack): readonly Finding[] =>
  stack.resources.flatMap(({ id, properties }) => over(stack, id, tagsOf(properties), quotas.TAGS_A_RESOURCE, 'tags'))

const judgeSettings = (stack: Stack): readonly Finding[] => [
  ...ofType(stack, 'AWS::Lambda::Function').flatMap((fn) => judgeFunction(stack, fn)),
  ...ofType(stack, 'AWS::Events::Rule').flatMap((rule) => {
    const { EventPattern, Targets } = rule.properties
    const pattern = EventPattern === undefined ? 0 : JSON.stringify(EventPattern).length
    return [
      ...over(stack, rule.id, pattern, quotas.EVENT_PATTERN_CHARACTERS, 'characters in an event pattern'),
      ...over(stack, rule.id, listOf(Targets).length, quotas.TARGETS_A_RULE, 'targets of a rule'),
    ]
  }),
]

const judgeNames = (stack: Stack): readonly Finding[] =>
  stack.resources.flatMap(({ id, type, properties }) => {
    const { name, longestName = Number.POSITIVE_INFINITY } = kindOf(type)
    const given = name === undefined ? undefined : properties[name]
    return typeof given === 'string' ? over(stack, id, given.length, longestName, `characters in ${name}`) : []
  })

const judgeTemplate = (stack: Stack): readonly Finding[] => {
  const { bytes, resources, outputs, parameters, mappings, outputName } = quotas.template
  const count = (section: unknown): number => Object.keys(fieldsOf(section)).length
  return [
    ...over(stack, '', stack.bytes, bytes, 'bytes in a template'),
    ...over(stack, '', stack.resources.length, resources, 'resources in a template'),
    ...over(stack, '', count(stack.outputs), outputs, 'outputs in a template'),
    ...over(stack, '', count(stack.sections.Parameters), parameters, 'parameters in a template'),
    ...over(stack, '', count(stack.sections.Mappings), mappings, 'mappings in a template'),
    ...Object.keys(stack.outputs).flatMap((name) =>
      over(stack, name, name.length, outputName, "characters in an output's name"),
    ),
  ]
}

export const policySize: Rule = {
  id: 'policy-size',
  judge: (stacks) =>
    stacks.flatMap((stack) => [
      ...judgePolicies(stack),
      ...judgeRoles(stack),
      ...judgeSettings(stack),
      ...judgeNames(stack),
      ...judgeTags(stack),
      ...judgeTemplate(stack),
    ]),
}
