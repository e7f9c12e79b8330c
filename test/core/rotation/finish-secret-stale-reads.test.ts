// finishSecret on replies that are older than what was acknowledged, and after a label move that failed.
import { describe, expect, test } from 'vitest'
import { onceAt } from '../../fakes/call-log.ts'
import { CLIENT_ID, secretIn, textOf, valueNamed } from '../../fakes/world.ts'
import { countReads, does, isCurrentAccepted, standing, step } from './stale-seat.ts'
import { BY_HAND } from './step-seat.ts'

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
    // As before the start, and older than a look may be: AWSCURRENT's value alone, in both looks of setSecret and the one of finishSecret.
    for (const at of [0, 1, 2]) world.issuer.history.old.set(at, { asOf: 0 })
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
