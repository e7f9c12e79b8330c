// One sweep over many secrets, in memory: what it asks for and what it tells, in which order and how fast; that it may run twice, be
// killed, be throttled, run out of time, or meet a list that is behind, and the next one still finds what is due.

import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import { Fault } from '../../../lambda/core/base/fault.ts'
import { settleToken } from '../../../lambda/core/drive/settle-request.ts'
import type { Secret } from '../../../lambda/core/secret/secret.ts'
import { REPORT_EVERY_MS } from '../../../lambda/core/sweep/reports.ts'
import { ASKED_A_SECOND, type SweepSummary } from '../../../lambda/core/sweep/sweep.ts'
import { throttled } from '../../fakes/fake-fleet.ts'
import { NOON_THIRTY } from '../../fakes/fake-timing.ts'
import { DAY_MS, HOUR_MS, MINUTE_MS, makeSecret, type SecretTraits } from '../../fakes/managed-secret.ts'
import { createPlace, held, open, over, PREFIX, revoked, SWEEP_EVERY_MS, stuckSince } from './sweep-place.ts'

describe('a sweep', () => {
  test('settles what is due and nothing else, with the token of all who ask', async () => {
    const place = createPlace()
    place.add(
      { name: 'over', ...over },
      { name: 'open', ...open },
      { name: 'calm', current: 'settle', rotatedAgoMs: DAY_MS },
    )
    const { secret, versions } = place.fleet.find('m2m/test/over')
    const currentId = place.fleet.currentOf('m2m/test/over') ?? ''
    const token = settleToken({ secretArn: secret.arn, currentId }, versions, NOON_THIRTY)

    const summary = await place.run()

    expect(place.fleet.rotations()).toEqual([token])
    expect(place.fleet.currentOf('m2m/test/over')).toBe(token)
    expect(summary).toMatchObject({
      seen: 3,
      managed: 3,
      settlesAsked: 1,
      failed: 0,
      left: 0,
      isWhole: true,
      freeze: 'off',
    })
  })

  test('settles nothing while a replica is not in sync, reports one that failed, and settles once it is', async () => {
    const place = createPlace()
    const replicas: Secret['replicas'] = [{ region: 'eu-north-1', status: 'Failed', message: 'no access' }]
    place.add({ name: 'failed', current: 'rotate', rotatedAgoMs: DAY_MS + MINUTE_MS, more: { replicas } })

    expect(await place.run()).toMatchObject({ settlesAsked: 0, settleRefusing: 1 })
    expect(place.reported()).toEqual(['Settle Refusing: failed'])
    expect(place.reports()[0]?.detail).toMatchObject({ replicas: [{ region: 'eu-north-1', status: 'Failed' }] })

    await place.next()
    expect([place.rotated(), place.reported()]).toEqual([[], ['Settle Refusing: failed']])

    Object.assign(place.fleet.find('m2m/test/failed').secret, {
      replicas: [{ region: 'eu-north-1', status: 'InSync' }],
    })
    await place.next()
    expect(place.rotated()).toEqual(['failed'])
  })

  test('reports a replica that is only late after one overlap more, and again once a day', async () => {
    const place = createPlace()
    const replicas: Secret['replicas'] = [{ region: 'eu-north-1', status: 'InProgress' }]
    place.add({ name: 'late', current: 'rotate', rotatedAgoMs: DAY_MS + HOUR_MS, more: { replicas } })
    const sweeps = async (count: number): Promise<number> => {
      for (let made = 0; made < count; made += 1) await place.next()
      return place.reported().length
    }

    expect(await sweeps(4 * 23 - 1)).toBe(0)
    expect(await sweeps(1)).toBe(1)
    expect(await sweeps(4 * 24 - 1)).toBe(1)
    expect(await sweeps(1)).toBe(2)
    expect(place.reported()).toEqual(['Settle Refusing: late', 'Settle Refusing: late'])
    expect(place.rotated()).toEqual([])
  })

  test('settles a revoke whatever its replicas have', async () => {
    const place = createPlace()
    place.add({ name: 'leaked', ...revoked, more: { replicas: [{ region: 'eu-north-1', status: 'Failed' }] } })

    await place.run()

    expect(place.rotated()).toEqual(['leaked'])
  })

  test('counts an overlap from the switch that the rotation function recorded, whatever the dates say', async () => {
    const place = createPlace()
    place.add({ name: 'late', ...over })
    place.switches.set(place.fleet.currentOf('m2m/test/late') ?? '', NOON_THIRTY - HOUR_MS)

    await place.run()
    expect(place.rotated()).toEqual([])

    place.timing.advance(DAY_MS - HOUR_MS)
    await place.run()
    expect(place.rotated()).toEqual(['late'])
  })

  test('counts it by the dates where no switch is recorded, or the records do not answer', async () => {
    const place = createPlace()
    place.add({ name: 'unknown', ...over })
    place.switches.set('of another version', NOON_THIRTY)
    await place.run()
    place.add({ name: 'down', ...over })
    place.table.isDown = true
    await place.next()

    expect(place.rotated()).toEqual(['unknown', 'down'])
    expect(place.journal.entries).toContainEqual(
      expect.objectContaining({ outcome: 'recordsUnavailable', secretName: 'm2m/test/down' }),
    )
  })

  test('lets no record keep a revoked value alive', async () => {
    const place = createPlace()
    place.add({ name: 'leaked', ...revoked })
    place.switches.set(place.fleet.currentOf('m2m/test/leaked') ?? '', NOON_THIRTY)

    await place.run()

    expect(place.rotated()).toEqual(['leaked'])
  })

  test('looks at a secret, and at its versions, immediately before it asks', async () => {
    const place = createPlace()
    place.add({ name: 'over', ...over })

    await place.run()

    expect(place.fleet.calls.map(({ op }) => op)).toEqual(['list', 'describe', 'listVersions', 'rotate'])
  })

  test('looks no closer at what has nothing due', async () => {
    const place = createPlace()
    place.add({ name: 'open', ...open }, { name: 'calm', current: 'register', rotatedAgoMs: DAY_MS })

    await place.run()

    expect(place.fleet.calls.map(({ op }) => op)).toEqual(['list'])
  })

  test('takes a revoked value first', async () => {
    const place = createPlace()
    place.add({ name: 'a', ...over }, { name: 'b', ...over }, { name: 'leaked', ...revoked })

    await place.run()

    expect(place.rotated()[0]).toBe('leaked')
    expect(place.rotated().toSorted()).toEqual(['a', 'b', 'leaked'])
  })

  test('asks for no more than its share a second', async () => {
    const place = createPlace()
    place.add(...Array.from({ length: 30 }, (_, at) => ({ name: `s${at}`, ...over })))

    await place.run()

    const times = place.fleet.calls.filter(({ op }) => op === 'rotate').map(({ at }) => at)
    expect(times).toHaveLength(30)
    // The first ones wait for nobody, but their replies do.
    expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual((25 * 1000) / ASKED_A_SECOND)
  })

  test('finds nothing the second time', async () => {
    const place = createPlace()
    place.add({ name: 'over', ...over }, { name: 'leaked', ...revoked })
    await place.run()

    const summary = await place.next()

    expect(place.fleet.rotations()).toHaveLength(2)
    expect(summary).toMatchObject({ settlesAsked: 0, busy: 0, reported: 0 })
  })

  test('leaves what lies outside of the prefix, whatever the list says', async () => {
    const place = createPlace()
    place.add({ name: 'over', ...over })
    const stranger = makeSecret({ ...over, name: 'm2m/testing/other' })
    const list = place.fleet.list
    place.fleet.list = async (...args) => {
      const page = await list(...args)
      return { ...page, secrets: [...page.secrets, stranger.secret] }
    }

    const summary = await place.run()

    expect(summary).toMatchObject({ seen: 1, settlesAsked: 1 })
  })

  test('begins at the other end of the list every other time', async () => {
    const place = createPlace()
    place.add({ name: 'a', current: 'settle' })

    await place.run()
    await place.next()

    const orders = place.fleet.calls.map(({ about }) => about)
    expect(new Set(orders)).toEqual(new Set(['0 oldestFirst', '0 newestFirst']))
  })
})

