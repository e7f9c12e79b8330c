// Every state that a client can be in, card by card and on one page, at every width and in both schemes; and 10,000 clients, which take the page no longer than
// three do.
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { seedFleet } from '../../bench/fleet/scale.ts'
import { type ShownState, shownStates } from '../../lambda/core/clients/client-status.ts'
import { stateLabel, stateWords } from '../../lambda/core/clients/state-words.ts'
import type { Laptop } from '../../lambda/local/laptop/laptop.ts'
import { fleetStates, putIntoStates } from '../local/page/fleet-states.ts'
import { cardOf, openSeat, PATIENCE_MS, type Seat } from './seat.ts'

vi.setConfig({ testTimeout: PATIENCE_MS * 4, hookTimeout: PATIENCE_MS })

const MANY = 10_000

/** What each card says beside its state: in the slots, of AWSCURRENT, and which of its buttons do nothing. */
const said: Readonly<Record<ShownState, { readonly slots: RegExp; readonly off: readonly string[] }>> = {
  settled: { slots: /consumers read this.*empty.*AWSCURRENT$/, off: ['settle', 'rollback'] },
  overlap: { slots: /still accepted.*consumers read this.*AWSCURRENT Both work for/, off: [] },
  revoked: { slots: /still accepted.*consumers read this.*AWSCURRENT$/, off: ['rollback'] },
  rotating: {
    slots: /consumers read this.*new, being tried.*AWSCURRENT$/,
    off: ['rotate', 'settle', 'rollback'],
  },
  stuck: { slots: /consumers read this.*empty.*AWSCURRENT$/, off: ['settle', 'rollback'] },
  off: { slots: /consumers read this.*empty.*AWSCURRENT$/, off: ['settle', 'rollback'] },
  held: { slots: /consumers read this.*empty.*AWSCURRENT$/, off: ['settle', 'rollback'] },
  retired: {
    slots: /refused: inactive.*empty.*AWSCURRENT ….{4}: refused$/,
    off: ['rotate', 'settle', 'rollback', 'leak'],
  },
  deleted: {
    slots: /still accepted.*empty.*AWSCURRENT ….{4}: cannot be read$/,
    off: ['rotate', 'settle', 'rollback', 'read', 'leak'],
  },
  empty: { slots: /stored nowhere.*empty.*no AWSCURRENT$/, off: ['settle', 'rollback', 'read'] },
  dead: { slots: /stored nowhere.*empty.*AWSCURRENT ….{4}: refused$/, off: ['settle', 'rollback'] },
  inactive: { slots: /refused: inactive.*empty.*AWSCURRENT ….{4}: refused$/, off: ['settle', 'rollback'] },
  gone: {
    slots: /^Stytch has no slots for this client\..*AWSCURRENT ….{4}: refused$/,
    off: ['rotate', 'settle', 'rollback', 'leak'],
  },
  foreign: { slots: /stored nowhere.*empty.*AWSCURRENT ….{4}: refused$/, off: ['settle', 'rollback'] },
}

let seat: Seat
beforeAll(async () => {
  const prepare = async (laptop: Laptop): Promise<void> => {
    seedFleet(laptop, MANY)
    await putIntoStates(laptop)
  }
  seat = await openSeat({ prepare })
})
afterAll(() => seat?.close())

test('10,000 clients are there, ten a page', async () => {
  await seat.until(async () => (await seat.text('.pager p')) === '1–10 of 10,001')
  const [paint, cards, answers] = (await seat.shown.evaluate(
    `['first-contentful-paint', 'clients-drawn', 'answered'].map((name) => performance.getEntriesByName(name)[0]?.startTime)`,
  )) as readonly number[]
  const ms = (at: number | undefined): string => `${Math.round(at ?? 0)} ms`
  console.log(
    `First paint after ${ms(paint)}; of ${MANY} clients, cards after ${ms(cards)}, answers after ${ms(answers)}.`,
  )
  expect(await seat.shown.locator('.client').count()).toBe(10)
})

describe('each state is said in words as m2m status says it, and in colour', () => {
  beforeAll(() =>
    seat.shown
      .locator('#per-page')
      .selectOption('25')
      .then(() => undefined),
  )

  test.each(shownStates)('%s', async (state) => {
    const card = cardOf(seat.shown, fleetStates[state])
    await seat.until(async () => (await card.count()) === 1)
    const { tone, means } = stateWords[state]

    expect(await card.locator('.state').first().textContent()).toBe(stateLabel(state))
    expect((await card.getAttribute('class'))?.split(' ')).toContain(`tone-${tone}`)
    // What is as it should be, or changes by itself, needs no sentence.
    const sentence = card.locator('.means')
    const isPlain = tone === 'good' || tone === 'busy'
    expect(isPlain ? await sentence.count() : await sentence.textContent()).toBe(isPlain ? 0 : means)
    const slots = (await card.locator('.slots').textContent()).replaceAll(/\s+/g, ' ').trim()
    expect(slots).toMatch(said[state].slots)
    const off: string[] = []
    for (const act of ['rotate', 'settle', 'rollback', 'read', 'leak']) {
      const isOff = (await card.locator(`[data-act=${act}]`).getAttribute('aria-disabled')) === 'true'
      if (isOff) off.push(act)
    }
    expect(off).toEqual(said[state].off)
  })

  test('all of them on one page, at every width in both schemes', async () => {
    const bad = shownStates.filter((state) => stateWords[state].tone === 'bad')
    expect(await seat.text('h1')).toBe(`${bad.length} clients need you`)
    await seat.lookAtAll('states')
  })
})

test('search, filters, order and pages find one of them', async () => {
  await seat.shown.locator('#per-page').selectOption('10')
  await seat.shown.locator('#next').click()
  await seat.until(async () => (await seat.text('.pager p')) === '11–20 of 10,001')
  await seat.shown.locator('#previous').click()
  await seat.shown.locator('#per-page').selectOption('50')
  await seat.until(async () => (await seat.shown.locator('.client').count()) === 50)
  await seat.shown.locator('#sort').selectOption('state')
  await seat.until(async () => (await seat.text('.client .state')) === 'empty')
  await seat.shown.getByRole('button', { name: 'DEAD 1' }).click()
  await seat.until(async () => (await seat.shown.locator('.client').count()) === 1)
  await seat.shown.getByRole('button', { name: 'All 10,001' }).click()
  await seat.shown.locator('#search').fill('bench-007777')
  await seat.until(async () => (await seat.text('.client h3')).trim() === 'bench-007777')
  await seat.shown.locator('#search').fill('nobody')
  await seat.until(async () => (await seat.text('#clients .empty')) === 'No client matches.')
  await seat.shown.locator('#sort').selectOption('oldest')
  await seat.shown.locator('#search').fill('')
  expect(await seat.leaks()).toEqual([])
  expect(seat.complaints).toEqual([])
})
