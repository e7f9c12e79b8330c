// The periodic campaign on the laptop, begun by the clock and by nobody: what is older than its period is rotated and settled, the rest is left
// alone.
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { Laptop } from '../../lambda/local/laptop/laptop.ts'
import { guardingOf } from '../../lambda/local/story/guarding.ts'
import { createOperator, type Operator } from '../../lambda/local/story/operator.ts'
import { startTestLaptop } from '../fakes/laptop.ts'

vi.setConfig({ testTimeout: 90_000, hookTimeout: 120_000 })

const DAY_MS = 86_400_000
let laptop: Laptop
let operator: Operator

beforeAll(async () => {
  laptop = await startTestLaptop({ hasCampaignSchedule: true })
  operator = createOperator(laptop.address, guardingOf(laptop))
})
afterAll(async () => {
  operator.secretsManager.destroy()
  await laptop.close()
})

const currentOf = (secretArn: string): string | undefined =>
  laptop.aws.peek(secretArn)?.versions.find(({ stages }) => stages.includes('AWSCURRENT'))?.id
const published = (): readonly unknown[] =>
  laptop.aws.events().flatMap(({ detailType, detail }) => (detailType === 'Campaign Completed' ? [detail] : []))

test('begins every day, and rotates what is due', async () => {
  const { secretArn } = await operator.register('orders', ['read:orders'])

  laptop.world.clock.advance(DAY_MS)
  await vi.waitUntil(() => published().length > 0, { timeout: 30_000 })
  expect(published()).toEqual([
    expect.objectContaining({ intent: 'rotate', counts: expect.objectContaining({ selected: 0 }) }),
  ])
  expect(currentOf(secretArn)).toMatch(/^register-/)

  laptop.world.clock.advance(31 * DAY_MS)
  await vi.waitUntil(() => currentOf(secretArn)?.startsWith('rotate-') === true, { timeout: 30_000 })
  // Hour by hour: how long to wait is reckoned by the campaign a moment after the switch.
  const isSettled = (): boolean => {
    laptop.world.clock.advance(DAY_MS / 24)
    return currentOf(secretArn)?.startsWith('settle-') === true
  }
  await vi.waitUntil(isSettled, { timeout: 60_000, interval: 250 })
})
