// The keys by which detectors sign, from one Secrets Manager secret: kept for a minute, read anew at once when a signature does not
// fit, but not more often than every few seconds, whatever is thrown at the door. Each detector has a key and, while it is replaced,
// the one before. What is wrong with one detector's entry silences no other, and takes no key away that was read before it.
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { Fault } from '../../core/base/fault.ts'
import type { Journal } from '../../core/base/journal.ts'
import { isJsonObject, type JsonObject } from '../../core/base/json-object.ts'
import { ok, type Result, refused } from '../../core/base/result.ts'
import type { SigningSecrets } from '../../core/intake/intake-ports.ts'
import { type Detector, detectors, type SigningKeys } from '../../core/intake/leak-delivery.ts'
import { findName, readField, readStoredObject } from '../../core/secret/stored-fields.ts'
import { readHandMadeSecret } from './hand-made-secret.ts'

const KEEP_MS = 60_000
const RENEW_MS = 5_000
/** Shorter ones are guessed. */
const MIN_KEY_CHARACTERS = 16

interface Entry {
  readonly detector: Detector
  /** Those that can be used. */
  readonly keys: readonly string[]
  /** Each of a field, and nothing of what stands in it. */
  readonly faults: readonly string[]
}

/** With and without its line end: who stored a key by `echo` may have given the detector either. */
const readKey = (json: JsonObject, name: string): Result<readonly string[], string> => {
  const text = readField(json, name)
  if (!text.ok) return text
  if (text.value.length < MIN_KEY_CHARACTERS) {
    return refused(`${name} is malformed: expected ${MIN_KEY_CHARACTERS} characters or more`)
  }
  const stored = String(json[findName(json, name) ?? name])
  return ok(stored !== text.value && stored.trim() === text.value ? [text.value, stored] : [text.value])
}

/** `{"current": "…"}`, perhaps with `"previous"`. */
const readEntry = (detector: Detector, value: unknown): Entry => {
  if (!isJsonObject(value)) return { detector, keys: [], faults: [`${detector}: expected {"current": …}`] }
  const names = findName(value, 'previous') === undefined ? ['current'] : ['current', 'previous']
  const read = names.map((name) => readKey(value, name))
  return {
    detector,
    keys: read.flatMap((key) => (key.ok ? key.value : [])),
    faults: read.flatMap((key) => (key.ok ? [] : [`${detector}: ${key.refusal}`])),
  }
}

/** @returns an entry for each detector that the text names; or what is wrong with the whole text. */
export const readSigningEntries = (text: string): Result<readonly Entry[], string> => {
  const json = readStoredObject(text)
  if (!json.ok) return json
  const { value: fields } = json
  return ok(
    detectors.flatMap((detector) => {
      const name = findName(fields, detector)
      return name === undefined ? [] : [readEntry(detector, fields[name])]
    }),
  )
}

const malformed = (secretId: string, faults: readonly string[]): Fault =>
  new Fault({
    code: 'SIGNING_SECRET_MALFORMED',
    retryable: false,
    message: `The signing secret ${secretId} is malformed: ${faults.join('; ')}; see docs/incidents.md.`,
  })

export interface SigningSecretPlace {
  readonly client: SecretsManagerClient
  readonly secretId: string
  readonly now: () => number
  /** Told of an entry that cannot be read, each time that it is. */
  readonly journal: Journal
}

type KeysOfDetectors = Readonly<Partial<Record<Detector, readonly string[]>>>

/** Of an entry with a fault, what can be used of it and what was read before it. */
const usableKeys = ({ detector, keys, faults }: Entry, before: KeysOfDetectors): readonly string[] =>
  faults.length === 0 ? keys : [...new Set([...keys, ...(before[detector] ?? [])])]

const toKeys = (entries: readonly Entry[], before: KeysOfDetectors): SigningKeys =>
  Object.fromEntries(
    entries.map((entry) => {
      const keys = usableKeys(entry, before)
      return [entry.detector, keys.length === 0 ? 'malformed' : keys]
    }),
  )

/** What a faulty entry falls back to: its detector's keys as they were last read without a fault, until the entry is taken out. */
const toSound = (entries: readonly Entry[], before: KeysOfDetectors): KeysOfDetectors =>
  Object.fromEntries(
    entries.map(({ detector, keys, faults }) => [detector, faults.length === 0 ? keys : (before[detector] ?? [])]),
  )

export const createSigningSecrets = ({ client, secretId, now, journal }: SigningSecretPlace): SigningSecrets => {
  let known: { readonly keys: SigningKeys; readonly sound: KeysOfDetectors; readonly at: number } | undefined
  const load = async (): Promise<SigningKeys> => {
    const at = now()
    const read = readSigningEntries(await readHandMadeSecret(client, { kind: 'signingSecret', name: secretId }))
    const faults = read.ok ? read.value.flatMap((entry) => entry.faults) : [read.refusal]
    const fault = malformed(secretId, faults)
    if (faults.length > 0) journal.note({ code: fault.code, message: fault.message })
    if (!read.ok && known === undefined) throw fault
    const before = known?.sound ?? {}
    known = read.ok
      ? { keys: toKeys(read.value, before), sound: toSound(read.value, before), at }
      : { keys: known?.keys ?? {}, sound: before, at }
    return known.keys
  }
  return {
    read: async (isStale) => {
      const isKept = known !== undefined && now() - known.at < (isStale ? RENEW_MS : KEEP_MS)
      return isKept && known !== undefined ? known.keys : load()
    },
  }
}
