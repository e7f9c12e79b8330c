// What the alarms on the sweep are raised by.
import { expect, test } from 'vitest'
import { emptyTally } from '../../lambda/core/sweep/tally.ts'
import { sweepMetrics } from '../../lambda/handlers/sweep-metrics.ts'

const swept = {
  ...emptyTally(),
  freeze: 'off',
  isWhole: true,
  isWell: true,
  ms: 1,
  reports: 'done',
  findingsOpen: 0,
} as const
const measured = { stage: 'test', remembers: true, at: 0 }
const countsOf = (more: object) => sweepMetrics({ ...swept, ...more }, measured).counts

test('what the stage stands on is counted apart from the sign of life', () => {
  expect(countsOf({})).toMatchObject({ Alive: 1 })
  expect(countsOf({})).not.toHaveProperty('StageBroken')
  expect(countsOf({ isWell: false })).toMatchObject({ Alive: 1, StageBroken: 1 })
  expect(countsOf({ isWhole: false })).toMatchObject({ Alive: 0 })
})

test('that nothing is remembered counts where there is a table alone', () => {
  const forgotten = { ...swept, reports: 'forgotten' } as const

  expect(sweepMetrics(forgotten, measured).counts).toMatchObject({ ReportsForgotten: 1 })
  expect(sweepMetrics(forgotten, { ...measured, remembers: false }).counts).not.toHaveProperty('ReportsForgotten')
})
