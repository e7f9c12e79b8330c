// What is different where the issuer keeps a list, or shows when a value was last used: which marks a look is told, and that a planned
// end of a value waits for its users.
import { describe, expect, test } from 'vitest'
import { HOUR_MS } from '../../../lambda/core/base/time-units.ts'
import type { SlotUses } from '../../../lambda/core/rotation/issuer.ts'
import { NOON_THIRTY } from '../../fakes/fake-timing.ts'
import { CLIENT_ID, createRegisteredWorld, textOf, tokenOf, valueNamed, type World } from '../../fakes/world.ts'

/** The issuer tells what each look was told to know. */
const listening = (more: { readonly keepsList?: boolean; readonly uses?: SlotUses } = {}) => {
  const world = createRegisteredWorld()
  const { issuer } = world.rotation
  const known: (readonly string[])[] = []
  const { keepsList, uses } = more
  Object.assign(world.rotation, {
    issuer: {
      ...issuer,
      ...(keepsList === undefined ? {} : { keepsList: () => keepsList }),
      look: async (clientId: string, marks: readonly string[] = []) => {
        known.push(marks)
        const view = await issuer.look(clientId, marks)
        return view === undefined || uses === undefined ? view : { ...view, uses }
      },
    },
  })
  return { world, known }
}

describe('a look', () => {
  test('knows what the labels point at, where the issuer has slots', async () => {
    const { world, known } = listening()
    world.secrets.place('11111111-1111-4111-8111-111111111111', { text: textOf(valueNamed('Z')) })

    await world.rotate(tokenOf('rotate'))

    expect(known[0]).toEqual(['AAAA'])
    expect(world.log.names()).not.toContain('listVersions')
  })

  test('knows every value that was ever stored, AWSCURRENT’s first, where it keeps a list', async () => {
    const { world, known } = listening({ keepsList: true })
    world.secrets.place(tokenOf('rotate'), { text: textOf(valueNamed('Z')) })
    world.secrets.place(tokenOf('rotate'), {})
    world.secrets.place(tokenOf('rotate'), { text: 'not a secret' })

    await world.rotate(tokenOf('rotate'))

    expect(known[0]).toEqual(['AAAA', 'ZZZZ'])
  })

  test('reads no settle’s version: its value is another’s', async () => {
    const { world } = listening({ keepsList: true })
    const copy = tokenOf('settle')
    world.secrets.place(copy, { text: textOf(valueNamed('Z')) })

    await world.rotate(tokenOf('rotate'))

    expect(world.log.calls.filter(({ name, about }) => name === 'read' && about === copy)).toEqual([])
  })

  test('reads the twenty-five newest, and no more', async () => {
    const { world, known } = listening({ keepsList: true })
    for (let at = 0; at < 40; at += 1) {
      world.secrets.place(tokenOf('rotate'), { text: textOf(`canary-old-${String(at).padStart(4, '0')}`) })
    }

    await world.rotate(tokenOf('rotate'))

    // One of the twenty-five is this rotation's own, still empty.
    expect(known[0]?.length).toBe(25)
    expect(known[0]).toContain('0039')
    expect(known[0]).not.toContain('0000')
  })
})

describe('a planned end of a value', () => {
  const used = (agoMs: number): SlotUses => ({
    quietMs: HOUR_MS,
    current: NOON_THIRTY - agoMs,
    next: NOON_THIRTY - agoMs,
  })
  const refusedOf = (world: World) => world.events.published.filter(({ type }) => type === 'Rotation Refused')
  const attempt = (world: World, token: string) => world.rotate(token).catch(() => token)

  test.each(['settle', 'rotate'] as const)('by a %s waits while it is used', async (intent) => {
    const { world } = listening({ uses: used(HOUR_MS / 2) })
    await world.rotate(tokenOf('rotate'))
    const before = { ...world.client() }

    await attempt(world, tokenOf(intent))

    expect(world.client()).toEqual(before)
    expect(JSON.stringify(refusedOf(world))).toContain('stillUsed')
    expect(world.secrets.holderOf('AWSPENDING')).toBeUndefined()
  })

  test('that was rolled back waits as well', async () => {
    const { world } = listening({ uses: used(HOUR_MS / 2) })
    await world.rotate(tokenOf('rotate'))
    await world.rotate(tokenOf('rollback'))
    const before = { ...world.client() }

    await attempt(world, tokenOf('settle'))

    expect(world.client()).toEqual(before)
    expect(JSON.stringify(refusedOf(world))).toContain('stillUsed')
  })

  test('that was rolled back does not wait for the users of the one that stays', async () => {
    const { world } = listening({ uses: { quietMs: HOUR_MS, current: NOON_THIRTY } })
    await world.rotate(tokenOf('rotate'))
    await world.rotate(tokenOf('rollback'))

    await world.rotate(tokenOf('settle'))

    expect(world.client().next).toBeNull()
    expect(refusedOf(world)).toEqual([])
  })

  test.each([
    ['long enough ago', used(2 * HOUR_MS)],
    ['exactly long enough ago', { quietMs: HOUR_MS, current: NOON_THIRTY - HOUR_MS }],
    ['never', { quietMs: HOUR_MS }],
    ['but only the other one', { quietMs: HOUR_MS, next: NOON_THIRTY }],
  ])('happens when it was used %s', async (_when, uses) => {
    const { world } = listening({ uses })
    await world.rotate(tokenOf('rotate'))

    await world.rotate(tokenOf('settle'))

    expect(world.client().next).toBeNull()
    expect(refusedOf(world)).toEqual([])
  })

  test.each([
    ['rotate', 'waits while it is used'],
    ['revoke', 'waits for nobody'],
  ] as const)('by a %s’s settle, whose label was moved on by hand, %s', async (intent, _what) => {
    const { world } = listening({ uses: used(0) })
    await world.rotate(tokenOf(intent))
    const settle = tokenOf('settle')
    world.secrets.rotateSecret(settle)
    await world.step('createSecret', settle)
    world.secrets.place(settle, { labels: ['AWSCURRENT'] })

    await world.step('setSecret', settle).catch(() => {})

    expect(world.client().next === null).toBe(intent === 'revoke')
  })

  test('by a revoke, and by the settle after it, waits for nobody', async () => {
    const { world } = listening({ uses: used(0) })
    await world.rotate(tokenOf('rotate'))

    await world.rotate(tokenOf('revoke'))
    await world.rotate(tokenOf('settle'))

    expect(world.issuer.accepts(CLIENT_ID, valueNamed('A'))).toBe(false)
    expect(world.client().next).toBeNull()
    expect(refusedOf(world)).toEqual([])
  })
})