describe('a list that is behind', () => {
  test('nominates what is settled by now: nothing is asked for', async () => {
    const place = createPlace()
    place.add({ name: 'a', current: 'settle', rotatedAgoMs: MINUTE_MS })
    const before = makeSecret({ ...over, name: 'm2m/test/a' })
    place.fleet.stale.set(before.secret.arn, before.secret)

    const summary = await place.run()

    expect(place.rotated()).toEqual([])
    expect(summary).toMatchObject({ settlesAsked: 0, failed: 0 })
  })

  test('and a secret that is gone by now is nobody’s failure', async () => {
    const place = createPlace()
    place.add({ name: 'a', ...over })
    place.fleet.before = ({ op }) => {
      if (op === 'describe') place.fleet.secrets.clear()
    }

    expect(await place.run()).toMatchObject({ seen: 1, settlesAsked: 0, failed: 0 })
  })
})

/** The rotation function finds no value under the token, and takes the label away itself. */
const withoutValue =
  ({ steps }: ReturnType<typeof createPlace>): ReturnType<typeof createPlace>['steps']['answer'] =>
  (asked) => {
    steps.clear(asked)
    return 'refused'
  }

describe('a stuck planned switch', () => {
  test('without a value: its label goes, and a settle follows where no overlap is open', async () => {
    const place = createPlace()
    place.add({ name: 'a', current: 'settle', pending: stuckSince('rotate') })
    place.steps.answer = withoutValue(place)

    const summary = await place.run()

    expect(place.steps.asked.map(({ step }) => step)).toEqual(['testSecret', 'finishSecret'])
    expect(place.fleet.calls.map(({ op }) => op)).toEqual([
      'list',
      'describe',
      'listVersions',
      'describe',
      'listVersions',
      'rotate',
    ])
    expect(summary).toMatchObject({ stuckEnded: 1, settlesAsked: 1 })
    expect(place.reported()).toEqual(['Rotation Stuck: a'])
  })

  test('without a value, during an overlap: the overlap lasts', async () => {
    const place = createPlace()
    place.add({ name: 'a', ...open, pending: stuckSince('bare') })
    place.steps.answer = withoutValue(place)

    const summary = await place.run()

    expect(place.rotated()).toEqual([])
    expect(summary).toMatchObject({ stuckEnded: 1, settlesAsked: 0 })
  })

  test('with a value that Stytch accepts: it is brought to its end, and no label is taken away', async () => {
    const place = createPlace()
    place.add({ name: 'a', current: 'settle', pending: stuckSince('rotate') })
    place.steps.answer = (asked) => {
      if (asked.step === 'finishSecret') place.steps.finish(asked)
      return 'done'
    }

    const summary = await place.run()

    expect(place.fleet.currentOf('m2m/test/a')).toMatch(/^rotate-/)
    expect(place.fleet.calls.some(({ op }) => op === 'moveLabel')).toBe(false)
    expect(summary).toMatchObject({ stuckFinished: 1, settlesAsked: 0 })
  })

  test('that the function refuses, and clears by itself: a settle follows', async () => {
    const place = createPlace()
    place.add({ name: 'a', current: 'settle', pending: stuckSince('rotate') })
    place.steps.answer = (asked) => {
      if (asked.step === 'testSecret') place.steps.clear(asked)
      return 'refused'
    }

    expect(await place.run()).toMatchObject({ stuckEnded: 1, settlesAsked: 1 })
  })

  test('whose value is the only one that works is left where it is, and told of', async () => {
    const place = createPlace()
    place.add({ name: 'a', current: 'settle', pending: stuckSince('rotate') })
    place.steps.answer = () => 'refused'

    const summary = await place.run()

    expect(place.fleet.calls.some(({ op }) => op === 'moveLabel' || op === 'rotate')).toBe(false)
    expect(summary).toMatchObject({ stuckLeft: 1 })
    expect(place.reports()[0]?.detail).toMatchObject({
      became: 'left',
      requestToken: expect.stringMatching(/^rotate-/),
    })
  })

  test('that somebody else ends meanwhile is no failure', async () => {
    const place = createPlace()
    place.add({ name: 'a', current: 'settle', pending: stuckSince('rotate') })
    place.steps.answer = (asked) => {
      if (asked.step === 'finishSecret') place.steps.clear(asked)
      return asked.step === 'testSecret' ? 'done' : 'refused'
    }

    expect(await place.run()).toMatchObject({ stuckEnded: 1, failed: 0 })
  })
})

