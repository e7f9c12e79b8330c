// What `--watch` draws and prints: in place on a terminal, no more lines than it has; only changes anywhere else; and how often it looks.
import { expect, it } from 'vitest'
import { changesSince, frameOf, pauseAfter } from '../../bin/show/watch.ts'

const item = (key: string, state: string) => ({ key, json: { name: key, state }, text: `${key}  ${state}` })
const known = (...items: readonly ReturnType<typeof item>[]): ReadonlyMap<string, string> =>
  new Map(items.map(({ key, json }) => [key, JSON.stringify(json)]))

it('draws over the frame before, line by line, and clears what is below', () => {
  const ESC = '\u001B['

  expect(frameOf(['one', 'two'], 24)).toBe(`${ESC}Hone${ESC}K\ntwo${ESC}K\n${ESC}J`)
  // A terminal that is cleared first flickers.
  expect(frameOf(['one'], 24)).not.toContain(`${ESC}2J`)
})

it('draws no more lines than the terminal has, and says how many are left', () => {
  const lines = Array.from({ length: 400 }, (_none, n) => `line ${n}`)
  const drawn = frameOf(lines, 24).split('\n')

  expect(drawn).toHaveLength(24)
  expect(drawn[22]).toMatch(/^… and 378 more lines/)
})

it('finds what is new, what changed and what is gone, and nothing else', () => {
  const before = known(item('a', 'settled'), item('b', 'settled'), item('c', 'settled'))
  const changes = changesSince(before, [item('a', 'settled'), item('b', 'rotating'), item('d', 'settled')])

  expect(changes.map(({ key, item: one }) => [key, one?.text])).toEqual([
    ['b', 'b  rotating'],
    ['d', 'd  settled'],
    ['c', undefined],
  ])
})

it.each([
  ['the interval, where Stytch is not asked', 5, 5, 0, 5000],
  ['the interval, where that is slow enough', 5, 5, 25, 5000],
  ['as long as the calls of the look take at the given rate', 5, 5, 400, 80_000],
])('waits %s', (_, interval, stytchRate, calls, ms) => {
  expect(pauseAfter({ interval, stytchRate }, calls)).toBe(ms)
})
