// Who declared a client, written on its secret as tags: so that a construct that was renamed or moved cannot, by being removed
// under its old name, take the client away from its successor; and so that nothing here has to read the value to know whose it is.
import type { SecretFacts } from '../domain/registrar-ports.ts'
import type { Owner } from './read-client-request.ts'

const STACK = 'm2m:stack'
const RESOURCE = 'm2m:resource'
const CLIENT = 'm2m:client-id'
/** The request under which the secret was made: what a failed one may take back. */
const REQUEST = 'm2m:request'

export const ownerTags = ({ stackId, resource }: Owner): Readonly<Record<string, string>> => ({
  [STACK]: stackId,
  [RESOURCE]: resource,
})

export const clientTags = (clientId: string): Readonly<Record<string, string>> => ({ [CLIENT]: clientId })

export const requestTags = (requestId: string): Readonly<Record<string, string>> => ({ [REQUEST]: requestId })

export const ownerTagKeys = [STACK, RESOURCE] as const

export const clientIdOf = ({ tags }: SecretFacts): string | undefined => tags[CLIENT]

export const wasMadeBy = ({ tags }: SecretFacts, requestId: string): boolean => tags[REQUEST] === requestId

export const isOwnedBy = ({ tags }: SecretFacts, { stackId, resource }: Owner): boolean =>
  tags[STACK] === stackId && tags[RESOURCE] === resource

/** The stack that declares it, when it is not this one: a construct of the same stack is its successor. */
export const foreignStack = ({ tags }: SecretFacts, { stackId }: Owner): string | undefined => {
  const declaredBy = tags[STACK]
  return declaredBy === stackId ? undefined : declaredBy
}
