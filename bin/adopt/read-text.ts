// Text from a file or from stdin: a file of clients, a CSV. Never a secret's value: adoption has its own reading.
import { readFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { CommandFault, EXIT } from '../terminal/command-fault.ts'

/** @param path `-` for stdin. @throws CommandFault `usage` when it cannot be read. */
export const readText = async (path: string): Promise<string> => {
  if (path === '-') return text(process.stdin)
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const { code = 'unknown' } = error as { readonly code?: string }
    throw new CommandFault(EXIT.usage, `${path} cannot be read (${code})`)
  }
}