describe('a stuck revoke', () => {
  test('is driven again from its beginning, and settled at once', async () => {
    const place = createPlace()
    place.add({ name: 'a', current: 'settle', pending: stuckSince('revoke') })
    place.steps.answer = (asked) => {
      if (asked.step === 'finishSecret') place.steps.finish(asked)
      return 'done'
    }

    const summary = await place.run()

    expect(place.steps.asked.map(({ step }) => step)).toEqual([
      'createSecret',
      'setSecret',
      'testSecret',
      'finishSecret',
    ])
    expect(place.fleet.rotations()).toEqual([expect.stringMatching(/^settle-/)])
    expect(summary).toMatchObject({ stuckFinished: 1, settlesAsked: 1 })
  })

  test('never loses its label to the sweep, and so is never forgotten', async () => {
    const place = createPlace()
    place.add({ name: 'a', current: 'settle', pending: stuckSince('revoke') })
    for (const reply of ['failed', 'refused'] as const) {
      place.steps.answer = () => reply

      await place.run()

      expect(place.fleet.calls.some(({ op }) => op === 'moveLabel')).toBe(false)
    }
  })
})

describe('a function that does not answer', () => {
  const notRun = () => new Fault({ code: 'STEP_NOT_RUN', retryable: true, message: 'the function did not run it' })

  test('leaves everything as it is, says why, and is not asked for ever', async () => {
    const place = createPlace()
    place.add(
      ...Array.from({ length: 60 }, (_, at) => ({
        name: `s${at}`,
        current: 'settle' as const,
        pending: stuckSince('rotate'),
      })),
    )
    place.steps.answer = () => {
      throw notRun()
    }

    const summary = await place.run()

    expect(summary).toMatchObject({ stuckLeft: 60, failed: 0 })
    expect(place.steps.asked.length).toBeLessThan(25)
    expect(place.fleet.calls.some(({ op }) => op === 'moveLabel' || op === 'rotate')).toBe(false)
    expect(place.journal.entries).toContainEqual(expect.objectContaining({ code: 'STEP_NOT_RUN', outcome: 'failed' }))
  })

  test('that needs longer than there is time is not asked', async () => {
    const place = createPlace()
    place.add({ name: 'a', current: 'settle', pending: stuckSince('rotate') })

    const summary = await place.run(NOON_THIRTY, 40_000)

    expect(place.steps.asked).toEqual([])
    expect(summary).toMatchObject({ stuckLeft: 1 })
  })
})

