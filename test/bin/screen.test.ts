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
  screen(true).print(screen(true).paint('red', 'x'))
  screen().print(screen().paint('red', 'x'))

  expect(said.stdout).toBe('\u001B[31mx\u001B[39m\nx\n')
})

/** What an event, a tag or a service's answer may hold: a colour, a link, a title, a cursor that moves, a bell, text turned around. */
const hostile = [
  '\u001B[32mproven\u001B[0m',
  '\u001B]8;;https://evil.example\u0007here\u001B]8;;\u0007',
  '\u001B]0;title\u001B\\',
  '\u009B2Jgone',
  '\u001BPq\u009C',
  'a\u0007b\u0008c\rd',
  'txt\u202Egpj.exe\u2066',
  '\uFEFF\u200Bx',
  `\u001B]0;${'never ends '.repeat(3)}`,
]
/** All controls but line feeds, and whatever turns text around. */
const obeyed = /(?![\n\t])[\p{Cc}\p{Cf}]/u

test.each(hostile)(
  'nothing that others wrote is obeyed by the terminal, as result, note, question or progress: %j',
  (text) => {
    const one = screen(true)
    one.print(`before ${text} after\nnext`)
    one.note(text)
    one.step(text)
    const progress = one.progress(text)
    progress.at(1)
    vi.advanceTimersByTime(20_000)
    progress.end()

    expect(`${said.stdout}${said.stderr}`).not.toMatch(obeyed)
    expect(said.stdout).toMatch(/^before .*\nnext\n$/)
    expect(said.stdout).toContain('\uFFFD')
  },
)

test('a colour of ours stays one around what others wrote, and theirs does not end it', () => {
  const one = screen(true)
  one.print(one.paint('red', 'no \u001B[0m\u001B[32mproof'))

  expect(said.stdout).toBe('\u001B[31mno \uFFFD\uFFFDproof\u001B[39m\n')
})

test('JSON stays the same document, with such characters as escapes', () => {
  const value = { name: hostile.join(' '), path: 'a\\b "c"\n' }
  createScreen({ isJson: true, mayPaint: false }).print(JSON.stringify(value, undefined, 2))

  expect(said.stdout).not.toMatch(obeyed)
  expect(JSON.parse(said.stdout)).toEqual(value)
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
