// The keys by which detectors sign, from one Secrets Manager secret: kept for a minute, read anew at once when a signature does not
// fit, but not more often than every few seconds, whatever is thrown at the door. Each detector has a key and, while it is replaced,
// the one before.
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { Fault } from '../../core/base/fault.ts'
import { isJsonObject, parseJsonObject } from '../../core/base/json-object.ts'
import type { SigningSecrets } from '../../core/intake/intake-ports.ts'
import { type Detector, detectors, type SigningKeys } from '../../core/intake/leak-delivery.ts'
import { readHandMadeSecret } from './hand-made-secret.ts'

const KEEP_MS = 60_000
const RENEW_MS = 5_000
/** Shorter ones are guessed. */
const MIN_KEY_CHARACTERS = 16

const malformed = (secretId: string, faults: readonly string[]): Fault =>
  new Fault({
    code: 'SIGNING_SECRET_MALFORMED',
    retryable: false,
    message: `The signing secret ${secretId} is malformed: ${faults.join('; ')}; see docs/incidents.md.`,
  })

const isKey = (value: unknown): value is string => typeof value === 'string' && value.length >= MIN_KEY_CHARACTERS

/** `{"current": "…", "previous": "…"}`, or nothing. */
const readKeys = (detector: Detector, value: unknown, faults: string[]): SigningKeys => {
  if (value === undefined) return {}
  const { current, previous } = isJsonObject(value) ? value : {}
  if (isKey(current) && (previous === undefined || isKey(previous))) {
    return { [detector]: previous === undefined ? [current] : [current, previous] }
  }
  faults.push(
    `${detector}: expected {"current": …}, perhaps with "previous", of ${MIN_KEY_CHARACTERS} characters or more`,
  )
  return {}
}

/** @throws Fault SIGNING_SECRET_MALFORMED with every fault. */
export const readSigningKeys = (secretId: string, text: string): SigningKeys => {
  const json = parseJsonObject(text)
  if (json === undefined) throw malformed(secretId, ['the value is not a JSON object'])
  const faults: string[] = []
  const keys = detectors.map((detector) => readKeys(detector, json[detector], faults))
  if (faults.length > 0) throw malformed(secretId, faults)
  return Object.assign({}, ...keys) as SigningKeys
}

interface SigningSecretPlace {
  readonly client: SecretsManagerClient
  readonly secretId: string
  readonly now: () => number
}

export const createSigningSecrets = ({ client, secretId, now }: SigningSecretPlace): SigningSecrets => {
  let known: { readonly keys: SigningKeys; readonly at: number } | undefined
  const load = async (): Promise<SigningKeys> => {
    const at = now()
    const keys = readSigningKeys(secretId, await readHandMadeSecret(client, { kind: 'signingSecret', name: secretId }))
    known = { keys, at }
    return keys
  }
  return {
    read: async (isStale) => {
      const isKept = known !== undefined && now() - known.at < (isStale ? RENEW_MS : KEEP_MS)
      return isKept && known !== undefined ? known.keys : load()
    },
  }
}
