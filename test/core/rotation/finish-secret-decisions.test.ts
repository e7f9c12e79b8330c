// What finishSecret decides before and after it moves the label: what a look that is contradicted is worth, what a failed move may mean, what it
// says of a secret that was written anew, and what it proves once more.
import { describe, expect, test } from 'vitest'
import { Fault } from '../../../lambda/core/base/fault.ts'
import { DEPLOYED } from '../../../lambda/core/rotation/bounds.ts'
import { failAt } from '../../fakes/call-log.ts'
import { CLIENT_ID, createRegisteredWorld, textOf, tokenOf, valueNamed, type World } from '../../fakes/world.ts'
import { does as doesLate, NEW, standing as standingLate } from './stale-seat.ts'
import { begin, countOf, detailsOf, does, down, standing } from './step-seat.ts'
import { corpus, large, run, worldWith } from './unreadable.ts'

describe('a pending value that Stytch accepts and shows in no slot', () => {
  const hide = (world: World): void => {
    Object.assign(world.client(), { current: valueNamed('A'), next: null })
    world.issuer.lingering.add(NEW)
    world.timing.waits.length = 0
  }

  test('is looked at four times, and moves nothing until it shows', async () => {
    const { world, token } = await standingLate([], 'rotate', 'finishSecret')
    hide(world)

    expect(await doesLate(world, 'finishSecret', token)).toBe('fault STYTCH_OUTCOME_UNKNOWN')
    expect([countOf(world, 'issuer.look'), world.timing.waits]).toEqual([4, [1000, 1000, 1000]])
    expect(world.secrets.holderOf('AWSPENDING')).toBe(token)
    world.client().next = NEW
    expect(await doesLate(world, 'finishSecret', token)).toBe('move: Completed, Changed')
  })

  test('is a fault at once, where looks are never behind', async () => {
    const { world, token } = await standing('finishSecret', 'rotate')
    hide(world)

    await expect(world.step('finishSecret', token)).rejects.toMatchObject({
      code: 'STYTCH_OUTCOME_UNKNOWN',
      retryable: true,
      message: expect.stringMatching(/^Stytch accepts the pending value of client .* shows it in no slot .*retried\.$/),
    })
    expect(countOf(world, 'issuer.look')).toBe(1)
  })

  test('is a fault that says so, with too little time to look again', async () => {
    const { world, token } = await standingLate([], 'rotate', 'finishSecret')
    hide(world)

    await expect(world.step('finishSecret', token, 6500)).rejects.toMatchObject({
      code: 'TIME_TOO_SHORT',
      message: expect.stringContaining('until Stytch shows what it accepts'),
    })
  })
})

test.each(['setSecret', 'finishSecret'] as const)(
  'a settle whose pending value is not AWSCURRENT’s is refused as one that moved: %s',
  async (step) => {
    const { world, token } = await standing(step, 'settle', ['rotate'])
    world.secrets.place(token, { text: textOf(valueNamed('X')) })
    const before = { ...world.client() }

    expect(await does(world, step, token)).toBe('no currentMoved, cleared: Refused')
    expect(world.client()).toEqual(before)
  },
)

describe('a failed label move', () => {
  test.each<[string, Error]>([
    ['that may be tried again', down],
    ['by a defect', new TypeError('a defect')],
  ])('%s is looked at once, and not waited for', async (_what, error) => {
    const { world, token } = await standingLate([], 'rotate', 'finishSecret')
    world.log.before.push(failAt('secrets.moveLabel', error))
    const before = world.secrets.holderOf('AWSCURRENT')
    world.timing.waits.length = 0

    await expect(world.step('finishSecret', token, 60_000)).rejects.toBe(error)
    expect(world.timing.waits).toEqual([])
    expect(world.secrets.holderOf('AWSCURRENT')).toBe(before)
  })

  test('that Secrets Manager refuses is read for as long as labels may be old', async () => {
    const { world, token } = await standingLate([], 'rotate', 'finishSecret')
    const rejected = new Fault({ code: 'SECRETS_MANAGER_REJECTED', retryable: false, message: 'no, on purpose' })
    world.log.before.push(failAt('secrets.moveLabel', rejected))
    world.timing.waits.length = 0

    await expect(world.step('finishSecret', token, 60_000)).rejects.toBe(rejected)
    expect(world.timing.waits.reduce((sum, ms) => sum + ms, 0)).toBeGreaterThanOrEqual(DEPLOYED.staleLabelsMs)
  })
})

