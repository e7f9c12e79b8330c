// Settings that are numbers.
import type { Reader } from './reader.ts'

/** A number above 0. */
export const readNumber = (reader: Reader, name: string, what: string): number => {
  const text = reader.text(name, what)
  const number = Number(text)
  if (text !== '' && !(Number.isFinite(number) && number > 0)) reader.fault(name, `is malformed: expected ${what}`)
  return number
}
