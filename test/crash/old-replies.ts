// Single replies of either service that are old, chosen by their place among all that a run gets from RotateSecret on: some writes behind, but
// never older than the bounds of a deployment allow (docs/guarantees.md, "When replies are old").
import { DEPLOYED } from '../../lambda/core/rotation/bounds.ts'
import type { Behind } from '../../lambda/local/stand-in/history.ts'
import type { Seat } from './seat.ts'

/** Secrets Manager's reads of a secret, and Stytch's GET of the client. */
export type OldService = 'secretsManager' | 'stytch'

export interface OldReply {
  readonly service: OldService
  /** Which reply of this service, from 0. */
  readonly at: number
  /** Writes; rotation: everything since RotateSecret, its AWSPENDING included; bound: everything that may be. */
  readonly behind: 1 | 2 | 'rotation' | 'bound'
}

/** A reply that a run got. */
export interface GotReply {
  readonly service: OldService
  readonly at: number
  readonly op: string
  /** Writes since the run began. */
  readonly writes: number
}

export interface OldReplies {
  readonly got: readonly GotReply[]
  /** How many old ones were given. */
  given(): number
  /** From now on every reply shows what is so. */
  end(): void
}

const BOUND_MS = { secretsManager: DEPLOYED.staleLabelsMs, stytch: DEPLOYED.readLagMs } as const

/** Counts the replies from now on, and gives these old. */
export const giveOldReplies = (seat: Seat, old: readonly OldReply[]): OldReplies => {
  const got: GotReply[] = []
  const first: Partial<Record<OldService, number>> = { secretsManager: seat.aws.writesOf(seat.arn) }
  let given = 0
  const choose = (service: OldService, op: string, writes: number): Behind => {
    const at = got.filter((one) => one.service === service).length
    first[service] ??= writes
    const since = writes - first[service]
    got.push({ service, at, op, writes: since })
    const due = old.find((one) => one.service === service && one.at === at)
    if (due === undefined) return 0
    given += 1
    if (due.behind === 'bound') return { ms: BOUND_MS[service] }
    return { ms: BOUND_MS[service], writes: due.behind === 'rotation' ? since : due.behind }
  }
  seat.chooseView = ({ op, writes }) => choose('secretsManager', op, writes)
  seat.chooseGetView = ({ op, writes }) => choose('stytch', op, writes)
  return {
    got,
    given: () => given,
    end: () => {
      seat.chooseView = () => undefined
      seat.chooseGetView = () => undefined
    },
  }
}
