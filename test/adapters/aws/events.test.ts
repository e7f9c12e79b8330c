// The event bus as the core's Events, by the real SDK over HTTP against the stand-in: published means taken, entry by entry.

import { describe, expect, test } from 'vitest'
import { createEvents } from '../../../lambda/adapters/aws/events.ts'
import type { M2mEvent } from '../../../lambda/core/base/events.ts'
import { useAws } from '../../fakes/stand-ins.ts'

const place = useAws()
const ARN = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:m2m/test/orders-AbCdEf'
const events: readonly M2mEvent<'m2m.rotation'>[] = [
  { type: 'Rotation Completed', detail: { version: 1, id: 'a', secretArn: ARN } },
  { type: 'M2M Secret Changed', detail: { version: 1, id: 'b' } },
]
const publish = () => createEvents(place.sdk().events, 'm2m-test', 'm2m.rotation').publish(events)
const errorOf = async (call: Promise<unknown>) => {
  try {
    return await call
  } catch (error) {
    return error
  }
}

test('all events go to the bus in one call, with the secret as their resource', async () => {
  await publish()

  expect(place.standIn.events().map(({ id: _id, time: _time, ...event }) => event)).toEqual([
    {
      source: 'm2m.rotation',
      detailType: 'Rotation Completed',
      detail: events[0]?.detail,
      resources: [ARN],
      busName: 'm2m-test',
    },
    {
      source: 'm2m.rotation',
      detailType: 'M2M Secret Changed',
      detail: events[1]?.detail,
      resources: [],
      busName: 'm2m-test',
    },
  ])
  expect(place.calls()).toEqual(['PutEvents'])
})

test('what an event says to people fits into a message, which is made without escaping anything', async () => {
  const explanation = 'somebody wrote "dead"\non <it>'
  const refused = { type: 'Rotation Refused', detail: { version: 1, id: 'c', explanation } } as const

  await createEvents(place.sdk().events, 'm2m-test', 'm2m.rotation').publish([refused])

  expect(place.standIn.events()[0]?.detail).toEqual({ ...refused.detail, explanation: "somebody wrote 'dead' on (it)" })
})

describe('what was not taken', () => {
  test('is a fault to be retried, though the call succeeded and other entries were taken', async () => {
    place.standIn.configure({ entryFailures: 1, entryFailureCode: 'ThrottlingException' })

    expect(await errorOf(publish())).toMatchObject({
      code: 'EVENT_NOT_SENT',
      retryable: true,
      message: expect.stringContaining('Rotation Completed, M2M Secret Changed: ThrottlingException'),
    })
  })

  test.each([
    ['error', 500],
    ['error', 403],
    ['reset', undefined],
    ['garble', undefined],
    ['html', 502],
  ] as const)('is a fault after %s (%s), which repeats nothing of the events', async (kind, status) => {
    place.standIn.faults.add({ op: 'PutEvents', kind, count: 9, ...(status === undefined ? {} : { status }) })

    const error = await errorOf(publish())

    expect(error).toMatchObject({ code: 'EVENT_NOT_SENT', retryable: true })
    expect(String(error)).not.toContain(ARN)
  })

  test('for a moment is sent again by the SDK', async () => {
    place.standIn.faults.add({ op: 'PutEvents', kind: 'throttle' })

    await publish()

    expect(place.standIn.events().length).toBe(2)
  })
})

describe('more than one request may hold', () => {
  const publishMany = (sizes: readonly number[]) =>
    createEvents(place.sdk().events, 'm2m-test', 'm2m.sweep').publish(
      sizes.map((size, at) => ({ type: 'Secret Overdue', detail: { id: at, filler: 'x'.repeat(size) } })),
    )
  const ids = () => place.standIn.events().map(({ detail }) => (detail as { readonly id: number }).id)

  test.each([
    ['ten events', Array.from({ length: 10 }, () => 1), 1],
    ['eleven events', Array.from({ length: 11 }, () => 1), 2],
    ['a hundred events', Array.from({ length: 100 }, () => 1), 10],
    ['three of 100 KB', Array.from({ length: 3 }, () => 100_000), 2],
    ['a large one after small ones', [1000, 1000, 1000, 260_000, 1000], 2],
    ['nothing', [], 0],
  ])('is put in as many: %s', async (_what, sizes, requests) => {
    await publishMany(sizes)

    expect(place.calls()).toEqual(Array.from({ length: requests }, () => 'PutEvents'))
    expect(ids()).toEqual(sizes.map((_size, at) => at))
  })

  test('counts bytes as AWS does, not characters', async () => {
    const detail = { filler: 'é'.repeat(100_000) }

    await createEvents(place.sdk().events, 'm2m-test', 'm2m.sweep').publish([
      { type: 'Secret Overdue', detail },
      { type: 'Secret Overdue', detail },
    ])

    expect(place.calls()).toEqual(['PutEvents', 'PutEvents'])
  })

  test('stops at the request that was not taken, whose events the fault names', async () => {
    place.standIn.configure({ entryFailures: 1 })

    const error = await errorOf(publishMany(Array.from({ length: 11 }, () => 1)))

    expect(error).toMatchObject({ code: 'EVENT_NOT_SENT', retryable: true })
    expect(place.calls()).toEqual(['PutEvents'])
  })
})
