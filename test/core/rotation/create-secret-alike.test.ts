// Stytch shows a slot by its last four only. A new value that ends like the one beside it is never stored: it is cancelled, and another
// one started (docs/decisions/007). What a crash or a lost reply leaves of that is told apart, and cancelled, by whoever comes next.
import { describe, expect, test } from 'vitest'
import { type Step, steps } from '../../../lambda/core/rotation/refusal.ts'
import type { Intent } from '../../../lambda/core/secret/request-token.ts'
import { effectOf } from '../../fakes/effect.ts'
import type { FakeClient } from '../../fakes/fake-issuer.ts'
import { createRegisteredWorld, textOf, tokenOf, valueNamed, type World } from '../../fakes/world.ts'
import { accepted, BY_HAND } from './step-seat.ts'

const begin = (world: World, intent: Intent): string => {
  const token = tokenOf(intent, world.timing.now())
  world.secrets.rotateSecret(token)
  return token
}
const does = (world: World, intent: Intent, name: Step = 'createSecret') => {
  const token = begin(world, intent)
  return effectOf(world, () => world.step(name, token))
}
const rotates = (world: World, intent: Intent) =>
  effectOf(world, async () => void (await world.rotate(tokenOf(intent, world.timing.now()))))

/** Lives through these, then the slots are changed, and the next values that Stytch makes end as said. */
const lived = async (
  before: readonly Intent[],
  { slots = {}, made = [] }: { readonly slots?: Partial<FakeClient>; readonly made?: readonly string[] },
): Promise<World> => {
  const world = createRegisteredWorld()
  for (const intent of before) await world.rotate(tokenOf(intent, world.timing.now()))
  Object.assign(world.client(), slots)
  world.issuer.fresh.push(...made)
  return world
}

describe('a new value that ends like the one beside it', () => {
  interface Case {
    readonly where: string
    readonly before: readonly Intent[]
    readonly slots?: Partial<FakeClient>
    /** Last four of the value beside it. */
    readonly beside: string
    readonly effect: string
  }
  const anywhere: readonly Case[] = [
    { where: 'settled', before: [], beside: 'AAAA', effect: 'start > cancel > start > put new2' },
    { where: 'overlap', before: ['rotate'], beside: 'n001', effect: 'complete > start > cancel > start > put new3' },
    {
      where: 'rolledBack',
      before: ['rotate', 'rollback'],
      beside: 'AAAA',
      effect: 'cancel > start > cancel > start > put new3',
    },
    {
      where: 'orphan',
      before: [],
      slots: { next: valueNamed('X') },
      beside: 'AAAA',
      effect: 'cancel > start > cancel > start > put new2',
    },
  ]
  const inDrift: readonly Case[] = [
    {
      where: 'cancelledUnderUs',
      before: ['rotate'],
      slots: { next: null },
      beside: 'AAAA',
      effect: 'start > cancel > start > put new3',
    },
    {
      where: 'drift',
      before: [],
      slots: { current: valueNamed('X') },
      beside: 'XXXX',
      effect: 'start > cancel > start > put new2',
    },
    {
      where: 'drift with a next secret',
      before: [],
      slots: { current: valueNamed('X'), next: valueNamed('Y') },
      beside: 'XXXX',
      effect: 'cancel > start > cancel > start > put new2',
    },
  ]
  const cases = [
    ...anywhere.map((each) => ({ intent: 'rotate' as const, ...each })),
    ...[...anywhere, ...inDrift].map((each) => ({ intent: 'revoke' as const, ...each })),
  ]

  test.each(cases)('is not stored: $intent from $where: $effect', async ({ intent, before, slots, beside, effect }) => {
    const world = await lived(before, { slots: slots ?? {}, made: [valueNamed('twin', beside)] })

    expect(await does(world, intent)).toBe(effect)
    expect([...world.secrets.versions.values()].some(({ text }) => text?.includes('canary-twin'))).toBe(false)
    expect(world.said()).not.toContain('canary')
  })

  test('costs the rotation nothing else: it ends, and so does its settle', async () => {
    for (const intent of ['rotate', 'revoke'] as const) {
      const world = await lived([], { made: [valueNamed('twin', 'AAAA')] })

      expect(await rotates(world, intent)).toBe('start > cancel > start > put new2 > move: Completed, Changed')
      expect(await rotates(world, 'settle')).toMatch(/^put new2 > complete > move: /)
      expect(accepted(world)).toEqual(['new2'])
    }
  })

  test('is not stored beside a value that was put by hand, either', async () => {
    const world = createRegisteredWorld()
    world.secrets.place(BY_HAND, { text: textOf(valueNamed('A')), labels: ['AWSCURRENT'] })
    world.issuer.fresh.push(valueNamed('twin', 'AAAA'))

    expect(await does(world, 'rotate')).toBe('start > cancel > start > put new2')
  })

  test('may come again and again: it ends after five, and is gone with the next attempt', async () => {
    const twins = ['B', 'C', 'D', 'E', 'F', 'G'].map((name) => valueNamed(name, 'AAAA'))
    const world = await lived([], { made: twins.slice(0, 5) })
    const token = begin(world, 'rotate')

    expect(await effectOf(world, () => world.step('createSecret', token))).toBe(
      'start > cancel > start > cancel > start > cancel > start > cancel > start > fault STYTCH_OUTCOME_UNKNOWN',
    )
    expect(world.valueUnder('AWSPENDING')).toBeUndefined()
    expect(await effectOf(world, () => world.step('createSecret', token))).toBe('cancel > start > put new6')
  })

  test('is waited for like any other when its cancel is throttled, or the reply is lost', async () => {
    for (const loss of ['throttled', 'before', 'after'] as const) {
      const world = await lived([], { made: [valueNamed('twin', 'AAAA')] })
      world.issuer.losses.cancel.push(loss)

      const effect = await does(world, 'rotate')

      expect(effect).toBe(
        loss === 'after' ? 'start > cancel > start > put new2' : 'start > cancel > cancel > start > put new2',
      )
    }
  })

  test('may be one of which nobody has the reply', async () => {
    const world = await lived([], { made: [valueNamed('twin', 'AAAA')] })
    world.issuer.losses.start.push('after')

    expect(await does(world, 'rotate')).toBe('start > cancel > start > put new2')
  })

  test('is kept beside nobody: one that ends like a value which is dead is stored', async () => {
    const likePrevious = await lived(['rotate', 'settle'], { made: [valueNamed('new2', 'AAAA')] })
    const likeCurrent = await lived([], { slots: { current: valueNamed('X') }, made: [valueNamed('new1', 'AAAA')] })

    expect(await does(likePrevious, 'rotate')).toBe('start > put new2')
    expect(await rotates(likeCurrent, 'revoke')).toBe('start > put new1 > move: Completed, Changed')
    expect(await rotates(likeCurrent, 'settle')).toMatch(/^put new1 > complete > move: /)
  })
})

