// The JSON that a client's secret holds (docs/secret-format.md): what a consumer needs to get a token, and when the value was issued.
// Fields that an operator added are carried along. A fault names a field, never what stands in it.

import { type JsonObject, parseJsonObject } from '../base/json-object.ts'
import { ok, type Result, refused } from '../base/result.ts'
import { type ClientSecret, createClientSecret } from './client-secret.ts'

/** What a version of a secret holds, of whichever kind. */
export interface StoredSecret {
  /** Whose value it is, by the issuer's id: a client, or what else has secrets there. */
  readonly clientId: string
  readonly clientSecret: ClientSecret
  readonly projectId: string
  /** Epoch milliseconds; from the version's date when the JSON has none. */
  readonly issuedAt: number
  /** Every field as stored, with the operator's own; the value among them, so never print it. */
  readonly fields: JsonObject
  /** As stored, where what is not ours has to stay character for character; as secret as the value. */
  readonly text?: string
}

/** How the secrets of one kind are written. */
export interface SecretForm {
  /**
   * @param versionCreatedAt epoch milliseconds; stands in for a missing issued_at.
   * @returns the secret, or every fault of the text, one each, by the field's name.
   */
  parse(text: string, versionCreatedAt: number): Result<StoredSecret, readonly string[]>
  /** Deterministic: the same secret gives the same text, so that storing it twice under one token is a no-op. */
  format(secret: StoredSecret): string
}

export const isFilledString = (value: unknown): value is string => typeof value === 'string' && value !== ''

/** @returns what is wrong with these fields, one sentence each; none of what stands in them. */
const fieldFaults = (fields: JsonObject, names: readonly string[]): string[] => {
  const faults: string[] = []
  for (const name of names) {
    if (fields[name] === undefined) faults.push(`${name} is missing`)
    else if (!isFilledString(fields[name])) faults.push(`${name} is malformed: expected a non-empty string`)
  }
  const issuedAt = fields.issued_at
  if (issuedAt !== undefined && (!isFilledString(issuedAt) || Number.isNaN(Date.parse(issuedAt)))) {
    faults.push('issued_at is malformed: expected an ISO 8601 date')
  }
  return faults
}

const issuedAtOf = ({ issued_at: issuedAt }: JsonObject, versionCreatedAt: number): number =>
  issuedAt === undefined ? versionCreatedAt : Date.parse(String(issuedAt))

interface FormFields {
  readonly required: readonly string[]
  /** What else is wrong, one sentence each. */
  readonly check?: (fields: JsonObject, faults: readonly string[]) => readonly string[]
  readonly read: (fields: JsonObject) => Pick<StoredSecret, 'clientId' | 'clientSecret' | 'projectId'>
}

/** How a form is parsed, of whichever kind: a JSON object, its faults all at once, then what stands in it. */
export const createParse =
  ({ required, check = () => [], read }: FormFields): SecretForm['parse'] =>
  (text, versionCreatedAt) => {
    const fields = parseJsonObject(text)
    if (fields === undefined) return refused(['the value is not a JSON object'])
    const missing = fieldFaults(fields, required)
    const faults = [...missing, ...check(fields, missing)]
    if (faults.length > 0) return refused(faults)
    return ok({ ...read(fields), issuedAt: issuedAtOf(fields, versionCreatedAt), fields })
  }

export const parseSecret = createParse({
  required: ['client_id', 'client_secret', 'project_id', 'token_url'],
  read: (fields) => ({
    clientId: String(fields.client_id),
    clientSecret: createClientSecret(String(fields.client_secret)),
    projectId: String(fields.project_id),
  }),
})

export const formatSecret: SecretForm['format'] = (secret) =>
  JSON.stringify({
    ...secret.fields,
    client_id: secret.clientId,
    client_secret: secret.clientSecret.reveal(),
    project_id: secret.projectId,
    issued_at: new Date(secret.issuedAt).toISOString(),
  })

/** Of an M2M client. */
export const clientForm: SecretForm = { parse: parseSecret, format: formatSecret }

/**
 * Stands where a value would when a client is adopted whose value nobody has. The issuer never accepts it, and no value of the issuer's
 * ends like it; the first rotation makes another beside the lost one.
 */
export const LOST_VALUE: ClientSecret = createClientSecret('value-lost::::')

/** A value that somebody else stored: nothing tells when it was issued. */
export interface UndatedSecret extends Pick<StoredSecret, 'clientId' | 'clientSecret' | 'projectId'> {
  readonly tokenUrl: string
}

export const formatUndatedClient = (secret: UndatedSecret): string =>
  JSON.stringify({
    client_id: secret.clientId,
    client_secret: secret.clientSecret.reveal(),
    project_id: secret.projectId,
    token_url: secret.tokenUrl,
  })

/** The same secret with another value; everything else, the operator's fields included, stays. */
export const withClientSecret = (
  secret: StoredSecret,
  { clientSecret, issuedAt }: Pick<StoredSecret, 'clientSecret' | 'issuedAt'>,
): StoredSecret => ({ ...secret, clientSecret, issuedAt })
