// What the stage stands on beside its secrets: what AWS says is broken is reported by the next sweep; what does not answer, once it lasts; and
// what works again is in no summary.
import { expect, test } from 'vitest'
import { type PartAnswer, type StagePart, UNCLEAR_FOR_LONG_MS } from '../../../lambda/core/sweep/stage-check.ts'
import { DAY_MS } from '../../fakes/managed-secret.ts'
import { createPlace, SWEEP_EVERY_MS } from './sweep-place.ts'

const withPart = (kind: StagePart['kind'] = 'campaignMissing') => {
  const place = createPlace()
  const part: { answer: PartAnswer } = { answer: { is: 'well' } }
  place.parts.push({ name: 'schedule m2m-test-campaign', kind, ask: async () => part.answer })
  const sweepFor = async (ms: number): Promise<void> => {
    for (let turn = 0; turn < ms / SWEEP_EVERY_MS; turn += 1) await place.next()
  }
  return { place, part, sweepFor }
}
const typesOf = (place: ReturnType<typeof createPlace>) => place.mails().map(({ type }) => type)

test('a schedule of campaigns that was disabled is reported by the next sweep, and every day until it is back', async () => {
  const { place, part, sweepFor } = withPart()
  expect(await place.run()).toMatchObject({ isWell: true, findingsOpen: 0 })
  part.answer = { is: 'broken', why: 'it is DISABLED' }

  expect(await place.next()).toMatchObject({ isWell: false, findingsOpen: 1 })
  expect(place.mails()).toMatchObject([
    {
      type: 'Sweep Digest',
      detail: {
        findings: [
          { kind: 'campaignMissing', names: ['schedule m2m-test-campaign: it is DISABLED'], page: 'campaign-missing' },
        ],
      },
    },
  ])
  await sweepFor(2 * DAY_MS)
  expect(typesOf(place)).toEqual(['Sweep Digest', 'Daily Summary', 'Daily Summary'])

  part.answer = { is: 'well' }
  expect(await place.next()).toMatchObject({ isWell: true, findingsOpen: 0 })
  await sweepFor(DAY_MS)
  expect(place.mails().at(-1)?.detail).toMatchObject({ isWell: true })
})

test('a part that does not answer is reported once that lasts, and stops no alarm', async () => {
  const { place, part, sweepFor } = withPart('checkFailed')
  part.answer = { is: 'unclear', why: 'no answer (TimeoutError)' }
  expect(await place.run()).toMatchObject({ isWell: true })
  expect(place.mails()).toEqual([])

  await sweepFor(UNCLEAR_FOR_LONG_MS)

  expect(typesOf(place)).toEqual(['Sweep Digest'])
  expect(place.mails()[0]?.detail).toMatchObject({
    findings: [{ kind: 'checkFailed', names: ['schedule m2m-test-campaign: no answer (TimeoutError)'] }],
  })
})

test('a part that does not answer for one sweep is nobody’s news', async () => {
  const { place, part, sweepFor } = withPart('checkFailed')
  part.answer = { is: 'unclear', why: 'no answer (TimeoutError)' }
  await place.run()
  part.answer = { is: 'well' }
  await sweepFor(2 * UNCLEAR_FOR_LONG_MS)

  expect(place.mails()).toEqual([])
  expect(place.memory.findings.size).toBe(0)
})

test('where nothing is remembered, what is broken is reported all the same', async () => {
  const { place, part } = withPart()
  place.memory.isGone = true
  part.answer = { is: 'broken', why: 'it does not exist' }

  await place.run()

  expect(typesOf(place)).toEqual(['Sweep Digest'])
})
