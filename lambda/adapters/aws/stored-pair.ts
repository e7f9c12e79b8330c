// A Basic-auth pair from a Secrets Manager secret: read on the first call, kept for the life of the execution environment, and read anew
// when its owner refuses it.
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { defined } from '../../core/base/defined.ts'
import type { Fault } from '../../core/base/fault.ts'
import type { JsonObject } from '../../core/base/json-object.ts'
import { type Result, refused } from '../../core/base/result.ts'
import type { CredentialVersion } from '../../core/rotation/issuer.ts'
import type { HandMadeSecret } from '../../core/secret/hand-made-secrets.ts'
import { readStoredObject } from '../../core/secret/stored-fields.ts'
import { readHandMadeVersion } from './hand-made-secret.ts'

/** Picks the pair out of the stored JSON, or says what is wrong with that, one sentence each, without what stands in it. */
type PickPair<Pair> = (json: JsonObject) => Result<Pair, readonly string[]>

/** @returns what a stored text holds, or every fault of it. */
export const readPair = <Pair>(text: string, pick: PickPair<Pair>): Result<Pair, readonly string[]> => {
  const json = readStoredObject(text)
  return json.ok ? pick(json.value) : refused([json.refusal])
}

export interface StoredPair<Pair> {
  readonly client: SecretsManagerClient
  readonly secret: HandMadeSecret
  readonly pick: PickPair<Pair>
  readonly malformed: (what: string) => Fault
}

/** With the version that it was read from. */
type Stored<Pair> = Pair & { readonly storedAs?: CredentialVersion }

/** @returns the pair. `isStale`: the last one was refused. Concurrent callers share one read; a failed one is never kept. */
export const createStoredPair = <Pair extends object>({ client, secret, pick, malformed }: StoredPair<Pair>) => {
  const read = async (): Promise<Stored<Pair>> => {
    const { text, storedAs } = await readHandMadeVersion(client, secret)
    const pair = readPair(text, pick)
    if (!pair.ok) throw malformed(pair.refusal.join('; '))
    return { ...pair.value, ...defined({ storedAs }) }
  }
  let known: Promise<Stored<Pair>> | undefined
  return (isStale: boolean): Promise<Stored<Pair>> => {
    if (isStale) known = undefined
    known ??= read().catch((error: unknown) => {
      known = undefined
      throw error
    })
    return known
  }
}
