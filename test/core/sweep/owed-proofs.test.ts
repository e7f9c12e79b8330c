// Proofs of revokes that the sweep finds owed: which those are, that it has them made and no others, in bounds, and what it reports.

import { describe, expect, test } from 'vitest'
import { Fault } from '../../../lambda/core/base/fault.ts'
import type { ProofAnswer } from '../../../lambda/core/rotation/proof-answer.ts'
import { noRecords } from '../../../lambda/core/rotation/records.ts'
import { makeRequestToken } from '../../../lambda/core/secret/request-token.ts'
import type { Secret } from '../../../lambda/core/secret/secret.ts'
import {
  isOwed,
  MOST_LISTED,
  MOST_PROVED,
  type NamedProof,
  settledSecretOf,
  windowOf,
} from '../../../lambda/core/sweep/owed-proofs.ts'
import { sweep } from '../../../lambda/core/sweep/sweep.ts'
import { createCallLog } from '../../fakes/call-log.ts'
import { createFakeEvents } from '../../fakes/fake-events.ts'
import { createFakeFleet, createFakeSteps } from '../../fakes/fake-fleet.ts'
import { createFakeFreeze } from '../../fakes/fake-freeze.ts'
import { createFakeJournal } from '../../fakes/fake-journal.ts'
import { createFakeTiming, NOON_THIRTY } from '../../fakes/fake-timing.ts'
import { DAY_MS, HOUR_MS, MINUTE_MS, makeSecret, ROTATION_FUNCTION, versionId } from '../../fakes/managed-secret.ts'

const CONFIRMED_AFTER_MS = MINUTE_MS
const CONFIRMED =
  'What was revoked of 1 client is confirmed dead: m2m/test/a (refused 3 more times). Nothing is left to do.'
const rules = {
  rotationFunctionArn: ROTATION_FUNCTION,
  stage: { periodMs: 30 * DAY_MS, overlapMs: DAY_MS },
  sweepEveryMs: 15 * MINUTE_MS,
  longestHoldMs: 7 * DAY_MS,
}

/** A secret whose revoke was settled so long ago. */
const settledAgo = (name: string, agoMs = HOUR_MS, more: Partial<Secret> = {}) => {
  const made = makeSecret({ name: `m2m/test/${name}`, current: 'settle', rotatedAgoMs: agoMs, more })
  const revokeToken = versionId('revoke', agoMs + MINUTE_MS, name)
  const { arn: secretArn } = made.secret
  const askedAt = NOON_THIRTY - agoMs
  const settleToken = makeRequestToken({ origin: 'settle', askedAt, secretArn, about: revokeToken, attempt: 1 })
  const labels = { [settleToken]: ['AWSCURRENT'], [revokeToken]: ['AWSPREVIOUS'] }
  return { ...made, secret: { ...made.secret, labels }, revokeToken, settleToken }
}

const refused = (name: NamedProof | undefined, signed: 'stored' | 'pending' = 'stored'): ProofAnswer => ({
  outcome: 'refused',
  clientId: 'm2m-client-proven',
  revokeToken: name?.revokeToken ?? 'revoke',
  settleToken: name?.settleToken ?? 'settle',
  refusals: 3,
  signed,
})

const createPlace = () => {
  const timing = createFakeTiming()
  const fleet = createFakeFleet(timing)
  const events = createFakeEvents(createCallLog())
  const journal = createFakeJournal()
  const freeze = createFakeFreeze()
  /** By the secret's name. */
  const stored = new Map<string, number[]>()
  const listed: string[] = []
  const asked: string[] = []
  let list = (name: string): readonly number[] => stored.get(name) ?? []
  let answer = (name: string): ProofAnswer => {
    stored.set(name, [...(stored.get(name) ?? []), timing.now()])
    return refused(undefined)
  }
  const nameIn = (arn: string): string => /m2m\/test\/(.+)-AbCdEf$/.exec(arn)?.[1] ?? arn
  const run = (asOf = timing.now(), remainingMs = 300_000) => {
    timing.restart(remainingMs)
    return sweep(
      {
        secrets: fleet,
        steps: createFakeSteps(fleet, timing),
        freeze,
        records: noRecords,
        events,
        timing,
        journal,
        secretNamePrefix: 'm2m/test/',
        rules,
        proofs: {
          confirmedAfterMs: CONFIRMED_AFTER_MS,
          listing: {
            storedAt: async ({ secretName }) => {
              listed.push(secretName.replace('m2m/test/', ''))
              return list(secretName.replace('m2m/test/', ''))
            },
          },
          questions: {
            prove: async (arn) => {
              asked.push(nameIn(arn))
              return answer(nameIn(arn))
            },
          },
        },
      },
      asOf,
    )
  }
  return {
    timing,
    fleet,
    freeze,
    events,
    journal,
    stored,
    listed,
    asked,
    run,
    onList: (how: typeof list) => {
      list = how
    },
    onAsk: (how: typeof answer) => {
      answer = how
    },
  }
}

