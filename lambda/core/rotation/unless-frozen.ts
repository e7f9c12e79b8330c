// Stops createSecret, and so every rotation at its beginning, while rotations are frozen: Secrets Manager's own schedule meets it as
// well as whoever asks. It never stops what an incident needs because of a switch that cannot be read.
import { Fault } from '../base/fault.ts'
import { refused } from '../base/result.ts'
import { intentOfOrigin, readRequestToken } from '../secret/request-token.ts'
import { type FreezeState, isPlanned, stops } from './freeze.ts'
import { guard, hasBegun, type Rotation, type RunningStep, type StepResult } from './rotation.ts'

type CreateSecret = (rotation: Rotation, request: RunningStep) => Promise<StepResult>

type Read = { readonly state: FreezeState } | { readonly fault: Fault }

const read = async ({ freeze }: Rotation): Promise<Read> => {
  try {
    return { state: await freeze.read() }
  } catch (error) {
    if (error instanceof Fault) return { fault: error }
    throw error
  }
}

/** createSecret, unless a freeze stops it. @throws Fault FREEZE_UNREADABLE for what is planned, since it can wait. */
export const unlessFrozen =
  (createSecret: CreateSecret): CreateSecret =>
  async (rotation, request) => {
    const known = await read(rotation)
    const intent = intentOfOrigin(readRequestToken(request.requestToken).origin)
    const mayStop = 'fault' in known ? 'planned' : known.state
    // Whatever AWSCURRENT is: only a settle asks what it sits on.
    if (!stops(mayStop, { intent, currentOrigin: 'rotate' })) return createSecret(rotation, request)
    const guarded = await guard(rotation, request)
    // It says so itself; a forged or late event takes no AWSPENDING away.
    if (!guarded.ok || guarded.value.isFinished) return createSecret(rotation, request)
    const { currentOrigin } = guarded.value
    if ('fault' in known) {
      if (isPlanned({ intent, currentOrigin })) throw known.fault
      return createSecret(rotation, request)
    }
    if (known.state === 'off' || !stops(known.state, { intent, currentOrigin })) return createSecret(rotation, request)
    if (await hasBegun(rotation, request)) return createSecret(rotation, request)
    return refused({ reason: 'frozen', freeze: known.state })
  }
