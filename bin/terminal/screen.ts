// What the CLI shows: results on stdout, everything else on stderr, so that a pipe gets nothing but results. Colours only on a terminal.
// Progress after a second, in place on a terminal and as a line now and then elsewhere.
import { createInterface } from 'node:readline/promises'
import { styleText } from 'node:util'
import { CommandFault, EXIT } from './command-fault.ts'

type Style = Parameters<typeof styleText>[0]

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
  paint(style: Style, text: string): string
  progress(what: string): ProgressLine
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

/** The innermost of those that are open is shown; a question hides them all. */
const open: object[] = []
let isAsking = false

const createProgress = (what: string): ProgressLine => {
  const { stderr } = process
  const self = {}
  const startedAt = Date.now()
  let [loggedAt, isShown, state] = [0, false, '']
  const draw = (): void => {
    const now = Date.now()
    if (isAsking || open.at(-1) !== self || now - startedAt < PATIENCE_MS) return
    // A log gets what is counted, and not that something is still going on.
    if (!stderr.isTTY && (state === '' || now - loggedAt < LOGGED_EVERY_MS)) return
    loggedAt = now
    isShown = true
    const line = state === '' ? `${what} …` : `${what}: ${state}`
    stderr.write(stderr.isTTY ? `\r\u001B[K${line}` : `${line}\n`)
  }
  open.push(self)
  const drawing = setInterval(draw, REDRAWN_EVERY_MS)
  // It keeps no process alive.
  drawing.unref()
  return {
    at: (done, total) => {
      state = total === undefined ? String(done) : `${done} of ${total}`
    },
    end: () => {
      clearInterval(drawing)
      if (open.includes(self)) open.splice(open.indexOf(self), 1)
      if (isShown && stderr.isTTY) stderr.write('\r\u001B[K')
    },
  }
}

const ask = async (question: string): Promise<string> => {
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  isAsking = true
  try {
    return await lines.question(`\r\u001B[K${question} [y/N] `)
  } finally {
    isAsking = false
    lines.close()
  }
}

export const createScreen = ({ isJson, mayPaint }: ScreenInput): Screen => ({
  isJson,
  print: (text) => {
    process.stdout.write(text.endsWith('\n') ? text : `${text}\n`)
  },
  note: (text) => {
    process.stderr.write(`${text}\n`)
  },
  paint: (style, text) => (mayPaint ? styleText(style, text, { validateStream: false }) : text),
  progress: createProgress,
  confirm: async (question, isSure) => {
    if (isSure) return
    if (!process.stdin.isTTY || !process.stderr.isTTY) {
      throw new CommandFault(EXIT.refused, `${question} No one is here to ask: add --yes.`)
    }
    const answer = await ask(question)
    if (!/^y(es)?$/i.test(answer.trim())) throw new CommandFault(EXIT.refused, 'Nothing was changed.')
  },
})
