// Who declared a client, and as what, written on its secret as tags: so that a construct that was renamed or moved cannot, by being
// removed under its old name, take the client away from its successor; so that nothing here has to read the value to know whose it
// is; and so that whoever lists secrets sees what was declared.

import { defined } from '../base/defined.ts'
import type { Secret } from '../secret/secret.ts'
import { scopeTags, TAG } from '../secret/secret-tags.ts'
import { CLI, type DeclaredClient, type Owner } from './declared-client.ts'

const STACK = 'm2m:stack'
const RESOURCE = 'm2m:resource'
/** The request under which the secret was made: what a failed one may take back. */
const REQUEST = 'm2m:request'

type Tagged = Pick<Secret, 'tags'>
type Tags = Readonly<Record<string, string>>

export const ownerTags = ({ stackId, resource }: Owner): Tags => ({ [STACK]: stackId, [RESOURCE]: resource })

export const requestTags = (requestId: string): Tags => ({ [REQUEST]: requestId })

export const ownerTagKeys = [STACK, RESOURCE] as const

export const ownerOf = ({ tags }: Tagged): Owner | undefined => {
  const [stackId, resource] = [tags[STACK], tags[RESOURCE]]
  return stackId === undefined ? undefined : { stackId, resource: resource ?? '' }
}

export const describeOwner = ({ stackId, resource }: Owner): string =>
  stackId === CLI ? `m2m apply declares it, set ${JSON.stringify(resource)}` : `stack ${stackId} declares it`

export const wasMadeBy = ({ tags }: Tagged, requestId: string): boolean => tags[REQUEST] === requestId

export const isOwnedBy = ({ tags }: Tagged, { stackId, resource }: Owner): boolean =>
  tags[STACK] === stackId && tags[RESOURCE] === resource

/**
 * Who declares it, when it is not this one. A construct of the same stack is its successor, since one deployment makes both; a set of the
 * command line's is others' to decide about.
 */
export const foreignOwner = (tagged: Tagged, { stackId, resource }: Owner): Owner | undefined => {
  const owner = ownerOf(tagged)
  const isSame = owner?.stackId === stackId && (stackId !== CLI || owner.resource === resource)
  return isSame ? undefined : owner
}

/** Everything that is written on a declared client's secret, whoever declares it, but the fingerprint of its policy. */
export const declarationTags = (
  clientId: string,
  { scopes, overlap, period, onRemoval, tags }: Omit<DeclaredClient, 'rules'>,
): Tags => ({
  ...tags,
  [TAG.client]: clientId,
  ...scopeTags(scopes),
  [TAG.onRemoval]: onRemoval,
  ...defined({ [TAG.overlap]: overlap, [TAG.period]: period }),
})

/** Tags that a declaration may have had and no longer has. A tag of the owner's own stays: nothing records who put it there. */
export const staleTagKeys = ({ tags }: Tagged, wanted: Tags): readonly string[] =>
  Object.keys(tags).filter(
    (key) =>
      wanted[key] === undefined &&
      (key === TAG.overlap ||
        key === TAG.period ||
        key === TAG.retired ||
        key === TAG.scopes ||
        key.startsWith(`${TAG.scopes}.`)),
  )

/** What has to be written so that the tags are as wanted. */
export const missingTags = ({ tags }: Tagged, wanted: Tags): Tags =>
  Object.fromEntries(Object.entries(wanted).filter(([key, value]) => tags[key] !== value))