describe('a proof is owed', () => {
  test.each<[string, readonly number[], number, boolean]>([
    ['when there is none', [], 0, true],
    ['not yet, when the first is young', [0], CONFIRMED_AFTER_MS - 1, false],
    ['when the first is to be confirmed', [0], CONFIRMED_AFTER_MS, true],
    ['when two were stored at once, by a step that ran twice', [0, 2000], CONFIRMED_AFTER_MS, true],
    ['no more, when it is confirmed', [CONFIRMED_AFTER_MS, 0], 10 * CONFIRMED_AFTER_MS, false],
  ])('%s', (_when, storedAt, now, owed) => {
    expect(isOwed(storedAt, now, CONFIRMED_AFTER_MS)).toBe(owed)
  })

  test('by a revoke that was settled within a week, by this function, and nothing else', () => {
    const at = { rules, asOf: NOON_THIRTY }
    const { secret, revokeToken, settleToken } = settledAgo('a')
    const others: readonly Secret[] = [
      makeSecret({ current: 'settle' }).secret,
      makeSecret({ current: 'revoke' }).secret,
      settledAgo('old', 7 * DAY_MS).secret,
      { ...secret, rotationFunctionArn: 'arn:aws:lambda:eu-central-1:123456789012:function:other' },
      { ...secret, isDeleted: true },
      { ...secret, tags: { ...secret.tags, 'm2m:retired': '2026-11-02T12:00:00.000Z' } },
      {
        ...secret,
        labels: { [settleToken]: ['AWSCURRENT'], [versionId('revoke', HOUR_MS, 'another')]: ['AWSPREVIOUS'] },
      },
      { ...secret, labels: { [settleToken]: ['AWSCURRENT'], [versionId('rotate', HOUR_MS)]: ['AWSPREVIOUS'] } },
    ]

    const { arn, name, tags } = secret
    expect(settledSecretOf(secret, at)).toEqual({ secret: { arn, name, tags }, revokeToken, settleToken })
    expect(settledSecretOf({ ...secret, rotationEnabled: false }, at)).toBeDefined()
    expect(others.filter((other) => settledSecretOf(other, at) !== undefined)).toEqual([])
  })
})

