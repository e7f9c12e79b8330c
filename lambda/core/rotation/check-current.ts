// Whether Stytch accepts what consumers read, for many secrets at once, and cheaply: one search shows the slots of all their clients, and the
// records say how AWSCURRENT's value ends. Whatever does not fit is read and tried by exchange. It changes nothing at either side; what it has
// found goes into the records, so that the next look only compares (docs/decisions/059).

import { defined } from '../base/defined.ts'
import { mapInParallel } from '../base/worker-pool.ts'
import { CURRENT, labelled, mayBeUnderWay } from '../secret/labels.ts'
import { readTolerantly } from '../secret/read-tolerantly.ts'
import { isRefusedSteadily } from './accept.ts'
import { type CheckFinding, type Lost, unknownFinding } from './check-answer.ts'
import { unlessFault, withCredential } from './check-credential.ts'
import type { ClientView, Issuer } from './issuer.ts'
import type { CheckQuestion, SecretToCheck } from './read-check-question.ts'
import { noteAccepted, noteLost, readVersionRecords, type VersionRecord } from './records.ts'
import { isAccepted, type Rotation, type Version, waitFor } from './rotation.ts'

/** Puts the rotation of one secret together. */
export type RotationOf = (secretArn: string) => Rotation | Promise<Rotation>

/** Reads and exchanges of one question, at once. */
const AT_ONCE = 10
/**
 * Values that are in a slot and that no record names, tried by one question: each mints a token. The others are believed by how they end,
 * until a later question tries them.
 */
const MOST_CONFIRMED = 20
/** What is found first is dated no earlier than so long ago, whatever the question says. */
const OLDEST_MS = 3_600_000

interface Checking {
  readonly of: RotationOf
  readonly views: ReadonlyMap<string, ClientView | undefined>
  /** What is found for the first time counts from then. */
  readonly at: number
  /** Every value is read and tried. */
  readonly isClose: boolean
  /** How many more values may be tried that are in a slot. */
  confirmable: number
  /** The table did not answer: it is not queried for the other secrets. */
  isTableGone: boolean
}

/** One secret under examination. */
interface Subject {
  readonly secret: SecretToCheck
  readonly rotation: Rotation
  /** What the records say of AWSCURRENT's version. 'unkept': there are none, or they cannot be had. */
  readonly record: VersionRecord | undefined | 'unkept'
}

/** Refused as often as the bounds ask; whether that is final takes a second look at the labels. */
interface Suspect extends Subject {
  readonly found: 'suspect'
  readonly version: ReadValue
}

const recordOf = (record: Subject['record']): VersionRecord | undefined => (record === 'unkept' ? undefined : record)

const isIn = ({ slots }: ClientView, mark: string | undefined): boolean =>
  mark !== undefined && (slots.current === mark || slots.next === mark)

/** Whoever may make a secret tags it as they like, and writes any client's id into it. */
const held = ({ secretArn }: SecretToCheck, clientId: string | undefined, { boundTo }: ClientView) =>
  defined({ holds: boundTo === secretArn ? clientId : undefined })

const isOpen = ({ isSettled }: SecretToCheck, { slots }: ClientView): boolean => isSettled && slots.next !== null

const isElsewhere = ({ secretArn }: SecretToCheck, { boundTo }: ClientView): boolean =>
  boundTo !== undefined && boundTo !== secretArn

/** Nothing speaks against it: no value is read, and nothing is exchanged. */
const isPlain = ({ secret, record }: Subject, view: ClientView | undefined): boolean => {
  const known = recordOf(record)
  if (view?.isActive !== true || isElsewhere(secret, view) || isOpen(secret, view)) return false
  return known?.lostSince === undefined && isIn(view, known?.lastFour)
}

/** @returns what keeps the secret from being judged: labels that say something else than whoever asked saw. */
const whyNotNow = async ({ secret, rotation }: Subject): Promise<string | undefined> => {
  const state = await rotation.secrets.describe(secret.secretArn)
  // A part of an ARN finds a secret as well, and Stytch names no such holder.
  if (state?.arn !== secret.secretArn || labelled(state, CURRENT) !== secret.versionId) return 'moved'
  return mayBeUnderWay(state) ? 'rotating' : undefined
}

/** faults: why a planned rotation refuses the text. isUnsure: out of a text in no format of ours, beside no client's id. That it is accepted says what it is; that it is refused does not. */
interface ReadValue extends Version {
  readonly faults?: readonly string[]
  readonly isUnsure?: true
}

