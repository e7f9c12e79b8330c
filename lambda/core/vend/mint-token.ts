// Asks Stytch for one token, and lives through what may happen under it: no answer (asked once more), a rotation (refused; the secret is
// read again, and the new value asked with at once), a refusal that stays (one more try after a moment; then the caller is asked to come
// back, and the bus hears of it). Checks what it gets before anybody sees it.
import { defined } from '../base/defined.ts'
import { createLruMap } from '../base/lru-map.ts'
import { ok, type Result, refused } from '../base/result.ts'
import { type MintedToken, readMintedToken } from './access-token.ts'
import type { ClientWatch, Credential, SeenClient } from './client-watch.ts'
import type { MintReply } from './ports.ts'
import type { MintFailure, TokenKey } from './token-cache.ts'
import type { VendRefusal } from './vend-failures.ts'
import { credentialRefusedEvent, REFUSED_EVERY_MS } from './vend-outcome.ts'
import type { Invocation, VendDeadline, Vending } from './vending.ts'

interface MintInput {
  readonly client: SeenClient
  /** A token that was issued earlier would be refused, epoch milliseconds. 0: none would. */
  readonly notBefore: number
  /** Sorted, each once. */
  readonly scopes: readonly string[]
  readonly credential: Credential
  readonly deadline: VendDeadline
}

type Minted = Result<MintedToken, VendRefusal>

/** Where a try stands: what was answered, and with which credential. */
interface Tried {
  readonly reply: MintReply
  readonly credential: Credential
  readonly askedAt: number
}

/** A second, at most, and so no reason to be late. */
const LONGEST_WAIT_MS = 1_000
const FIRST_RETRY_MS = 250
const RETRY_SPREAD_MS = 750

export const createMinting = (vending: Vending, watch: ClientWatch) => {
  const { mint, rules, cache, chance, events } = vending
  /** Client → when its refusal was reported last. */
  const reportedAt = createLruMap<number>(rules.maxClients)

  const once = async (input: MintInput, credential: Credential, { timing }: Invocation): Promise<Tried | undefined> => {
    const withinMs = input.deadline.within(rules.mintMs)
    if (withinMs <= 0) return undefined
    const { clientId, clientSecret } = credential
    const askedAt = timing.now()
    const reply = await mint.mint({ clientId, clientSecret, scopes: input.scopes, withinMs })
    return { reply, credential, askedAt }
  }

  /** A lost answer may have been a token: it is asked for once more, since nothing is undone by that. */
  const answered = async (input: MintInput, credential: Credential, at: Invocation): Promise<Tried | undefined> => {
    const tried = await once(input, credential, at)
    return tried?.reply.outcome === 'unavailable' ? ((await once(input, credential, at)) ?? tried) : tried
  }

  const reread = async (input: MintInput, { timing }: Invocation): Promise<Credential | undefined> => {
    const read = await watch.reread(input.client, { now: timing.now(), deadline: input.deadline })
    return read.ok ? read.value : undefined
  }

  /** Rotated under us: at once, with what is there now. Else once more after a moment, in which it may be. */
  const afterRefusal = async (input: MintInput, tried: Tried, at: Invocation): Promise<Tried | undefined> => {
    const fresh = await reread(input, at)
    if (fresh === undefined) return tried
    if (fresh.fingerprint !== tried.credential.fingerprint) return (await answered(input, fresh, at)) ?? tried
    const waitMs = FIRST_RETRY_MS + RETRY_SPREAD_MS * chance()
    if (input.deadline.within(rules.mintMs) <= waitMs) return tried
    await at.timing.wait(waitMs)
    return (await answered(input, (await reread(input, at)) ?? fresh, at)) ?? tried
  }

  const report = async (
    input: MintInput,
    { reply, credential }: Tried,
    { timing, journal }: Invocation,
  ): Promise<void> => {
    const now = timing.now()
    if (reply.outcome !== 'credentialRefused' || now - (reportedAt.get(input.client.name) ?? 0) < REFUSED_EVERY_MS)
      return
    reportedAt.set(input.client.name, now)
    const { arn: secretArn, secretName } = input.client
    const { clientId, versionId } = credential
    const { error, requestId } = reply
    const event = credentialRefusedEvent({ secretArn, secretName, clientId, versionId, error, requestId, at: now })
    // The caller's answer is the same whether the bus took it or not; the log has it in any case.
    await events.publish([event]).catch((fault: unknown) => {
      journal.note({ event: 'Credential Refused', sent: false, message: fault instanceof Error ? fault.message : '' })
    })
  }

  const failed = (key: TokenKey, failure: MintFailure, { timing, journal }: Invocation, more: Failed): Minted => {
    const until = cache.fail(key, failure, { now: timing.now(), chance: chance(), leastMs: more.leastMs })
    const { error, requestId, faults } = more
    journal.note({ mint: failure, client: key.client, error, requestId, faults: faults?.join('; ') })
    return refused({ reason: failure, until, ...defined({ faults }) })
  }

  const judge = (input: MintInput, { reply, credential, askedAt }: Tried, at: Invocation): Minted => {
    const { client, scopes } = input
    const key: TokenKey = { client: client.name, fingerprint: credential.fingerprint, scopes }
    if (reply.outcome !== 'minted') return failed(key, reply.outcome, at, reply)
    const { clientId } = credential
    const { expiresInSeconds, requestId } = reply
    const expected = { clientId, projectId: mint.projectId, scopes, expiresInSeconds, askedAt }
    const read = readMintedToken(reply.token.reveal(), expected)
    if (!read.ok) return failed(key, 'tokenUnfit', at, { requestId, faults: read.refusal })
    if (read.value.expiresAt - at.timing.now() < cache.floorMs) {
      return failed(key, 'tokenUnfit', at, { requestId, faults: ['it has too little life left'] })
    }
    cache.store(key, read.value, chance())
    return ok(read.value)
  }

  return async (input: MintInput, at: Invocation): Promise<Minted> => {
    // Issued within the second in which the revoked value died, it would be refused with that value's own.
    const waitMs = input.notBefore - at.timing.now()
    if (waitMs > 0 && waitMs <= LONGEST_WAIT_MS) await at.timing.wait(waitMs)
    const first = await answered(input, input.credential, at)
    if (first === undefined) return refused({ reason: 'outOfTime' })
    const tried = first.reply.outcome === 'credentialRefused' ? await afterRefusal(input, first, at) : first
    if (tried === undefined) return refused({ reason: 'outOfTime' })
    await report(input, tried, at)
    return judge(input, tried, at)
  }
}

interface Failed {
  readonly error?: string
  readonly requestId?: string
  readonly faults?: readonly string[]
  readonly leastMs?: number | undefined
}
