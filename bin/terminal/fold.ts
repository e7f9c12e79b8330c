// Text as a terminal shows it without wrapping anywhere it likes: a longer line is broken between words, and goes on below the column in which it
// was broken, so that a table stays one. A word that is too long by itself, such as an ARN, is cut. Pure.

/** What paints and moves, and takes no room. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: it is the escape character that begins them
const CONTROL = /\u001B\[[0-9;]*[A-Za-z]/g
const CONTROL_HERE = new RegExp(CONTROL.source, 'y')

/** Columns that a text takes. Names and messages here have no wide characters. */
export const widthOf = (text: string): number => [...text.replaceAll(CONTROL, '')].length

/** The first so many columns of a text, with every control sequence on the way. */
const cutAt = (text: string, width: number): readonly [string, string] => {
  let [at, seen] = [0, 0]
  while (at < text.length) {
    CONTROL_HERE.lastIndex = at
    const control = CONTROL_HERE.exec(text)
    if (control !== null) {
      at += control[0].length
      continue
    }
    const character = String.fromCodePoint(text.codePointAt(at) ?? 0)
    if (seen === width) break
    seen += 1
    at += character.length
  }
  return [text.slice(0, at), text.slice(at)]
}

/** Where a line that is broken goes on: below its last column, unless that leaves no room. */
const hangOf = (line: string, columns: number): number => {
  const plain = line.replaceAll(CONTROL, '')
  const starts = [...plain.matchAll(/ {2,}(?=\S)/g)].map(({ index, 0: gap }) => index + gap.length)
  return starts.findLast((start) => start <= columns / 2) ?? 0
}

const foldLine = (line: string, columns: number): readonly string[] => {
  if (widthOf(line) <= columns) return [line]
  const hang = ' '.repeat(hangOf(line, columns))
  const lines: string[] = []
  let rest = line
  while (widthOf(rest) > columns) {
    const [full, over] = cutAt(rest, columns)
    const gap = over.startsWith(' ') ? full.length : full.lastIndexOf(' ')
    // In front of the hang there is nothing to break.
    const isWord = gap > hang.length && full.slice(0, gap).trim() !== ''
    lines.push((isWord ? full.slice(0, gap) : full).trimEnd())
    rest = `${hang}${isWord ? rest.slice(gap).trimStart() : over}`
  }
  return [...lines, rest]
}

/** @param columns of the terminal; undefined: there is none, and nothing is broken */
export const fold = (text: string, columns: number | undefined): string =>
  columns === undefined || columns < 20
    ? text
    : text
        .split('\n')
        .flatMap((line) => foldLine(line, columns))
        .join('\n')

/** One line, with what does not fit left out. */
export const clip = (line: string, columns: number | undefined): string =>
  columns === undefined || widthOf(line) <= columns ? line : `${cutAt(line, columns - 1)[0]}…`
