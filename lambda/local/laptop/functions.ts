// Which functions stand on the laptop: the deployed handlers, each with the settings that the stack would give it and two addresses
// changed (architecture §5). One row a function; the laptop starts whatever stands here.
import { type StytchEnv, writeRotationEnv } from '../../env.ts'

/** Names the laptop's deployment, as `stage` does in cdk.json. */
export const LAPTOP_STAGE = 'laptop'
export const LAPTOP_PREFIX = `m2m/${LAPTOP_STAGE}/`
export const LAPTOP_BUS = `m2m-${LAPTOP_STAGE}`

export interface LaptopSeat {
  readonly stytch: StytchEnv
  /** ARN of the function of a part. */
  readonly arnOf: (part: string) => string
}

export interface LaptopFunction {
  /** The deployed name is `m2m-<stage>-<part>`. */
  readonly part: string
  /** Of lambda/handlers. */
  readonly handler: string
  /** As deployed. */
  readonly timeoutMs: number
  readonly env: Readonly<Record<string, string>>
}

export const laptopFunctions = ({ stytch }: LaptopSeat): readonly LaptopFunction[] => [
  {
    part: 'rotation',
    handler: 'on-rotation',
    timeoutMs: 30_000,
    env: writeRotationEnv({ stytch, eventBus: LAPTOP_BUS }),
  },
]
