// In which order CloudFormation makes a template's resources: each after those that it refers to or depends on.
import type { JsonObject } from '../../core/base/json-object.ts'
import { fieldsOf, textsOf } from '../stand-in/fields.ts'
import { referredIds } from './intrinsics.ts'

/** Of each resource, those that have to stand before it. */
export const dependenciesOf = (resources: JsonObject): ReadonlyMap<string, readonly string[]> =>
  new Map(
    Object.entries(resources).map(([id, resource]) => {
      const { Properties, DependsOn } = fieldsOf(resource)
      const named = new Set([...referredIds(Properties), ...textsOf(DependsOn)])
      return [id, [...named].filter((one) => one !== id && one in resources)]
    }),
  )

/** @throws Error for a circle. */
export const inOrder = (resources: JsonObject): readonly string[] => {
  const dependencies = dependenciesOf(resources)
  const ordered = new Set<string>()
  const visit = (id: string, path: readonly string[]): void => {
    if (ordered.has(id)) return
    if (path.includes(id)) {
      throw new Error(`Circular dependency between resources: [${path.slice(path.indexOf(id)).join(', ')}]`)
    }
    for (const dependency of dependencies.get(id) ?? []) visit(dependency, [...path, id])
    ordered.add(id)
  }
  for (const id of Object.keys(resources)) visit(id, [])
  return [...ordered]
}
