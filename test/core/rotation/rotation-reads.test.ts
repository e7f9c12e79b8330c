// What the steps share before they act: what a token may ask for, how long a read waits for what may not be visible yet, what the labels say, and
// what a stored text is taken for.
import { describe, expect, test } from 'vitest'
import { DEPLOYED, WITHOUT_LAG } from '../../../lambda/core/rotation/bounds.ts'
import type { Refusal } from '../../../lambda/core/rotation/refusal.ts'
import {
  guard,
  hasBegun,
  intentOf,
  isStandIn,
  isUnreadable,
  mayBeDryRun,
  readCurrent,
  readForProof,
  readPast,
  readPrevious,
  readUntilSeen,
  underWaySince,
  type Version,
  waitFor,
} from '../../../lambda/core/rotation/rotation.ts'
import { intents } from '../../../lambda/core/secret/request-token.ts'
import { clientForm } from '../../../lambda/core/secret/secret-format.ts'
import { PROJECT_ID } from '../../fakes/fake-issuer.ts'
import { SECRET_ARN } from '../../fakes/fake-secrets.ts'
import { createFakeTiming, NOON_THIRTY } from '../../fakes/fake-timing.ts'
import { CLIENT_ID, createRegisteredWorld, textOf, tokenOf, valueNamed, type World } from '../../fakes/world.ts'
import { BY_HAND, countOf } from './step-seat.ts'

const OTHER = 'm2m-client-test-other'
const HOUR_MS = 3_600_000

const versionOf = (name: string, clientId = CLIENT_ID, versionId = 'v1'): Version => {
  const parsed = clientForm.parse(textOf(valueNamed(name), { client_id: clientId }), 0)
  if (!parsed.ok) throw new Error('the text is no secret')
  return { versionId, arn: SECRET_ARN, createdAt: 7, secret: parsed.value }
}
const runningOf = (requestToken: string) =>
  ({ step: 'createSecret', secretId: SECRET_ARN, requestToken, beganAt: NOON_THIRTY }) as const

describe('a token', () => {
  test.each([
    ['rotate', 3 * HOUR_MS],
    ['revoke', 3 * HOUR_MS],
    ['settle', 2 * HOUR_MS],
    ['rollback', 2 * HOUR_MS],
  ] as const)('asks for a %s, and may be %d ms old', (origin, ageMs) => {
    expect(intentOf(tokenOf(origin), NOON_THIRTY + ageMs)).toEqual({ ok: true, value: origin })
  })

  test.each(['settle', 'rollback'] as const)('of a %s that is older than two hours asks for nothing', (intent) => {
    const ageMs = 2 * HOUR_MS + 1

    expect(intentOf(tokenOf(intent), NOON_THIRTY + ageMs)).toEqual({
      ok: false,
      refusal: { reason: 'tooOld', intent, ageMs },
    })
  })

  test.each(['register', 'adopt'] as const)('of a value that a %s stored asks for nothing', (origin) => {
    expect(intentOf(tokenOf(origin), NOON_THIRTY)).toEqual({ ok: false, refusal: { reason: 'storedOrigin', origin } })
  })

  test('that says when it was asked for counts from then, any other from its version', () => {
    const version = versionOf('A')

    expect(underWaySince(runningOf(tokenOf('rotate')), version)).toBe(NOON_THIRTY)
    expect(underWaySince(runningOf(BY_HAND), version)).toBe(7)
  })

  test('may be a dry run’s only when it is none of ours', () => {
    expect(
      [...intents.map((intent) => tokenOf(intent)), BY_HAND].map((token) => mayBeDryRun(runningOf(token))),
    ).toEqual([...intents.map(() => false), true])
  })
})

describe('a wait', () => {
  test.each([
    [1000, 7000, [1000]],
    [0, 0, []],
    [-1, 0, []],
  ])('of %d ms is taken with %d ms left', async (ms, remaining, waits) => {
    const timing = createFakeTiming()
    timing.restart(remaining)
    await waitFor({ timing }, ms, 'it shows')

    expect(timing.waits).toEqual(waits)
  })

  test('that the function would not live to act on is a retryable fault, at once', async () => {
    const timing = createFakeTiming()
    timing.restart(6999)

    await expect(waitFor({ timing }, 1000, 'it shows')).rejects.toMatchObject({
      code: 'TIME_TOO_SHORT',
      retryable: true,
      message: "Too little of the function's time is left to wait until it shows; the step is retried.",
    })
    expect(timing.waits).toEqual([])
  })
})

