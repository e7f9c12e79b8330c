// Access tokens in a text: JWTs whose claims look like those of a Stytch project. Their signatures are not checked, so that what is said
// of one is what it says of itself. Tokens of people (sessions of users and members) are none of ours.

import { isJsonObject, parseJsonObject } from '../base/json-object.ts'

export interface LeakedToken {
  /** Its `sub`. */
  readonly clientId: string
  /** Of the Stytch project that it says it is from. */
  readonly projectId: string
  /** Epoch milliseconds; undefined: it has no `exp`. */
  readonly until: number | undefined
}

/** One class alone, so that there is nothing to go back over. */
const DOTTED = /[A-Za-z0-9_.-]{16,}/g
const PROJECT = /^project-(?:live|test)-[A-Za-z0-9-]{1,64}$/
const SUBJECT = /^[\x21-\x7e]{1,256}$/
const OF_PEOPLE = /^(?:user|member|organization)-/
/** A header or claims begin with `{"` in base64. */
const JSON_IN_BASE64 = 'eyJ'
const MAX_TOKENS = 100

const projectOf = (issuer: unknown, audience: unknown): string | undefined => {
  const named = [
    ...(typeof issuer === 'string' && issuer.startsWith('stytch.com/') ? [issuer.slice('stytch.com/'.length)] : []),
    ...(Array.isArray(audience) ? audience : [audience]),
  ]
  return named.find((one): one is string => typeof one === 'string' && PROJECT.test(one))
}

const readClaims = (part: string): LeakedToken | undefined => {
  const claims = parseJsonObject(Buffer.from(part, 'base64url').toString('utf8'))
  if (!isJsonObject(claims)) return undefined
  const { iss, aud, sub, exp } = claims
  const projectId = projectOf(iss, aud)
  if (projectId === undefined || typeof sub !== 'string' || !SUBJECT.test(sub) || OF_PEOPLE.test(sub)) return undefined
  const isTime = typeof exp === 'number' && exp > 0 && exp < 1e11
  return { clientId: sub, projectId, until: isTime ? exp * 1000 : undefined }
}

/** @returns the tokens, and the text without any JWT. */
export const takeTokens = (text: string): { readonly tokens: readonly LeakedToken[]; readonly rest: string } => {
  const tokens: LeakedToken[] = []
  const rest = text.replace(DOTTED, (run) => {
    const parts = run.split('.')
    const at = parts.findIndex(
      (part, index) => part.includes(JSON_IN_BASE64) && parts[index + 1]?.startsWith(JSON_IN_BASE64) === true,
    )
    if (at === -1) return run
    const token = readClaims(parts[at + 1] ?? '')
    if (token !== undefined && tokens.length < MAX_TOKENS) tokens.push(token)
    // Header, claims and signature; whatever was run together with it is looked at.
    return ` ${[...parts.slice(0, at), ...parts.slice(at + 3)].join('.')} `
  })
  return { tokens, rest }
}