/** AWSCURRENT's value by its id, in whatever format it stands. @returns the text's faults alone when no value is found in it */
const readValue = async ({ secret, rotation }: Subject): Promise<ReadValue | readonly string[]> => {
  const { secretArn, versionId } = secret
  const stored = await rotation.secrets.readValue(secretArn, { versionId })
  if (stored === undefined) return []
  const { arn, createdAt } = stored
  const parsed = rotation.form.parse(stored.text, createdAt)
  if (parsed.ok) return { versionId, arn, createdAt, secret: parsed.value }
  const { clientId: named, clientSecret } = readTolerantly(stored.text)
  const clientId = named ?? secret.clientId
  const faults = parsed.refusal
  if (clientId === undefined || clientSecret === undefined) return faults
  const { projectId } = rotation.issuer
  const found = { clientId, clientSecret, projectId, issuedAt: createdAt, fields: {} }
  return { versionId, arn, createdAt, secret: found, faults, ...(named === undefined ? { isUnsure: true } : {}) }
}

/** Remembers since when, so that it is reported once and then now and then. */
const lost = async (
  { at }: Checking,
  { secret, rotation, record }: Subject,
  found: { readonly found: Lost; readonly holds?: string },
): Promise<CheckFinding> => {
  const known = recordOf(record)?.lostSince
  const since = known ?? at
  const { secretArn, versionId } = secret
  if (known === undefined && record !== 'unkept') await noteLost(rotation, { secretArn, versionId, lostSince: since })
  return { ...found, since }
}

/** Of one that is lost, what stands there no longer matters. */
type Judged = Exclude<CheckFinding, { readonly found: Lost }>

const withFaults = ({ faults }: Pick<ReadValue, 'faults'>, finding: Judged): CheckFinding =>
  faults === undefined || faults.length === 0 ? finding : { ...finding, faults }

const accepted = async (
  { secret, rotation, record }: Subject,
  version: ReadValue,
  view: ClientView,
): Promise<CheckFinding> => {
  const { secretArn, versionId } = secret
  const { lastFour } = version.secret.clientSecret
  const known = recordOf(record)
  // What no rotation can go on from is read in every sweep: of what is known, nobody reads the text again.
  const isKept = record !== 'unkept' && version.faults === undefined
  if (isKept && (known?.lastFour !== lastFour || known.lostSince !== undefined)) {
    await noteAccepted(rotation, { secretArn, versionId, lastFour, at: rotation.timing.now() })
  }
  const { clientId } = version.secret
  return withFaults(version, { found: isOpen(secret, view) ? 'openNext' : 'fits', ...held(secret, clientId, view) })
}

/** What a look at the client alone tells. @returns undefined when its value is to be tried */
const byLook = (
  checking: Checking,
  subject: Suspect,
  view: ClientView | undefined,
): Promise<CheckFinding> | CheckFinding | undefined => {
  const { clientId } = subject.version.secret
  if (view === undefined) return lost(checking, subject, { found: 'gone', holds: clientId })
  if (isElsewhere(subject.secret, view)) return lost(checking, subject, { found: 'foreign' })
  return view.isActive ? undefined : { found: 'inactive', ...held(subject.secret, clientId, view) }
}

/** Whether a value that is in a slot is tried all the same: nothing but that says that it is accepted. */
const isConfirmed = (checking: Checking, { secret, record }: Subject, view: ClientView): boolean => {
  if (checking.isClose || isOpen(secret, view) || recordOf(record)?.lostSince !== undefined) return true
  // Without records the next sweep would try it once more, and so on.
  if (record === 'unkept' || checking.confirmable === 0) return false
  checking.confirmable -= 1
  return true
}

const tryValue = async (checking: Checking, subject: Subject): Promise<CheckFinding | Suspect> => {
  const { secret, rotation } = subject
  const version = await readValue(subject)
  if (!('secret' in version)) return withFaults({ faults: version }, unknownFinding('unreadable'))
  const { clientId, clientSecret, projectId } = version.secret
  const wanted = rotation.issuer.projectId
  if (projectId !== wanted)
    return withFaults({ faults: [`project_id is not ${wanted}`] }, unknownFinding('otherProject'))
  const searched = secret.clientId === clientId ? checking.views.get(clientId) : undefined
  // A search may be behind; what it shows is enough only where it shows the value.
  const isShown = searched !== undefined && isIn(searched, clientSecret.mark) && !isElsewhere(secret, searched)
  const view = isShown && searched.isActive ? searched : await rotation.issuer.look(clientId, [clientSecret.mark])
  // One look may be behind, and so may the labels: what it would report is looked at once more.
  if (view === undefined || isElsewhere(secret, view)) return { ...subject, found: 'suspect', version }
  if (!view.isActive) return withFaults(version, { found: 'inactive', ...held(secret, clientId, view) })
  if (isIn(view, clientSecret.mark) && !isConfirmed(checking, subject, view))
    return withFaults(version, { found: 'fits', ...held(secret, clientId, view) })
  if (!(await isRefusedSteadily(rotation, version))) return accepted(subject, version, view)
  return version.isUnsure === true
    ? withFaults(version, unknownFinding('unreadable'))
    : { ...subject, found: 'suspect', version }
}

