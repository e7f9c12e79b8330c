// The rotation function's settings.
import type { Bounds } from '../core/rotation/bounds.ts'
import { readBounds, writeBounds } from './bounds.ts'
import { type FreezeEnv, readFreezeEnv, writeFreezeEnv } from './freeze.ts'
import { createReader, type Environment } from './reader.ts'
import { type KeepingEnv, readKeeping, writeKeeping } from './records.ts'
import { type PublicationEnv, readPublication, writePublication } from './revocations.ts'
import { readExtraPrefixes, writeExtraPrefixes } from './secret-prefixes.ts'
import { readStytch, type StytchEnv, writeStytchEnv } from './stytch.ts'

export interface RotationEnv extends KeepingEnv {
  /** Names the metrics' namespace, `M2M/<stage>`. */
  readonly stage: string
  readonly stytch: StytchEnv
  /** Name or ARN of the event bus. */
  readonly eventBus: string
  readonly freeze: FreezeEnv
  readonly bounds: Bounds
  /** Below them stand secrets that were adopted where they are, in their owners' words. @default - none */
  readonly extraPrefixes?: readonly string[] | undefined
  /** Where revocations are published. @default - nowhere */
  readonly publication?: PublicationEnv | undefined
}

/** The rotation function takes whatever secret it is given: its own prefix is not among its settings. */
const NO_OWN = '/'

export const readRotationEnv = (env: Environment): RotationEnv => {
  const reader = createReader(env)
  const stage = reader.text('M2M_STAGE', 'the name of the stage')
  const stytch = readStytch(reader)
  const eventBus = reader.text('M2M_EVENT_BUS', 'the name or ARN of the event bus')
  const freeze = readFreezeEnv(reader)
  const keeping = readKeeping(reader)
  const bounds = readBounds(reader)
  const extra = readExtraPrefixes(reader, NO_OWN)
  const publication = readPublication(reader)
  reader.finish()
  return { stage, stytch, eventBus, freeze, bounds, ...extra, ...keeping, ...publication }
}

/** The inverse of readRotationEnv. */
export const writeRotationEnv = ({
  stage,
  stytch,
  eventBus,
  freeze,
  bounds,
  extraPrefixes,
  publication,
  ...keeping
}: RotationEnv): Record<string, string> => ({
  M2M_STAGE: stage,
  ...writeStytchEnv(stytch),
  M2M_EVENT_BUS: eventBus,
  ...writeFreezeEnv(freeze),
  ...writeKeeping(keeping),
  ...writePublication(publication),
  ...writeBounds(bounds),
  ...writeExtraPrefixes({ extraPrefixes }),
})