describe('on hold', () => {
  test('nothing planned is asked for; a revoke is settled', async () => {
    const place = createPlace()
    place.add(
      { name: 'over', ...over, tags: held(HOUR_MS) },
      { name: 'stuck', ...open, pending: stuckSince('rotate'), tags: held(HOUR_MS) },
      { name: 'leaked', ...revoked, tags: held(HOUR_MS) },
    )

    const summary = await place.run()

    expect(place.rotated()).toEqual(['leaked'])
    expect(place.steps.asked).toEqual([])
    expect(summary).toMatchObject({ stuckLeft: 1, settlesAsked: 1 })
  })
})

describe('in a freeze', () => {
  const fill = (place: ReturnType<typeof createPlace>) =>
    place.add(
      { name: 'over', ...over },
      { name: 'leaked', ...revoked },
      { name: 'late', current: 'settle', rotatedAgoMs: 50 * DAY_MS },
    )

  test.each([
    ['planned', ['leaked']],
    ['unreadable', ['leaked']],
    ['all', []],
  ] as const)('%s: asks for %j, tells all the same, and says so', async (state, expected) => {
    const place = createPlace()
    fill(place)
    place.freeze.state = state

    const summary = await place.run()

    expect(place.rotated()).toEqual(expected)
    expect(summary).toMatchObject({ freeze: state, overdue: 1 })
    expect(place.freeze.reads).toBe(1)
  })

  test('that is lifted, the next sweep goes on', async () => {
    const place = createPlace()
    fill(place)
    place.freeze.state = 'all'
    await place.run()
    place.freeze.state = 'off'

    await place.next()

    expect(place.rotated()).toEqual(['leaked', 'over'])
  })
})

