// Makes dist/: JavaScript and declarations of what the package ships (Node strips no types under node_modules), one bundle a
// Lambda function in dist/functions/, and the laptop's usual templates in dist/laptop/. Runs on every install (`prepare`), so it is quick and silent unless it fails. It does not
// check types: that is scripts/check.ts's job, and an install must not fail because of a type.

import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, cp, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { preparedFiles, synthesise } from '../lambda/local/laptop/assemblies.ts'
import { bundleFunction } from './bundle.ts'

const repository = fileURLToPath(new URL('..', import.meta.url))
const dist = join(repository, 'dist')

/** @throws with the compiler's output. */
const compile = async (): Promise<void> => {
  const compiler = join(repository, 'node_modules/typescript/bin/tsc')
  const child = spawn(process.execPath, [compiler, '-p', 'tsconfig.build.json', '--noCheck'], {
    cwd: repository,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const output: string[] = []
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => output.push(String(chunk)))

  const { promise, resolve, reject } = Promise.withResolvers<number | null>()
  child.on('error', reject).on('close', resolve)
  if ((await promise) !== 0) throw new Error(`the compiler failed\n${output.join('')}`)
}

const triggersIn = async (directory: string): Promise<readonly string[]> =>
  existsSync(directory) ? (await readdir(directory)).filter((name) => /^on-.+\.ts$/.test(name)).sort() : []

const bundleFunctions = async (): Promise<void> => {
  const handlers = join(repository, 'lambda/handlers')
  const triggers = await triggersIn(handlers)
  await Promise.all(
    triggers.map((file) => bundleFunction(join(handlers, file), join(dist, 'functions', file.replace(/\.ts$/, '')))),
  )
}

/** What a browser reads as it is. */
const copyPage = async (): Promise<void> => {
  const page = 'lambda/local/page/browser'
  if (!existsSync(join(repository, page))) return
  await cp(join(repository, page), join(dist, page), {
    recursive: true,
    filter: (path) => !path.endsWith('tsconfig.json'),
  })
}

/** npm sets this on installation, but not for who runs the file in a clone. */
const makeExecutable = async (path: string): Promise<void> => {
  if (existsSync(path)) await chmod(path, 0o755)
}

try {
  await rm(dist, { recursive: true, force: true })
  await Promise.all([compile(), bundleFunctions(), copyPage()])
  await makeExecutable(join(dist, 'bin/m2m.js'))
  // Of bundles that are there.
  await synthesise(preparedFiles())
} catch (cause) {
  console.error(`build failed: ${cause instanceof Error ? cause.message : String(cause)}`)
  process.exitCode = 1
}
