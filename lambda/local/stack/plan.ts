// What a template asks for in one place: its resources whose conditions hold, with its rules checked and its types known.
import type { JsonObject } from '../../core/base/json-object.ts'
import { fieldsOf, listOf } from '../stand-in/fields.ts'
import type { PlayedResource } from './player.ts'
import { createResolver, type Made, type Resolver, type ResolverInput } from './resolve.ts'

export interface Plan {
  readonly template: JsonObject
  readonly resources: JsonObject
  readonly resolver: Resolver
}

/** A resource with what becomes of it when it leaves the stack. */
export interface Standing extends PlayedResource {
  readonly made: Made
  readonly deletionPolicy: string | undefined
  readonly updateReplacePolicy: string | undefined
}

const RETAINED = ['Retain', 'RetainExceptOnCreate', 'Snapshot']

/** Whether it stays in the account once it is no longer the stack's. */
export const isRetained = (policy: string | undefined): boolean => policy !== undefined && RETAINED.includes(policy)

const checkRules = (template: JsonObject, resolver: Resolver): void => {
  for (const [name, rule] of Object.entries(fieldsOf(template.Rules))) {
    const { RuleCondition = true, Assertions } = fieldsOf(rule)
    if (!resolver.isTrue(RuleCondition)) continue
    for (const assertion of listOf(Assertions).map(fieldsOf)) {
      if (!resolver.isTrue(assertion.Assert)) {
        throw new Error(`Rule ${name} failed: ${String(assertion.AssertDescription ?? 'its assertion does not hold')}`)
      }
    }
  }
}

/** @param isKnown whether a type can be deployed. @throws Error for a rule that fails, and for types that are not known */
export const planOf = (
  input: ResolverInput & { readonly template: JsonObject },
  isKnown: (type: string) => boolean,
): Plan => {
  const { template } = input
  const resolver = createResolver(input)
  const resources = Object.fromEntries(
    Object.entries(fieldsOf(template.Resources)).filter(([, resource]) => {
      const { Condition } = fieldsOf(resource)
      return Condition === undefined || resolver.isTrue(Condition)
    }),
  )
  checkRules(template, resolver)
  const types = new Set(Object.values(resources).map((resource) => String(fieldsOf(resource).Type)))
  const strange = [...types].filter((type) => !isKnown(type))
  if (strange.length > 0) throw new Error(`Nothing plays ${strange.join(', ')}.`)
  return { template, resources, resolver }
}

const textOf = (value: unknown): string | undefined => (value === undefined ? undefined : String(value))

/** As the template wants it, by the names that stand. */
export const wantedOf = (id: string, { resources, resolver }: Plan): Standing => {
  const { Type, Properties, DeletionPolicy, UpdateReplacePolicy } = fieldsOf(resources[id])
  const name = resolver.nameOf(id)
  return {
    id,
    type: String(Type),
    properties: fieldsOf(resolver.evaluate(Properties)),
    name,
    arn: resolver.arnOf(id) ?? name,
    made: { name },
    deletionPolicy: textOf(DeletionPolicy),
    updateReplacePolicy: textOf(UpdateReplacePolicy),
  }
}
