// A Basic-auth pair from a Secrets Manager secret: read on the first call, kept for the life of the execution environment, and read anew
// when its owner refuses it.
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import type { Fault } from '../../core/base/fault.ts'
import { type JsonObject, parseJsonObject } from '../../core/base/json-object.ts'
import type { HandMadeSecret } from '../../core/secret/hand-made-secrets.ts'
import { readHandMadeSecret } from './hand-made-secret.ts'

interface StoredPair<Pair> {
  readonly client: SecretsManagerClient
  readonly secret: HandMadeSecret
  /** Picks the pair out of the stored JSON, or says what is wrong with that, without what stands in it. */
  readonly pick: (json: JsonObject) => Pair | string
  readonly malformed: (what: string) => Fault
}

/** @returns the pair. `isStale`: the last one was refused. Concurrent callers share one read; a failed one is never kept. */
export const createStoredPair = <Pair extends object>({ client, secret, pick, malformed }: StoredPair<Pair>) => {
  const read = async (): Promise<Pair> => {
    const json = parseJsonObject(await readHandMadeSecret(client, secret))
    const pair = json === undefined ? 'the value is not a JSON object' : pick(json)
    if (typeof pair === 'string') throw malformed(pair)
    return pair
  }
  let known: Promise<Pair> | undefined
  return (isStale: boolean): Promise<Pair> => {
    if (isStale) known = undefined
    known ??= read().catch((error: unknown) => {
      known = undefined
      throw error
    })
    return known
  }
}
