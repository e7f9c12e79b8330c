// What somebody types, as the program takes it: without doing any of it.
import type { Command } from 'commander'
import { createProgram } from '../../bin/program.ts'

/** Words of one shell command, up to a pipe, a redirection or a comment. Enough for what help and documents show. */
export const wordsOf = (line: string): readonly string[] => {
  const words: string[] = []
  for (const [, double, single, plain, end] of line.matchAll(/"([^"]*)"|'([^']*)'|([^\s"'|<>#;&]+)|([|<>#;&].*)/g)) {
    if (end !== undefined) break
    words.push(double ?? single ?? plain ?? '')
  }
  return words
}

const everyCommand = (command: Command): readonly Command[] => [command, ...command.commands.flatMap(everyCommand)]

export interface Said {
  readonly isTaken: boolean
  readonly stdout: string
  readonly stderr: string
}

/** @param words behind `m2m`. */
export const parse = async (words: readonly string[]): Promise<Said> => {
  const program = createProgram()
  const said = { stdout: '', stderr: '' }
  for (const command of everyCommand(program)) {
    command.configureOutput({
      writeOut: (text) => {
        said.stdout += text
      },
      writeErr: (text) => {
        said.stderr += text
      },
      getOutHelpWidth: () => 100,
    })
    if (command.commands.length === 0 || command.name() === 'incident') command.action(() => {})
  }
  try {
    await program.parseAsync([...words], { from: 'user' })
    return { isTaken: true, ...said }
  } catch {
    return { isTaken: false, ...said }
  }
}

/** By what is typed: `m2m incident show`. */
export const commandNames = (): readonly string[] => {
  const below = (command: Command, above: string): readonly string[] =>
    command.commands.flatMap((inner) => [`${above} ${inner.name()}`, ...below(inner, `${above} ${inner.name()}`)])
  return below(createProgram(), 'm2m')
}
