#!/usr/bin/env node
// The command line, `m2m`: one command a file in commands/, put together in program.ts. It does none of the work itself.
import { CommanderError } from 'commander'
import { createProgram } from './program.ts'
import { EXIT } from './terminal/command-fault.ts'
import { reportFailure } from './terminal/run.ts'

const program = createProgram()
try {
  await program.parseAsync()
} catch (error) {
  // Commander has said it already; help and version are no failure.
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.usage
  else reportFailure(error, program.opts().debug === true)
}
