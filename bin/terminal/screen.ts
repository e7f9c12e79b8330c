// What the CLI shows: results on stdout, everything else on stderr, so that a pipe gets nothing but results. Colours, and lines that are broken
// where the terminal ends, only on a terminal. Control characters that others wrote go nowhere (safe-text.ts). Progress after a second, in place on a terminal and as a line now and then elsewhere.
import { createInterface } from 'node:readline/promises'
import { visibleJson } from '../../lambda/core/base/message-text.ts'
import { CommandFault, EXIT } from './command-fault.ts'
import { clip, fold } from './fold.ts'
import { painted, type Style, safeText } from './safe-text.ts'

interface ProgressLine {
  at(done: number, total?: number): void
  end(): void
}

export interface Screen {
  readonly isJson: boolean
  /** A result. */
  print(text: string): void
  /** Everything else. */
  note(text: string): void
  /** A note that takes the line on which progress is drawn. */
  step(text: string): void
  paint(style: Style, text: string): string
  progress(what: string): ProgressLine
  /** Lines of the terminal that notes go to. @default - undefined: it is none */
  readonly rows: number | undefined
  /** nobody: no one is there to ask. */
  ask(question: string): Promise<'yes' | 'no' | 'nobody'>
  /** @throws CommandFault `refused` when no one is there to ask, or the answer is no. */
  confirm(question: string, isSure: boolean): Promise<void>
}

interface ScreenInput {
  readonly isJson: boolean
  readonly mayPaint: boolean
}

const PATIENCE_MS = 1000
const REDRAWN_EVERY_MS = 100
const LOGGED_EVERY_MS = 10_000

const BAR_CELLS = 20

/** The innermost of those that are open is shown; a question hides them all. */
const open: object[] = []
let isAsking = false
/** Whether a line stands on the terminal that the next one is drawn over. */
let isDrawn = false

const columnsOf = ({ isTTY, columns }: NodeJS.WriteStream): number | undefined => (isTTY ? columns : undefined)

const clear = (): string => {
  const wasDrawn = isDrawn
  isDrawn = false
  return wasDrawn ? '\r\u001B[K' : ''
}

const barOf = (done: number, total: number): string => {
  const full = total === 0 ? BAR_CELLS : Math.floor((done / total) * BAR_CELLS)
  return `[${'#'.repeat(full)}${'.'.repeat(BAR_CELLS - full)}] `
}

/** Of everything that is no result: what is drawn in place is taken away first. */
export const writeNote = (text: string): void => {
  const { stderr } = process
  stderr.write(`${clear()}${fold(safeText(text), columnsOf(stderr))}\n`)
}

const createProgress = (what: string): ProgressLine => {
  const { stderr } = process
  const self = {}
  const startedAt = Date.now()
  let [loggedAt, state, bar, drawn] = [0, '', '', '']
  const draw = (): void => {
    const now = Date.now()
    if (isAsking || open.at(-1) !== self || now - startedAt < PATIENCE_MS) return
    // A log gets what is counted, and not that something is still going on.
    if (!stderr.isTTY && (state === '' || now - loggedAt < LOGGED_EVERY_MS)) return
    loggedAt = now
    const isNew = !isDrawn || drawn !== `${bar}${state}`
    if (stderr.isTTY && !isNew) return
    drawn = `${bar}${state}`
    const line = safeText(state === '' ? `${what} …` : `${what}: ${state}`)
    isDrawn = stderr.isTTY
    // A line that fills the terminal would wrap, and could not be drawn over.
    stderr.write(stderr.isTTY ? `\r\u001B[K${clip(`${bar}${line}`, (stderr.columns ?? 80) - 1)}` : `${line}\n`)
  }
  open.push(self)
  const drawing = setInterval(draw, REDRAWN_EVERY_MS)
  // It keeps no process alive.
  drawing.unref()
  return {
    at: (done, total) => {
      state = total === undefined ? String(done) : `${done} of ${total}`
      bar = total === undefined ? '' : barOf(done, total)
    },
    end: () => {
      clearInterval(drawing)
      if (open.includes(self)) open.splice(open.indexOf(self), 1)
      stderr.write(clear())
    },
  }
}

const isSomebodyThere = (): boolean => process.stdin.isTTY === true && process.stderr.isTTY === true

const ask = async (question: string): Promise<'yes' | 'no'> => {
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  isAsking = true
  isDrawn = false
  try {
    const answer = await lines.question(`\r\u001B[K${fold(safeText(`${question} [y/N]`), columnsOf(process.stderr))} `)
    return /^y(es)?$/i.test(answer.trim()) ? 'yes' : 'no'
  } finally {
    isAsking = false
    lines.close()
  }
}

export const createScreen = ({ isJson, mayPaint }: ScreenInput): Screen => ({
  isJson,
  print: (text) => {
    const { stdout, stderr } = process
    if (stderr.isTTY) stderr.write(clear())
    // A document for machines is one wherever it goes.
    const shown = isJson ? visibleJson(text) : fold(safeText(text), columnsOf(stdout))
    stdout.write(shown.endsWith('\n') ? shown : `${shown}\n`)
  },
  note: writeNote,
  step: (text) => {
    if (process.stderr.isTTY) process.stderr.write(`${clear()}\r\u001B[K`)
    writeNote(text)
  },
  paint: (style, text) => (mayPaint ? painted(style, text) : text),
  progress: createProgress,
  rows: process.stderr.isTTY ? process.stderr.rows : undefined,
  ask: async (question) => (isSomebodyThere() ? ask(question) : 'nobody'),
  confirm: async (question, isSure) => {
    if (isSure) return
    if (!isSomebodyThere()) {
      throw new CommandFault(EXIT.refused, `${question} No one is here to ask: add --yes.`)
    }
    if ((await ask(question)) === 'no') throw new CommandFault(EXIT.refused, 'Nothing was changed.')
  },
})
