// Reads are written once a minute for each role and secret, whatever else is told; what fails is told again by the delivery.
import { expect, test } from 'vitest'
import { noteReads, WRITE_AGAIN_MS } from '../../../lambda/core/sweep/note-reads.ts'
import type { SeenRead } from '../../../lambda/core/sweep/read-trail.ts'

const AT = Date.UTC(2026, 10, 24, 12)
const eventAt = (at: number, secretId = 'm2m/prod/billing') => ({
  detail: {
    eventTime: new Date(at).toISOString(),
    userIdentity: { type: 'IAMUser', arn: 'arn:aws:iam::111111111111:user/ada' },
    requestParameters: { secretId },
  },
})

const createPlace = () => {
  const written: SeenRead[] = []
  const begun: number[] = []
  let failure: Error | undefined
  const noting = {
    records: {
      note: async (read: SeenRead) => {
        if (failure !== undefined) throw failure
        written.push(read)
      },
      begin: async (at: number) => {
        if (failure !== undefined) throw failure
        begun.push(at)
      },
    },
    secretNamePrefix: 'm2m/prod/',
    lately: new Map<string, number>(),
  }
  return {
    written,
    begun,
    fail: (error: Error | undefined) => {
      failure = error
    },
    note: (event: unknown) => noteReads(noting, event),
  }
}

test('the same role again is written when a minute has passed, and another secret at once', async () => {
  const { note, written } = createPlace()

  const counts = [
    await note(eventAt(AT)),
    await note(eventAt(AT + WRITE_AGAIN_MS - 1)),
    await note(eventAt(AT + 1000, 'm2m/prod/orders')),
    await note(eventAt(AT + WRITE_AGAIN_MS)),
    await note(eventAt(AT, 'elsewhere')),
  ]

  expect(counts).toEqual([1, 0, 1, 1, 0])
  expect(written.map(({ secretName, at }) => [secretName, at - AT])).toEqual([
    ['m2m/prod/billing', 0],
    ['m2m/prod/orders', 1000],
    ['m2m/prod/billing', WRITE_AGAIN_MS],
  ])
})

test('the first read says that reads are recorded, once', async () => {
  const { note, begun } = createPlace()
  await note(eventAt(AT, 'elsewhere'))
  expect(begun).toEqual([])
  await note(eventAt(AT + 1))
  await note(eventAt(AT + 2, 'm2m/prod/orders'))

  expect(begun.map((at) => at - AT)).toEqual([1])
})

test('a read is not written before that is said', async () => {
  const { note, fail, begun, written } = createPlace()
  fail(new Error('down'))
  await expect(note(eventAt(AT))).rejects.toThrow('down')
  expect([begun, written]).toEqual([[], []])
  fail(undefined)
  await note(eventAt(AT))

  expect([begun.length, written.length]).toEqual([1, 1])
})

test('what could not be written is written by the next telling', async () => {
  const { note, fail, written } = createPlace()
  fail(new Error('down'))
  await expect(note(eventAt(AT))).rejects.toThrow('down')
  fail(undefined)

  expect(await note(eventAt(AT))).toBe(1)
  expect(written).toHaveLength(1)
})

test('remembers no more than it may', async () => {
  const { note } = createPlace()
  for (let at = 0; at < 10_001; at += 1) await note(eventAt(AT, `m2m/prod/client${at}`))

  expect(await note(eventAt(AT + 1, 'm2m/prod/client0'))).toBe(1)
})

test('what is no such event is refused with what is wrong with it', async () => {
  await expect(createPlace().note({ detail: {} })).rejects.toMatchObject({
    code: 'INPUT_MALFORMED',
    message: expect.stringContaining('detail.eventTime: expected a date'),
  })
})
