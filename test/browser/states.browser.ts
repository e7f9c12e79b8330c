// Every state that a client can be in, on one page, at every width and in both schemes; and 10,000 clients, which take the page no longer than
// three do.
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { seedFleet } from '../../bench/fleet/scale.ts'
import { shownStates } from '../../lambda/core/clients/client-status.ts'
import { stateLabel } from '../../lambda/core/clients/state-words.ts'
import { fleetName as name, putIntoStates } from '../local/page/fleet-states.ts'
import { cardOf, openSeat, type Seat } from './seat.ts'

vi.setConfig({ testTimeout: 240_000, hookTimeout: 120_000 })

const MANY = 10_000

/** Which the page cannot see: it looks at no client's record, and no secret is without a value here. */
const unseen = ['foreign', 'empty', 'settled', 'overlap', 'rotating', 'revoked']

let seat: Seat
beforeAll(async () => {
  seat = await openSeat(async (laptop) => {
    seedFleet(laptop, MANY)
    await putIntoStates(laptop)
  })
})
afterAll(() => seat?.close())

test('10,000 clients are there, ten a page', async () => {
  await seat.until(async () => (await seat.text('.pager p')) === '1–10 of 10,000')
  const [paint, cards] = (await seat.shown.evaluate(
    `[performance.getEntriesByName('first-contentful-paint')[0]?.startTime, performance.getEntriesByName('clients-drawn')[0]?.startTime]`,
  )) as readonly number[]
  console.log(`First paint after ${Math.round(paint ?? 0)} ms, ${MANY} clients after ${Math.round(cards ?? 0)} ms.`)
  expect(await seat.shown.locator('.client').count()).toBe(10)
})

test('each state is said in words as m2m status says it', async () => {
  const expected = shownStates.filter((state) => !unseen.includes(state))
  const shown: string[] = []
  for (const index of [1, 2, 3, 4, 5, 6, 7, 8]) {
    await seat.until(async () => (await cardOf(seat.shown, name(index)).count()) === 1)
    shown.push(await cardOf(seat.shown, name(index)).locator('.state').first().textContent())
  }
  expect(shown.toSorted()).toEqual(expected.map(stateLabel).toSorted())
  expect(await seat.text('h1')).toBe('4 clients need you')
  await seat.lookAtAll('states')
})

test('search, filters, order and pages find one of them', async () => {
  await seat.shown.locator('#next').click()
  await seat.until(async () => (await seat.text('.pager p')) === '11–20 of 10,000')
  await seat.shown.locator('#previous').click()
  await seat.shown.locator('#per-page').selectOption('50')
  await seat.until(async () => (await seat.shown.locator('.client').count()) === 50)
  await seat.shown.locator('#sort').selectOption('state')
  await seat.until(async () => (await seat.text('.client .state')) === 'DEAD')
  await seat.shown.getByRole('button', { name: 'DEAD 1' }).click()
  await seat.until(async () => (await seat.shown.locator('.client').count()) === 1)
  await seat.shown.getByRole('button', { name: 'All 10,000' }).click()
  await seat.shown.locator('#search').fill('bench-007777')
  await seat.until(async () => (await seat.text('.client h3')).trim() === 'bench-007777')
  await seat.shown.locator('#search').fill('nobody')
  await seat.until(async () => (await seat.text('#clients .empty')) === 'No client matches.')
  await seat.shown.locator('#sort').selectOption('oldest')
  await seat.shown.locator('#search').fill('')
  expect(await seat.leaks()).toEqual([])
  expect(seat.complaints).toEqual([])
})
