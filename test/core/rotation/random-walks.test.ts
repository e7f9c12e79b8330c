// Random lives of one secret: rotations of every intent, steps in any order, executions killed before or after any call, replies lost,
// AWSPENDING cleared in between. AWSCURRENT must work after each of them; and whatever came before, an undisturbed revoke and its
// settle must end with one accepted value and evidence for every other one that was valid.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Fault } from '../../../lambda/core/base/fault.ts'
import type { Evidence } from '../../../lambda/core/rotation/outcome.ts'
import { RotationRefused, type Step, steps } from '../../../lambda/core/rotation/refusal.ts'
import { type Intent, intents } from '../../../lambda/core/secret/request-token.ts'
import type { Loss } from '../../fakes/fake-issuer.ts'
import { SECRET_ARN } from '../../fakes/fake-secrets.ts'
import { CLIENT_ID, createRegisteredWorld, secretIn, tokenOf, type World } from '../../fakes/world.ts'

class Killed extends Error {}

interface Kill {
  /** The call of the execution, from 0. */
  readonly call: number
  readonly when: 'before' | 'after'
}
type Event =
  | { readonly kind: 'ask'; readonly intent: Intent }
  | { readonly kind: 'steps'; readonly names: readonly Step[]; readonly kill: Kill | undefined }
  | { readonly kind: 'clear' }
  | { readonly kind: 'lose'; readonly call: 'start' | 'complete' | 'cancel'; readonly loss: Loss }

const kill: fc.Arbitrary<Kill | undefined> = fc.option(
  fc.record({ call: fc.nat({ max: 12 }), when: fc.constantFrom('before', 'after') }),
  { nil: undefined },
)
const inOrder = fc.nat({ max: steps.length }).map((count) => steps.slice(0, count))
const event: fc.Arbitrary<Event> = fc.oneof(
  { arbitrary: fc.record({ kind: fc.constant('ask'), intent: fc.constantFrom(...intents) }), weight: 4 },
  { arbitrary: fc.record({ kind: fc.constant('steps'), names: inOrder, kill }), weight: 5 },
  {
    arbitrary: fc.record({
      kind: fc.constant('steps'),
      names: fc.array(fc.constantFrom(...steps), { minLength: 1, maxLength: 3 }),
      kill,
    }),
    weight: 2,
  },
  { arbitrary: fc.record({ kind: fc.constant('clear') }), weight: 1 },
  {
    arbitrary: fc.record({
      kind: fc.constant('lose'),
      call: fc.constantFrom('start', 'complete', 'cancel'),
      loss: fc.constantFrom('before', 'after'),
    }),
    weight: 1,
  },
)

const play = async (world: World, happening: Event, token: { last: string }): Promise<void> => {
  if (happening.kind === 'lose') world.issuer.losses[happening.call].push(happening.loss)
  if (happening.kind === 'ask') {
    const asked = tokenOf(happening.intent, world.timing.now())
    try {
      world.secrets.rotateSecret(asked)
      token.last = asked
    } catch (error) {
      if (!(error instanceof Fault)) throw error
    }
  }
  if (happening.kind === 'clear') {
    const holder = world.secrets.holderOf('AWSPENDING')
    if (holder !== undefined && holder !== world.secrets.holderOf('AWSCURRENT')) {
      await world.secrets.moveLabel({ secretId: SECRET_ARN, label: 'AWSPENDING', from: holder })
    }
  }
  if (happening.kind !== 'steps') return

  let calls = -1
  let isDead = false
  const dieAt = (when: Kill['when']) => () => {
    if (when === 'before') calls += 1
    isDead ||= happening.kill?.when === when && happening.kill.call === calls
    if (isDead) throw new Killed()
  }
  world.log.before.push(dieAt('before'))
  world.log.after.push(dieAt('after'))
  try {
    for (const name of happening.names) await world.step(name, token.last)
  } catch (error) {
    if (!(error instanceof Killed || error instanceof Fault || error instanceof RotationRefused)) throw error
  } finally {
    world.log.before.length = 0
    world.log.after.length = 0
  }
}

const valid = (world: World): readonly string[] =>
  [...world.secrets.versions.values()]
    .map(({ text }) => secretIn(text))
    .filter((value) => value !== undefined)
    .filter((value) => world.issuer.accepts(CLIENT_ID, value))

test('AWSCURRENT works at every moment, and a revoke with its settle always ends the story', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(event, { maxLength: 14 }), async (events) => {
      const world = createRegisteredWorld()
      const token = { last: tokenOf('rotate') }

      for (const happening of events) {
        await play(world, happening, token)
        expect(valid(world)).toContain(world.valueUnder('AWSCURRENT'))
      }
      for (const queue of Object.values(world.issuer.losses)) queue.length = 0
      await play(world, { kind: 'clear' }, token)
      const before = new Set(valid(world))
      await world.rotate(tokenOf('revoke', world.timing.now()))
      await world.rotate(tokenOf('settle', world.timing.now()))

      const current = world.valueUnder('AWSCURRENT')
      expect([world.client().current, world.client().next]).toEqual([current, null])
      const revoked = world.events.published.findLast(({ type }) => type === 'Secret Revoked')
      const evidence = revoked?.detail.evidence as Evidence | undefined
      const proven = evidence?.refused.map(({ lastFour }) => lastFour)
      for (const value of before) expect(proven).toContain(value.slice(-4))
      expect(world.said()).not.toContain('canary')
    }),
    { numRuns: 1500 },
  )
})
