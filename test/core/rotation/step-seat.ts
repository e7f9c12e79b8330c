// Rotations that stand before or behind one of their steps, and what tests ask of them. Not a test itself.
import type { EventType } from '../../../lambda/core/base/event-types.ts'
import { Fault, type FaultCode } from '../../../lambda/core/base/fault.ts'
import { type Step, steps } from '../../../lambda/core/rotation/refusal.ts'
import type { Intent } from '../../../lambda/core/secret/request-token.ts'
import { effectOf } from '../../fakes/effect.ts'
import type { Loss } from '../../fakes/fake-issuer.ts'
import { createRegisteredWorld, nameOf, tokenOf, type World } from '../../fakes/world.ts'

export const does = (world: World, step: Step, token: string, remainingMs?: number) =>
  effectOf(world, () => world.step(step, token, remainingMs))

export const accepted = ({ client }: World): readonly string[] => {
  const { current, next } = client()
  return [current, next].filter((value) => value !== null).map(nameOf)
}

/** A world in which these are finished, and this one has begun, up to a step. */
export const begin = async (finished: readonly Intent[], intent: Intent, upTo: readonly Step[] = []) => {
  const world = createRegisteredWorld()
  for (const before of finished) await world.rotate(tokenOf(before))
  const token = tokenOf(intent)
  world.secrets.rotateSecret(token)
  for (const step of upTo) await world.step(step, token)
  return { world, token }
}

/** The lost call's effect comes with the second wait. */
export const landLate = ({ timing, issuer }: World): void => {
  timing.onWait.push(() => {
    if (timing.waits.length === 2) issuer.land()
  })
}

export interface LostCase {
  readonly call: 'start' | 'complete' | 'cancel'
  readonly loss: readonly Loss[]
  readonly effect: string
}

export const fault = (code: FaultCode, retryable = true) =>
  new Fault({ code, retryable, message: `${code}, on purpose` })

export const down = fault('SECRETS_MANAGER_UNAVAILABLE')

export const begun = (world: World, intent: Intent): string => {
  const token = tokenOf(intent, world.timing.now())
  world.secrets.rotateSecret(token)
  return token
}

/** Everything that a forger could have changed. */
export const stateOf = ({ secrets, client }: World) =>
  JSON.stringify([
    client(),
    [...secrets.versions.values()].map(({ versionId, text, labels }) => [versionId, text, [...labels]]),
  ])

export const upTo = (last: Step): readonly Step[] => steps.slice(0, steps.indexOf(last))

/** A world in which these are finished, and this one stands before a step. */
export const standing = async (step: Step, intent: Intent, finished: readonly Intent[] = []) => {
  const stood = await begin(finished, intent, upTo(step))
  stood.world.log.clear()
  return stood
}

export const detailsOf = (world: World, type: EventType) =>
  world.events.published.filter((event) => event.type === type).map(({ detail }) => detail)

export const countOf = ({ log }: World, name: string): number => log.names().filter((each) => each === name).length

export const BY_HAND = 'by-hand-000000000000000000000000000000'
