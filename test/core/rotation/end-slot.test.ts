// Before a slot is ended: what the second look, the labels and the records have to say. Whatever says otherwise, nothing is ended.
import { describe, expect, test } from 'vitest'
import { DEPLOYED } from '../../../lambda/core/rotation/bounds.ts'
import { STUCK_AFTER_MS } from '../../../lambda/core/secret/is-stuck.ts'
import type { Intent } from '../../../lambda/core/secret/request-token.ts'
import { createKeptRecords } from '../../fakes/kept-records.ts'
import { CLIENT_ID, createRegisteredWorld, textOf, valueNamed, type World } from '../../fakes/world.ts'
import { does, standing, step } from './stale-seat.ts'
import { BY_HAND, begun, countOf } from './step-seat.ts'

const BESIDE = 'canary-beside-side'

describe('an orphan that ends like a value on record', () => {
  /** @param agoMs counted from when the records are read */
  const seat = (intent: Intent, agoMs: number | undefined, versionId: (world: World) => string = () => BY_HAND) => {
    const world = createRegisteredWorld({ next: BESIDE }, DEPLOYED)
    world.secrets.place('previous-00000000000000000000000000', {
      text: textOf(valueNamed('P')),
      labels: ['AWSPREVIOUS'],
    })
    const token = begun(world, intent)
    const records = createKeptRecords()
    const read = async () => [
      {
        versionId: versionId(world),
        lastFour: 'side',
        ...(agoMs === undefined ? {} : { switchedAt: world.timing.now() - agoMs }),
      },
    ]
    Object.assign(world.rotation, { records: { ...records, versions: { ...records.versions, read } } })
    return { world, token }
  }

  test.each<[Intent, number]>([
    ['rotate', STUCK_AFTER_MS - 1],
    ['revoke', 2 * DEPLOYED.staleLabelsMs - 1],
  ])('is kept from a %s for as long as labels may not show that switch', async (intent, agoMs) => {
    const { world, token } = seat(intent, agoMs)

    await expect(step(world, 'createSecret', token)).rejects.toMatchObject({ retryable: true })

    expect([countOf(world, 'issuer.cancel'), countOf(world, 'issuer.start')]).toEqual([0, 0])
    expect(world.issuer.accepts(CLIENT_ID, BESIDE)).toBe(true)
  })

  test.each<[string, Intent, number | undefined, (world: World) => string]>([
    ['was switched to so long ago that labels would show it', 'rotate', STUCK_AFTER_MS, () => BY_HAND],
    ['was, and has leaked since', 'revoke', 2 * DEPLOYED.staleLabelsMs, () => BY_HAND],
    ['was never switched to', 'rotate', undefined, () => BY_HAND],
    ['is AWSCURRENT’s by its id', 'rotate', 0, ({ secrets }) => secrets.holderOf('AWSCURRENT') ?? ''],
    ['is AWSPREVIOUS’s by its id', 'rotate', 0, ({ secrets }) => secrets.holderOf('AWSPREVIOUS') ?? ''],
  ])('is cancelled, where that %s', async (_what, intent, agoMs, versionId) => {
    const { world, token } = seat(intent, agoMs, versionId)

    expect(await does(world, 'createSecret', token)).toBe('cancel > start > put new1')
  })
})

describe('a settle that waits for its second look', () => {
  const seat = async (meanwhile: (world: World, token: string) => void) => {
    const { world, token } = await standing(['rotate', 'rollback'], 'settle', 'setSecret')
    let waits = 0
    world.timing.onWait.push(() => {
      waits += 1
      if (waits === 1) meanwhile(world, token)
    })
    return { world, effect: await does(world, 'setSecret', token) }
  }

  test('cancels once it shows the same', async () => {
    const { world, effect } = await seat(() => {})

    expect(effect).toBe('cancel')
    expect(world.timing.waits[0]).toBe(DEPLOYED.staleLabelsMs)
  })

  test('ends nothing when another execution has finished meanwhile', async () => {
    const { world, effect } = await seat(({ secrets }, token) => {
      secrets.place(token, { labels: ['AWSCURRENT'] })
      secrets.versions.get(token)?.labels.delete('AWSPENDING')
    })

    expect(effect).toBe('nothing')
    expect(world.client().next).not.toBeNull()
  })

  test('leaves a next secret alone once its label was moved on by hand: it may be a colleague’s', async () => {
    const { world, effect } = await seat(({ secrets }, token) => secrets.place(token, { labels: ['AWSCURRENT'] }))

    expect(effect).toBe('nothing')
    expect(world.client().next).not.toBeNull()
  })

  test('ends nothing when AWSCURRENT has moved meanwhile', async () => {
    const { world, effect } = await seat(({ secrets }) =>
      secrets.place(BY_HAND, { text: textOf(valueNamed('X')), labels: ['AWSCURRENT'] }),
    )

    expect(effect).toBe('no currentMoved, cleared: Refused')
    expect(world.client().next).not.toBeNull()
  })

  test('ends nothing of a client that has become another secret’s', async () => {
    const { world, effect } = await seat((each) => {
      each.client().boundTo = 'arn:aws:secretsmanager:eu-central-1:1:secret:b'
    })

    expect(effect).toBe('no boundElsewhere, cleared: Refused')
    expect(world.client().next).not.toBeNull()
  })

  test('ends nothing of a client that has been deleted', async () => {
    const { effect } = await seat(({ issuer }) => issuer.clients.clear())

    expect(effect).toBe('no clientNotFound, cleared: Refused, Drift')
  })

  test('looks twice more when the client has been deactivated meanwhile', async () => {
    const { world, effect } = await seat((each) => {
      each.client().isActive = false
    })

    expect(effect).toBe('cancel')
    expect(world.timing.waits.filter((ms) => ms === DEPLOYED.staleLabelsMs)).toHaveLength(2)
  })

  test('looks again at slots that have changed meanwhile, and ends what is left to end', async () => {
    const { world, effect } = await seat((each) => {
      each.client().next = valueNamed('Z')
    })

    expect(effect).toBe('cancel')
    expect(world.timing.waits.filter((ms) => ms === DEPLOYED.staleLabelsMs)).toHaveLength(2)
  })
})
