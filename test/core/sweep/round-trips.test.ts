// The two ways that are tried once a day: whether the summary that was put on the bus has arrived in the archive, and whether the rotation function
// can read a value and try it at Stytch.
import { describe, expect, test } from 'vitest'
import { Fault } from '../../../lambda/core/base/fault.ts'
import type { CheckFinding } from '../../../lambda/core/rotation/check-answer.ts'
import type { CheckQuestion } from '../../../lambda/core/rotation/read-check-question.ts'
import { DAY_MS, HOUR_MS } from '../../fakes/managed-secret.ts'
import { createPlace, SWEEP_EVERY_MS } from './sweep-place.ts'

const sweepFor = async (place: ReturnType<typeof createPlace>, ms: number): Promise<void> => {
  for (let turn = 0; turn < ms / SWEEP_EVERY_MS; turn += 1) await place.next()
}
const digests = (place: ReturnType<typeof createPlace>) => place.mails().filter(({ type }) => type === 'Sweep Digest')

describe('the summary of a day', () => {
  const withArchive = () => {
    const place = createPlace()
    const archive = { isBroken: false, asked: new Set<string>() }
    Object.assign(place.trips, {
      summaries: {
        hasAny: async (prefix: string) => {
          archive.asked.add(prefix)
          return !archive.isBroken
        },
      },
    })
    return { place, archive }
  }

  test('is looked for in the archive, by the day that it is of', async () => {
    const { place, archive } = withArchive()
    await place.run()
    await sweepFor(place, 2 * DAY_MS)

    expect([...archive.asked]).toEqual(['days/2026/11/03/', 'days/2026/11/04/'])
    expect(digests(place)).toEqual([])
  })

  test('that does not arrive is reported by the sweep after the next, and until it does', async () => {
    const { place, archive } = withArchive()
    archive.isBroken = true
    await place.run()
    await sweepFor(place, DAY_MS)

    expect(digests(place)).toMatchObject([
      {
        detail: {
          findings: [
            {
              kind: 'checkFailed',
              names: [expect.stringMatching(/^evidence archive: the event Daily Summary of 2026-11-03T06:00/)],
            },
          ],
        },
      },
    ])
    expect(await place.next()).toMatchObject({ isWell: false })
    archive.isBroken = false
    expect(await place.next()).toMatchObject({ isWell: true, findingsOpen: 0 })
  })
})

describe('a value', () => {
  const withRotation = () => {
    const place = createPlace()
    const asked: CheckQuestion[] = []
    const rotation: { answer: CheckFinding | Fault } = { answer: { found: 'fits' } }
    const check = async (question: CheckQuestion): Promise<readonly CheckFinding[]> => {
      if (question.isClose !== true) return question.secrets.map(() => ({ found: 'fits' }))
      asked.push(question)
      if (rotation.answer instanceof Fault) throw rotation.answer
      return [rotation.answer]
    }
    Object.assign(place.trips, { checks: { perSecond: 200, questions: { check } } })
    place.add({ name: 'one', current: 'settle' })
    return { place, asked, rotation }
  }

  test('of the stage is tried twice a day, and no more', async () => {
    const { place, asked } = withRotation()
    await place.run()
    await sweepFor(place, 2 * DAY_MS)

    expect(asked.map(({ secrets }) => secrets.length)).toEqual([1, 1, 1, 1, 1])
    expect(digests(place)).toEqual([])
  })

  test.each<[string, CheckFinding | Fault]>([
    ['Stytch does not take the project secret', { found: 'unknown', why: 'STYTCH_REJECTED' }],
    ['the key is of no use', { found: 'unknown', why: 'SECRETS_MANAGER_REJECTED' }],
    ['the function does not answer', new Fault({ code: 'CHECK_NOT_ANSWERED', retryable: true, message: 'no answer' })],
  ])('that cannot be tried is reported after an hour, since %s', async (_why, answer) => {
    const { place, rotation } = withRotation()
    rotation.answer = answer
    await place.run()
    expect(digests(place)).toEqual([])
    await sweepFor(place, HOUR_MS)

    expect(digests(place)).toMatchObject([
      { detail: { findings: [{ kind: 'checkFailed', names: [expect.stringMatching(/^rotation function: /)] }] } },
    ])
    rotation.answer = { found: 'fits' }
    expect(await place.next()).toMatchObject({ findingsOpen: 0 })
  })

  test('is not tried while something urgent is left, or the time is up', async () => {
    const { place, asked } = withRotation()
    await place.run(place.timing.now(), 60_000)
    place.add({ name: 'leaked', current: 'revoke', rotatedAgoMs: HOUR_MS })
    place.fleet.before = ({ op }) => {
      if (op === 'describe') void place.timing.wait(300_000)
    }
    place.add(
      ...Array.from({ length: 30 }, (_, at) => ({ name: `r${at}`, current: 'revoke', rotatedAgoMs: HOUR_MS }) as const),
    )
    await place.next()

    expect(asked).toEqual([])
  })

  test('of a secret that is rotating at the moment says nothing of the way', async () => {
    const { place, asked, rotation } = withRotation()
    rotation.answer = { found: 'unknown', why: 'moved' }
    await place.run()
    await sweepFor(place, 2 * HOUR_MS)

    expect(asked).toHaveLength(1)
    expect(digests(place)).toEqual([])
  })
  test('is always that of the secret that was rotated last, so that all others stay unread and can be retired', async () => {
    const { place, asked } = withRotation()
    place.add(
      { name: 'newest', current: 'settle', rotatedAgoMs: HOUR_MS / 2 },
      ...Array.from(
        { length: 5 },
        (_, at) => ({ name: `s${at}`, current: 'settle', rotatedAgoMs: 9 * DAY_MS }) as const,
      ),
    )
    await place.run()
    await sweepFor(place, 3 * DAY_MS)

    expect(asked).toHaveLength(7)
    expect(new Set(asked.map(({ secrets }) => secrets[0]?.secretArn))).toEqual(
      new Set([expect.stringContaining('newest')]),
    )
  })

  test('that is unreadable leaves it to the secret that was rotated before', async () => {
    const { place, asked, rotation } = withRotation()
    place.add({ name: 'newest', current: 'settle', rotatedAgoMs: HOUR_MS / 2 })
    rotation.answer = { found: 'unknown', why: 'unreadable' }
    await place.run()

    expect(asked.map(({ secrets }) => secrets[0]?.secretArn)).toEqual([
      expect.stringContaining('newest'),
      expect.stringContaining('one'),
    ])
  })
})
