// What can be known of a client from whatever stands in its secret. For reading alone: a rotation writes one format, and refuses to plan on
// another; an incident cannot choose what somebody stored before the leak.
import { defined } from '../base/defined.ts'
import { isJsonObject, type JsonObject, parseJsonObject, plainJson } from '../base/json-object.ts'
import { type Sealed, seal } from '../base/sealed.ts'
import { type ClientSecret, createClientSecret } from './client-secret.ts'
import { readScimId, scimId } from './scim-form.ts'
import { slotForm } from './slot-forms.ts'
import { findOwnText, findText } from './stored-fields.ts'

/** What the text says. None of it is proven: whose value it is, and whether it is accepted, an exchange tells. */
export interface TolerantReading {
  /** An M2M client, an app, or a SCIM connection as the tag `m2m:client-id` has it. */
  readonly clientId?: string
  readonly clientSecret?: ClientSecret
  readonly projectId?: string
  readonly tokenUrl?: string
  /** The text is a JSON object, whose other members can be kept. */
  readonly frame?: 'object'
  /** With a frame: its text as JSON.parse takes it, for editMembers. */
  readonly source?: Sealed
  /** What a planned rotation refuses, one sentence each, without what stands in the text; none: SecretForm.parse takes it. */
  readonly faults: readonly string[]
}

/** Of the alphabet that Stytch's values are made of. An assignment, a header or an encoded object holds a value somewhere, and is none. */
const BARE = /^[\w~.+/-]{12,512}$/
const NO_BARE = /^eyJ/

/** Of a text that is one JSON string, or no JSON at all: a value without anything around it. */
const bareValue = (text: string): string | undefined => {
  const body = /^"[^"\\]*"$/.test(text) ? text.slice(1, -1) : text
  return BARE.test(body) && !NO_BARE.test(body) ? body : undefined
}

const PAIR = /"((?:[^"\\]|\\.)*)"\s*:\s*"((?:[^"\\]|\\.)*)"/g

/**
 * The members of a text that only begins like an object, as far as they are whole and no object stands before them. A name's last value counts,
 * as for JSON.parse.
 */
const salvage = (text: string): JsonObject => {
  const deeper = text.indexOf('{', 1)
  const outermost = deeper === -1 ? text : text.slice(0, deeper)
  const found = text.startsWith('{') ? outermost.matchAll(PAIR) : []
  return Object.fromEntries(
    [...found].flatMap(([, name, value]) => Object.entries(parseJsonObject(`{"${name}":"${value}"}`) ?? {})),
  )
}

/** Of a SCIM connection where there is one, as SecretForm has it. */
const readFields = (fields: JsonObject) => {
  const find = (name: string): string | undefined => findOwnText(fields, name)
  const [organizationId, connectionId] = [find('organization_id'), find('connection_id')]
  if (connectionId === undefined) return { clientId: find('client_id'), value: find('client_secret') }
  const id = scimId({ organizationId: organizationId ?? '', connectionId })
  return { clientId: readScimId(id) === undefined ? undefined : id, value: find('bearer_token') }
}

/** One level deeper a value counts beside the id that it belongs to, and where one object alone has both: another vendor's may stand there as well. */
const readDeeper = (fields: JsonObject) => {
  const pairs = Object.values(fields)
    .filter(isJsonObject)
    .map(readFields)
    .filter(({ clientId, value }) => clientId !== undefined && value !== undefined)
  const [only, ...others] = pairs
  return others.length > 0 ? undefined : only
}

/** The object's own; where it has none of them, those one level deeper. */
const readPair = (fields: JsonObject) => {
  const own = readFields(fields)
  const isNone = own.clientId === undefined && own.value === undefined
  return isNone ? (readDeeper(fields) ?? own) : own
}

/**
 * Reads what it can of a secret's text: with a byte order mark, with NUL characters, with fields under other spellings (clientId,
 * CLIENT_SECRET, stytch_client_id) or one level deeper, cut off in the middle, or a bare value. A field whose spellings hold different
 * values is left out: nothing says which of them counts. Never throws, and no fault repeats anything of the text.
 * @param text SecretString, or SecretBinary as UTF-8 (`SecretVersion.text`).
 */
export const readTolerantly = (text: string): TolerantReading => {
  const clean = text.replaceAll('\0', '')
  const source = plainJson(clean)
  const object = parseJsonObject(source)
  const fields = object ?? salvage(clean.trim())
  const find = (name: string): string | undefined => findText(fields, name)
  const { clientId, value = bareValue(clean.trim()) } = readPair(fields)
  const clientSecret = value === undefined ? undefined : createClientSecret(value)
  const frame = object === undefined ? {} : ({ frame: 'object', source: seal(source, '[secret]') } as const)
  const parsed = slotForm.parse(text, 0)
  return {
    ...defined({ clientId, clientSecret, projectId: find('project_id'), tokenUrl: find('token_url') }),
    ...frame,
    faults: parsed.ok ? [] : parsed.refusal,
  }
}
