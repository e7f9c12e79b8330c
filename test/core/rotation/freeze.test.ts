// What a freeze stops: every cell of freeze, intent and what AWSCURRENT came from.
import { expect, test } from 'vitest'
import { freezes, isPlanned, stops } from '../../../lambda/core/rotation/freeze.ts'
import { intents, type Origin } from '../../../lambda/core/secret/request-token.ts'

const origins: readonly Origin[] = [...intents, 'register', 'adopt']
const cells = intents.flatMap((intent) => origins.map((currentOrigin) => ({ intent, currentOrigin })))

test.each(cells)('off stops no $intent on $currentOrigin, and all stops it', (rotation) => {
  expect(stops('off', rotation)).toBe(false)
  expect(stops('all', rotation)).toBe(true)
})

test.each(cells)('planned stops a $intent on $currentOrigin only if it can wait', (rotation) => {
  const { intent, currentOrigin } = rotation
  const canWait = intent === 'rotate' || (intent === 'settle' && currentOrigin !== 'revoke')

  expect(isPlanned(rotation)).toBe(canWait)
  expect(stops('planned', rotation)).toBe(canWait)
})

test('there are three states, and no more', () => {
  expect(freezes).toEqual(['off', 'planned', 'all'])
})
