// What a revoke takes AWSCURRENT for where no planned rotation could read it: somebody stored another format, another client's value, or
// nothing. It acts only for the client that Stytch itself says belongs to this secret, so that whoever may write a secret, or tag it, cannot
// have another one's client revoked (docs/decisions/054).

import { defined } from '../base/defined.ts'
import { editMembers } from '../base/json-edit.ts'
import { parseJsonObject } from '../base/json-object.ts'
import { ok, type Result, refused } from '../base/result.ts'
import { type ClientSecret, createClientSecret } from '../secret/client-secret.ts'
import { readTolerantly, type TolerantReading } from '../secret/read-tolerantly.ts'
import { makesNewValue } from '../secret/request-token.ts'
import type { Secret } from '../secret/secret.ts'
import { formatUndatedClient, type StoredSecret } from '../secret/secret-format.ts'
import { clientIdOf } from '../secret/secret-tags.ts'
import { isSpelledAs, isWithin } from '../secret/stored-fields.ts'
import type { ClientView } from './issuer.ts'
import type { Slots } from './position.ts'
import { readVersionRecords } from './records.ts'
import type { Refusal } from './refusal.ts'
import { type Guarded, type Rotation, type RunningStep, readOther, readUntilSeen, type Version } from './rotation.ts'

/** How many of the versions before are read: for whose they are, and for the fields that they hold. */
const MAX_PAST_READS = 10

/** Newest first. */
export const readPastVersions = async (
  rotation: Rotation,
  { secretId, requestToken }: Pick<RunningStep, 'secretId' | 'requestToken'>,
  { currentId }: Pick<Guarded, 'currentId'>,
): Promise<readonly Version[]> => {
  const found: Version[] = []
  const listed = (await rotation.secrets.listVersions(secretId)).filter(
    ({ versionId }) => versionId !== currentId && versionId !== requestToken,
  )
  for (const { versionId } of listed.slice(0, MAX_PAST_READS)) {
    const version = await readOther(rotation, secretId, versionId)
    if (version !== undefined) found.push(version)
  }
  return found
}

interface Holder {
  readonly clientId: string
  readonly view: ClientView
}

/** The client that Stytch says belongs to this secret, among those that its text, its tag and its past name. */
const holderOf = async (
  { issuer }: Rotation,
  secretArn: string,
  named: readonly string[],
): Promise<Holder | undefined> => {
  for (const clientId of named) {
    if (issuer.keepsBinding?.(clientId) !== true) continue
    const view = await issuer.look(clientId)
    if (view?.boundTo === secretArn) return { clientId, view }
  }
  return undefined
}

const WORD = /[\w~+/.-]{12,}/g

/** Words of a text that end like a slot. */
const wordsInSlots = (text: string, { current, next }: Slots): readonly string[] => [
  ...new Set(text.match(WORD)?.filter((word) => [current, next].includes(word.slice(-4)))),
]

/** The only one there is. */
const wordInSlot = (text: string, slots: Slots): ClientSecret | undefined => {
  const [word, ...others] = wordsInSlots(text, slots)
  return word === undefined || others.length > 0 ? undefined : createClientSecret(word)
}

interface Value {
  readonly value: ClientSecret
  /** No more is known of it than how it ends: it is never exchanged. */
  readonly isUnknown?: true
  /** Nothing but where a rotation leaves its value says in which slot it sits. */
  readonly isGuess?: true
}

const standIn = (mark: string): Value => ({ value: createClientSecret(`unreadable-${mark}`), isUnknown: true })

interface Unreadable {
  readonly text: string
  readonly reading: TolerantReading
  readonly guarded: Guarded
  readonly past: readonly Version[]
  readonly holder: Holder
}

/**
 * The value, as far as it can be known: as the text says; else the word in it that ends like a slot; else by its last four on record. Failing
 * that, a slot: next, where a rotation left its value there, unless an older value that can be read sits in it.
 */
const findValue = async (rotation: Rotation, { text, reading, guarded, past, holder }: Unreadable): Promise<Value> => {
  const { slots } = holder.view
  const isHolders = reading.clientId === undefined || reading.clientId === holder.clientId
  const value = (isHolders ? reading.clientSecret : undefined) ?? wordInSlot(text, slots)
  if (value !== undefined) return { value }
  const records = await readVersionRecords(rotation, guarded.state.arn)
  const lastFour = isHolders ? records?.find(({ versionId }) => versionId === guarded.currentId)?.lastFour : undefined
  if (lastFour !== undefined) return standIn(lastFour)
  const { current, next } = slots
  if (next === null) return standIn(current)
  const isPast = (mark: string) => past.some(({ secret }) => secret.clientSecret.mark === mark)
  if (isPast(next)) return standIn(current)
  if (isPast(current)) return standIn(next)
  return { ...standIn(makesNewValue(guarded.currentOrigin) ? next : current), isGuess: true }
}

const OWN = ['client_id', 'client_secret', 'project_id', 'token_url', 'issued_at']

/** Other spellings of what a rotation writes, and whatever holds the value once more; where the value is not known, what may hold it. */
const isLeftOut = ([name, value]: readonly [string, unknown], { value: known, isUnknown }: Value): boolean => {
  if (OWN.includes(name)) return false
  const isAlias = OWN.some((own) => isSpelledAs(name, own))
  if (isUnknown === true) return isAlias || isWithin(value, 'client_secret')
  return isAlias || JSON.stringify(value).includes(known.reveal())
}

/**
 * Whether a text still holds the value somewhere: in a name, in the first of two members with one name, in an escape or in a Basic header. Where
 * it is not known, whether it holds a word that ends like a slot.
 */
