// A cell is as many lines as the program gave it, and not as whoever wrote what is in it.
import { expect, test } from 'vitest'
import { table } from '../../bin/terminal/table.ts'

test('a line feed in a cell makes no row', () => {
  expect(table(['NAME', 'WHY'], [['billing', 'held\r\nreports  settled\n']])).toBe(
    'NAME     WHY\nbilling  held reports  settled',
  )
})

test('a list is a cell of several lines', () => {
  expect(table([], [['a', ['one', 'two\nthree']]])).toBe('a  one\n   two three')
})