const readRecord = async (
  checking: Checking,
  secret: SecretToCheck,
  rotation: Rotation,
): Promise<Subject['record']> => {
  if (rotation.records.kind === 'none' || checking.isTableGone) return 'unkept'
  const records = await readVersionRecords(rotation, secret.secretArn)
  if (records === undefined) checking.isTableGone = true
  return records === undefined ? 'unkept' : records.find(({ versionId }) => versionId === secret.versionId)
}

const viewOf = async ({ views }: Checking, { clientId }: SecretToCheck, { issuer }: Rotation, mark?: string) => {
  if (clientId === undefined) return undefined
  return views.has(clientId) ? views.get(clientId) : issuer.look(clientId, mark === undefined ? [] : [mark])
}

const examine = (checking: Checking, secret: SecretToCheck): Promise<CheckFinding | Suspect> =>
  unlessFault(async () => {
    const rotation = await checking.of(secret.secretArn)
    const record = await readRecord(checking, secret, rotation)
    const subject: Subject = { secret, rotation, record }
    const view = await viewOf(checking, secret, rotation, recordOf(record)?.lastFour)
    if (!checking.isClose && view !== undefined && isPlain(subject, view)) {
      return { found: 'fits', ...held(secret, secret.clientId, view) }
    }
    const why = await whyNotNow(subject)
    return why === undefined ? tryValue(checking, subject) : unknownFinding(why)
  })

/** Labels may have been behind, and a client may have changed meanwhile: so both are looked at once more, and the value is tried once more. */
const confirm = async (checking: Checking, suspect: Suspect): Promise<CheckFinding> =>
  unlessFault(async () => {
    const { rotation, version } = suspect
    const { clientId, clientSecret } = version.secret
    const why = await whyNotNow(suspect)
    if (why !== undefined) return unknownFinding(why)
    const view = await rotation.issuer.look(clientId, [clientSecret.mark])
    const seen = byLook(checking, suspect, view)
    if (seen !== undefined || view === undefined) return seen ?? unknownFinding('unreadable')
    if (await isAccepted(rotation, version)) return accepted(suspect, version, view)
    return lost(checking, suspect, { found: 'dead', ...held(suspect.secret, clientId, view) })
  })

const lookAtAll = async (
  issuer: Issuer,
  secrets: readonly SecretToCheck[],
): Promise<ReadonlyMap<string, ClientView | undefined>> => {
  const clientIds = [...new Set(secrets.flatMap(({ clientId }) => clientId ?? []))]
  return (await issuer.lookMany?.(clientIds)) ?? new Map()
}

/**
 * One finding for each secret, in their order. Nothing is refused, and a Fault about one of them is that one's `unknown`: whoever asks goes on.
 * "dead" rests on refusals alone, never on a last four that does not match.
 */
export const checkCurrent = async (of: RotationOf, question: CheckQuestion): Promise<readonly CheckFinding[]> => {
  const [first] = question.secrets
  if (first === undefined) return []
  const rotation = await of(first.secretArn)
  const now = rotation.timing.now()
  const at = question.at !== undefined && question.at <= now && question.at > now - OLDEST_MS ? question.at : now
  return withCredential(rotation, { question, at }, await examineAll({ of, rotation, at }, question))
}

const examineAll = async (
  { of, rotation, at }: Pick<Checking, 'of' | 'at'> & { readonly rotation: Rotation },
  { secrets, isClose = false }: CheckQuestion,
): Promise<readonly CheckFinding[]> => {
  const { bounds } = rotation
  const views = await unlessFault(() => lookAtAll(rotation.issuer, secrets))
  if ('found' in views) return secrets.map(() => views)
  const checking: Checking = { of, views, at, isClose, confirmable: MOST_CONFIRMED, isTableGone: false }
  const found = await mapInParallel(secrets, AT_ONCE, (secret) => examine(checking, secret))
  if (!found.some((one) => one.found === 'suspect')) return found.filter((one) => one.found !== 'suspect')
  const isInTime = await unlessFault(() =>
    waitFor(rotation, bounds.staleLabelsMs, 'Secrets Manager shows every change of before'),
  )
  return mapInParallel(found, AT_ONCE, async (one) =>
    one.found !== 'suspect' ? one : (isInTime ?? (await confirm(checking, one))),
  )
}
