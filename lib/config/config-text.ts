// A configuration that arrives as text: `-c m2m='{…}'` on the command line, or a file of its own, `-c m2m=@config.json`, in which line
// breaks are at home. Says where text stops being JSON. Called by deploy-config.ts and by the command line.
import { readFileSync } from 'node:fs'
import { jsonFault } from './json-position.ts'

export type ReadText = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly fault: string }

/** CDK splits `key=value` by a pattern whose dot takes no line break (aws-cdk 2.1148, `-c`), so that the rest never arrives. */
const CUT_OFF =
  'the CDK command line passes on only the first line of a -c value: put the JSON on one line, or name a file, -c m2m=@config.json'

/** @param name what the text is, for the fault: `m2m`, or a file's name. */
export const parseConfigText = (name: string, text: string): ReadText => {
  try {
    return { ok: true, value: JSON.parse(text) as unknown }
  } catch {
    const { line, column, expected } = jsonFault(text) ?? { line: 1, column: 1, expected: 'JSON' }
    const isCutOff = name === 'm2m' && !text.includes('\n') && expected.endsWith('ends here')
    const fault = `${name} is malformed JSON at line ${line}, column ${column}: expected ${expected}`
    return { ok: false, fault: isCutOff ? `${fault}; ${CUT_OFF}` : fault }
  }
}

/** A file with JSON in it. */
export const readConfigFile = (path: string): ReadText => {
  try {
    return parseConfigText(path, readFileSync(path, 'utf8').replace(/^\uFEFF/, ''))
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
    return { ok: false, fault: `${path} cannot be read (${why}): expected a file with the configuration as JSON` }
  }
}

/** What `-c` gave: an object from cdk.json as it is, text as JSON, `@file` as that file's content. */
export const readConfigValue = (value: unknown): ReadText => {
  if (typeof value !== 'string') return { ok: true, value }
  return value.startsWith('@') ? readConfigFile(value.slice(1)) : parseConfigText('m2m', value)
}