const holdsValue = (text: string, { clientId, value: { value, isUnknown }, slots }: Frame): boolean => {
  const readings = [text, JSON.stringify(parseJsonObject(text) ?? {})]
  if (isUnknown === true) return readings.some((reading) => wordsInSlots(reading, slots).length > 0)
  const known = value.reveal()
  const basic = Buffer.from(`${clientId}:${known}`).toString('base64')
  return readings.some((reading) => reading.includes(known) || reading.includes(basic.slice(0, -4)))
}

interface Frame {
  readonly clientId: string
  readonly projectId: string
  readonly tokenUrl: string
  readonly value: Value
  readonly slots: Slots
}

/** Stands in the frame until the new value does. */
const TO_COME = 'value-to-come'

/** The text with its own members made right, and without what would leave the value in it. @returns undefined where it would still hold that */
const framedText = (source: string, frame: Frame): string | undefined => {
  const { clientId, projectId, tokenUrl, value } = frame
  const fields = Object.entries(parseJsonObject(source) ?? {})
  const leftOut = fields.filter((field) => isLeftOut(field, value))
  const own = { client_id: clientId, client_secret: TO_COME, project_id: projectId, token_url: tokenUrl }
  const edits = [
    ...leftOut.map(([name]) => ({ name, value: undefined })),
    { name: 'issued_at', value: undefined },
    ...Object.entries(own).map(([name, text]) => ({ name, value: text })),
  ]
  const framed = editMembers(source, edits, OWN)
  return holdsValue(framed, frame) ? undefined : framed
}

/** An owner's field is not nested thousands of times over. */
const unlessTooDeep = <Text>(read: () => Text): Text | undefined => {
  try {
    return read()
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

/** The fields that the new value is written into: of AWSCURRENT where it is an object, else of the newest version that can be read. */
const frameOf = (
  { form, issuer, tokenUrl }: Rotation,
  { reading, past, holder }: Unreadable,
  value: Value,
): StoredSecret | undefined => {
  const { clientId } = holder
  const parse = (text: string): StoredSecret | undefined => {
    const parsed = form.parse(text, 0)
    return parsed.ok && parsed.value.clientId === clientId ? parsed.value : undefined
  }
  const before = past.find(({ secret }) => secret.clientId === clientId)?.secret
  const url = reading.tokenUrl ?? urlIn(before) ?? tokenUrl
  if (url === undefined) return before
  const { projectId } = issuer
  const frame = { clientId, projectId, tokenUrl: url, value, slots: holder.view.slots }
  const text =
    reading.source === undefined ? undefined : unlessTooDeep(() => framedText(reading.source?.reveal() ?? '', frame))
  const kept = text === undefined ? undefined : parse(text)
  return kept ?? before ?? parse(formatUndatedClient({ clientId, projectId, tokenUrl: url, clientSecret: value.value }))
}

const urlIn = (secret: StoredSecret | undefined): string | undefined => {
  const url = secret?.fields.token_url
  return typeof url === 'string' ? url : undefined
}

/** Whose the secret may be. The text comes last: a value may stand where the id should be, and is no id to ask about. */
export const namedClients = ({
  state,
  past,
  reading,
}: {
  readonly state: Secret
  readonly past: readonly Version[]
  readonly reading: Pick<TolerantReading, 'clientId'>
}): readonly string[] => [
  ...new Set(
    [clientIdOf(state), ...past.map(({ secret }) => secret.clientId), reading.clientId].filter(
      (one) => one !== undefined,
    ),
  ),
]

/**
 * AWSCURRENT for a revoke that cannot take it as it is.
 * @param read AWSCURRENT where it is in its format, and of another client than the secret's tag says
 * @returns a version that every move can be decided by; or `holderUnproven`, where no client names this secret as its holder.
 */
export const recoverCurrent = async (
  rotation: Rotation,
  request: RunningStep,
  { guarded, read }: { readonly guarded: Guarded; readonly read?: Version | undefined },
): Promise<Result<Version, Refusal>> => {
  const { state, currentId } = guarded
  const [version, past] = await Promise.all([
    readUntilSeen(rotation, request.beganAt, () =>
      rotation.secrets.readValue(request.secretId, { versionId: currentId }),
    ),
    readPastVersions(rotation, request, guarded),
  ])
  const text = version?.text ?? ''
  const reading = readTolerantly(text)
  const holder = await holderOf(rotation, state.arn, namedClients({ state, past, reading }))
  // In its format: a look at the client that it names says what is wrong, if anything is. Perhaps the tag alone.
  const isRead = read !== undefined && (holder === undefined || holder.clientId === read.secret.clientId)
  if (isRead) return ok(read)
  if (holder === undefined) return refused({ reason: 'holderUnproven' })
  const unreadable: Unreadable = { text, reading, guarded, past, holder }
  const found = await findValue(rotation, unreadable)
  const { value, isUnknown, isGuess = false } = found
  const frame = frameOf(rotation, unreadable, found)
  if (frame === undefined) return refused({ reason: 'holderUnproven' })
  rotation.journal.note({
    secret: state.name,
    outcome: 'recovered',
    clientId: holder.clientId,
    faults: reading.faults.join('; '),
    // An early refusal of AWSCURRENT's value was possible: which slot holds it was not to be known.
    guessed: isGuess,
  })
  const secret = { ...frame, clientSecret: value }
  const createdAt = version?.createdAt ?? rotation.timing.now()
  return ok({ versionId: currentId, arn: state.arn, createdAt, secret, ...defined({ isUnknown }) })
}
