// What a rotation does when something goes wrong between it and the world: replies lost with and without their effect, two
// executions at once, too little time, a bus that is down. The value that start hands out is the only copy: it is stored, or the
// next execution finds that it is lost, and says so to the issuer.
import { describe, expect, test } from 'vitest'

import { failAt, onceAt } from '../../fakes/call-log.ts'
import { type Loss, THROTTLE_MS } from '../../fakes/fake-issuer.ts'
import { textOf, valueNamed, type World } from '../../fakes/world.ts'
import { accepted, begin, does } from './step-seat.ts'

describe('a call that was throttled', () => {
  const cases = [
    { call: 'start', finished: [], effect: 'start > start > put new1' },
    { call: 'complete', finished: ['rotate'], effect: 'complete > complete > start > put new2' },
    { call: 'cancel', finished: ['rotate', 'rollback'], effect: 'cancel > cancel > start > put new2' },
  ] as const

  test.each(cases)('$call: is sent again after the wait that Stytch asks for, and after a look', async (given) => {
    const { world, token } = await begin(given.finished, 'rotate')
    world.issuer.losses[given.call].push('throttled')

    expect(await does(world, 'createSecret', token)).toBe(given.effect)
    expect(world.timing.waits).toEqual([THROTTLE_MS])
    const names = world.log.names()
    const at = names.indexOf(`issuer.${given.call}`)
    expect(names.slice(at + 1, names.indexOf(`issuer.${given.call}`, at + 1))).toContain('issuer.look')
  })

  test('start: is not sent again when the wait has left less than ten seconds', async () => {
    const { world, token } = await begin([], 'rotate')
    world.issuer.losses.start.push('throttled')

    expect(await does(world, 'createSecret', token, 12_000)).toBe('start > fault TIME_TOO_SHORT')
  })

  test.each(cases)('$call: a wait that the function would not live to see is not begun', async (given) => {
    const { world, token } = await begin(given.finished, 'rotate')
    world.issuer.losses[given.call].push('throttled')

    expect(await does(world, 'createSecret', token, 9_999)).toMatch(/fault (STYTCH_RATE_LIMITED|TIME_TOO_SHORT)$/)
    expect(world.timing.waits).toEqual([])
  })

  test('to the end is a fault, and changes nothing', async () => {
    const { world, token } = await begin(['rotate'], 'settle', ['createSecret'])
    world.issuer.losses.complete.push(...new Array<Loss>(9).fill('throttled'))

    expect(await does(world, 'setSecret', token)).toMatch(/^(complete > )+fault STYTCH_(OUTCOME_UNKNOWN|RATE_LIMITED)$/)
    expect(accepted(world)).toEqual(['A', 'new1'])
  })

  test('is not sent again to what the world has become meanwhile', async () => {
    const { world, token } = await begin(['rotate'], 'settle', ['createSecret'])
    world.issuer.losses.complete.push('throttled')
    world.timing.onWait.push(() => {
      world.client().current = world.client().next ?? ''
      world.client().next = null
    })

    expect(await does(world, 'setSecret', token)).toBe('complete')
    expect(accepted(world)).toEqual(['new1'])
  })

  test('leaves a value alone that another execution stored meanwhile', async () => {
    const { world, token } = await begin([], 'rotate', [])
    world.client().next = valueNamed('X')
    world.issuer.losses.cancel.push('throttled')
    let isFirst = true
    world.timing.onWait.push(async () => {
      if (!isFirst) return
      isFirst = false
      await world.step('createSecret', token)
    })

    expect(await does(world, 'createSecret', token)).toBe('cancel > cancel > start > put new1')
    expect(accepted(world)).toEqual(['A', 'new1'])
  })
})

describe('AWSCURRENT that somebody moved by hand', () => {
  const BY_HAND = 'by-hand-000000000000000000000000000000'
  const moveTo = (world: World, value: string) =>
    world.secrets.place(BY_HAND, { text: textOf(value), labels: ['AWSCURRENT'] })

  test.each(['createSecret', 'setSecret', 'finishSecret'] as const)('stops a settle at %s', async (step) => {
    const { world, token } = await begin(['rotate'], 'settle', ['createSecret'])
    moveTo(world, valueNamed('A'))

    expect(await does(world, step, token)).toMatch(/^(put A > )?no currentMoved, cleared: Refused$/)
    expect(accepted(world)).toEqual(['A', 'new1'])
  })

  test('to a value that is dead stops a settle, too: its copy is stored where it came from', async () => {
    const { world, token } = await begin(['rotate'], 'settle', ['createSecret'])
    const origin = world.secrets.holderOf('AWSCURRENT') ?? ''
    moveTo(world, valueNamed('X'))

    expect(await does(world, 'setSecret', token)).toBe('no currentMoved, cleared: Refused')
    expect(world.secrets.versions.get(origin)?.text).toBe(world.secrets.versions.get(token)?.text)
  })

  test('between the guard and the move holds a finish up, which then goes by what it is now', async () => {
    const { world, token } = await begin([], 'rotate', ['createSecret', 'setSecret', 'testSecret'])
    world.log.after.push(onceAt('secrets.describe', () => moveTo(world, valueNamed('A'))))

    expect(await does(world, 'finishSecret', token)).toBe('move > fault CURRENT_MOVED')
    expect(world.secrets.holderOf('AWSCURRENT')).toBe(BY_HAND)
    expect(await does(world, 'finishSecret', token)).toBe('move: Completed, Changed')
  })
})

test('an error that is no fault of ours goes on as it is, and the journal holds its name alone', async () => {
  const { world, token } = await begin([], 'rotate')
  const defect = new TypeError('canary-value in a message')
  world.log.before.push(failAt('issuer.look', defect))

  await expect(world.step('createSecret', token)).rejects.toBe(defect)

  expect(world.journal.entries.at(-1)).toMatchObject({ outcome: 'failed', code: 'DEFECT', message: 'TypeError' })
  expect(world.said()).not.toContain('canary')
  expect(world.secrets.holderOf('AWSPENDING')).toBe(token)
})