describe('a sweep', () => {
  test('has a missing proof made, and confirmed by a later one, and then leaves it', async () => {
    const place = createPlace()
    place.fleet.add(settledAgo('a'), settledAgo('b'))
    place.stored.set('b', [NOON_THIRTY - HOUR_MS, NOON_THIRTY])

    expect(await place.run()).toMatchObject({ proofsStored: 1, proofsOwed: 0, failed: 0, left: 0 })
    place.timing.advance(15 * MINUTE_MS)
    expect(await place.run()).toMatchObject({ proofsStored: 1, proofsOwed: 0 })
    place.timing.advance(15 * MINUTE_MS)
    expect(await place.run()).toMatchObject({ proofsStored: 0, proofsOwed: 0 })

    expect(place.asked).toEqual(['a', 'a'])
    expect(place.fleet.rotations()).toEqual([])
    // Once, by the sweep that had it confirmed.
    expect(place.events.published).toMatchObject([
      {
        type: 'Revoke Confirmed',
        detail: {
          count: 1,
          clients: [{ secretName: 'm2m/test/a', clientId: 'm2m-client-proven', refusals: 3 }],
          summary: CONFIRMED,
        },
      },
    ])
  })

  test('has those made first that have no proof at all', async () => {
    const place = createPlace()
    place.fleet.add(settledAgo('confirm'), settledAgo('missing'))
    place.stored.set('confirm', [NOON_THIRTY - HOUR_MS])

    await place.run()

    expect(place.asked).toEqual(['missing', 'confirm'])
  })

  test('lists nothing where no revoke was settled', async () => {
    const place = createPlace()
    place.fleet.add(makeSecret({ current: 'settle' }), makeSecret({ name: 'm2m/test/b', current: 'register' }))

    await place.run()

    expect(place.listed).toEqual([])
  })

  test.each(['planned', 'all'] as const)('asks while %s is frozen: a question changes nothing', async (state) => {
    const place = createPlace()
    place.freeze.state = state
    place.fleet.add(settledAgo('a'))

    expect(await place.run()).toMatchObject({ proofsStored: 1 })
  })

  test.each<[string, ProofAnswer]>([
    ['cannot be signed', refused(undefined, 'pending')],
    ['cannot be made', { outcome: 'unknown', code: 'STYTCH_UNAVAILABLE', message: 'Stytch did not answer.' }],
  ])('counts one that %s as owed still, and says why', async (_what, answer) => {
    const place = createPlace()
    place.fleet.add(settledAgo('a'))
    place.onAsk(() => answer)

    expect(await place.run()).toMatchObject({ proofsStored: 0, proofsOwed: 1, failed: 0 })
    expect(place.journal.entries).toContainEqual(
      expect.objectContaining({ secret: 'm2m/test/a', outcome: 'proofAsked', proof: answer.outcome }),
    )
    expect(place.events.published).toEqual([])
  })

  test('owes nothing where another rotation has happened meanwhile', async () => {
    const place = createPlace()
    place.fleet.add(settledAgo('a'))
    place.onAsk(() => ({ outcome: 'notOwed' }))

    expect(await place.run()).toMatchObject({ proofsStored: 0, proofsOwed: 0 })
  })

  test('reports a revoked value that is accepted at once, every time, as a settle that does not hold', async () => {
    const place = createPlace()
    const { secret, revokeToken, settleToken } = settledAgo('a', 5 * HOUR_MS)
    place.fleet.add({ secret, versions: [], currentId: settleToken })
    place.onAsk(() => ({ outcome: 'alive', code: 'STILL_ACCEPTED', message: 'Stytch still accepts it.' }))

    expect(await place.run()).toMatchObject({ settleRefusing: 1, proofsOwed: 1, reported: 1 })
    place.timing.advance(15 * MINUTE_MS)
    await place.run()

    expect(place.events.published.map(({ type }) => type)).toEqual([
      'Settle Refusing',
      'Sweep Digest',
      'Settle Refusing',
      'Sweep Digest',
    ])
    expect(place.events.published[0]).toMatchObject({
      type: 'Settle Refusing',
      detail: { secretName: secret.name, revokeToken, requestToken: settleToken, code: 'STILL_ACCEPTED' },
    })
    expect(String(place.events.published[0]?.detail.explanation)).toMatch(/accepts a value that was revoked/)
  })

  test('goes on past one that fails, and gives up when all do', async () => {
    const place = createPlace()
    place.fleet.add(settledAgo('a'), settledAgo('b'))
    const fail = (): never => {
      throw new Fault({ code: 'PROOF_NOT_ANSWERED', retryable: true, message: 'No answer.' })
    }
    place.onAsk((name) => (name === 'a' ? fail() : refused(undefined)))
    expect(await place.run()).toMatchObject({ proofsStored: 1, proofsOwed: 1, failed: 1 })

    const down = createPlace()
    down.fleet.add(...Array.from({ length: 40 }, (_, at) => settledAgo(`s${at}`)))
    down.onList(fail)
    const summary = await down.run()

    expect(down.listed.length).toBeLessThan(15)
    expect(summary.failed).toBe(down.listed.length)
    expect(summary.left).toBe(40 - down.listed.length)
  })

  test('keeps to its bounds, whatever is owed, and turns to the others next time', async () => {
    const place = createPlace()
    const names = Array.from({ length: MOST_LISTED + 100 }, (_, at) => `s${String(at).padStart(4, '0')}`)
    place.fleet.add(...names.map((name) => settledAgo(name)))

    const first = await place.run()
    const { listed } = place

    expect(listed).toHaveLength(MOST_LISTED)
    expect(place.asked).toHaveLength(MOST_PROVED)
    expect(first).toMatchObject({ proofsStored: MOST_PROVED, proofsOwed: MOST_LISTED - MOST_PROVED })
    expect(first.left).toBe(MOST_LISTED - MOST_PROVED)
    place.timing.advance(15 * MINUTE_MS)
    await place.run()
    expect(new Set(place.listed).size).toBe(names.length)
  })

  test('asks nobody when its time is nearly up', async () => {
    const place = createPlace()
    place.fleet.add(settledAgo('a'))

    await place.run(NOON_THIRTY, 60_000)

    expect(place.asked).toEqual([])
  })
})

test('a window is the whole when that is small, and moves on by its own length', () => {
  expect(windowOf([1, 2, 3], 7, 3)).toEqual([1, 2, 3])
  expect([0, 1, 2].map((turn) => windowOf([1, 2, 3, 4, 5], turn, 2))).toEqual([
    [1, 2],
    [3, 4],
    [5, 1],
  ])
})
