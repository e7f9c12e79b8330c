// Replies that are old, under the bounds of a deployment: labels that do not show an acknowledged move yet, a value that cannot be read
// yet, slots as they were before their last change, a value that Stytch is slow to accept. None of it kills or hides a value that works,
// and none of it fails a rotation that only has to look again.

import { describe, expect, test } from 'vitest'
import { DEPLOYED } from '../../../lambda/core/rotation/bounds.ts'
import { steps } from '../../../lambda/core/rotation/refusal.ts'
import { onceAt } from '../../fakes/call-log.ts'
import { SECRET_ARN } from '../../fakes/fake-secrets.ts'
import {
  CLIENT_ID,
  createRegisteredWorld,
  secretIn,
  textOf,
  tokenOf,
  valueNamed,
  type World,
} from '../../fakes/world.ts'
import { countReads, does, drive, isCurrentAccepted, live, NEW, standing, step, waited } from './stale-seat.ts'
import { begun, countOf } from './step-seat.ts'

/** Ends as it may: what matters is what it leaves. */
const settled = (run: Promise<void>): Promise<void> => run.catch(() => {})

describe('labels as before the last switch, twice in one rotation', () => {
  test.each([
    ['settle', ['rotate']],
    ['settle', ['rotate', 'rollback']],
    ['rotate', ['revoke']],
    ['revoke', ['revoke']],
  ] as const)('do not kill AWSCURRENT: %s after %j', async (intent, finished) => {
    const begin = async () => {
      const world = createRegisteredWorld({}, DEPLOYED)
      await live(world, ...finished.slice(0, -1))
      const beforeLast = world.secrets.history.changes()
      // What follows is asked for as soon as this is done.
      for (const each of finished.slice(-1)) await drive(world, each)
      world.secrets.history.boundMs = DEPLOYED.staleLabelsMs
      const token = begun(world, intent)
      countReads(world)
      return { world, token, beforeLast }
    }
    const recorded = await begin()
    for (const name of steps) await step(recorded.world, name, recorded.token)
    const { reads } = recorded.world.secrets.history

    for (let one = 0; one < reads; one += 1) {
      for (let other = one; other < reads; other += 1) {
        const { world, token, beforeLast } = await begin()
        // As before RotateSecret of the last rotation: its version does not exist yet.
        for (const at of [one, other]) world.secrets.history.old.set(at, { asOf: beforeLast })
        for (const name of steps) {
          await settled(step(world, name, token))
          expect([one, other, name, isCurrentAccepted(world)]).toEqual([one, other, name, true])
        }
        expect(world.secrets.holderOf('AWSCURRENT')).toBe(token)
      }
    }
  })
})

describe('an orphan', () => {
  const BESIDE = 'switched-to-meanwhile-00000000000000'
  const withRecords = (world: World, switchedAt: number, lastFour: string): void => {
    const read = async () => [{ versionId: BESIDE, lastFour, switchedAt }]
    const versions = { noteVersion: async () => {}, noteSwitch: async () => {}, read }
    const lease = { take: async () => 'taken' as const, release: async () => {} }
    Object.assign(world.rotation, { records: { kind: 'kept', holder: 'this one', lease, versions } })
  }
  const begin = () => {
    const world = createRegisteredWorld({ next: 'canary-beside-side' }, DEPLOYED)
    const token = begun(world, 'rotate')
    return { world, token }
  }

  test('that ends like a value which was switched to a moment ago is not cancelled, whatever the labels show', async () => {
    const { world, token } = begin()
    withRecords(world, world.timing.now() - 5000, 'side')

    await expect(step(world, 'createSecret', token)).rejects.toMatchObject({ retryable: true })

    expect(countOf(world, 'issuer.cancel')).toBe(0)
    expect(world.issuer.accepts(CLIENT_ID, 'canary-beside-side')).toBe(true)
  })

  test.each([
    ['of another value', 5000, 'else'],
    ['long ago, which labels would show', 11 * 60_000, 'side'],
  ])('is cancelled, with a switch on record %s', async (_, agoMs, lastFour) => {
    const { world, token } = begin()
    withRecords(world, world.timing.now() - agoMs, lastFour)

    await step(world, 'createSecret', token)

    expect(countOf(world, 'issuer.cancel')).toBe(1)
  })
})

describe('a value that cannot be read yet', () => {
  test('is refused when it is not there later than labels can be old, of a rotation of ours', async () => {
    const { world, token } = await standing([], 'rotate')

    expect(await does(world, 'testSecret', token)).toBe('no pendingMissing, kept')
    expect(waited(world)).toBeGreaterThanOrEqual(DEPLOYED.staleLabelsMs)
    expect(waited(world)).toBeLessThan(2 * DEPLOYED.staleLabelsMs)
  })

  test('loses its AWSPENDING when nobody has stored it for two minutes, and not before', async () => {
    const { world, token } = await standing([], 'rotate')
    world.timing.advance(90_000)
    expect(await does(world, 'finishSecret', token)).toBe('no pendingMissing, kept')
    world.timing.advance(30_000)

    expect(await does(world, 'finishSecret', token)).toBe('no pendingMissing, cleared: Refused')
  })
})

