// What the vendor knows of each client's secret: its rule, which version is current, and the credential in it. Metadata is asked for
// again when it is older than the rules allow, awaited; the value only when another version is current, or when Stytch refuses it.
// Several callers share one call. While nothing answers, what was known holds for a while, unless a revoke is under way; a no is believed
// at once.

import { Fault } from '../base/fault.ts'
import { createLruMap } from '../base/lru-map.ts'
import { ok, type Result, refused } from '../base/result.ts'
import { createSingleFlight } from '../base/single-flight.ts'
import { type Revocation, revocationByLabels } from '../revocations/revocation.ts'
import type { ClientSecret } from '../secret/client-secret.ts'
import { versionLabelled } from '../secret/labels.ts'
import { type FieldNames, fieldNamesOf, mappedForm } from '../secret/mapped-form.ts'
import type { Secret } from '../secret/secret.ts'
import { clientForm } from '../secret/secret-format.ts'
import { candidateNames, isOfStage } from '../secret/stage-secrets.ts'
import { type ScopeRule, scopeRuleOf } from './scope-rule.ts'
import { fingerprintOf } from './token-cache.ts'
import type { VendRefusal } from './vend-failures.ts'
import type { VendDeadline, Vending } from './vending.ts'

export interface SeenClient {
  /** As callers ask for it. */
  readonly name: string
  readonly arn: string
  readonly secretName: string
  readonly rule: ScopeRule
  readonly currentVersionId: string
  readonly revocation: Revocation | undefined
  /** Of a secret that was adopted where it is: its owner's names. */
  readonly fields: FieldNames | undefined
}

export interface Credential {
  readonly clientId: string
  readonly clientSecret: ClientSecret
  readonly fingerprint: string
  readonly versionId: string
}

export interface ClientWatch {
  see(client: string, at: Moment): Promise<Result<SeenClient, VendRefusal>>
  /** Of the version that is current. */
  credential(client: SeenClient, at: Moment): Promise<Result<Credential, VendRefusal>>
  /** As it is now, whatever is known. */
  reread(client: SeenClient, at: Moment): Promise<Result<Credential, VendRefusal>>
}

export interface Moment {
  /** Epoch milliseconds. */
  readonly now: number
  readonly deadline: VendDeadline
  /** A token was refused by a service, which may know more than what is known here. */
  readonly isDoubted?: boolean
}

interface Known {
  readonly seen: Result<SeenClient, VendRefusal>
  /** When it was asked, not when the answer came. */
  readonly askedAt: number
  credential: Credential | undefined
}

interface Trouble {
  readonly until: number
  readonly failures: number
  readonly since: number
  readonly isOutage: boolean
}

/** Short: a client whose metadata cannot be read gets no token at all. */
const FIRST_PAUSE_MS = 1_000
const LONGEST_PAUSE_MS = 5_000

const outOfTime = refused({ reason: 'outOfTime' } as const)

const toSeen = (client: string, secret: Secret | undefined): Result<SeenClient, VendRefusal> => {
  if (secret === undefined) return refused({ reason: 'noSuchClient' })
  const rule = scopeRuleOf(secret)
  const current = versionLabelled(secret, 'AWSCURRENT')
  if (rule === undefined || current === undefined) return refused({ reason: 'noRule' })
  const revocation = revocationByLabels(secret)
  const { arn, name: secretName } = secret
  const fields = fieldNamesOf(secret.tags)
  return ok({ name: client, arn, secretName, rule, currentVersionId: current.versionId, revocation, fields })
}

interface WatchInput extends Pick<Vending, 'secrets' | 'secretNamePrefix' | 'extraPrefixes' | 'rules' | 'chance'> {
  readonly projectId: string
  /** Another value, or another revocation, than before. */
  readonly onSeen: (client: SeenClient) => void
  readonly onCredential: (client: SeenClient, credential: Credential) => void
}

