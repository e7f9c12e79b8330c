// The tries that prove values dead: how often, over how long, in which turns, and what is said of each. One that is accepted starts its count again,
// and one that stays accepted proves nothing.
import { describe, expect, test } from 'vitest'
import { type Bounds, DEPLOYED, WITHOUT_LAG } from '../../../lambda/core/rotation/bounds.ts'
import { proveRefused } from '../../../lambda/core/rotation/prove-refused.ts'
import type { Version } from '../../../lambda/core/rotation/rotation.ts'
import { clientForm } from '../../../lambda/core/secret/secret-format.ts'
import { SECRET_ARN } from '../../fakes/fake-secrets.ts'
import { NOON_THIRTY } from '../../fakes/fake-timing.ts'
import { createRegisteredWorld, nameOf, textOf, valueNamed, type World } from '../../fakes/world.ts'

const versionOf = (name: string): Version => {
  const parsed = clientForm.parse(textOf(valueNamed(name)), 0)
  if (!parsed.ok) throw new Error('the text is no secret')
  return { versionId: `v-${name}`, arn: SECRET_ARN, createdAt: 0, secret: parsed.value }
}
const at = (ms: number): string => new Date(NOON_THIRTY + ms).toISOString()
const triedIn = ({ log }: World): readonly string[] =>
  log.calls.filter(({ name }) => name === 'exchange').map(({ about }) => nameOf(about))

const seat = (bounds: Bounds = DEPLOYED) => createRegisteredWorld({}, bounds)

/** Accepted at its tries of these numbers. */
const acceptAt = (world: World, name: string, tries: readonly number[]): void => {
  world.log.before.push((call) => {
    if (call.name !== 'exchange' || nameOf(call.about) !== name) return
    const nth = triedIn(world).filter((each) => each === name).length
    if (tries.includes(nth)) world.issuer.lingering.add(valueNamed(name))
    else world.issuer.lingering.delete(valueNamed(name))
  })
}

test('a value is proven dead by three refusals, with waits between them, and each is on record', async () => {
  const world = seat()

  expect(await proveRefused(world.rotation, [versionOf('X')])).toEqual([
    {
      versionId: 'v-X',
      lastFour: 'XXXX',
      status: 401,
      error: 'invalid_client',
      requestId: 'request-id-3',
      provenAt: at(1000),
      refusals: 3,
      firstRefusedAt: at(0),
      errors: ['invalid_client', 'invalid_client', 'invalid_client'],
      requestIds: ['request-id-1', 'request-id-2', 'request-id-3'],
    },
  ])
  expect(world.timing.waits).toEqual([500, 500])
})

test('no value proves nothing, and waits for nothing', async () => {
  const world = seat()

  expect(await proveRefused(world.rotation, [])).toEqual([])
  expect([triedIn(world), world.timing.waits]).toEqual([[], []])
})

test('several are tried in turns, so that they share the waits', async () => {
  const world = seat()

  await proveRefused(world.rotation, [versionOf('X'), versionOf('Y')])

  expect(triedIn(world)).toEqual(['X', 'Y', 'X', 'Y', 'X', 'Y'])
  expect(world.timing.waits).toEqual([500, 500])
})

test('of many, the newest six are tried three times each, and older ones once', async () => {
  const world = seat(WITHOUT_LAG)
  const names = ['S', 'T', 'U', 'V', 'W', 'X', 'Y', 'Z']

  const refused = await proveRefused(world.rotation, names.map(versionOf))

  expect(refused.map(({ refusals }) => refusals)).toEqual([3, 3, 3, 3, 3, 3, 1, 1])
})

describe('a value that is accepted', () => {
  test('once, starts its count again: what was refused before counts for nothing', async () => {
    const world = seat()
    acceptAt(world, 'X', [2])

    const [proven] = await proveRefused(world.rotation, [versionOf('X')])

    // Refused at 0 s, accepted half a second later, then waited for; refused at 1, 1.5 and 2 s.
    expect(proven).toMatchObject({
      refusals: 3,
      firstRefusedAt: at(1000),
      lastAcceptedAt: at(500),
      provenAt: at(2000),
      requestIds: ['request-id-3', 'request-id-4', 'request-id-5'],
    })
    expect(proven?.errors).toHaveLength(3)
    expect(world.timing.waits).toEqual([500, 500, 500, 500])
  })

  test('for longer, is waited for longer each time, and is proven once it is refused', async () => {
    const world = seat()
    acceptAt(world, 'X', [1, 2, 3])

    const [proven] = await proveRefused(world.rotation, [versionOf('X')])

    expect(world.timing.waits).toEqual([500, 1500, 4000, 500, 500])
    expect(proven).toMatchObject({
      refusals: 3,
      lastAcceptedAt: at(2000),
      firstRefusedAt: at(6000),
      provenAt: at(7000),
    })
  })

  test('throughout, is alive: nothing is proven, and what else was refused is no proof either', async () => {
    const world = seat()
    acceptAt(world, 'Y', [1, 2, 3, 4])

    await expect(proveRefused(world.rotation, [versionOf('X'), versionOf('Y')])).rejects.toMatchObject({
      code: 'STILL_ACCEPTED',
      retryable: true,
      message: expect.stringContaining('v-Y'),
    })
    expect(world.timing.waits).toEqual([500, 1500, 4000])
  })
})

test('with too little time for the next try, nothing is proven', async () => {
  const world = seat()
  world.timing.restart(6400)

  await expect(proveRefused(world.rotation, [versionOf('X')])).rejects.toMatchObject({
    code: 'TIME_TOO_SHORT',
    message: expect.stringContaining('until Stytch refuses the value everywhere'),
  })
})
