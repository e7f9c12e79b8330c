// A project's own secrets as the domain's Issuer (docs/decisions/039). Stytch holds a list of them, and accepts each; the two slots are the
// older and the newer of those that are known to be this secret's. An entry that no stored value names is somebody else's, and is never
// deleted. "Accepted" is what whoami says; "start" adds an entry; an end of a slot deletes one, by its id.
import { Fault } from '../../core/base/fault.ts'
import type { ClientView, Issuer, LookedAt, RetireReply, SlotUses } from '../../core/rotation/issuer.ts'
import { markOfUnnamed } from '../../core/secret/project-secret-form.ts'
import { type FailedCall, faultOf, toNotDone } from './issuer.ts'
import type { ListedSecret, ManagementApi } from './management.ts'
import type { StytchReply } from './reply.ts'
import type { Whoami } from './whoami.ts'

interface ProjectIssuerInput {
  readonly projectId: string
  /** The one secret that may hold this project's: where others have metadata at the issuer, this binding is the function's own setting. */
  readonly secretName: string
  /** ARN of the secret that a step was asked for. */
  readonly secretId: string
  readonly management: ManagementApi
  readonly whoami: Whoami
  /** As SlotUses: what Stytch's `used_at` rounds away and shows late is part of it. */
  readonly quietMs: number
}

interface Entry extends ListedSecret {
  readonly mark: string
}

const twins = (projectId: string, lastFour: string): Fault =>
  new Fault({
    code: 'STYTCH_REJECTED',
    retryable: false,
    message: `Two secrets of project ${projectId} end in ${lastFour}, and the stored value does not say which it is; add its "secret_id" to the stored JSON.`,
  })

/** The entries that are ours, oldest first; those of one second as Stytch lists them. */
const ours = (projectId: string, listed: readonly ListedSecret[], known: readonly string[]): readonly Entry[] => {
  const unnamed = listed.filter(({ secretId }) => !known.includes(secretId))
  const markOf = ({ secretId, lastFour }: ListedSecret): string | undefined => {
    if (known.includes(secretId)) return secretId
    const mark = markOfUnnamed(lastFour)
    if (!known.includes(mark)) return undefined
    if (unnamed.filter((one) => one.lastFour === lastFour).length > 1) throw twins(projectId, lastFour)
    return mark
  }
  return listed
    .flatMap((one) => {
      const mark = markOf(one)
      return mark === undefined ? [] : [{ ...one, mark }]
    })
    .toSorted((one, other) => one.createdAt - other.createdAt)
}

/** Two of them. More live only when somebody stored values by hand: then AWSCURRENT's stays in sight. */
const inSlots = (
  entries: readonly Entry[],
  currentMark: string | undefined,
): readonly [Entry | undefined, Entry | undefined] => {
  const at = entries.findIndex(({ mark }) => mark === currentMark)
  return at > 0 && at < entries.length - 1
    ? [entries[0], entries[at]]
    : [entries[0], entries.length > 1 ? entries.at(-1) : undefined]
}

/** An ARN ends in the name, a hyphen and six characters of Secrets Manager's. */
const boundTo = ({ secretName, secretId }: ProjectIssuerInput): string => {
  const name = secretId.slice(secretId.lastIndexOf(':') + 1)
  return name.slice(0, -7) === secretName && /-[A-Za-z0-9]{6}$/.test(name) ? secretId : secretName
}

const usesOf = (quietMs: number, current: Entry | undefined, next: Entry | undefined): SlotUses => ({
  quietMs,
  ...(current?.usedAt === undefined ? {} : { current: current.usedAt }),
  ...(next?.usedAt === undefined ? {} : { next: next.usedAt }),
})

export const createProjectIssuer = (input: ProjectIssuerInput): Issuer => {
  const { projectId, management, whoami, quietMs } = input
  const about = `project ${projectId}`
  const failed = (operation: string): FailedCall => ({ operation, about, pair: 'workspace key' })

  const list = async (): Promise<Extract<StytchReply<readonly ListedSecret[]>, { ok: true }>> => {
    const reply = await management.listSecrets()
    if (reply.ok) return reply
    throw faultOf(failed('List Secrets'), reply)
  }

  const remove = async (secretId: string): Promise<RetireReply> => {
    const reply = await management.deleteSecret(secretId)
    if (reply.ok) return { outcome: 'done' }
    if (reply.kind === 'notFound') return { outcome: 'notRotating' }
    if (reply.kind === 'outcomeUnknown') return { outcome: 'unknown' }
    const notDone = toNotDone(failed('Delete Secret'), reply)
    if (notDone !== undefined) return notDone
    throw faultOf(failed('Delete Secret'), reply)
  }

  /** Stytch would delete a project's last secret as well, so what is to stay must be there. */
  const leave = async (kept: string | null, { known }: LookedAt): Promise<RetireReply> => {
    const { value } = await list()
    const entries = ours(projectId, value, known)
    if (!entries.some(({ mark }) => mark === kept)) return { outcome: 'notRotating' }
    for (const { mark, secretId } of entries) {
      if (mark === kept) continue
      const reply = await remove(secretId)
      if (reply.outcome !== 'done') return reply
    }
    return { outcome: 'done' }
  }

  return {
    projectId,
    keepsList: () => true,
    look: async (_clientId, known = []): Promise<ClientView> => {
      const { value, requestId } = await list()
      const [current, next] = inSlots(ours(projectId, value, known), known[0])
      const slots = { current: current?.mark ?? '', next: next?.mark ?? null }
      return { slots, uses: usesOf(quietMs, current, next), isActive: true, boundTo: boundTo(input), requestId }
    },
    exchange: async (_clientId, secret) => {
      const reply = await whoami(projectId, secret)
      const { requestId } = reply
      if (reply.ok) return { accepted: true, requestId }
      if (reply.kind !== 'unauthorizedProject') throw faultOf({ operation: 'Whoami', about }, reply)
      return { accepted: false, status: reply.status ?? 0, error: reply.error, requestId }
    },
    start: async () => {
      const reply = await management.addSecret()
      if (reply.ok) return { outcome: 'started', secret: reply.value }
      if (reply.kind === 'outcomeUnknown') return { outcome: 'unknown' }
      const notDone = toNotDone(failed('Create Secret'), reply)
      if (notDone !== undefined) return notDone
      throw faultOf(failed('Create Secret'), reply)
    },
    complete: (_clientId, before) => leave(before.slots.next, before),
    cancel: (_clientId, before) => leave(before.slots.current, before),
    // The view says what it is bound to, so that nobody asks.
    bind: async () => {},
  }
}
