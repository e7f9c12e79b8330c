// Writes the published list of revocations: reads what is there, adds what is known here, signs, and stores it on condition that nobody was
// faster; else the same again with what that one wrote. Whoever writes has something more urgent to do, so that it never throws: what could not
// be published is logged and counted, and the sweep, which finds the same by itself, publishes it.

import { Fault } from '../base/fault.ts'
import type { Journal } from '../base/journal.ts'
import { type Signer, signingInputOf, signJws, type TrustedKey } from '../base/jws.ts'
import type { Timing } from '../base/timing.ts'
import {
  holds,
  nextDocument,
  openDocument,
  REVOCATIONS_TYPE,
  type RevocationChange,
  type RevocationDocument,
} from './document.ts'

export interface StoredDocument {
  readonly jws: string
  readonly etag: string
}

/** @throws Fault ARCHIVE_UNAVAILABLE or ARCHIVE_REJECTED */
export interface DocumentStore {
  /** @returns undefined where none was ever written. */
  read(timeoutMs: number): Promise<StoredDocument | undefined>
  /** @param over what it replaces; undefined: nothing is there yet. @returns changed: somebody else wrote meanwhile. */
  write(jws: string, over: string | undefined, timeoutMs: number): Promise<'stored' | 'changed'>
}

export interface Publication {
  readonly store: DocumentStore
  readonly signer: Signer
  /** The signer's, from KMS. @throws Fault SIGNATURE_UNAVAILABLE */
  publicKey(): Promise<TrustedKey>
  /** From 0 to 1, for jitter. */
  readonly chance: () => number
}

export interface Publishing {
  /** Absent: the stage has no vendor, and nobody reads such a list. */
  readonly publication?: Publication | undefined
  readonly timing: Timing
  readonly journal: Journal
}

/** The entry that counts as RevocationsUnpublished. */
export const REVOCATIONS_UNPUBLISHED = 'revocationsUnpublished'

/** What the function has to do afterwards. */
const RESERVE_MS = 5_000
const MOST_MS = 15_000
const CALL_MS = 2_000
const LEAST_MS = 300
/** With as many writers as an incident has settles at once, each is the first sooner or later. */
const FIRST_PAUSE_MS = 40
const LONGEST_PAUSE_MS = 800

const known = async (
  { publicKey }: Publication,
  journal: Journal,
  stored: StoredDocument | undefined,
): Promise<RevocationDocument | undefined> => {
  if (stored === undefined) return undefined
  const opened = openDocument(stored.jws, await publicKey())
  if (opened.ok) return opened.value
  // It says nothing that may be signed: the sweep names anew whom it knows of.
  journal.note({ revocations: 'replaced', reason: opened.refusal })
  return undefined
}

interface Try {
  readonly change: RevocationChange
  /** A document that holds all of it is written all the same, so that it is valid for longer. */
  readonly renews: boolean
  readonly withinMs: number
}

const once = async (
  publication: Publication,
  { timing, journal }: Publishing,
  { change, renews, withinMs }: Try,
): Promise<'stored' | 'changed' | 'held'> => {
  const { store, signer } = publication
  const stored = await store.read(withinMs)
  const before = await known(publication, journal, stored)
  const now = timing.now()
  if (before !== undefined && !renews && holds(before, change, now)) return 'held'
  const input = signingInputOf(REVOCATIONS_TYPE, signer.keyArn, nextDocument(before, change, now))
  return store.write(await signJws(signer, input, withinMs), stored?.etag, withinMs)
}

/** One try: what another one may change is no end. */
const attempt = async (...[publication, publishing, asked]: Parameters<typeof once>): Promise<Fault | undefined> => {
  try {
    const end = await once(publication, publishing, asked)
    return end === 'changed' ? OVERTAKEN : undefined
  } catch (error) {
    if (error instanceof Fault && error.retryable) return error
    throw error
  }
}

const OVERTAKEN = new Fault({
  code: 'TIME_TOO_SHORT',
  retryable: true,
  message: 'Others wrote it each time, for as long as the function has time.',
})

const untilStored = async (
  publication: Publication,
  publishing: Publishing,
  { change, renews }: Pick<Try, 'change' | 'renews'>,
): Promise<void> => {
  const { timing } = publishing
  const until = timing.now() + Math.min(MOST_MS, timing.remainingMs() - RESERVE_MS)
  let last: Fault = OVERTAKEN
  for (let tries = 1; ; tries += 1) {
    const restMs = until - timing.now()
    if (restMs < LEAST_MS) throw last
    const fault = await attempt(publication, publishing, { change, renews, withinMs: Math.min(CALL_MS, restMs) })
    if (fault === undefined) return
    last = fault
    await timing.wait(Math.min(FIRST_PAUSE_MS * 2 ** (tries - 1), LONGEST_PAUSE_MS) * publication.chance())
  }
}

/** @returns what it failed by; undefined: it is stored. */
export const tryToPublish = async (...asked: Parameters<typeof untilStored>): Promise<Error | undefined> => {
  try {
    await untilStored(...asked)
    return undefined
  } catch (error) {
    return error instanceof Error ? error : new Error('unknown')
  }
}

/** off: nothing is published in this stage. */
export type Published = 'published' | 'pending' | 'off'

export type Publish = (change: RevocationChange) => Promise<Published>

/** Never throws. */
export const publishRevocations = async (
  publishing: Publishing,
  change: RevocationChange,
  { renews = false }: { readonly renews?: boolean } = {},
): Promise<Published> => {
  const { publication, journal } = publishing
  if (publication === undefined) return 'off'
  const error = await tryToPublish(publication, publishing, { change, renews })
  if (error === undefined) return 'published'
  const reason = error instanceof Fault ? error.code : error.name
  const message = error instanceof Fault ? error.message : reason
  const clients = [...change.revoked.keys(), ...(change.released ?? [])].slice(0, 20).join(' ')
  journal.note({
    outcome: REVOCATIONS_UNPUBLISHED,
    reason,
    clients,
    message: `The list of revocations was not written: ${message} The next sweep writes it.`,
  })
  return 'pending'
}
