// finishSecret on replies that are older than what was acknowledged, and after a label move that failed.
import { describe, expect, test } from 'vitest'
import { DEPLOYED } from '../../../lambda/core/rotation/bounds.ts'
import { type Step, steps } from '../../../lambda/core/rotation/refusal.ts'
import type { Intent } from '../../../lambda/core/secret/request-token.ts'
import { onceAt } from '../../fakes/call-log.ts'
import { effectOf } from '../../fakes/effect.ts'
import {
  CLIENT_ID,
  createRegisteredWorld,
  secretIn,
  textOf,
  tokenOf,
  valueNamed,
  type World,
} from '../../fakes/world.ts'

/** The function's timeout. */
const TIMEOUT_MS = 60_000
/** Between two rotations. */
const GAP_MS = 60_000
const step = (world: World, name: Step, token: string) => world.step(name, token, TIMEOUT_MS)
const does = (world: World, name: Step, token: string) => effectOf(world, () => step(world, name, token))
const begun = (world: World, intent: Intent): string => {
  const token = tokenOf(intent, world.timing.now())
  world.secrets.rotateSecret(token)
  return token
}
const drive = async (world: World, intent: Intent): Promise<void> => {
  const token = begun(world, intent)
  for (const name of steps) await step(world, name, token)
}
/** Undisturbed, and long ago: no bound reaches back to it. */
const live = async (world: World, ...intents: readonly Intent[]): Promise<void> => {
  for (const intent of intents) {
    await drive(world, intent)
    world.timing.advance(GAP_MS)
  }
}
/** From now on reads are counted from 0. */
const countReads = ({ secrets, issuer, timing }: World): void => {
  secrets.history.reads = 0
  issuer.history.reads = 0
  timing.waits.length = 0
}
const standing = async (finished: readonly Intent[], intent: Intent, upTo: Step = 'createSecret') => {
  const world = createRegisteredWorld({}, DEPLOYED)
  await live(world, ...finished)
  const token = begun(world, intent)
  for (const name of steps.slice(0, steps.indexOf(upTo))) await step(world, name, token)
  countReads(world)
  return { world, token }
}
const isCurrentAccepted = (world: World): boolean =>
  world.issuer.accepts(CLIENT_ID, world.valueUnder('AWSCURRENT') ?? '')
const BY_HAND = 'by-hand-000000000000000000000000000000'

describe('slots as before their last change', () => {
  test.each([
    ['rotate', []],
    ['rotate', ['rotate']],
    ['settle', ['rotate']],
    ['settle', ['rotate', 'rollback']],
  ] as const)('are looked at again by finishSecret: %s after %j', async (intent, finished) => {
    const { world, token } = await standing(finished, intent, 'finishSecret')
    world.issuer.history.old.set(0, { ago: 1 })

    expect(await does(world, 'finishSecret', token)).toMatch(/^move: Completed/)
  })

  test('do not make a settle that is not finished end: the value that lost is asked', async () => {
    const { world, token } = await standing(['rotate', 'rollback'], 'settle')
    await step(world, 'createSecret', token)
    countReads(world)
    // As before the start: AWSCURRENT's value alone.
    for (const at of [0, 1]) world.issuer.history.old.set(at, { asOf: 0 })
    await step(world, 'setSecret', token)

    expect(await does(world, 'finishSecret', token)).toBe('fault STILL_ACCEPTED')
    await step(world, 'setSecret', token)
    expect(await does(world, 'finishSecret', token)).toBe('move: Completed')
  })

  test('that show AWSCURRENT in none of them are outweighed by an exchange', async () => {
    const { world, token } = await standing(['rotate', 'settle', 'rotate'], 'revoke')
    let looks = 0
    world.log.before.push(({ name }) => {
      if (name !== 'look' || looks === 3) return
      looks += 1
      // As when the settle before had not begun: AWSCURRENT's value did not exist, and an older one sat where it is.
      world.issuer.history.old.set(world.issuer.history.reads, { asOf: 1 })
    })

    expect(await does(world, 'createSecret', token)).toBe('complete > start > put new3')
    expect(isCurrentAccepted(world)).toBe(true)
  })
})

describe('a failed label move', () => {
  test.each(['rotate', 'revoke', 'settle', 'rollback'] as const)(
    'of a %s, followed by labels that do not show why yet, clears nothing that is accepted',
    async (intent) => {
      const copies = intent === 'settle' || intent === 'rollback'
      const { world, token } = await standing(copies ? ['rotate'] : [], intent, 'finishSecret')
      const value = secretIn(world.secrets.versions.get(token)?.text) ?? ''
      world.log.before.push(
        onceAt('secrets.moveLabel', () => {
          world.secrets.place(BY_HAND, { text: textOf(valueNamed('X')), labels: ['AWSCURRENT'] })
          world.secrets.history.old.set(world.secrets.history.reads, { ago: 1 })
        }),
      )

      const effect = await does(world, 'finishSecret', token)

      expect(effect).toBe(copies ? 'move > no currentMoved, cleared: Refused' : 'move > fault CURRENT_MOVED')
      expect(world.issuer.accepts(CLIENT_ID, value)).toBe(true)
      expect(world.secrets.holderOf('AWSPENDING')).toBe(copies ? undefined : token)
      expect(world.secrets.holderOf('AWSCURRENT')).toBe(BY_HAND)
    },
  )

  test('because another execution had moved it, seen late, is no failure', async () => {
    const { world, token } = await standing([], 'rotate', 'finishSecret')
    world.log.before.push(
      onceAt('secrets.moveLabel', () => {
        world.secrets.place(token, { labels: ['AWSCURRENT'] })
        world.secrets.history.old.set(world.secrets.history.reads, { ago: 1 })
      }),
    )

    expect(await does(world, 'finishSecret', token)).toMatch(/^move: Completed/)
  })
})
