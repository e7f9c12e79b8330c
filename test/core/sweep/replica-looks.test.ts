// A copy in another Region that fails while its secret is settled: nothing is due for that secret, and the sweep finds it all the same.
import { describe, expect, test } from 'vitest'
import type { Secret } from '../../../lambda/core/secret/secret.ts'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../fakes/managed-secret.ts'
import { createPlace, SWEEP_EVERY_MS } from './sweep-place.ts'

const failed: Secret['replicas'] = [{ region: 'eu-north-1', status: 'Failed', message: 'no access to the key' }]
const settled = { current: 'settle', rotatedAgoMs: 3 * DAY_MS } as const
/** Of six hours. */
const ROUND = (6 * HOUR_MS) / SWEEP_EVERY_MS

/** As if somebody had changed it. */
const change = ({ fleet }: ReturnType<typeof createPlace>, name: string, more: Partial<Secret>): void => {
  const { secret, versions } = fleet.find(name)
  fleet.add({ secret: { ...secret, ...more }, versions, currentId: '' })
}

const replicaNotices = ({ events }: ReturnType<typeof createPlace>) =>
  events.published.filter(({ detail }) => 'replicas' in detail)

describe('a replica that failed on a settled secret', () => {
  test('is reported within a round of sweeps, and again the next day', async () => {
    const place = createPlace()
    for (let at = 0; at < 60; at += 1) place.add({ name: `s${at}`, ...settled, more: { replicas: failed } })

    for (let sweeps = 0; sweeps < ROUND; sweeps += 1) await place.next()

    const first = replicaNotices(place)
    expect(new Set(first.map(({ detail }) => detail.secretName)).size).toBe(60)
    expect(first).toHaveLength(60)
    expect(first[0]).toMatchObject({
      type: 'Settle Refusing',
      detail: {
        explanation: expect.stringContaining('settled'),
        replicas: [{ region: 'eu-north-1', status: 'Failed' }],
      },
    })
    for (let sweeps = 0; sweeps < 4 * ROUND; sweeps += 1) await place.next()
    // Nothing is remembered here: the same event may come twice, under one id.
    expect(new Set(replicaNotices(place).map(({ detail }) => detail.id)).size).toBe(120)
    expect(place.rotated()).toEqual([])
  })

  test('is open until a look finds it repaired: one event and one mail', async () => {
    const place = createPlace()
    place.memory.days = { summary: place.timing.now() - DAY_MS }
    place.add({ name: 's', ...settled, more: { replicas: failed } })

    const openThen: number[] = []
    for (let sweeps = 0; sweeps < 3 * ROUND; sweeps += 1) {
      const { findingsOpen } = await place.next()
      if (replicaNotices(place).length > 0) openThen.push(findingsOpen ?? -1)
    }

    expect(new Set(openThen)).toEqual(new Set([1]))
    expect(replicaNotices(place)).toHaveLength(1)
    expect(place.mails().filter(({ type }) => type === 'Sweep Digest')).toHaveLength(1)
    change(place, 'm2m/test/s', { replicas: [{ region: 'eu-north-1', status: 'InSync' }] })
    for (let sweeps = 0; sweeps < ROUND; sweeps += 1) await place.next()
    expect(place.memory.findings.size).toBe(0)
  })

  test('is nobody’s any more once its secret is retired, or rotation is off', async () => {
    const place = createPlace()
    for (const name of ['retired', 'off']) place.add({ name, ...settled, more: { replicas: failed } })
    for (let sweeps = 0; sweeps < ROUND; sweeps += 1) await place.next()
    expect(place.memory.findings.size).toBe(2)

    change(place, 'm2m/test/retired', { tags: { 'm2m:retired': 'x' } })
    change(place, 'm2m/test/off', { rotationEnabled: false })
    await place.next()

    expect([...place.memory.findings.values()].map(({ kind }) => kind)).not.toContain('replicaBehind')
  })

  test('takes one look a round, spread over its sweeps', async () => {
    const place = createPlace()
    for (let at = 0; at < 240; at += 1) place.add({ name: `s${at}`, ...settled })

    const looks: number[] = []
    for (let sweeps = 0; sweeps < ROUND; sweeps += 1) {
      const before = place.fleet.calls.filter(({ op }) => op === 'describe').length
      await place.next()
      looks.push(place.fleet.calls.filter(({ op }) => op === 'describe').length - before)
    }

    expect(looks.reduce((sum, one) => sum + one, 0)).toBe(240)
    expect(Math.max(...looks)).toBeLessThan(30)
    expect(place.events.published).toEqual([])
  })

  test('is not what a copy on its way is, nor what is not ours any more', async () => {
    const place = createPlace()
    const late: Secret['replicas'] = [{ region: 'eu-north-1', status: 'InProgress' }]
    place.add({ name: 'late', ...settled, more: { replicas: late } })
    place.add({ name: 'fresh', current: 'settle', rotatedAgoMs: -6 * HOUR_MS, more: { replicas: late } })
    place.add({ name: 'retired', ...settled, tags: { 'm2m:retired': 'x' }, more: { replicas: failed } })

    for (let sweeps = 0; sweeps < ROUND; sweeps += 1) await place.next()

    expect(replicaNotices(place).map(({ detail }) => detail.secretName)).toEqual(['m2m/test/late'])
  })

  test('is found a round later where Secrets Manager did not answer', async () => {
    const place = createPlace()
    place.add({ name: 's', ...settled, more: { replicas: failed } })
    let refused = 0
    place.fleet.before = ({ op }) => {
      if (op !== 'describe' || refused > 0) return
      refused += 1
      throw new Error('a defect')
    }

    for (let sweeps = 0; sweeps < 2 * ROUND; sweeps += 1) await place.next()

    expect(refused).toBe(1)
    expect(replicaNotices(place)).toHaveLength(1)
  })
})

test('a round takes six hours', () => {
  expect(ROUND * SWEEP_EVERY_MS).toBe(6 * 60 * MINUTE_MS)
})
