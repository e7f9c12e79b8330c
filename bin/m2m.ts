#!/usr/bin/env node
// The command line, `m2m`: one command a file in commands/, put together in program.ts. It does none of the work itself. Nothing of it is
// loaded before Node's version is known to do: an older one fails in the middle of a dependency, in words that help nobody.
import { createRequire } from 'node:module'
import { EXIT } from './terminal/command-fault.ts'
import { nodeFault } from './terminal/node-version.ts'
import { outliveReaders } from './terminal/outlive-readers.ts'

outliveReaders()
const { engines } = createRequire(import.meta.url)('m2m-secret-rotation/package.json') as {
  readonly engines: { readonly node: string }
}
const fault = nodeFault(process.versions.node, engines.node)

if (fault === undefined) {
  const [{ CommanderError }, { createProgram }, { reportFailure }] = await Promise.all([
    import('commander'),
    import('./program.ts'),
    import('./terminal/run.ts'),
  ])
  const program = createProgram()
  try {
    await program.parseAsync()
  } catch (error) {
    // Commander has said it already; help and version are no failure.
    if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.usage
    else reportFailure(error, program.opts().debug === true)
  }
} else {
  process.stderr.write(`${fault}\n`)
  process.exitCode = EXIT.usage
}
