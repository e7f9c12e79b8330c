// The clock by which tokens, lists and keys are kept.
import { beforeEach, describe, expect, test } from 'vitest'
import { createElapsed } from '../../lambda/client/elapsed.ts'

let steady = 0
let timeOfDay = 0
beforeEach(() => {
  steady = 5_000
  timeOfDay = 1_793_622_600_000
})
const pass = (ms: number): void => {
  steady += ms
  timeOfDay += ms
}
const clock = () => {
  const elapsed = createElapsed(
    () => steady,
    () => timeOfDay,
  )
  const start = elapsed()
  return () => elapsed() - start
}

describe('the time that has passed', () => {
  test('is that of the clock that nobody sets', () => {
    const elapsed = clock()
    pass(1_234)

    expect(elapsed()).toBe(1_234)
  })

  test('counts the time in which the machine slept', () => {
    const elapsed = clock()
    timeOfDay += 3_600_000
    pass(10)

    expect([elapsed(), elapsed()]).toEqual([3_600_010, 3_600_010])
  })

  test('does not go back, nor any slower, when the time of day is set back', () => {
    const elapsed = clock()
    timeOfDay -= 3_600_000
    pass(10)
    const first = elapsed()
    pass(20)

    expect([first, elapsed()]).toEqual([10, 30])
  })

  test('does not run ahead with a time of day that is a little faster', () => {
    const elapsed = clock()
    for (let hour = 0; hour < 1_000; hour += 1) {
      pass(1_000)
      timeOfDay += 1
      elapsed()
    }

    expect(elapsed()).toBe(1_000_000)
  })
})