describe('what it tells', () => {
  const facts: readonly (SecretTraits & { readonly name: string })[] = [
    { name: 'late', current: 'settle', rotatedAgoMs: 37.5 * DAY_MS + MINUTE_MS },
    { name: 'held', current: 'settle', tags: held(7 * DAY_MS + MINUTE_MS) },
    { name: 'off', current: 'settle', changedAgoMs: HOUR_MS + MINUTE_MS, more: { rotationEnabled: false } },
  ]
  const inOrder = ['Hold Too Long: held', 'Rotation Off: off', 'Secret Overdue: late']

  test('is told when it begins, and counted while it lasts', async () => {
    const place = createPlace()
    place.add(...facts)

    const first = await place.run()
    const second = await place.next()

    expect(place.reported().sort()).toEqual(inOrder)
    expect(first).toMatchObject({ overdue: 1, heldTooLong: 1, rotationOff: 1, reported: 3 })
    expect(second).toMatchObject({ overdue: 1, heldTooLong: 1, rotationOff: 1, reported: 0 })
  })

  test('is told again once a day, under another id', async () => {
    const place = createPlace()
    place.add(...facts)
    for (let turn = 0; turn <= REPORT_EVERY_MS / SWEEP_EVERY_MS; turn += 1)
      await (turn === 0 ? place.run() : place.next())

    expect(place.reported()).toHaveLength(6)
    expect(new Set(place.reports().map(({ detail }) => detail.id)).size).toBe(6)
  })

  test('is told once by a sweep that is run twice, and under the same id where nothing is remembered', async () => {
    const place = createPlace()
    place.add(...facts)

    await place.run(NOON_THIRTY)
    await place.run(NOON_THIRTY)
    expect(place.reported()).toHaveLength(3)

    const forgetful = createPlace()
    forgetful.memory.isGone = true
    forgetful.add(...facts)
    await forgetful.run(NOON_THIRTY)
    await forgetful.run(NOON_THIRTY)
    expect(forgetful.reported()).toHaveLength(6)
    expect(new Set(forgetful.reports().map(({ detail }) => detail.id)).size).toBe(3)
  })

  test('is looked at once more before it is told', async () => {
    const place = createPlace()
    place.add({ name: 'late', current: 'settle', rotatedAgoMs: MINUTE_MS })
    const before = makeSecret({ ...facts[0], name: 'm2m/test/late' })
    place.fleet.stale.set(before.secret.arn, before.secret)

    await place.run()

    expect(place.reported()).toEqual([])
  })

  test('has the secret, the client, and since when', async () => {
    const place = createPlace()
    place.add({ name: 'late', current: 'settle', rotatedAgoMs: 37.5 * DAY_MS })

    await place.run()

    expect(place.reports()[0]).toEqual({
      type: 'Secret Overdue',
      detail: {
        version: 1,
        id: expect.stringMatching(/^[0-9a-f]{32}$/),
        secretArn: expect.stringContaining(':secret:m2m/test/late-'),
        secretName: 'm2m/test/late',
        clientId: 'm2m-client-test-1',
        clientIdFrom: 'tag',
        since: new Date(NOON_THIRTY).toISOString(),
        at: new Date(NOON_THIRTY).toISOString(),
        explanation: expect.stringContaining('period'),
      },
    })
  })

  test('says of a settle that keeps refusing, which is asked for twice more and then every six hours', async () => {
    const place = createPlace()
    place.add({ name: 'drifted', ...over })
    place.fleet.outcome = () => 'refuse'
    const summaries: SweepSummary[] = []
    for (let turn = 0; turn <= 28; turn += 1) summaries.push(await (turn === 0 ? place.run() : place.next()))

    expect(place.fleet.rotations()).toHaveLength(4)
    expect(new Set(place.fleet.rotations()).size).toBe(4)
    expect(place.reported()).toEqual(['Settle Refusing: drifted'])
    expect(summaries.filter(({ settleRefusing }) => settleRefusing > 0).length).toBeGreaterThan(0)
  })
})