export const createClientWatch = (input: WatchInput): ClientWatch => {
  const { secrets, rules, chance, projectId, onSeen, onCredential } = input
  const clients = createLruMap<Known>(rules.maxClients)
  // Apart: whoever tries names out must not make the vendor forget its clients.
  const unknown = createLruMap<Known>(rules.maxClients)
  const troubles = createLruMap<Trouble>(rules.maxClients)
  const sights = createSingleFlight<Result<SeenClient, VendRefusal>>()
  const reads = createSingleFlight<Result<Credential, VendRefusal>>()

  const isFresh = ({ seen, askedAt }: Known, now: number): boolean => {
    const isRevoking = seen.ok && seen.value.revocation?.state === 'revoking'
    const age = now - askedAt
    // A clock that was set back proves nothing.
    return age >= 0 && age < (isRevoking ? rules.revokingCheckMs : rules.checkMs)
  }

  const asking = async <Value>(
    client: string,
    { now, deadline }: Moment,
    ask: (withinMs: number) => Promise<Result<Value, VendRefusal>>,
  ): Promise<Result<Value, VendRefusal>> => {
    const trouble = troubles.get(client)
    if (trouble !== undefined && trouble.until > now) {
      const { until, isOutage } = trouble
      return refused({ reason: 'secretUnreadable', error: 'asked a moment ago', until, isOutage })
    }
    const withinMs = deadline.within(rules.secretCallMs)
    if (withinMs <= 0) return outOfTime
    try {
      const answer = await ask(withinMs)
      troubles.delete(client)
      return answer
    } catch (fault) {
      // The caller has a next move: to retry in a second, and the answer says so.
      if (!(fault instanceof Fault)) throw fault
      const failures = (trouble?.failures ?? 0) + 1
      const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** (failures - 1), LONGEST_PAUSE_MS) * (0.5 + chance() / 2)
      const until = now + pauseMs
      const isOutage = fault.retryable
      troubles.set(client, { until, failures, since: trouble?.since ?? now, isOutage })
      return refused({ reason: 'secretUnreadable', error: fault.message, until, isOutage })
    }
  }

  /** Below the stage's own prefix first; below the others, a secret that nobody adopted is no client. */
  const find = async (client: string, withinMs: number): Promise<Secret | undefined> => {
    for (const name of candidateNames(input, client)) {
      const secret = await secrets.describe(name, { withinMs })
      if (secret !== undefined && isOfStage(input, secret)) return secret
    }
    return undefined
  }

  const look = (client: string, at: Moment): Promise<Result<SeenClient, VendRefusal>> =>
    asking(client, at, async (withinMs) => {
      const secret = await find(client, withinMs)
      const seen = toSeen(client, secret)
      if (!seen.ok) {
        clients.delete(client)
        unknown.set(client, { seen, askedAt: at.now, credential: undefined })
        return seen
      }
      clients.set(client, { seen, askedAt: at.now, credential: clients.get(client)?.credential })
      unknown.delete(client)
      onSeen(seen.value)
      return seen
    })

  const read = (client: SeenClient, at: Moment): Promise<Result<Credential, VendRefusal>> =>
    asking(client.name, at, async (withinMs) => {
      const version = await secrets.readValue(client.arn, { withinMs })
      if (version === undefined) return refused({ reason: 'noSuchClient' })
      const form = client.fields === undefined ? clientForm : mappedForm(client.fields, clientForm, projectId)
      const parsed = form.parse(version.text, version.createdAt)
      if (!parsed.ok) return refused({ reason: 'malformedSecret', faults: parsed.refusal })
      const { clientId, clientSecret, projectId: ofProject } = parsed.value
      if (ofProject !== projectId) {
        return refused({ reason: 'malformedSecret', faults: [`project_id is not ${projectId}`] })
      }
      const { versionId } = version
      const credential = { clientId, clientSecret, fingerprint: fingerprintOf(clientSecret), versionId }
      const known = clients.get(client.name)
      if (known?.seen.ok) {
        // What was read last is current, whatever was seen before it.
        const seen = ok({ ...known.seen.value, currentVersionId: versionId })
        clients.set(client.name, { ...known, seen, credential })
      }
      onCredential(client, credential)
      return ok(credential)
    })

  const isDoubtful = ({ askedAt }: Known, { now, isDoubted = false }: Moment): boolean =>
    isDoubted && now - askedAt >= rules.revokingCheckMs

  const isOutage = (answer: Result<unknown, VendRefusal>): boolean =>
    !answer.ok && answer.refusal.reason === 'secretUnreadable' && answer.refusal.isOutage

  /** A revoke that is under way is not lived through: which tokens are to be dropped is not known yet. */
  const mayHold = (known: Known | undefined, now: number): known is Known => {
    const age = now - (known?.askedAt ?? Number.NEGATIVE_INFINITY)
    const isRevoking = known?.seen.ok === true && known.seen.value.revocation?.state === 'revoking'
    return known?.seen.ok === true && !isRevoking && age >= 0 && age < rules.outageGraceMs
  }

  return {
    see: async (client, at) => {
      const known = clients.get(client) ?? unknown.get(client)
      if (known !== undefined && isFresh(known, at.now) && !isDoubtful(known, at)) return known.seen
      const seen = await sights.run(client, () => look(client, at))
      const before = clients.get(client)
      return isOutage(seen) && mayHold(before, at.now) ? before.seen : seen
    },
    credential: async (client, at) => {
      const known = clients.get(client.name)
      const current = known?.seen.ok ? known.seen.value.currentVersionId : client.currentVersionId
      if (known?.credential?.versionId === current) return ok(known.credential)
      const held = await reads.run(client.name, () => read(client, at))
      // Another version is current and its value cannot be read: by KMS's silence, say. Tokens of the one before are good for an overlap.
      const silentMs = at.now - (troubles.get(client.name)?.since ?? at.now)
      const mayServe = isOutage(held) && mayHold(known, at.now) && silentMs < rules.outageGraceMs
      return mayServe && known.credential !== undefined ? ok(known.credential) : held
    },
    reread: (client, at) => reads.run(client.name, () => read(client, at)),
  }
}
