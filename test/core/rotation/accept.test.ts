// How often a value is tried, and over how long, before it counts as accepted or as refused: one answer to the contrary ends it.
import { describe, expect, test } from 'vitest'
import { isAcceptedSteadily, isRefusedSteadily } from '../../../lambda/core/rotation/accept.ts'
import { type Bounds, DEPLOYED, WITHOUT_LAG } from '../../../lambda/core/rotation/bounds.ts'
import type { Version } from '../../../lambda/core/rotation/rotation.ts'
import type { Intent } from '../../../lambda/core/secret/request-token.ts'
import { clientForm } from '../../../lambda/core/secret/secret-format.ts'
import { SECRET_ARN } from '../../fakes/fake-secrets.ts'
import { createRegisteredWorld, textOf, valueNamed } from '../../fakes/world.ts'
import { countOf } from './step-seat.ts'

const versionOf = (value: string): Version => {
  const parsed = clientForm.parse(textOf(value), 0)
  if (!parsed.ok) throw new Error('the text is no secret')
  return { versionId: 'v1', arn: SECRET_ARN, createdAt: 0, secret: parsed.value }
}
const LIVE = versionOf(valueNamed('A'))
const DEAD = versionOf(valueNamed('X'))

const seat = (bounds: Bounds = DEPLOYED) => createRegisteredWorld({}, bounds)

describe('a new value is accepted', () => {
  test.each<[Intent, number, readonly number[]]>([
    ['rotate', 3, [5000, 5000]],
    ['revoke', 2, [500]],
    ['rollback', 2, [500]],
    ['settle', 1, []],
  ])('for a %s once it was %d times, with waits between them and none before', async (intent, tries, waits) => {
    const world = seat()

    expect(await isAcceptedSteadily(world.rotation, intent, LIVE)).toBe(true)
    expect([countOf(world, 'issuer.exchange'), world.timing.waits]).toEqual([tries, waits])
  })

  test.each([1, 2, 3])('not, when its try number %d is refused; no further one is made', async (at) => {
    const world = seat(WITHOUT_LAG)
    world.log.before.push(({ name }) => {
      if (name === 'exchange' && countOf(world, 'issuer.exchange') === at) world.issuer.unripe.add(valueNamed('A'))
    })

    expect(await isAcceptedSteadily(world.rotation, 'rotate', LIVE)).toBe(false)
    expect(countOf(world, 'issuer.exchange')).toBe(at)
  })
})

describe('a value is refused', () => {
  test('once it was three times, with waits between them and none before', async () => {
    const world = seat()

    expect(await isRefusedSteadily(world.rotation, DEAD)).toBe(true)
    expect([countOf(world, 'issuer.exchange'), world.timing.waits]).toEqual([3, [500, 500]])
  })

  test.each([1, 2, 3])('not, when its try number %d is accepted; no further one is made', async (at) => {
    const world = seat(WITHOUT_LAG)
    world.log.before.push(({ name }) => {
      if (name === 'exchange' && countOf(world, 'issuer.exchange') === at) world.issuer.lingering.add(valueNamed('X'))
    })

    expect(await isRefusedSteadily(world.rotation, DEAD)).toBe(false)
    expect(countOf(world, 'issuer.exchange')).toBe(at)
  })
})

test.each([
  ['accepted', 'Stytch accepts the new value everywhere'],
  ['refused', 'Stytch refuses the value everywhere'],
] as const)('with too little time for the next try, nothing is concluded: %s', async (wanted, what) => {
  const { rotation, timing } = seat()
  timing.restart(6400)
  const ask = () =>
    wanted === 'accepted' ? isAcceptedSteadily(rotation, 'revoke', LIVE) : isRefusedSteadily(rotation, DEAD)

  await expect(ask()).rejects.toMatchObject({
    code: 'TIME_TOO_SHORT',
    retryable: true,
    message: `Too little of the function's time is left to wait until ${what}; the step is retried.`,
  })
})
