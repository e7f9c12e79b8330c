// Tries again while the rule gives a pause, and ends as the last try did.
import { expect, test } from 'vitest'
import { retry } from '../../../lambda/core/base/retry.ts'

const play = async (ends: readonly (string | Error)[], pauses: readonly number[]) => {
  const waited: number[] = []
  const rest = [...ends]
  const reply = retry(
    async () => {
      const end = rest.shift()
      if (end instanceof Error) throw end
      return end
    },
    async (ms) => waited.push(ms),
    (end, tries) => (end.status === 'rejected' || end.value === 'busy' ? pauses[tries - 1] : undefined),
  )
  const outcome = await reply.catch((error: unknown) => error)
  return { outcome, waited, left: rest.length }
}

test('a failure and a reply that the rule does not want are tried again, after its pauses', async () => {
  expect(await play([new Error('no'), 'busy', 'fine', 'never'], [100, 200, 400])).toEqual({
    outcome: 'fine',
    waited: [100, 200],
    left: 1,
  })
})

test('the last try is the answer: its reply, or what it threw', async () => {
  const last = new Error('last')

  expect(await play(['busy', last], [100])).toEqual({ outcome: last, waited: [100], left: 0 })
  expect(await play(['busy', 'busy'], [100])).toEqual({ outcome: 'busy', waited: [100], left: 0 })
})

test('a pause of 0 waits for nothing', async () => {
  expect(await play(['busy', 'fine'], [0])).toEqual({ outcome: 'fine', waited: [], left: 0 })
})
