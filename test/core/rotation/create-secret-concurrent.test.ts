// createSecret, with another execution or somebody's hand in between: no live value is ended, and what was stored first is kept.
import { describe, expect, test } from 'vitest'
import { onceAt } from '../../fakes/call-log.ts'
import { effectOf } from '../../fakes/effect.ts'
import { createRegisteredWorld, nameOf, textOf, tokenOf, valueNamed } from '../../fakes/world.ts'
import { accepted, begin, does } from './step-seat.ts'

/** A rotate that stands before createSecret, in an overlap: it has a slot to end. */
const inOverlap = async () => {
  const world = createRegisteredWorld()
  await world.rotate(tokenOf('rotate'))
  const token = tokenOf('rotate')
  world.secrets.rotateSecret(token)
  return { world, token, create: () => effectOf(world, () => world.step('createSecret', token)) }
}

describe('two executions of createSecret at once', () => {
  test('the second runs whole between the first one’s start and put: the value stored first is kept, and works', async () => {
    const { world, token } = await begin([], 'rotate')
    world.log.before.push(onceAt('secrets.putPending', () => world.step('createSecret', token)))

    const effect = await does(world, 'createSecret', token)

    expect(effect).toBe('start > put new1 > cancel > start > put new2 > fault CONCURRENT_EXECUTION')
    expect(nameOf(world.valueUnder('AWSPENDING') ?? '')).toBe('new2')
    await world.rotate(token)
    expect(accepted(world)).toEqual(['A', 'new2'])
    expect(nameOf(world.valueUnder('AWSCURRENT') ?? '')).toBe('new2')
  })

  test('the second starts and stores before the first one’s start: its value is taken over', async () => {
    const { world, token } = await begin([], 'rotate')
    world.log.before.push(onceAt('issuer.start', () => world.step('createSecret', token)))

    const effect = await does(world, 'createSecret', token)

    expect(effect).toBe('start > start > put new1')
    await world.rotate(token)
    expect(accepted(world)).toEqual(['A', 'new1'])
  })

  test('the first one’s put lands between the second’s cancel and put: the rotation is refused, AWSCURRENT lives', async () => {
    const { world, token } = await begin([], 'rotate')
    let release = () => {}
    const cancelled = new Promise<void>((resolve) => {
      release = resolve
    })
    let second: Promise<void> = Promise.resolve()
    world.log.before.push(
      onceAt('secrets.putPending', async () => {
        second = world.step('createSecret', token)
        await cancelled
      }),
    )
    world.log.after.push(onceAt('issuer.cancel', () => release()))

    await world.step('createSecret', token)
    await expect(second).rejects.toMatchObject({ code: 'CONCURRENT_EXECUTION' })

    expect(nameOf(world.valueUnder('AWSPENDING') ?? '')).toBe('new1')
    expect(await does(world, 'testSecret', token)).toBe('no poisoned, cleared: Refused, Drift')
    await world.rotate(tokenOf('rotate'))
    await world.rotate(tokenOf('settle'))
    expect(accepted(world)).toEqual(['new3'])
  })
})

// No call of Stytch's says what it expects to find, so this much is left: a second execution, doubled or forged, whose cancel is on its
// way while the first one stores, tests and switches.
test('a cancel that was on its way during the whole switch is named, and a revoke mends it', async () => {
  const { world, token } = await begin([], 'rotate')
  const gate = Promise.withResolvers<void>()
  const reached = Promise.withResolvers<void>()
  let second: Promise<void> = Promise.resolve()
  world.log.before.push(
    onceAt('issuer.cancel', () => {
      reached.resolve()
      return gate.promise
    }),
    onceAt('secrets.putPending', async () => {
      second = world.step('createSecret', token)
      await reached.promise
    }),
  )
  await world.rotate(token)
  gate.resolve()
  await expect(second).rejects.toMatchObject({ code: 'CONCURRENT_EXECUTION' })

  const settle = tokenOf('settle')
  world.secrets.rotateSecret(settle)
  expect(await does(world, 'createSecret', settle)).toBe('no drift, cleared: Refused, Drift')
  await world.rotate(tokenOf('revoke'))
  await world.rotate(tokenOf('settle'))
  expect(accepted(world)).toEqual([nameOf(world.valueUnder('AWSCURRENT') ?? '')])
})

describe('createSecret ends no slot', () => {
  test('when its rotation was cleared after the look', async () => {
    const { world, token, create } = await inOverlap()
    world.log.after.push(onceAt('issuer.look', () => void world.secrets.versions.get(token)?.labels.clear()))

    expect(await create()).toBe('no tokenWithoutVersion, kept')
  })

  test('when another execution finished its rotation after the look', async () => {
    const { world, token, create } = await inOverlap()
    world.log.after.push(
      onceAt('issuer.look', () =>
        world.secrets.place(token, { text: textOf(valueNamed('B')), labels: ['AWSCURRENT'] }),
      ),
    )

    expect(await create()).toBe('nothing')
  })

  test('when somebody moved AWSCURRENT after the look', async () => {
    const { world, create } = await inOverlap()
    world.log.after.push(
      onceAt('issuer.look', () =>
        world.secrets.place('11111111-1111-4111-8111-111111111111', {
          text: textOf(valueNamed('X')),
          labels: ['AWSCURRENT'],
        }),
      ),
    )

    expect(await create()).toMatch(/^no currentMoved/)
  })
})
