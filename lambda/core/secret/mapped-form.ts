// The form of a secret that was adopted where it is: its owner named its members before we came, and reads them by those names. Which of
// them hold what ours are called is kept in the tag `m2m:fields`; reading and writing go through it, so that a rotation puts the new value
// where the consumers look. Nothing is added: what the owner's JSON lacks stays absent. Pure; a name may be said, a value never.

import { editMembers } from '../base/json-edit.ts'
import { type JsonObject, parseJsonObject, plainJson } from '../base/json-object.ts'
import { ok, refused } from '../base/result.ts'
import { seal } from '../base/sealed.ts'
import type { SecretForm } from './secret-format.ts'
import { TAG } from './secret-tags.ts'

const members = ['client_id', 'client_secret', 'project_id', 'token_url', 'issued_at'] as const
/** A member as our own form calls it. */
export type Member = (typeof members)[number]

/** The owner's name of each; one that is not there has none. */
export type FieldNames = Readonly<Partial<Record<Member, string>>> & {
  readonly client_id: string
  readonly client_secret: string
}

/** A tag's value holds 256 characters, of these alone; a space and `=` set names apart. */
const MAX_TAG_VALUE = 256
const NAME = /^[\p{L}\p{N}+\-._:/@]{1,64}$/u

export const FIELD_NAME_RULE = '1 to 64 of letters, digits and + - . _ : / @, which is what a tag can hold'

const isMember = (text: string): text is Member => members.some((one) => one === text)

/** What is wrong with names that somebody gave for some members; every fault, one each. */
export const fieldNameFaults = (given: Readonly<Record<string, string>>): readonly string[] => {
  const faults: string[] = []
  const seen = new Map<string, string>()
  for (const [member, name] of Object.entries(given)) {
    if (!isMember(member)) {
      faults.push(`field ${JSON.stringify(member)} is unknown: expected ${members.join(', ')}`)
      continue
    }
    if (!NAME.test(name)) faults.push(`field ${member} is malformed: expected ${FIELD_NAME_RULE}`)
    const other = seen.get(name)
    if (other !== undefined) faults.push(`field ${member} is the same member as ${other}: expected one each`)
    seen.set(name, member)
  }
  return faults
}

/**
 * Which member of this text holds what: as given, else under our own name where there is such a member.
 * @param given without faults
 */
export const fieldNamesIn = (text: string, given: Readonly<Record<string, string>>): FieldNames => {
  const fields = parseJsonObject(text) ?? {}
  const names: Partial<Record<Member, string>> = {}
  for (const member of members) {
    const name = given[member] ?? (Object.hasOwn(fields, member) ? member : undefined)
    if (name !== undefined) names[member] = name
  }
  return { ...names, client_id: names.client_id ?? 'client_id', client_secret: names.client_secret ?? 'client_secret' }
}

/** As a tag has it: `client_id=id client_secret=stytchSecret`. */
export const writeFieldNames = (names: FieldNames): string =>
  members.flatMap((member) => (names[member] === undefined ? [] : [`${member}=${names[member]}`])).join(' ')

/** Why these names cannot be kept; undefined when they can. */
export const tagLengthFault = (names: FieldNames): string | undefined => {
  const { length } = writeFieldNames(names)
  if (length <= MAX_TAG_VALUE) return undefined
  return `its field names need ${length} characters, and the tag ${TAG.fields} holds ${MAX_TAG_VALUE}`
}

/** @returns undefined for a secret of our own form, and for a tag that nobody here wrote. */
export const fieldNamesOf = (tags: Readonly<Record<string, string>>): FieldNames | undefined => {
  const text = tags[TAG.fields]
  if (text === undefined) return undefined
  const pairs = text.split(' ').map((pair): readonly [string, string] => {
    const at = pair.indexOf('=')
    return [pair.slice(0, at), pair.slice(at + 1)]
  })
  const names = Object.fromEntries(pairs)
  if (fieldNameFaults(names).length > 0) return undefined
  const { client_id, client_secret } = names
  return client_id === undefined || client_secret === undefined ? undefined : { ...names, client_id, client_secret }
}

/** Whether it stands where its owner made it, and is still his in name and form. */
export const isInPlace = ({ tags }: { readonly tags: Readonly<Record<string, string>> }): boolean =>
  tags[TAG.fields] !== undefined

/** Our own form wants one for consumers, and nothing here calls it. */
const NO_TOKEN_URL = 'not stored'

/** Faults as the owner knows the members. */
const inOwnersWords = (fault: string, names: FieldNames): string => {
  const [word = '', ...rest] = fault.split(' ')
  const name = isMember(word) ? names[word] : undefined
  return name === undefined ? fault : [name, ...rest].join(' ')
}

/**
 * @param names which of the owner's members is which of ours
 * @param form our own, which judges and reads what stands in them
 * @param projectId for a secret that does not say whose it is: the deployment's
 */
export const mappedForm = (names: FieldNames, form: SecretForm, projectId: string): SecretForm => {
  const toOurs = (fields: JsonObject): JsonObject => {
    const ours: Record<string, unknown> = {}
    for (const member of members) {
      const name = names[member]
      if (name !== undefined && Object.hasOwn(fields, name)) ours[member] = fields[name]
    }
    if (names.project_id === undefined) ours.project_id = projectId
    if (names.token_url === undefined) ours.token_url = NO_TOKEN_URL
    return ours
  }
  return {
    parse: (text, versionCreatedAt) => {
      const source = plainJson(text)
      const fields = parseJsonObject(source)
      if (fields === undefined) return refused(['the value is not a JSON object'])
      const parsed = form.parse(JSON.stringify(toOurs(fields)), versionCreatedAt)
      if (!parsed.ok) return refused(parsed.refusal.map((fault) => inOwnersWords(fault, names)))
      return ok({ ...parsed.value, fields, source: seal(source, '[secret]') })
    },
    format: (secret) => {
      const { client_secret: value, issued_at: issuedAt } = names
      // A date that its owner does not keep is not added: nothing of ours stands among somebody else's members.
      const isDated = issuedAt !== undefined && Object.hasOwn(secret.fields, issuedAt)
      const edits = [
        { name: value, value: secret.clientSecret.reveal() },
        ...(isDated ? [{ name: issuedAt, value: new Date(secret.issuedAt).toISOString() }] : []),
      ]
      return editMembers(secret.source?.reveal() ?? JSON.stringify(secret.fields), edits, [])
    },
  }
}
