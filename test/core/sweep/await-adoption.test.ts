// When a settle may end an overlap: proven, waited for within bounds, or never asked for; and without a record it waits as long, no longer.

import { describe, expect, test } from 'vitest'
import { Fault } from '../../../lambda/core/base/fault.ts'
import type { PrincipalReads } from '../../../lambda/core/sweep/adoption-proof.ts'
import { awaitAdoption } from '../../../lambda/core/sweep/await-adoption.ts'
import { createFakeJournal } from '../../fakes/fake-journal.ts'
import { NOON_THIRTY } from '../../fakes/fake-timing.ts'
import { DAY_MS, HOUR_MS, makeSecret, type SecretTraits } from '../../fakes/managed-secret.ts'

const OWN = 'arn:aws:iam::111111111111:role/m2m-test-rotation'
const ago = (ms: number): number => NOON_THIRTY - ms
const switched = 25 * HOUR_MS
const own: PrincipalReads = { principal: OWN, currentAt: ago(switched) }
const late: PrincipalReads = { principal: 'late', currentAt: ago(switched + HOUR_MS) }

interface Case {
  readonly traits?: SecretTraits
  readonly reads?: readonly PrincipalReads[]
  readonly failure?: Error
  readonly since?: number
}

const run = async ({
  traits = { rotatedAgoMs: switched },
  reads = [own],
  failure,
  since = ago(300 * DAY_MS),
}: Case) => {
  const asked: string[] = []
  const journal = createFakeJournal()
  const { secret } = makeSecret(traits)
  const adoption = await awaitAdoption(
    {
      watch: {
        records: {
          of: async (secretName, asOf) => {
            expect(asOf).toBe(NOON_THIRTY)
            asked.push(secretName)
            if (failure !== undefined) throw failure
            return { since, reads }
          },
        },
        rules: { lookBackMs: 30 * DAY_MS, ownPrincipal: OWN },
        waitAtMostMs: 72 * HOUR_MS,
      },
      journal,
      stage: { periodMs: 30 * DAY_MS, overlapMs: DAY_MS },
      asOf: NOON_THIRTY,
    },
    secret,
  )
  return { adoption, asked, journal }
}

test('is proven when all have read the new value', async () => {
  const { adoption, asked } = await run({ reads: [own, { principal: 'one', currentAt: ago(HOUR_MS) }] })

  expect(adoption).toEqual({ is: 'proven' })
  expect(asked).toEqual(['m2m/test/orders'])
})

test('is waited for, with those who are behind by name, until the overlap and the wait are over', async () => {
  const { adoption } = await run({ reads: [own, late] })

  expect(adoption).toMatchObject({
    is: 'waiting',
    fact: { kind: 'adoptionAwaited', since: ago(HOUR_MS) },
    more: {
      isBlind: false,
      laggards: [{ principal: 'late', readAt: new Date(ago(switched + HOUR_MS)).toISOString() }],
      waitsUntil: new Date(ago(HOUR_MS) + 72 * HOUR_MS).toISOString(),
    },
  })
})

test('is given up when they have had their time', async () => {
  const rotatedAgoMs = (24 + 72) * HOUR_MS
  const { adoption } = await run({
    traits: { rotatedAgoMs },
    reads: [
      { ...own, currentAt: ago(rotatedAgoMs) },
      { principal: 'late', currentAt: ago(rotatedAgoMs + 1000) },
    ],
  })

  expect(adoption).toMatchObject({ is: 'unproven', fact: { kind: 'adoptionUnproven', since: NOON_THIRTY } })
})

test('names twenty, and counts the others', async () => {
  const many = Array.from({ length: 23 }, (_, at) => ({ principal: `p${at}`, currentAt: ago(switched + HOUR_MS) }))
  const { adoption } = await run({ reads: [own, ...many] })

  expect('more' in adoption && adoption.more).toMatchObject({ notNamed: 3 })
})

describe('without a record', () => {
  test('it waits as if nobody had moved, and says why', async () => {
    const failure = new Fault({ code: 'RECORDS_UNAVAILABLE', retryable: true, message: 'down' })
    const { adoption, journal } = await run({ failure })

    expect(adoption).toMatchObject({ is: 'waiting', more: { isBlind: true, laggards: [] } })
    expect(JSON.stringify(journal)).toContain('RECORDS_UNAVAILABLE')
  })

  test('a defect is none of it', async () => {
    await expect(run({ failure: new TypeError('defect') })).rejects.toThrow(TypeError)
  })
})

describe('with a record that began less than a look-back before the switch', () => {
  const since = ago(switched + 29 * DAY_MS)

  test('nothing is proven by those who are in it: it waits as long as it may, and says why', async () => {
    const { adoption } = await run({ since })

    expect(adoption).toMatchObject({
      is: 'waiting',
      more: {
        isYoung: true,
        isBlind: false,
        laggards: [],
        waitsUntil: new Date(ago(HOUR_MS) + 72 * HOUR_MS).toISOString(),
      },
    })
  })

  test('and then it goes on', async () => {
    const rotatedAgoMs = (24 + 72) * HOUR_MS
    const reads = [{ ...own, currentAt: ago(rotatedAgoMs) }]

    expect((await run({ since, reads, traits: { rotatedAgoMs } })).adoption).toMatchObject({
      is: 'unproven',
      more: { isYoung: true },
    })
  })

  test('those who are seen to be behind are the reason, where there are any', async () => {
    expect((await run({ since, reads: [own, late] })).adoption).toMatchObject({
      more: { isYoung: false, laggards: [{ principal: 'late' }] },
    })
  })
})

test.each(['revoke', 'settle', 'register', 'adopt'] as const)('is not asked for after a %s', async (current) => {
  const { adoption, asked } = await run({ traits: { current, rotatedAgoMs: switched } })

  expect(adoption).toEqual({ is: 'notAsked' })
  expect(asked).toEqual([])
})

test('a tag that was changed since makes the switch no later', async () => {
  const { adoption } = await run({
    traits: { rotatedAgoMs: switched, changedAgoMs: 0 },
    reads: [own, { principal: 'one', currentAt: ago(switched - HOUR_MS) }],
  })

  expect(adoption).toEqual({ is: 'proven' })
})

test('of a rotation without a date of its own, the last change is the switch', async () => {
  const { adoption } = await run({
    traits: { rotatedAgoMs: switched, changedAgoMs: 2 * HOUR_MS, current: 'bare' },
    reads: [
      { principal: OWN, currentAt: ago(2 * HOUR_MS) },
      { principal: 'one', currentAt: ago(3 * HOUR_MS) },
    ],
  })

  expect(adoption).toMatchObject({ is: 'waiting', more: { laggards: [{ principal: 'one' }] } })
})