describe('one that fails', () => {
  test('stops no other, and is named', async () => {
    const place = createPlace()
    place.add({ name: 'a', ...over }, { name: 'b', ...over }, { name: 'c', ...over })
    place.fleet.before = ({ op, about }) => {
      if (op === 'rotate' && about.endsWith('b')) {
        throw new Fault({ code: 'SECRETS_MANAGER_REJECTED', retryable: false, message: 'denied' })
      }
    }

    const summary = await place.run()

    expect(place.fleet.rotations()).toHaveLength(2)
    expect(summary).toMatchObject({ settlesAsked: 2, failed: 1 })
    expect(place.journal.entries).toContainEqual(
      expect.objectContaining({ secret: expect.stringContaining('test/b-'), code: 'SECRETS_MANAGER_REJECTED' }),
    )
  })

  test('even by a defect, which is named by its kind alone', async () => {
    const place = createPlace()
    place.add({ name: 'a', ...over }, { name: 'b', ...over })
    place.fleet.before = ({ op, about }) => {
      if (op === 'describe' && about.endsWith('a')) throw new TypeError('canary')
    }

    expect(await place.run()).toMatchObject({ settlesAsked: 1, failed: 1 })
    expect(JSON.stringify(place.journal.entries)).not.toContain('canary')
  })

  test('by a bus that is down: what was due is asked for all the same', async () => {
    const place = createPlace()
    place.add({ name: 'a', ...over, tags: { 'm2m:period': '2d' }, rotatedAgoMs: 2.5 * DAY_MS })
    place.events.publish = async () => {
      throw new Fault({ code: 'EVENT_NOT_SENT', retryable: true, message: 'down' })
    }

    expect(await place.run()).toMatchObject({ settlesAsked: 1, failed: 1 })
  })
})

describe('throttled', () => {
  test('it slows down and gets through', async () => {
    const place = createPlace()
    place.add(...Array.from({ length: 10 }, (_, at) => ({ name: `s${at}`, ...over })))
    let left = 6
    place.fleet.before = ({ op }) => {
      if (op !== 'rotate' || left <= 0) return
      left -= 1
      throw throttled()
    }

    const summary = await place.run()

    expect(summary).toMatchObject({ settlesAsked: 10, failed: 0, throttles: 6, left: 0 })
    expect(place.timing.waits.some((ms) => ms >= 1000)).toBe(true)
  })

  test('in the list, too', async () => {
    const place = createPlace()
    place.add({ name: 'a', ...over })
    let left = 2
    place.fleet.before = ({ op }) => {
      if (op !== 'list' || left <= 0) return
      left -= 1
      throw throttled()
    }

    expect(await place.run()).toMatchObject({ settlesAsked: 1, throttles: 2, isWhole: true })
  })

  test('without end, in the middle of the list: what was listed is done, and it says that it was not all', async () => {
    const place = createPlace()
    place.fleet.pageSize = 2
    place.add(...Array.from({ length: 6 }, (_, at) => ({ name: `s${at}`, ...over })))
    place.fleet.before = ({ op, about }) => {
      if (op === 'list' && !about.startsWith('0')) throw throttled()
    }

    expect(await place.run()).toMatchObject({ seen: 2, settlesAsked: 2, isWhole: false })
  })

  test('without end, from the first page on: it fails', async () => {
    const place = createPlace()
    place.fleet.before = () => {
      throw throttled()
    }

    await expect(place.run()).rejects.toThrow(/slower/)
  })

  test('what is denied is not asked for again', async () => {
    const place = createPlace()
    place.fleet.before = () => {
      throw new Fault({ code: 'SECRETS_MANAGER_REJECTED', retryable: false, message: 'denied' })
    }

    await expect(place.run()).rejects.toThrow('denied')
    expect(place.fleet.calls).toHaveLength(1)
  })
})

describe('the time', () => {
  test('is up before all is done: it stops cleanly, says so, and the next sweep goes on', async () => {
    const place = createPlace()
    place.add(...Array.from({ length: 400 }, (_, at) => ({ name: `s${at}`, ...over })))

    const summary = await place.run(NOON_THIRTY, 45_000)

    expect(summary.left).toBeGreaterThan(0)
    expect(summary.settlesAsked + summary.left).toBe(400)
    expect(summary.ms).toBeLessThan(45_000)
    let done = summary.settlesAsked
    for (let turn = 0; turn < 3; turn += 1) done += (await place.next()).settlesAsked
    expect(done).toBe(400)
    expect(new Set(place.fleet.rotations()).size).toBe(400)
  })

  test('is up in the middle of the list: half of it is left for asking', async () => {
    const place = createPlace()
    place.fleet.pageSize = 1
    place.add(...Array.from({ length: 50 }, (_, at) => ({ name: `s${at}`, ...over })))
    place.fleet.before = ({ op }) => {
      if (op === 'list') void place.timing.wait(1000)
    }

    const summary = await place.run(NOON_THIRTY, 45_000)

    expect(summary.isWhole).toBe(false)
    expect(summary.seen).toBeGreaterThan(5)
    expect(summary.settlesAsked).toBe(summary.seen)
  })
})

