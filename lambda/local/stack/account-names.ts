// The names that are taken in an account: what has a name of its own cannot be made while another thing of its type has it, be that of the same
// stack, of another one, or left behind by either.
import type { JsonObject } from '../../core/base/json-object.ts'
import { kindOf } from './kinds.ts'

export interface Named {
  readonly type: string
  readonly name: string
  readonly properties: JsonObject
}

export interface AccountNames {
  isTaken(one: Named): boolean
  take(one: Named): void
  release(one: Named): void
}

/** Undefined: many may be called the same. */
const keyOf = ({ type, name, properties }: Named): string | undefined => {
  const { name: named, ref, unique, arn } = kindOf(type)
  if (type.startsWith('Custom::')) return undefined
  if (ref === 'id') return JSON.stringify([type, name])
  if (unique === 'never') return undefined
  if (named === undefined && arn === undefined) return undefined
  const { FunctionName, RestApiId, ApiId, EventBusName } = properties
  const owner = unique === 'owner' ? [FunctionName, RestApiId, ApiId] : [EventBusName]
  return JSON.stringify([type, name, ...owner])
}

export const createAccountNames = (): AccountNames => {
  const taken = new Set<string>()
  return {
    isTaken: (one) => taken.has(keyOf(one) ?? ''),
    take: (one) => {
      const key = keyOf(one)
      if (key !== undefined) taken.add(key)
    },
    release: (one) => {
      // An id that AWS has made up is never given again.
      if (one.type !== 'AWS::KMS::Key' && kindOf(one.type).ref !== 'id') taken.delete(keyOf(one) ?? '')
    },
  }
}