describe('one old reply', () => {
  test.each(steps)('that shows no version of the token costs %s a moment', async (name) => {
    for (const intent of ['rotate', 'settle'] as const) {
      const { world, token } = await standing(['rotate'], intent, name)
      const plain = await standing(['rotate'], intent, name)
      await step(plain.world, name, plain.token)
      // Before RotateSecret, which createSecret's write came after.
      world.secrets.history.old.set(0, { ago: name === 'createSecret' ? 1 : 2 })

      await step(world, name, token)

      expect(waited(world) - waited(plain.world)).toBeLessThanOrEqual(200)
    }
  })

  test('that shows the version without AWSPENDING is not the end', async () => {
    const world = createRegisteredWorld({}, DEPLOYED)
    const token = tokenOf('rotate')
    world.secrets.place(token, { labels: ['m2m:other'] })
    world.secrets.rotateSecret(token)
    countReads(world)
    world.secrets.history.old.set(0, { ago: 1 })

    await step(world, 'createSecret', token)

    expect(waited(world)).toBe(100)
  })

  test.each([
    ['setSecret', 'settle'],
    ['testSecret', 'rotate'],
    ['finishSecret', 'rotate'],
    ['finishSecret', 'settle'],
  ] as const)('that shows no pending value yet is waited for by %s of a %s', async (name, intent) => {
    for (const at of [0, 1]) {
      const { world, token } = await standing(['rotate'], intent, name)
      world.secrets.history.old.set(at, { ago: 1 })

      await step(world, name, token)
    }
  })
})

test('what stays unseen is final after two late reads, and changes nothing', async () => {
  const { world } = await standing([], 'rotate')
  world.log.clear()

  expect(await does(world, 'finishSecret', tokenOf('rotate'))).toBe('no tokenWithoutVersion, kept')
  expect(waited(world)).toBeGreaterThanOrEqual(DEPLOYED.staleLabelsMs)
})

describe('AWSCURRENT that an operator moves', () => {
  test('while a cancel waits for its second look is not cancelled', async () => {
    const { world, token } = await standing(['rotate', 'rollback'], 'settle', 'setSecret')
    const [, rotated = ''] = [...world.secrets.versions.keys()]
    world.timing.onWait.push(() => {
      if (world.timing.waits.length === 1) world.secrets.place(rotated, { labels: ['AWSCURRENT'] })
    })

    expect(await does(world, 'setSecret', token)).toBe('no currentMoved, cleared: Refused')
    expect(world.valueUnder('AWSCURRENT')).toBe(NEW)
    expect(isCurrentAccepted(world)).toBe(true)
  })

  test.each([
    ['settle', 'setSecret'],
    ['rotate', 'createSecret'],
  ] as const)('after the look is not ended by a complete: %s', async (intent, name) => {
    const { world, token } = await standing(['rotate'], intent, name)
    const [registered = ''] = [...world.secrets.versions.keys()]
    world.log.after.push(onceAt('issuer.look', () => world.secrets.place(registered, { labels: ['AWSCURRENT'] })))

    expect(await does(world, name, token)).toBe('no currentMoved, cleared: Refused')
    expect(world.valueUnder('AWSCURRENT')).toBe(valueNamed('A'))
    expect(isCurrentAccepted(world)).toBe(true)
  })
})

test('a new value that is accepted is driven to its finish, whatever AWSCURRENT is', async () => {
  const { world, token } = await standing([], 'rotate', 'finishSecret')
  world.secrets.place(world.secrets.holderOf('AWSCURRENT') ?? '', { text: 'unreadable' })

  expect(await does(world, 'finishSecret', token)).toBe('move: Completed, Changed')
  expect(world.secrets.holderOf('AWSCURRENT')).toBe(token)
})

describe('a settle', () => {
  test.each(steps)('about a version that is not current any more is refused by %s, at once', async (name) => {
    if (name === 'testSecret') return
    const world = createRegisteredWorld({}, DEPLOYED)
    await live(world, 'rotate')
    const token = tokenOf('settle', world.timing.now())
    await live(world, 'rotate')
    world.secrets.rotateSecret(token)
    if (name !== 'createSecret') world.secrets.place(token, { text: textOf(NEW) })
    countReads(world)

    expect(await does(world, name, token)).toBe('no currentMoved, cleared: Refused')
    expect(waited(world)).toBe(0)
    expect(countOf(world, 'issuer.look')).toBe(0)
  })

  test('may always be cleared, though Stytch accepts its value: it is stored where it came from', async () => {
    for (const intent of ['settle', 'rollback'] as const) {
      const { world, token } = await standing(['rotate'], intent, 'setSecret')
      const copied = secretIn(world.secrets.versions.get(token)?.text)
      world.client().boundTo = 'arn:aws:secretsmanager:eu-central-1:1:secret:b'

      expect(await does(world, 'setSecret', token)).toBe('no boundElsewhere, cleared: Refused')
      const stored = [...world.secrets.versions.values()].filter(({ labels }) => labels.size > 0)
      expect(stored.map(({ text }) => secretIn(text))).toContain(copied)
    }
  })
})

test('the same request under a second token is refused, and ends no overlap', async () => {
  const world = createRegisteredWorld({}, DEPLOYED)
  const first = tokenOf('rotate', world.timing.now())
  world.secrets.rotateSecret(first)
  for (const name of steps) await step(world, name, first)
  const second = first.replace(/^rotate-\d{13}/, `rotate-${world.timing.now()}`)
  world.secrets.rotateSecret(second)

  expect(second).not.toBe(first)
  expect(await does(world, 'createSecret', second)).toBe('no askedTwice, cleared: Refused')
  expect(world.issuer.accepts(CLIENT_ID, valueNamed('A'))).toBe(true)
})

test('nothing that is said while replies are old holds a value', async () => {
  const { world, token } = await standing(['rotate'], 'revoke')
  for (const at of [0, 1, 2]) world.secrets.history.old.set(at, { ago: 2 })
  for (const name of steps) await settled(step(world, name, token))

  expect(world.journal.entries.length).toBeGreaterThan(4)
  expect(world.said()).not.toContain('canary')
  expect(world.said()).toContain(SECRET_ARN)
})
