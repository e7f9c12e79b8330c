// The JSON that a client's secret holds (docs/secret-format.md): what a consumer needs to get a token, and when the value was issued.
// A rotation changes its own members in the stored text and no other byte of it. A fault names a field, never what stands in it.

import { editMembers } from '../base/json-edit.ts'
import { type JsonObject, plainJson } from '../base/json-object.ts'
import { ok, type Result, refused } from '../base/result.ts'
import { type Sealed, seal } from '../base/sealed.ts'
import { type ClientSecret, createClientSecret } from './client-secret.ts'
import { missingFault, readStoredObject } from './stored-fields.ts'

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
  /** The text that it was parsed from, which the next one is made of. Absent: it was never stored. */
  readonly source?: Sealed
}

/** How the secrets of one kind are written. */
export interface SecretForm {
  /**
   * @param versionCreatedAt epoch milliseconds; stands in for a missing issued_at.
   * @returns the secret, or every fault of the text, one each, by the field's name and, where it has another, by that.
   */
  parse(text: string, versionCreatedAt: number): Result<StoredSecret, readonly string[]>
  /**
   * The text that it was parsed from, with its own members replaced; whatever else stands there stays byte for byte.
   * Deterministic: the same secret gives the same text, so that storing it twice under one token is a no-op.
   */
  format(secret: StoredSecret): string
}

export const isFilledString = (value: unknown): value is string => typeof value === 'string' && value !== ''

/** @returns what is wrong with these fields, one sentence each; none of what stands in them. */
const fieldFaults = (fields: JsonObject, names: readonly string[]): string[] => {
  const faults: string[] = []
  for (const name of names) {
    if (fields[name] === undefined) faults.push(missingFault(fields, name))
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
    const stored = readStoredObject(text)
    if (!stored.ok) return refused([stored.refusal])
    const fields = stored.value
    const missing = fieldFaults(fields, required)
    const faults = [...missing, ...check(fields, missing)]
    if (faults.length > 0) return refused(faults)
    return ok({
      ...read(fields),
      issuedAt: issuedAtOf(fields, versionCreatedAt),
      fields,
      source: seal(plainJson(text), '[secret]'),
    })
  }

interface FormText {
  /** The form's own members, in order: one that a rotation adds stands behind them. */
  readonly members: readonly string[]
  /** The form's members that no rotation changes. */
  readonly kept: (secret: StoredSecret) => Readonly<Record<string, string>>
  /** Those that a rotation changes, beside issued_at; undefined: it has none. */
  readonly owned: (secret: StoredSecret) => Readonly<Record<string, string | undefined>>
}

/** As it is written already, where that means the same instant. */
const issuedAtText = ({ fields: { issued_at: written }, issuedAt }: StoredSecret): string =>
  isFilledString(written) && Date.parse(written) === issuedAt ? written : new Date(issuedAt).toISOString()

/** How a form is written, of whichever kind. */
export const createFormat =
  ({ members, kept, owned }: FormText): SecretForm['format'] =>
  (secret) => {
    const [identity, changed] = [kept(secret), { ...owned(secret), issued_at: issuedAtText(secret) }]
    if (secret.source === undefined) return JSON.stringify({ ...secret.fields, ...identity, ...changed })
    const edits = Object.entries(changed).map(([name, value]) => ({ name, value }))
    return editMembers(secret.source.reveal(), edits, members)
  }

const members = ['client_id', 'client_secret', 'project_id', 'token_url']

export const parseSecret = createParse({
  required: members,
  read: (fields) => ({
    clientId: String(fields.client_id),
    clientSecret: createClientSecret(String(fields.client_secret)),
    projectId: String(fields.project_id),
  }),
})

export const formatSecret = createFormat({
  members,
  kept: ({ clientId, projectId }) => ({ client_id: clientId, project_id: projectId }),
  owned: ({ clientSecret }) => ({ client_secret: clientSecret.reveal() }),
})

/** Of an M2M client. */
export const clientForm: SecretForm = { parse: parseSecret, format: formatSecret }

/**
 * Stands where a value would when a client is adopted whose value nobody has. The issuer never accepts it, and no value of the issuer's
 * ends like it; the first rotation makes another beside the lost one.
 */
export const LOST_VALUE: ClientSecret = createClientSecret('value-lost::::')

/** A value that somebody else stored: its time of issue is unknown. */
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

/** The same secret with another value; everything else, the operator's fields and the text around it included, stays. */
export const withClientSecret = (
  secret: StoredSecret,
  { clientSecret, issuedAt }: Pick<StoredSecret, 'clientSecret' | 'issuedAt'>,
): StoredSecret => ({ ...secret, clientSecret, issuedAt })
