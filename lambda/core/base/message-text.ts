// What a message may hold, whoever wrote parts of it: no control characters, which a terminal would obey (colours, links, a moved cursor, text
// turned around), and no more than a person reads. An event, a tag, a file and a service's answer all end up in messages. The limits of mail
// and chat are mail-text.ts's.

/** A cursor that moves, a colour: ESC [, or its 8-bit form. */
const CSI = String.raw`(?:\u001B\[|\u009B)[0-?]*[ -/]*[@-~]`
/** A title, a link: what they carry goes with them, at most to the end of the line, should they never end. */
const STRING = String.raw`(?:\u001B[\]PX^_]|[\u0090\u0098\u009D-\u009F])[^\u0007\u001B\u009C\n]*(?:\u0007|\u001B\\|\u009C)?`
const SHORT = String.raw`\u001B[ -/]*[0-~]?`
const SEQUENCE = new RegExp(`${CSI}|${STRING}|${SHORT}`, 'g')

/** All others, and formats, which turn text around or hide it. Tabs and line feeds lay a text out; joiners belong to scripts and emoji. */
const CONTROL = /(?![\t\n\u200C\u200D])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu

/** Shows that something was there. */
const MARK = '\uFFFD'

/** Text that a terminal shows and does not obey. */
export const visibleText = (text: string): string =>
  text.replaceAll('\r\n', '\n').replaceAll(SEQUENCE, MARK).replaceAll(CONTROL, MARK)

/** The same in one line, for a cell of a table or a sentence. */
export const visibleLine = (text: string): string => visibleText(text).replaceAll(/\s+/g, ' ').trim()

/** Inside of JSON strings, which is where such characters stand: the document is the same, and a terminal sees none of them. */
export const visibleJson = (json: string): string =>
  json.replaceAll(/(?![\t\n\r])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
    [...Array(character.length).keys()]
      .map((at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`)
      .join(''),
  )

const MAX_LINE = 1_000
const HEAD = 600
const TAIL = 300
const MAX_LINES = 200

/** The end of a line says what was expected, so that the middle is left out. */
const boundedLine = (line: string): string => {
  if (line.length <= MAX_LINE) return line
  const head = line.slice(0, HEAD).replace(/[\uD800-\uDBFF]$/, '')
  const tail = line.slice(-TAIL).replace(/^[\uDC00-\uDFFF]/, '')
  return `${head} … ${(line.length - head.length - tail.length).toLocaleString('en')} more characters … ${tail}`
}

/** At most 200 lines of about a thousand characters. */
export const boundedText = (text: string): string => {
  if (text.length <= MAX_LINE) return text
  const lines = text.split('\n')
  const shown = lines.length <= MAX_LINES ? lines : lines.slice(0, MAX_LINES - 1)
  const left = lines.length - shown.length
  return [...shown.map(boundedLine), ...(left === 0 ? [] : [`… and ${left.toLocaleString('en')} more lines`])].join(
    '\n',
  )
}

/** What an error's message may be. */
export const messageText = (text: string): string => visibleText(boundedText(text))
