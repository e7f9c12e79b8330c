// The event bus as the domain's Outcomes, by the real SDK over HTTP against the stand-in: told means taken, entry by entry.
import { describe, expect, test } from 'vitest'
import { createOutcomes } from '../../../lambda/adapters/aws/outcomes.ts'
import type { OutcomeEvent } from '../../../lambda/core/rotation/outcome.ts'
import { useAws } from '../../fakes/stand-ins.ts'

const place = useAws()
const ARN = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:m2m/test/orders-AbCdEf'
const events: readonly OutcomeEvent[] = [
  { type: 'Rotation Completed', detail: { version: 1, id: 'a', secretArn: ARN } },
  { type: 'M2M Secret Changed', detail: { version: 1, id: 'b' } },
]
const emit = () => createOutcomes(place.sdk().events, 'm2m-test').emit(events)
const errorOf = async (call: Promise<unknown>) => {
  try {
    return await call
  } catch (error) {
    return error
  }
}

test('all events go to the bus in one call, with the secret as their resource', async () => {
  await emit()

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

describe('what was not taken', () => {
  test('is a fault to be asked again, though the call succeeded and other entries were taken', async () => {
    place.standIn.configure({ entryFailures: 1, entryFailureCode: 'ThrottlingException' })

    expect(await errorOf(emit())).toMatchObject({
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

    const error = await errorOf(emit())

    expect(error).toMatchObject({ code: 'EVENT_NOT_SENT', retryable: true })
    expect(String(error)).not.toContain(ARN)
  })

  test('for a moment is sent again by the SDK', async () => {
    place.standIn.faults.add({ op: 'PutEvents', kind: 'throttle' })

    await emit()

    expect(place.standIn.events().length).toBe(2)
  })
})
