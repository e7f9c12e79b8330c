// Everything that goes to a terminal, a pipe or a file as text: nothing in it is obeyed but our own colours. Those are marked with a number that
// no event, tag or file can know; the mark is taken off, and every other control sequence out, where text leaves the program (screen.ts).
import { randomInt } from 'node:crypto'
import { styleText } from 'node:util'
import { visibleText } from '../../lambda/core/base/message-text.ts'

export type Style = Parameters<typeof styleText>[0]

const MARK = String(randomInt(100_000_000, 1_000_000_000))
// biome-ignore lint/suspicious/noControlCharactersInRegex: it is the escape character that begins them
const OPENING = /\u001B\[([0-9;]*)m/g
const OURS = new RegExp(`(\\u001B\\[[0-9;]*);${MARK}m`)

const marked = (code: string): string => code.replaceAll(OPENING, `\u001B[$1;${MARK}m`)

/** In colour, as long as it goes through `safeText`. It takes the room of the text in tables and folded lines. */
export const painted = (style: Style, text: string): string => {
  const [open = '', close = ''] = styleText(style, '\0', { validateStream: false }).split('\0')
  return `${marked(open)}${text}${marked(close)}`
}

/** Text as it may leave the program. */
export const safeText = (text: string): string =>
  text
    .split(OURS)
    .map((part, at) => (at % 2 === 1 ? `${part}m` : visibleText(part)))
    .join('')