describe('a revoke says of a secret that it wrote anew', () => {
  const rebuiltIn = (world: World) => detailsOf(world, 'Rotation Completed').at(-1)?.rebuilt

  test.each<[string, string | undefined, unknown]>([
    [
      'that AWSCURRENT could not be read',
      '{}',
      { explanation: expect.stringMatching(/.+; fields beside it were kept as far as they can be read$/) },
    ],
    [
      'that AWSCURRENT held another client’s value',
      corpus['another client’s'],
      { explanation: expect.stringMatching(/^AWSCURRENT held the value of another client;/) },
    ],
    [
      'how many fields were left out',
      large,
      { explanation: expect.stringContaining('was too large'), fieldsLeftOut: 1 },
    ],
  ])('%s', async (_what, text, rebuilt) => {
    const world = worldWith(text, 'alone')
    await run(world, 'revoke')

    expect(rebuiltIn(world)).toEqual(rebuilt)
  })

  test('nothing, where it holds all that it did; nor does a planned rotation, whatever stands there', async () => {
    const { world, token } = await standing('finishSecret', 'revoke')
    await world.step('finishSecret', token)
    expect(detailsOf(world, 'Rotation Completed').map((detail) => 'rebuilt' in detail)).toEqual([false])

    const planned = await standing('finishSecret', 'rotate')
    const { secrets } = planned.world
    secrets.place(secrets.holderOf('AWSCURRENT') ?? '', { text: 'canary' })
    expect(await does(planned.world, 'finishSecret', planned.token)).toBe('move: Completed, Changed')
    expect(detailsOf(planned.world, 'Rotation Completed').map((detail) => 'rebuilt' in detail)).toEqual([false])
  })
})

describe('the settle of a revoke, driven again once it is done', () => {
  test('is reported without a proof while the client is inactive', async () => {
    const world = createRegisteredWorld({ isActive: false })
    await world.rotate(tokenOf('revoke'))
    const token = await world.rotate(tokenOf('settle'))

    expect(await does(world, 'finishSecret', token)).toBe('nothing: Completed')
  })

  test('is not reported while what was revoked is accepted', async () => {
    const world = createRegisteredWorld()
    await world.rotate(tokenOf('revoke'))
    const token = await world.rotate(tokenOf('settle'))
    world.issuer.lingering.add(valueNamed('A'))

    expect(await does(world, 'finishSecret', token)).toBe('fault STILL_ACCEPTED')
  })
})

describe('a value in a slot that is never accepted', () => {
  const overdue = async () => {
    const { world, token } = await begin([], 'rotate', ['createSecret'])
    world.issuer.unripe.add(NEW)
    world.timing.advance(DEPLOYED.patienceMs.rotate + 1)
    return { world, token }
  }

  test('alone in the next slot is cancelled once its patience is over', async () => {
    const { world, token } = await overdue()

    expect(await does(world, 'testSecret', token)).toBe('cancel > no neverAccepted, cleared: Refused')
  })

  test('in the current slot is waited for: a cancel would end another’s', async () => {
    const { world, token } = await overdue()
    Object.assign(world.client(), { current: NEW, next: valueNamed('X') })

    expect(await does(world, 'testSecret', token)).not.toContain('cancel')
    expect(world.client().next).toBe(valueNamed('X'))
  })

  test('ends as done, where another execution has finished meanwhile', async () => {
    const { world, token } = await standingLate([], 'rotate', 'testSecret')
    world.issuer.unripe.add(NEW)
    world.timing.advance(DEPLOYED.patienceMs.rotate + 1)
    world.timing.onWait.push((ms) => {
      if (ms === DEPLOYED.staleLabelsMs) world.secrets.place(token, { labels: ['AWSCURRENT'] })
    })

    expect(await doesLate(world, 'testSecret', token)).toBe('nothing')
    expect(world.client().next).toBe(NEW)
  })

  test('is tried again with exactly so much time left as that takes', async () => {
    const { world, token } = await begin([], 'rotate', ['createSecret'])
    world.issuer.unripe.add(NEW)
    world.timing.waits.length = 0

    expect(await does(world, 'testSecret', token, 12_500)).toBe('fault PENDING_REFUSED')
    expect(world.timing.waits).toEqual([500])
    expect(world.issuer.clients.has(CLIENT_ID)).toBe(true)
  })
})