describe('left behind by a kill between start and cancel', () => {
  const left = async (before: readonly Intent[] = []): Promise<World> => {
    const world = await lived(before, {})
    const { current } = world.client()
    world.client().next = valueNamed('twin', current.slice(-4))
    return world
  }

  test.each([
    ['rotate', 'cancel > start > put new1 > move: Completed, Changed'],
    ['revoke', 'cancel > start > put new1 > move: Completed, Changed'],
    ['settle', 'put A > cancel > move: Completed'],
    ['rollback', 'no orphan, cleared: Refused'],
  ] as const)('it is an orphan to a %s', async (intent, effect) => {
    const world = await left()

    expect(await rotates(world, intent)).toBe(effect)
    expect(accepted(world)).toContain('A')
  })

  test.each(['settle', 'rotate', 'revoke'] as const)('also once a settle has run before it: %s', async (intent) => {
    const world = await left(['rotate', 'settle'])

    await rotates(world, intent)

    expect(accepted(world)).toContain('new1')
    expect(accepted(world)).not.toContain('twin')
  })

  test('beside a value that was put by hand it cannot be told: nothing is touched', async () => {
    const world = await left()
    world.secrets.place(BY_HAND, { text: textOf(valueNamed('A')), labels: ['AWSCURRENT'] })

    for (const intent of ['rotate', 'revoke', 'settle', 'rollback'] as const) {
      expect(await rotates(world, intent)).toBe('no ambiguous, cleared: Refused, Drift')
      expect(accepted(world)).toEqual(['A', 'twin'])
    }
  })
})

test('AWSCURRENT that sits in next beside its like, put there by hand, is killed by no step', async () => {
  for (const intent of ['rotate', 'revoke', 'settle', 'rollback'] as const) {
    for (const step of steps) {
      const world = createRegisteredWorld()
      world.secrets.place(BY_HAND, { text: textOf(valueNamed('C', 'AAAA')), labels: ['AWSCURRENT'] })
      world.client().next = valueNamed('C', 'AAAA')

      await does(world, intent, step)

      expect(accepted(world)).toEqual(['A', 'C'])
    }
  }
})
