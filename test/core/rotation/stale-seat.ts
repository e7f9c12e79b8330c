// Rotations under the bounds of a deployment, whose next replies may be old. Not a test itself.
import { DEPLOYED } from '../../../lambda/core/rotation/bounds.ts'
import { type Step, steps } from '../../../lambda/core/rotation/refusal.ts'
import type { Intent } from '../../../lambda/core/secret/request-token.ts'
import { effectOf } from '../../fakes/effect.ts'
import { CLIENT_ID, createRegisteredWorld, type World } from '../../fakes/world.ts'
import { begun, upTo } from './step-seat.ts'

/** The function's timeout. */
export const TIMEOUT_MS = 60_000

/** Between two rotations. */
export const GAP_MS = 60_000

export const NEW = 'canary-new1-n001'

export const step = (world: World, name: Step, token: string) => world.step(name, token, TIMEOUT_MS)

export const does = (world: World, name: Step, token: string) => effectOf(world, () => step(world, name, token))

export const drive = async (world: World, intent: Intent): Promise<void> => {
  const token = begun(world, intent)
  for (const name of steps) await step(world, name, token)
}

/** Undisturbed, and long ago: no bound reaches back to it. */
export const live = async (world: World, ...intents: readonly Intent[]): Promise<void> => {
  for (const intent of intents) {
    await drive(world, intent)
    world.timing.advance(GAP_MS)
  }
}

/** From now on reads are counted from 0. */
export const countReads = ({ secrets, issuer, timing }: World): void => {
  secrets.history.reads = 0
  issuer.history.reads = 0
  timing.waits.length = 0
}

export const standing = async (finished: readonly Intent[], intent: Intent, before: Step = 'createSecret') => {
  const world = createRegisteredWorld({}, DEPLOYED)
  await live(world, ...finished)
  const token = begun(world, intent)
  for (const name of upTo(before)) await step(world, name, token)
  countReads(world)
  return { world, token }
}

export const isCurrentAccepted = (world: World): boolean =>
  world.issuer.accepts(CLIENT_ID, world.valueUnder('AWSCURRENT') ?? '')

export const waited = ({ timing }: World): number => timing.waits.reduce((sum, ms) => sum + ms, 0)
