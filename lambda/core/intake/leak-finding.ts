// What a search for a leaked value comes to. Returned by the identify function to whoever asked; it names the secret and never holds
// the value. Read back by the intake, which trusts its shape as little as any other answer.
import { isJsonObject, parseJsonObject } from '../base/json-object.ts'

/** Whose value leaked. */
export interface LeakOwner {
  readonly secretArn: string
  readonly secretName: string
  readonly clientId: string
  readonly versionId: string
  /** AWSCURRENT, AWSPREVIOUS or AWSPENDING; absent: the value lies in a version that carries no label any more. */
  readonly label?: string
}

/** Stytch's refusal of the value: it is dead already. */
export interface LeakRefusal {
  readonly status: number
  readonly error: string
  readonly requestId: string
  /** ISO 8601. */
  readonly triedAt: string
}

export type LeakFinding =
  /** Stytch accepts it now. */
  | { readonly outcome: 'alive'; readonly owner: LeakOwner; readonly requestId: string }
  | { readonly outcome: 'dead'; readonly owner: LeakOwner; readonly refusal: LeakRefusal }
  /** Whose it is is known; Stytch did not answer whether it lives. Take it for alive. */
  | { readonly outcome: 'unproven'; readonly owner: LeakOwner; readonly code: string }
  /** In none of the secrets that were searched. */
  | { readonly outcome: 'unknown'; readonly searched: number }
  | { readonly outcome: 'notSearched'; readonly reason: NotSearched; readonly searched: number }

/** tooManySecrets: narrow it by prefix or tag. rateLimited: this is no oracle. outOfTime: the search did not get through. */
export const notSearchedReasons = ['tooManySecrets', 'rateLimited', 'outOfTime'] as const
export type NotSearched = (typeof notSearchedReasons)[number]

const areTexts = (...values: readonly unknown[]): boolean => values.every((value) => typeof value === 'string')

const readOwner = (value: unknown): LeakOwner | undefined => {
  if (!isJsonObject(value)) return undefined
  const { secretArn, secretName, clientId, versionId, label } = value
  if (!areTexts(secretArn, secretName, clientId, versionId)) return undefined
  return {
    secretArn: String(secretArn),
    secretName: String(secretName),
    clientId: String(clientId),
    versionId: String(versionId),
    ...(typeof label === 'string' ? { label } : {}),
  }
}

const readRefusal = (value: unknown): LeakRefusal | undefined => {
  if (!isJsonObject(value)) return undefined
  const { status, error, requestId, triedAt } = value
  if (typeof status !== 'number' || !areTexts(error, requestId, triedAt)) return undefined
  return { status, error: String(error), requestId: String(requestId), triedAt: String(triedAt) }
}

/** @returns undefined for whatever is no finding. */
export const readFinding = (text: string): LeakFinding | undefined => {
  const json = parseJsonObject(text)
  if (json === undefined) return undefined
  const { outcome, requestId, code, reason } = json
  const searched = typeof json.searched === 'number' ? json.searched : 0
  if (outcome === 'unknown') return { outcome, searched }
  if (outcome === 'notSearched') {
    const known = notSearchedReasons.find((one) => one === reason)
    return known === undefined ? undefined : { outcome, reason: known, searched }
  }
  const owner = readOwner(json.owner)
  if (owner === undefined) return undefined
  if (outcome === 'alive' && typeof requestId === 'string') return { outcome, owner, requestId }
  if (outcome === 'unproven' && typeof code === 'string') return { outcome, owner, code }
  const refusal = readRefusal(json.refusal)
  return outcome === 'dead' && refusal !== undefined ? { outcome, owner, refusal } : undefined
}
