// The rotation function's settings.
import { createReader, type Environment } from './reader.ts'
import { readStytch, type StytchEnv, writeStytchEnv } from './stytch.ts'

export interface RotationEnv {
  readonly stytch: StytchEnv
  /** Name or ARN of the event bus. */
  readonly eventBus: string
}

export const readRotationEnv = (env: Environment): RotationEnv => {
  const reader = createReader(env)
  const stytch = readStytch(reader)
  const eventBus = reader.text('M2M_EVENT_BUS', 'the name or ARN of the event bus')
  reader.finish()
  return { stytch, eventBus }
}

/** The inverse of readRotationEnv. */
export const writeRotationEnv = ({ stytch, eventBus }: RotationEnv): Record<string, string> => ({
  ...writeStytchEnv(stytch),
  M2M_EVENT_BUS: eventBus,
})
