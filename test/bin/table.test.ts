// A cell is as many lines as the program gave it, and not as whoever wrote what is in it.
import { expect, test } from 'vitest'
import { painted, safeText } from '../../bin/terminal/safe-text.ts'
import { table } from '../../bin/terminal/table.ts'

test('a line feed in a cell makes no row', () => {
  expect(table(['NAME', 'WHY'], [['billing', 'held\r\nreports  settled\n']])).toBe(
    'NAME     WHY\nbilling  held reports  settled',
  )
})

test('a list is a cell of several lines', () => {
  expect(table([], [['a', ['one', 'two\nthree']]])).toBe('a  one\n   two three')
})

test('a cell in colour ends its colour once, on each of its lines', () => {
  const shown = safeText(
    table(
      ['name', 'state'],
      [
        ['billing', painted('red', 'dead')],
        [[painted('yellow', 'old'), 'b'], 'x'],
      ],
    ),
  )

  expect(shown).toContain('\u001B[31mdead\u001B[39m')
  expect(shown).toContain('\u001B[33mold\u001B[39m')
  expect(shown).not.toContain('\uFFFD')
})