describe('what is read until it is seen', () => {
  const seat = (bounds = DEPLOYED) => {
    const timing = createFakeTiming()
    timing.restart(60_000)
    const readings: number[] = []
    const readAt = (found: (reads: number) => string | undefined) =>
      readUntilSeen({ timing, bounds }, NOON_THIRTY, async () => {
        readings.push(timing.now() - NOON_THIRTY)
        return found(readings.length)
      })
    return { timing, readings, readAt }
  }

  test('is found at the first read, and nothing is waited for', async () => {
    const { timing, readAt } = seat()

    expect(await readAt(() => 'it')).toBe('it')
    expect(timing.waits).toEqual([])
  })

  test('is read again with longer and longer waits', async () => {
    const { timing, readAt } = seat()

    expect(await readAt((reads) => (reads === 6 ? 'it' : undefined))).toBe('it')
    expect(timing.waits).toEqual([100, 200, 500, 1000, 2000])
  })

  test('is absent once two reads that began later than labels can be old do not show it, and not before', async () => {
    const { readings, readAt } = seat()

    expect(await readAt(() => undefined)).toBeUndefined()
    expect(readings).toEqual([0, 100, 300, 800, 1800, 3800, 5800, 7800, 9800, 11_800, 13_800])
  })

  test('counts the read that begins exactly then', async () => {
    const { readings, readAt } = seat({ ...DEPLOYED, staleLabelsMs: 1800 })
    await readAt(() => undefined)

    expect(readings.slice(-2)).toEqual([1800, 3800])
  })

  test('is absent by two reads without a wait, where labels are never old', async () => {
    const { timing, readings, readAt } = seat(WITHOUT_LAG)

    expect(await readAt(() => undefined)).toBeUndefined()
    expect([readings, timing.waits]).toEqual([[0, 0], []])
  })

  test('is a fault, not absent, when the function would not live to see it', async () => {
    const { timing, readAt } = seat()
    timing.restart(6150)

    await expect(readAt(() => undefined)).rejects.toMatchObject({
      code: 'TIME_TOO_SHORT',
      message: expect.stringContaining('until Secrets Manager shows the version'),
    })
    expect(timing.waits).toEqual([100])
  })
})

describe('the labels', () => {
  const guarded = (world: World, token: string) => guard(world.rotation, runningOf(token))

  test('of a rotation that has begun: what is current, and that it is pending', async () => {
    const world = createRegisteredWorld()
    const first = world.secrets.holderOf('AWSCURRENT')
    const rotated = await world.rotate(tokenOf('rotate'))
    const token = tokenOf('settle')
    world.secrets.rotateSecret(token)

    expect(await guarded(world, token)).toMatchObject({
      ok: true,
      value: { currentId: rotated, currentOrigin: 'rotate', previousId: first, isFinished: false, isPending: true },
    })
  })

  test('of one that is done: its own version is current, whether or not it is still pending', async () => {
    const world = createRegisteredWorld()
    const token = await world.rotate(tokenOf('rotate'))

    expect(await guarded(world, token)).toMatchObject({ ok: true, value: { isFinished: true, isPending: true } })
    await world.secrets.moveLabel({ secretId: SECRET_ARN, label: 'AWSPENDING', from: token })
    expect(await guarded(world, token)).toMatchObject({ ok: true, value: { isFinished: true, isPending: false } })
  })

  test.each<[string, (world: World) => string, Refusal]>([
    ['no version of it', () => tokenOf('rotate'), { reason: 'tokenWithoutVersion' }],
    [
      'a version of it under another label',
      (world) => {
        const token = tokenOf('rotate')
        world.secrets.place(token, { labels: ['AWSPREVIOUS'] })
        return token
      },
      { reason: 'notPending' },
    ],
    [
      'nothing that is current',
      (world) => {
        const token = tokenOf('rotate')
        world.secrets.versions.get(world.secrets.holderOf('AWSCURRENT') ?? '')?.labels.delete('AWSCURRENT')
        world.secrets.rotateSecret(token)
        return token
      },
      { reason: 'noCurrent' },
    ],
    [
      'another current version than its settle is about',
      (world) => {
        const token = tokenOf('settle')
        world.secrets.rotateSecret(token)
        world.secrets.place(BY_HAND, { text: textOf(valueNamed('X')), labels: ['AWSCURRENT'] })
        return token
      },
      { reason: 'currentMoved' },
    ],
  ])('that show %s let nothing be done', async (_what, spoil, refusal) => {
    const world = createRegisteredWorld()

    expect(await guarded(world, spoil(world))).toEqual({ ok: false, refusal })
  })
})

