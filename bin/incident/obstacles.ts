// What keeps a revoke from coming through, as far as the command line can find out: a freeze, and Stytch. Asked before anything is begun, and
// while nothing moves. What does not answer in time is no obstacle by itself: a revoke needs Secrets Manager and its rotation function alone.
import type { FreezeSwitch } from '../../lambda/adapters/aws/freeze-switch.ts'
import { Fault } from '../../lambda/core/base/fault.ts'
import type { ClientsApi } from '../../lambda/core/clients/clients-api.ts'
import type { CommandContext } from '../terminal/command-context.ts'
import { CommandFault, EXIT } from '../terminal/command-fault.ts'
import { within } from '../terminal/within.ts'

const PATIENCE_MS = 3000

/** Of a command's connections, as far as this needs them. */
export interface Obstructed {
  readonly freeze: Pick<FreezeSwitch, 'read'>
  readonly clientsApi: Pick<ClientsApi, 'whoami'>
}

interface Seat {
  connect(): Promise<Obstructed>
}

const isFrozen = async ({ connect }: Seat): Promise<boolean> => {
  const { freeze } = await connect()
  // What cannot be read stops no revoke, as in the functions.
  const read = freeze.read().catch((error: unknown) => {
    if (error instanceof Fault) return 'unreadable' as const
    throw error
  })
  return (await within(PATIENCE_MS, read, 'unreadable')) === 'all'
}

/** @throws CommandFault `refused` while all rotations are frozen */
export const assertNotFrozen = async (context: Pick<CommandContext, 'connect' | 'stage'>): Promise<void> => {
  if (!(await isFrozen(context))) return
  throw new CommandFault(
    EXIT.refused,
    `Rotations of stage ${context.stage} are frozen (all), so that no revoke begins; nothing was changed. Lift it with m2m freeze off, then report the leak again.`,
    { stage: context.stage, freeze: 'all' },
  )
}

/** Asked through the clients function, with the project secret. @returns what it says instead of an answer */
const stytchTrouble = async ({ connect }: Seat): Promise<string | undefined> => {
  const { clientsApi } = await connect()
  const asked = clientsApi.whoami().then(
    () => undefined,
    (error: unknown) => {
      if (error instanceof Fault)
        return /STYTCH|Stytch/.test(`${error.code} ${error.message}`) ? error.message : undefined
      throw error
    },
  )
  return within(PATIENCE_MS, asked, undefined)
}

/** @returns one sentence, or undefined: nothing is known to stand in the way. */
export const obstacle = async (context: Seat): Promise<string | undefined> => {
  if (await isFrozen(context)) return 'rotations are frozen (all): m2m freeze off lifts it'
  const trouble = await stytchTrouble(context)
  return trouble === undefined ? undefined : `Stytch does not answer as it should (${trouble})`
}