describe('two at once', () => {
  test('ask for the same, so that each secret is rotated once', async () => {
    const place = createPlace()
    place.add(...Array.from({ length: 20 }, (_, at) => ({ name: `s${at}`, ...over })))
    place.fleet.before = () => new Promise((resolve) => setImmediate(resolve))
    place.fleet.outcome = () => 'run'

    const summaries = await Promise.all([place.run(), place.run()])

    expect(place.fleet.rotations()).toHaveLength(20)
    expect(summaries.map(({ failed }) => failed)).toEqual([0, 0])
  })

  test('end a stuck rotation once', async () => {
    const place = createPlace()
    place.add({ name: 'a', current: 'settle', pending: stuckSince('rotate') })
    place.fleet.before = () => new Promise((resolve) => setImmediate(resolve))
    place.fleet.outcome = () => 'run'
    place.steps.answer = withoutValue(place)

    const summaries = await Promise.all([place.run(), place.run()])

    expect(place.fleet.rotations()).toHaveLength(1)
    expect(summaries.map(({ failed }) => failed)).toEqual([0, 0])
  })
})

test('killed before any of its calls, it leaves everything for the next', async () => {
  const fill = (place: ReturnType<typeof createPlace>) =>
    place.add(
      { name: 'over', ...over },
      { name: 'leaked', ...revoked },
      { name: 'stuck', current: 'settle', pending: stuckSince('rotate') },
      { name: 'held', ...over, tags: held(HOUR_MS) },
    )
  const whole = createPlace()
  fill(whole)
  whole.steps.answer = withoutValue(whole)
  await whole.run()
  const calls = whole.fleet.calls.length

  for (let kill = 0; kill < calls; kill += 1) {
    const place = createPlace()
    fill(place)
    place.steps.answer = withoutValue(place)
    let count = 0
    place.fleet.before = () => {
      count += 1
      // Nothing of a killed execution runs any more.
      return count > kill ? new Promise(() => {}) : undefined
    }
    await Promise.race([place.run(), new Promise((resolve) => setImmediate(() => setImmediate(resolve)))])
    place.fleet.before = () => {}

    await place.next()

    for (const name of ['over', 'leaked']) expect(place.fleet.currentOf(`m2m/test/${name}`)).toMatch(/^settle-/)
    expect(place.fleet.find('m2m/test/stuck').secret.labels).not.toMatchObject({ rotate: expect.anything() })
    expect(Object.values(place.fleet.find('m2m/test/stuck').secret.labels).flat()).toEqual(['AWSCURRENT'])
    expect(place.fleet.currentOf('m2m/test/held')).toMatch(/^rotate-/)
  }
})

test('ten thousand secrets go by page by page, and none of them is kept', async () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const place = createPlace()
  const COUNT = 10_000
  const pages: WeakRef<object>[] = []
  let alive = 0
  place.fleet.list = async (_prefix, { page } = {}) => {
    const from = Number(page ?? 0)
    const secrets = Array.from({ length: 100 }, (_, at) => {
      const isDue = (from + at) % 500 === 0
      return makeSecret({ name: `${PREFIX}s${from + at}`, ...(isDue ? over : open) }).secret
    })
    pages.push(new WeakRef(secrets))
    if (pages.length % 20 === 0) {
      await new Promise((resolve) => setImmediate(resolve))
      collect()
      alive = Math.max(alive, pages.filter((one) => one.deref() !== undefined).length)
    }
    return { secrets, nextPage: from + 100 < COUNT ? String(from + 100) : undefined }
  }

  const summary = await place.run()

  expect(summary).toMatchObject({ seen: COUNT, managed: COUNT, isWhole: true, left: 0, failed: 0 })
  expect(pages).toHaveLength(100)
  expect(alive).toBeLessThanOrEqual(5)
  expect(place.fleet.calls.filter(({ op }) => op === 'describe')).toHaveLength(20)
})
