// Claims in the records table: an item for each client of another kind than M2M, read consistently and put under a condition. It has no time
// to live: a claim ends when its secret is given back, or when a person replaces one whose secret is gone.
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { isJsonObject } from '../../core/base/json-object.ts'
import { type ClaimKeeper, noClaims } from '../../core/rotation/claims.ts'
import { CLAIM_KEYS } from '../../core/rotation/record-keys.ts'
import { wait as realWait } from '../timing.ts'
import type { RecordsPlace } from './records.ts'
import { createSignedCall } from './signed-call.ts'
import { createTableCall, type TableInput } from './table-call.ts'
import { keyOf, numberAttribute, textIn } from './table-item.ts'

/** Of each try: a step has to be over within a minute. */
const TIMEOUT_MS = 1000

/** A client's id holds no more than Stytch's ids do, a slash included. */
const keyOfClaim = (clientId: string) => keyOf(`${CLAIM_KEYS}${clientId}`, 'claim')

const FOUND = 'found'

export const createClaimKeeper = (input: TableInput): ClaimKeeper => {
  const ask = createTableCall({ timeoutMs: TIMEOUT_MS, ...input })
  return {
    read: async (clientId) => {
      const reply = await ask('GetItem', { Key: keyOfClaim(clientId), ConsistentRead: true })
      const item = reply?.Item
      const holder = isJsonObject(item) ? textIn(item, 'holder') : undefined
      if (!isJsonObject(item) || holder === undefined) return undefined
      return { clientId, holder, isReviewed: textIn(item, 'origin') !== FOUND }
    },
    write: async ({ clientId, holder, at, by }, gone) => {
      const reply = await ask('PutItem', {
        Item: { ...keyOfClaim(clientId), holder: { S: holder }, at: numberAttribute(at), by: { S: by } },
        ConditionExpression: `attribute_not_exists(pk) OR holder = :arn${gone === undefined ? '' : ' OR holder = :gone'}`,
        ExpressionAttributeValues: { ':arn': { S: holder }, ...(gone === undefined ? {} : { ':gone': { S: gone } }) },
      })
      return reply === undefined ? 'heldByAnother' : 'written'
    },
    note: async ({ clientId, holder, at, by }) => {
      const reply = await ask('PutItem', {
        Item: {
          ...keyOfClaim(clientId),
          holder: { S: holder },
          at: numberAttribute(at),
          by: { S: by },
          origin: { S: FOUND },
        },
        ConditionExpression: 'attribute_not_exists(pk)',
      })
      return reply === undefined ? 'heldByAnother' : 'written'
    },
    release: async (clientId, holder) => {
      await ask('DeleteItem', {
        Key: keyOfClaim(clientId),
        ConditionExpression: 'holder = :arn',
        ExpressionAttributeValues: { ':arn': { S: holder } },
      })
    },
  }
}

/** @param place absent: there is no table, which whoever asks learns. */
export const createClaims = (
  client: SecretsManagerClient,
  place: RecordsPlace | undefined,
  wait: TableInput['wait'] = realWait,
): ClaimKeeper => {
  if (place === undefined) return noClaims
  const call = createSignedCall(client, { service: 'dynamodb', endpoint: place.endpoint })
  return createClaimKeeper({ call, table: place.table, wait })
}
