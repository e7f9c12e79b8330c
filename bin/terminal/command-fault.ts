// How a command ends: its exit codes, in one place (docs/cli.md lists them), and the error that carries one. A message says what is wrong,
// with what, and what to do; it is all that a user sees.
import { boundedText } from '../../lambda/core/base/message-text.ts'

export const EXIT = {
  /** Done, or nothing to do. */
  ok: 0,
  /** Nothing was done that was asked for, or it is not known what was. */
  failed: 1,
  /** The command line, the settings or a file are not in order; nothing was changed. */
  usage: 2,
  /** Some of it was done, some not; each is named. */
  partly: 3,
  /** A rule forbids it, or somebody must confirm it first; nothing was changed. */
  refused: 4,
  /** Ctrl-C. */
  interrupted: 130,
} as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

export class CommandFault extends Error {
  readonly exitCode: ExitCode
  /** What `--json` prints all the same. @default - nothing */
  readonly json: object | undefined
  constructor(exitCode: ExitCode, message: string, json?: object) {
    super(boundedText(message))
    this.name = 'CommandFault'
    this.exitCode = exitCode
    this.json = json
  }
}

/** What a command hands back: for machines and for people. Only one of the two is printed. */
export interface Ending {
  readonly json: unknown
  readonly text: string
  readonly exitCode: ExitCode
}

/** Of many, by how many went through. */
export const exitOf = ({ done, failed }: { readonly done: number; readonly failed: number }): ExitCode =>
  failed === 0 ? EXIT.ok : done === 0 ? EXIT.failed : EXIT.partly