describe('a stored text', () => {
  const readText = async (text: string) => {
    const world = createRegisteredWorld()
    const currentId = world.secrets.holderOf('AWSCURRENT') ?? ''
    world.secrets.place(currentId, { text })
    return readCurrent(world.rotation, runningOf(tokenOf('rotate')), { currentId })
  }

  test.each([
    ['project-test-1111', 'project-test-1111'],
    [`project-live-${'a'.repeat(80)}`, `project-live-${'a'.repeat(80)}`],
    [`project-live-${'a'.repeat(81)}`, 'of an unknown form'],
    ['project-test-1111 canary', 'of an unknown form'],
    ['canary-project-test-1111', 'of an unknown form'],
    ['project-dev-1111', 'of an unknown form'],
    ['project-test-', 'of an unknown form'],
    ['canary', 'of an unknown form'],
  ])('of the project %j is refused, and named as %j', async (project_id, projectId) => {
    expect(await readText(textOf(valueNamed('A'), { project_id }))).toEqual({
      ok: false,
      refusal: { reason: 'otherProject', projectId, expectedProjectId: PROJECT_ID },
    })
  })

  test('that is none of ours is refused by its label', async () => {
    expect(await readText('canary')).toMatchObject({
      ok: false,
      refusal: { reason: 'malformedSecret', label: 'AWSCURRENT' },
    })
  })

  test.each<[Refusal, boolean]>([
    [{ reason: 'malformedSecret', label: 'AWSCURRENT', faults: [] }, true],
    [{ reason: 'otherProject', projectId: 'a', expectedProjectId: 'b' }, true],
    [{ reason: 'noCurrent' }, true],
    [{ reason: 'currentMoved' }, false],
    [{ reason: 'clientNotFound' }, false],
  ])('is unreadable, which a revoke goes on beside: $reason, %s', (refusal, expected) => {
    expect(isUnreadable(refusal)).toBe(expected)
  })
})

describe('AWSCURRENT that says nothing of this client', () => {
  const pending = versionOf('P')
  const unreadable = { ok: false, refusal: { reason: 'noCurrent' } } as const
  const moved = { ok: false, refusal: { reason: 'currentMoved' } } as const
  const ours = { ok: true, value: versionOf('A') } as const
  const another = { ok: true, value: versionOf('A', OTHER) } as const

  test.each([
    ['unreadable', unreadable, ['rotate', 'revoke']],
    ['moved', moved, []],
    ['this client’s', ours, []],
    ['another client’s', another, ['revoke']],
  ] as const)('is stood in for by a new value, and by no copy: %s', (_what, current, expected) => {
    expect(intents.filter((intent) => isStandIn(current, { intent, pending }))).toEqual(expected)
  })
})

describe('a past version', () => {
  const seat = (text?: string) => {
    const world = createRegisteredWorld()
    world.secrets.place(BY_HAND, text === undefined ? {} : { text })
    return world
  }
  const query = { versionId: BY_HAND, clientId: CLIENT_ID }

  test.each([
    ['this client’s', textOf(valueNamed('X')), 'XXXX'],
    ['another client’s', textOf(valueNamed('X'), { client_id: OTHER }), undefined],
    ['no secret', 'canary', undefined],
    ['nothing', undefined, undefined],
  ])('that holds %s is read only if it is this client’s', async (_what, text, lastFour) => {
    const { rotation } = seat(text)
    const lastFourOf = (version: Version | undefined) => version?.secret.clientSecret.lastFour

    expect(lastFourOf(await readPast(rotation, SECRET_ARN, query))).toBe(lastFour)
    const asPrevious = { previousId: BY_HAND, clientId: CLIENT_ID }
    expect(lastFourOf(await readPrevious(rotation, runningOf('t'), asPrevious))).toBe(lastFour)
  })

  test('that no label points at is not read at all', async () => {
    const world = seat()

    expect(await readPrevious(world.rotation, runningOf('t'), { previousId: undefined, clientId: CLIENT_ID })).toBe(
      undefined,
    )
    expect(countOf(world, 'secrets.readValue')).toBe(0)
  })

  test.each<[string, string | undefined, string | undefined]>([
    ['this client’s value', textOf(valueNamed('X')), 'XXXX'],
    ['another project’s text', textOf(valueNamed('X'), { project_id: 'project-test-1' }), 'XXXX'],
    ['this client’s value in no format of ours', JSON.stringify({ client_secret: valueNamed('X') }), 'XXXX'],
    ['another client’s value', textOf(valueNamed('X'), { client_id: OTHER }), 'unreadable'],
    ['no value', JSON.stringify({ client_id: CLIENT_ID }), 'unreadable'],
    ['no text at all', undefined, undefined],
  ])('that holds %s is tried by what can be read of it', async (_what, text, expected) => {
    const version = await readForProof(seat(text).rotation, SECRET_ARN, query)

    expect(typeof version === 'object' ? version.secret.clientSecret.lastFour : version).toBe(expected)
    if (typeof version === 'object')
      expect(version).toMatchObject({ versionId: BY_HAND, arn: SECRET_ARN, secret: { clientId: CLIENT_ID } })
  })
})

test('a rotation has begun once its version holds anything, readable or not', async () => {
  for (const [text, expected] of [
    [undefined, false],
    [textOf(valueNamed('P')), true],
    ['canary', true],
  ] as const) {
    const world = createRegisteredWorld()
    const token = tokenOf('rotate')
    world.secrets.rotateSecret(token)
    if (text !== undefined) world.secrets.place(token, { text })

    expect(await hasBegun(world.rotation, runningOf(token))).toBe(expected)
  }
})
