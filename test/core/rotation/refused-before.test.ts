// A client that cannot be rotated is tried every day, and people are notified of that once.
import { beforeEach, describe, expect, test } from 'vitest'
import type { Rotation } from '../../../lambda/core/rotation/rotation.ts'
import { runStep } from '../../../lambda/core/rotation/run-step.ts'
import { SECRET_ARN } from '../../fakes/fake-secrets.ts'
import { createKeptRecords } from '../../fakes/kept-records.ts'
import { createRegisteredWorld, tokenOf, type World } from '../../fakes/world.ts'

let world: World
let rotation: Rotation
beforeEach(() => {
  world = createRegisteredWorld({ isActive: false })
  rotation = { ...world.rotation, records: createKeptRecords() }
})

const tried = async (intent: 'rotate' | 'revoke' | 'settle', days = 1): Promise<void> => {
  world.timing.advance(days * 86_400_000)
  world.timing.restart(30_000)
  const { origin, askedAt } = { origin: intent, askedAt: world.timing.now() }
  const requestToken = tokenOf(origin).replace(/\d{13}/, String(askedAt))
  world.secrets.rotateSecret(requestToken)
  await runStep(rotation, { step: 'createSecret', secretId: SECRET_ARN, requestToken }).catch(() => undefined)
}

const refusals = () =>
  world.events.published.map(({ type, detail }) => [type, detail.reason, detail.isRepeated ?? false])

describe('a planned rotation that is refused', () => {
  test('for the same reason every day is news the first time alone', async () => {
    for (let day = 0; day < 4; day += 1) await tried('rotate')

    expect(refusals()).toEqual([
      ['Rotation Refused', 'clientInactive', false],
      ['Rotation Refused', 'clientInactive', true],
      ['Rotation Refused', 'clientInactive', true],
      ['Rotation Refused', 'clientInactive', true],
    ])
  })

  test('for another reason is news', async () => {
    await tried('rotate')
    world.issuer.clients.clear()
    await tried('rotate')

    expect(refusals().at(1)).toEqual(['Rotation Refused', 'clientNotFound', false])
  })

  test('again after it was rotated is news', async () => {
    await tried('rotate')
    world.client().isActive = true
    world.timing.advance(60_000)
    const token = tokenOf('rotate').replace(/\d{13}/, String(world.timing.now()))
    await world.rotate(token)
    world.client().isActive = false
    await tried('rotate')

    expect(refusals().at(-1)?.at(2)).toBe(false)
  })

  test('is news each time where nothing is recorded', async () => {
    rotation = world.rotation
    for (let day = 0; day < 3; day += 1) await tried('rotate')

    expect(refusals().map(([, , isRepeated]) => isRepeated)).toEqual([false, false, false])
  })
})
