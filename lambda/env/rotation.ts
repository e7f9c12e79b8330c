// The rotation function's settings.
import { type FreezeEnv, readFreezeEnv, writeFreezeEnv } from './freeze.ts'
import { createReader, type Environment } from './reader.ts'
import { readStytch, type StytchEnv, writeStytchEnv } from './stytch.ts'

export interface RotationEnv {
  readonly stytch: StytchEnv
  /** Name or ARN of the event bus. */
  readonly eventBus: string
  readonly freeze: FreezeEnv
}

export const readRotationEnv = (env: Environment): RotationEnv => {
  const reader = createReader(env)
  const stytch = readStytch(reader)
  const eventBus = reader.text('M2M_EVENT_BUS', 'the name or ARN of the event bus')
  const freeze = readFreezeEnv(reader)
  reader.finish()
  return { stytch, eventBus, freeze }
}

/** The inverse of readRotationEnv. */
export const writeRotationEnv = ({ stytch, eventBus, freeze }: RotationEnv): Record<string, string> => ({
  ...writeStytchEnv(stytch),
  M2M_EVENT_BUS: eventBus,
  ...writeFreezeEnv(freeze),
})
