// Whose tokens died with a revoke is published by the rotation that proves it: as soon as it is proven, and without holding anything up.
import { describe, expect, test } from 'vitest'
import { HOUR_MS } from '../../../lambda/core/base/time-units.ts'
import { answerProof } from '../../../lambda/core/rotation/prove-again.ts'
import { createFakePublication } from '../../fakes/fake-publication.ts'
import { SECRET_ARN } from '../../fakes/fake-secrets.ts'
import { CLIENT_ID, createRegisteredWorld, tokenOf } from '../../fakes/world.ts'

const seat = () => {
  const world = createRegisteredWorld()
  const publication = createFakePublication()
  Object.assign(world.rotation, { publication })
  return { world, publication }
}

describe('a revoke', () => {
  test('is published when its settle is proven, and not before', async () => {
    const { world, publication } = seat()
    await world.rotate(tokenOf('revoke'))
    const before = publication.stored

    await world.rotate(tokenOf('settle'))

    expect(before).toBeUndefined()
    const notBefore = publication.named()[CLIENT_ID] ?? 0
    expect(Math.abs(notBefore * 1000 - world.timing.now())).toBeLessThan(120_000)
  })

  test('ends although the list cannot be written, and that is counted', async () => {
    const { world, publication } = seat()
    publication.isDown = true
    await world.rotate(tokenOf('revoke'))

    await world.rotate(tokenOf('settle'))

    expect(publication.stored).toBeUndefined()
    expect(world.journal.entries).toContainEqual(
      expect.objectContaining({ outcome: 'revocationsUnpublished', clients: CLIENT_ID }),
    )
    expect(world.events.published.filter(({ type }) => type === 'Rotation Completed')).toHaveLength(2)
  })
})

describe('asked whether what was revoked is refused', () => {
  const revoked = async () => {
    const { world, publication } = seat()
    publication.isDown = true
    await world.rotate(tokenOf('revoke'))
    const token = await world.rotate(tokenOf('settle'))
    publication.isDown = false
    return { world, publication, token }
  }

  test('publishes it again, in case that failed when it happened', async () => {
    const { world, publication } = await revoked()
    world.timing.restart(60_000)

    expect(await answerProof(world.rotation, SECRET_ARN)).toMatchObject({ outcome: 'refused', refusals: 3 })
    expect(Object.keys(publication.named())).toEqual([CLIENT_ID])
  })

  test('publishes nothing once no token from before can be alive', async () => {
    const { world, publication } = await revoked()
    const records = await world.secrets.describe(SECRET_ARN)
    const lastRotatedAt = world.timing.now()
    Object.assign(world.rotation, {
      secrets: {
        ...world.secrets,
        describe: async () => ({ ...records, lastRotatedAt, lastChangedAt: lastRotatedAt }),
      },
    })
    world.timing.advance(2 * HOUR_MS)
    world.timing.restart(60_000)

    expect(await answerProof(world.rotation, SECRET_ARN)).toMatchObject({ outcome: 'refused', refusals: 3 })
    expect(publication.stored).toBeUndefined()
  })
})

test('a rotation that follows a revoke, unsettled, publishes nothing of it: nothing was proven', async () => {
  const { world, publication } = seat()

  await world.rotate(tokenOf('revoke'))
  await world.rotate(tokenOf('rotate'))

  expect(publication.stored).toBeUndefined()
})

test('a planned rotation and its settle publish nothing: tokens of an overlap are good', async () => {
  const { world, publication } = seat()

  await world.rotate(tokenOf('rotate'))
  await world.rotate(tokenOf('settle'))

  expect(publication.stored).toBeUndefined()
})
