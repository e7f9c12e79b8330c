// Whose tokens died with a revoke is published by the rotation that proves it: as soon as it is proven, and without holding anything up.
import { describe, expect, test } from 'vitest'
import { createFakePublication } from '../../fakes/fake-publication.ts'
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

test('a planned rotation and its settle publish nothing: tokens of an overlap are good', async () => {
  const { world, publication } = seat()

  await world.rotate(tokenOf('rotate'))
  await world.rotate(tokenOf('settle'))

  expect(publication.stored).toBeUndefined()
})
