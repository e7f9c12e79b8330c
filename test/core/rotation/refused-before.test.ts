// A client that cannot be rotated is tried every day, and people are notified of that once.
import { beforeEach, describe, expect, test } from 'vitest'
import { wasRefusedBefore } from '../../../lambda/core/rotation/refused-before.ts'
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

describe('a refusal was reported before', () => {
  const CURRENT_AT = 1_793_622_600_000
  const at = (origin: 'rotate' | 'revoke' | 'settle' | 'rollback', askedAt: number) => tokenOf(origin, askedAt)
  const current = at('rotate', CURRENT_AT)
  const requestToken = at('rotate', CURRENT_AT + 9)
  const records = createKeptRecords()
  const isRepeated = async (
    refusedVersion: string,
    asked: Partial<Parameters<typeof wasRefusedBefore>[2]> = {},
    currentId: string | undefined = current,
  ): Promise<boolean> => {
    records.known.clear()
    const refusedBecause = asked.reason ?? 'clientInactive'
    records.known.set(refusedVersion, { versionId: refusedVersion, refusedBecause })
    const labels = currentId === '' ? {} : { [currentId]: ['AWSCURRENT'] }
    const what = { requestToken, reason: 'clientInactive', ...asked } as const
    return wasRefusedBefore({ records, journal: world.journal }, { arn: SECRET_ARN, labels }, what)
  }

  test.each<[what: string, isBefore: boolean, ask: () => Promise<boolean>]>([
    ['for a rotation since AWSCURRENT was made', true, () => isRepeated(at('rotate', CURRENT_AT + 1))],
    [
      'for a settle, of a settle',
      true,
      () => isRepeated(at('settle', CURRENT_AT + 1), { requestToken: at('settle', CURRENT_AT + 9) }),
    ],
    ['not of one that was asked for as AWSCURRENT was', false, () => isRepeated(at('rotate', CURRENT_AT))],
    ['not of one before that', false, () => isRepeated(at('rotate', CURRENT_AT - 1))],
    ['not of itself', false, () => isRepeated(requestToken)],
    ['not of another intent', false, () => isRepeated(at('settle', CURRENT_AT + 1))],
    [
      'never for a revoke',
      false,
      () => isRepeated(at('revoke', CURRENT_AT + 1), { requestToken: at('revoke', CURRENT_AT + 9) }),
    ],
    [
      'never for a rollback',
      false,
      () => isRepeated(at('rollback', CURRENT_AT + 1), { requestToken: at('rollback', CURRENT_AT + 9) }),
    ],
    ['never for a position', false, () => isRepeated(at('rotate', CURRENT_AT + 1), { reason: 'position' })],
    [
      'not where nothing says when AWSCURRENT was made',
      false,
      () => isRepeated(at('rotate', CURRENT_AT + 1), {}, 'by-hand'),
    ],
    ['not where nothing carries AWSCURRENT', false, () => isRepeated(at('rotate', CURRENT_AT + 1), {}, '')],
  ])('%s: %s', async (_, isBefore, ask) => {
    expect(await ask()).toBe(isBefore)
  })
})
