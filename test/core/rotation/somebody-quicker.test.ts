// What happens when somebody else was quicker: between a look and the end of a slot, and between a refusal and its clean-up.
import { describe, expect, test } from 'vitest'
import { failAt, onceAt } from '../../fakes/call-log.ts'
import { effectOf } from '../../fakes/effect.ts'
import { CLIENT_ID, createRegisteredWorld, textOf, tokenOf, valueNamed } from '../../fakes/world.ts'

/** A rotate that stands before createSecret, in an overlap: it has a slot to end. */
const inOverlap = async () => {
  const world = createRegisteredWorld()
  await world.rotate(tokenOf('rotate'))
  const token = tokenOf('rotate')
  world.secrets.rotateSecret(token)
  return { world, token, create: () => effectOf(world, () => world.step('createSecret', token)) }
}

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

describe('a refusal that is to clear up', () => {
  const refusing = async () => {
    const world = createRegisteredWorld()
    const token = tokenOf('rollback')
    world.secrets.rotateSecret(token)
    return { world, token, create: () => effectOf(world, () => world.step('createSecret', token)) }
  }

  test('is content when another execution took AWSPENDING away first', async () => {
    const { world, token, create } = await refusing()
    world.log.before.push(
      onceAt('secrets.moveLabel', () => {
        world.secrets.versions.get(token)?.labels.delete('AWSPENDING')
        throw new Error('AWSPENDING is not there')
      }),
    )

    expect(await create()).toMatch(/^no settled, cleared/)
  })

  test('says so when AWSPENDING stays', async () => {
    const { world, create } = await refusing()
    world.log.before.push(failAt('secrets.moveLabel', new Error('not now')))

    await expect(create()).rejects.toThrow('not now')
  })

  test('names the client, also when the pending value is AWSCURRENT’s own', async () => {
    const world = createRegisteredWorld()
    const token = tokenOf('settle')
    world.secrets.rotateSecret(token)
    await world.step('createSecret', token)
    world.client().current = valueNamed('X')

    expect(await effectOf(world, () => world.step('setSecret', token))).toMatch(/^no drift, cleared/)
    expect(world.events.published.map(({ detail }) => detail.clientId)).toEqual(
      world.events.published.map(() => CLIENT_ID),
    )
  })

  test('does not hide a defect of the bus’s adapter', async () => {
    const { world, create } = await refusing()
    world.log.before.push(failAt('events.publish', new TypeError('a defect')))

    await expect(create()).rejects.toThrow('a defect')
  })
})

test('testSecret says that the client was deleted, when that is why the value is refused', async () => {
  const world = createRegisteredWorld()
  const token = tokenOf('rotate')
  world.secrets.rotateSecret(token)
  await world.step('createSecret', token)
  world.issuer.clients.delete(CLIENT_ID)

  expect(await effectOf(world, () => world.step('testSecret', token))).toMatch(/^no clientNotFound/)
})

test('the evidence of a revoke needs no AWSPREVIOUS', async () => {
  const world = createRegisteredWorld()
  await world.rotate(tokenOf('revoke'))
  world.secrets.versions.get(world.secrets.holderOf('AWSPREVIOUS') ?? '')?.labels.delete('AWSPREVIOUS')

  await world.rotate(tokenOf('settle'))

  const revoked = world.events.published.find(({ type }) => type === 'Secret Revoked')
  expect(JSON.stringify(revoked?.detail)).toContain('AAAA')
})
