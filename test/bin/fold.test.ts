// Lines on a terminal: none is wider than it, a table's last column stays a column, and nothing is lost.
import { expect, test } from 'vitest'
import { clip, fold, widthOf } from '../../bin/terminal/fold.ts'

const widest = (text: string): number => Math.max(...text.split('\n').map(widthOf))

test.each([80, 120])('at %i columns no line is wider, and every word is there', (columns) => {
  const text = `state    ${'one two three '.repeat(20)}\nsecret   arn:aws:secretsmanager:${'x'.repeat(300)}`
  const shown = fold(text, columns)

  expect(widest(shown)).toBeLessThanOrEqual(columns)
  expect(shown.replaceAll(/\s/g, '')).toBe(text.replaceAll(/\s/g, ''))
})

test('a row goes on below its last column', () => {
  expect(fold('billing   DEAD   it is refused by Stytch', 30)).toBe(
    'billing   DEAD   it is refused\n          by Stytch',
  )
})

test('colours take no room', () => {
  const painted = `\u001B[31m${'x'.repeat(30)}\u001B[39m`

  expect(fold(painted, 30)).toBe(painted)
  expect(widthOf(painted)).toBe(30)
})

test('without a terminal nothing is broken', () => {
  expect(fold('x'.repeat(500), undefined)).toBe('x'.repeat(500))
})

test('a line that must stay one is cut', () => {
  expect(clip('Revoking 20 clients: 3 of 20', 12)).toBe('Revoking 20…')
})
