// What goes where: results to stdout, progress and questions to stderr; colours only when they may be; and nobody is asked who is not there.
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { EXIT } from '../../bin/terminal/command-fault.ts'
import { createScreen } from '../../bin/terminal/screen.ts'

const said = { stdout: '', stderr: '' }
beforeEach(() => {
  said.stdout = ''
  said.stderr = ''
  for (const name of ['stdout', 'stderr'] as const) {
    vi.spyOn(process[name], 'write').mockImplementation((text) => {
      said[name] += String(text)
      return true
    })
  }
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

const screen = (mayPaint = false) => createScreen({ isJson: false, mayPaint })

test('a result goes to stdout with one end of line, a note to stderr', () => {
  screen().print('result')
  screen().print('another\n')
  screen().note('a note')

  expect(said).toEqual({ stdout: 'result\nanother\n', stderr: 'a note\n' })
})

test('colours are there when they may be, and not otherwise', () => {
  expect(screen(true).paint('red', 'x')).toBe('\u001B[31mx\u001B[39m')
  expect(screen().paint('red', 'x')).toBe('x')
})

test('progress says nothing within a second, then once, then every ten seconds where stderr is no terminal', () => {
  const progress = screen().progress('Applying')
  progress.at(1, 60)
  vi.advanceTimersByTime(900)
  expect(said.stderr).toBe('')

  vi.advanceTimersByTime(200)
  progress.at(2, 60)
  vi.advanceTimersByTime(9800)
  progress.at(30, 60)
  vi.advanceTimersByTime(200)
  progress.end()
  vi.advanceTimersByTime(60_000)

  expect(said.stderr).toBe('Applying: 1 of 60\nApplying: 30 of 60\n')
  expect(said.stdout).toBe('')
})

test('of two that are open, the inner one is shown', () => {
  const outer = screen().progress('Outer')
  const inner = screen().progress('Inner')
  outer.at(1)
  inner.at(2)
  vi.advanceTimersByTime(1100)
  inner.end()
  vi.advanceTimersByTime(200)
  outer.end()

  expect(said.stderr).toBe('Inner: 2\nOuter: 1\n')
})

test('what is not counted says nothing where stderr is no terminal', () => {
  const progress = screen().progress('m2m status')
  vi.advanceTimersByTime(60_000)
  progress.end()

  expect(said.stderr).toBe('')
})

test('whoever is sure is not asked, and nobody there means no', async () => {
  await screen().confirm('Sure?', true)

  await expect(screen().confirm('Sure?', false)).rejects.toMatchObject({
    exitCode: EXIT.refused,
    message: 'Sure? No one is here to ask: add --yes.',
  })
  expect(said.stderr).toBe('')
})
