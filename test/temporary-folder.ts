// vitest's global set-up: one temporary folder a run, which goes at its end. The AWS CDK makes a folder for each app that a test synthesises,
// and a worker that is stopped at the end of its files removes none of them.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export default (): (() => void) => {
  const before = process.env.TMPDIR
  const folder = mkdtempSync(join(tmpdir(), 'm2m-tests-'))
  process.env.TMPDIR = folder
  return () => {
    if (before === undefined) delete process.env.TMPDIR
    else process.env.TMPDIR = before
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
  }
}
