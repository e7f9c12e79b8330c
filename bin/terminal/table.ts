// Tables for people: columns without lines, two spaces apart. cli-table3 knows how wide a character is on a terminal.
import Table from 'cli-table3'

const NO_LINES = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
}

/** cli-table3 ends a colour at the end of a cell unless it knows the code that ended it, and knows no marked one (safe-text.ts). */
// biome-ignore lint/suspicious/noControlCharactersInRegex: it is the escape character that begins them
const ITS_OWN_ENDS = /\u001B\[[34]9m/g

const withoutTrailingSpace = (text: string): string => text.replace(/[ \t]+$/gm, '')

/** A list: several lines. */
export type Cell = string | readonly string[]

/** Whoever wrote what is in it, a line is one line. */
const cellText = (cell: Cell): string =>
  [cell]
    .flat()
    .map((line) => line.replaceAll(/\s*[\r\n]+\s*/g, ' '))
    .join('\n')

/** @param heads empty: a list of names and values. */
export const table = (heads: readonly string[], rows: readonly (readonly Cell[])[]): string => {
  const made = new Table({
    ...(heads.length === 0 ? {} : { head: [...heads] }),
    chars: NO_LINES,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  })
  for (const row of rows) made.push(row.map(cellText))
  return withoutTrailingSpace(made.toString().replaceAll(ITS_OWN_ENDS, ''))
}
