// names: no physical name twice, within a stack or between two that are deployed side by side. What AWS names itself, an id or a name
// with chance in it, never collides; what we name does as soon as a second stage has the same.

import { kindOf } from '../../../lambda/local/stack/kinds.ts'
import { fieldsOf } from '../../../lambda/local/stand-in/fields.ts'
import { type Finding, finder, type Rule } from '../finding.ts'
import type { JudgedResource, Stack } from '../template.ts'

const find = finder('names')

interface Named {
  readonly stack: Stack
  readonly id: string
  /** Everything within which the name must be unique, and the name. */
  readonly key: string
  readonly says: string
}

/** An API's id has chance in it: one that the template makes is another in each stack. */
const ownerOf = (stack: Stack, { FunctionName, Roles, RestApiId, ApiId }: JudgedResource['properties']): string => {
  const api = RestApiId ?? ApiId
  return JSON.stringify(FunctionName ?? Roles ?? (stack.find(api) === undefined ? (api ?? '') : [stack.name, api]))
}

const realm = (stack: Stack, { type, properties }: JudgedResource): string => {
  const { unique } = kindOf(type)
  if (unique === 'world') return type
  if (unique === 'account') return `${type} ${stack.account}`
  const owner = unique === 'owner' ? ownerOf(stack, properties) : ''
  // A rule's name is unique on its bus.
  return `${type} ${stack.account} ${stack.region} ${owner} ${String(properties.EventBusName ?? '')}`
}

/** The statement's id alone is what CloudFormation keeps, whatever the bus (aws-cdk#8010). */
const isWholeRegions = (type: string): boolean => type === 'AWS::Events::EventBusPolicy'

const namedResources = (stack: Stack): readonly Named[] =>
  stack.resources.flatMap((resource) => {
    const { id, type, properties } = resource
    const { name, unique } = kindOf(type)
    const given = name === undefined ? undefined : properties[name]
    if (given === undefined || unique === 'never') return []
    const within = isWholeRegions(type) ? `${type} ${stack.account} ${stack.region}` : realm(stack, resource)
    return [{ stack, id, key: `${within} ${String(given)}`, says: `${name} ${String(given)}` }]
  })

/** One setting of the account in a Region, which the stack that comes last decides and the first that goes takes along. */
const accountSettings = (stack: Stack): readonly Named[] =>
  stack.resources
    .filter(({ type }) => kindOf(type).subject?.length === 0)
    .map(({ id, type }) => ({
      stack,
      id,
      key: `${type} ${stack.account} ${stack.region}`,
      says: `the account's ${type}`,
    }))

const exportNames = (stack: Stack): readonly Named[] =>
  Object.entries(stack.outputs).flatMap(([id, output]) => {
    const { Name } = fieldsOf(fieldsOf(output).Export)
    if (Name === undefined) return []
    return [
      { stack, id, key: `export ${stack.account} ${stack.region} ${String(Name)}`, says: `export ${String(Name)}` },
    ]
  })

export const names: Rule = {
  id: 'names',
  judge: (stacks) => {
    const first = new Map<string, Named>()
    const findings: Finding[] = []
    for (const one of stacks.flatMap((stack) => [
      ...namedResources(stack),
      ...accountSettings(stack),
      ...exportNames(stack),
    ])) {
      const other = first.get(one.key)
      if (other === undefined) first.set(one.key, one)
      else findings.push(find(one.stack, one.id, `${one.says} is taken by ${other.stack.name}/${other.id}`))
    }
    return findings
  },
}
