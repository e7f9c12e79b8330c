// What keeps a revoke from coming through, as far as the command line can find out: a freeze, and Stytch. Asked before anything is begun, and
// while nothing moves. What does not answer in time is no obstacle by itself: a revoke needs Secrets Manager and its rotation function alone.
import { Fault } from '../../lambda/core/base/fault.ts'
import type { ClientsApi } from '../../lambda/core/clients/clients-api.ts'
import { type FreezeRead, type Frozen, frozenWords, originJson, readFrozenIfAllowed } from '../show/frozen.ts'
import { CommandFault, EXIT } from '../terminal/command-fault.ts'
import { within } from '../terminal/within.ts'

const PATIENCE_MS = 3000

/** Of a command's connections, as far as this needs them. */
export interface Obstructed {
  readonly freeze: FreezeRead
  readonly clientsApi: Pick<ClientsApi, 'whoami'>
}

interface Seat {
  connect(): Promise<Obstructed>
}

const UNREADABLE: Frozen = {
  ...{ state: 'unreadable', by: undefined, since: undefined },
  why: `no answer within ${PATIENCE_MS / 1000} s`,
}

/** What cannot be read stops no revoke, as in the functions. */
export const readFreezeNow = async ({ connect }: Seat): Promise<Frozen> => {
  const { freeze } = await connect()
  return within(PATIENCE_MS, readFrozenIfAllowed(freeze), UNREADABLE)
}

/** @param again the command that reports the leak once the freeze is lifted. @throws CommandFault `refused` while all rotations are frozen */
export const assertNotFrozen = (stage: string, frozen: Frozen, again: string): void => {
  if (frozen.state !== 'all') return
  throw new CommandFault(
    EXIT.refused,
    `In stage ${stage} ${frozenWords(frozen)}, so that no revoke begins; nothing was reported or changed, and what leaked is still accepted. Lift it with m2m freeze off, then ${again}`,
    { stage, freeze: 'all', frozen: originJson(frozen) },
  )
}

const isOfStytch = ({ code, message }: Fault): boolean => /STYTCH|Stytch/.test(`${code} ${message}`)

/** `HTTP 500, internal_server_error, request …`: what was asked, and whether that may be retried, is nothing to whoever waits. */
const answerIn = ({ message }: Fault): string => /failed: ([^;]+);/.exec(message)?.[1] ?? message

/**
 * Asked through the clients function, with the project secret.
 * @returns undefined: it answers. Else what is said instead, and whether Stytch itself is at fault
 */
const stytchTrouble = async (
  { connect }: Seat,
  patienceMs: number,
): Promise<{ readonly why: string; readonly isStytch: boolean } | undefined> => {
  const { clientsApi } = await connect()
  const asked = clientsApi.whoami().then(
    () => undefined,
    (error: unknown) => {
      if (error instanceof Fault)
        return isOfStytch(error) ? { why: answerIn(error), isStytch: true } : { why: error.message, isStytch: false }
      throw error
    },
  )
  return within(patienceMs, asked, { why: `no answer within ${patienceMs / 1000} s`, isStytch: false })
}

/** One line: what Stytch answers, as far as it is known. */
export const askStytch = async (context: Seat, patienceMs: number): Promise<string> => {
  const trouble = await stytchTrouble(context, patienceMs)
  if (trouble === undefined) return 'answers'
  return trouble.isStytch ? `does not answer as it should (${trouble.why})` : `not known: ${trouble.why}`
}

export interface Obstacle {
  readonly what: string
  /** What comes of it, in a sentence. */
  readonly next: string
}

/** @returns undefined: nothing is known to stand in the way. */
export const obstacle = async (context: Seat, incidentId: string): Promise<Obstacle | undefined> => {
  const frozen = await readFreezeNow(context)
  if (frozen.state === 'all') {
    // What was refused by the freeze is over: only another report begins it anew.
    const next = `Lift it with m2m freeze off, then repeat the command with --id ${incidentId}.`
    return { what: frozenWords(frozen), next }
  }
  const trouble = await stytchTrouble(context, PATIENCE_MS)
  if (trouble?.isStytch !== true) return undefined
  return {
    what: `Stytch does not answer as it should (${trouble.why})`,
    next: 'It continues by itself when that is over.',
  }
}
