// Where the laptop gets the template that it starts. Those of the usual choices are prepared with the build; any other is synthesised when it is
// first asked for, by a process of its own, since only that needs aws-cdk-lib, and kept by a hash of the configuration and, in a clone, of
// all that decides what is synthesised.

import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isJsonObject } from '../../core/base/json-object.ts'
import type { StackFile } from '../stack/stack-file.ts'
import { fieldsOf } from '../stand-in/fields.ts'
import { type LaptopChoices, laptopConfig } from './deployment.ts'

/** A clone runs its source; an installed package, what was built. */
const isClone = import.meta.url.endsWith('.ts')
const root = fileURLToPath(new URL(isClone ? '../../..' : '../../../..', import.meta.url))
const prepared = join(root, 'dist/laptop')
const synthPath = join(root, isClone ? 'bin/synth-laptop.ts' : 'dist/bin/synth-laptop.js')

/** What `npm run laptop` and `npm start` start. */
export const preparedChoices: readonly LaptopChoices[] = [
  {},
  { hasVendClient: true },
  { hasVendClient: true, hasProjectSecret: true },
  { hasProjectSecret: true },
]

const HASH_LENGTH = 16
const DAY_MS = 86_400_000

const hashOf = (...texts: readonly string[]): string => {
  const hash = createHash('sha256')
  for (const text of texts) hash.update(text)
  return hash.digest('hex').slice(0, HASH_LENGTH)
}

/** Whatever a template can depend on, bundles aside: their hashes say nothing to a laptop. */
const sourceFolders = ['lib', 'lambda/core', 'lambda/env']

let sources: string | undefined
const sourcesHash = (): string => {
  sources ??= hashOf(
    ...[
      synthPath,
      ...sourceFolders.flatMap((folder) =>
        readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
          .filter((name) => name.endsWith('.ts'))
          .sort()
          .map((name) => join(root, folder, name)),
      ),
    ].map((path) => readFileSync(path, 'utf8')),
  )
  return sources
}

const fileName = (config: unknown): string => `${hashOf(JSON.stringify(config))}-${sourcesHash()}.json`

/** For scripts/build.ts. */
export const preparedFiles = (): readonly { readonly config: unknown; readonly file: string }[] =>
  preparedChoices.map((choices) => {
    const config = laptopConfig(choices)
    return { config, file: join(prepared, fileName(config)) }
  })

/** A configuration that cannot be read or deployed; its message lists every fault. */
export class ConfigFault extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'ConfigFault'
  }
}

/** As bin/synth-laptop.ts ends for a configuration with faults. */
const NOT_VALID = 2

/** @throws ConfigFault with every fault of a configuration; Error that says what is not installed. */
export const synthesise = async (
  wanted: readonly { readonly config: unknown; readonly file: string }[],
): Promise<void> => {
  try {
    import.meta.resolve('aws-cdk-lib')
  } catch (cause) {
    throw new Error('A configuration of your own is synthesised first: npm install aws-cdk-lib constructs', { cause })
  }
  // CDK keeps a folder of its own in whatever is the user's.
  const home = mkdtempSync(join(tmpdir(), 'm2m-home-'))
  const child = spawn(process.execPath, [synthPath], {
    cwd: root,
    env: { ...process.env, HOME: home },
    stdio: ['pipe', 'ignore', 'pipe'],
  })
  const said: string[] = []
  child.stderr.setEncoding('utf8').on('data', (text: string) => said.push(text))
  // A process that ends without reading it says why on stderr.
  child.stdin.on('error', () => {})
  child.stdin.end(JSON.stringify(wanted))
  const { promise, resolve, reject } = Promise.withResolvers<number | null>()
  child.on('error', reject).on('close', resolve)
  const code = await promise.finally(() => rmSync(home, { recursive: true, force: true }))
  if (code === NOT_VALID) throw new ConfigFault(said.join('').trim())
  if (code !== 0) throw new Error(said.join('').trim() || `the synthesis ended with ${code}`)
}

/** Of other sources, a day old: nobody is about to read them. */
const forgetOld = (kept: string): void => {
  for (const name of readdirSync(kept)) {
    const path = join(kept, name)
    const isOld = !name.includes(`-${sourcesHash()}.`) && statSync(path).mtimeMs < Date.now() - DAY_MS
    if (isOld) rmSync(path, { force: true })
  }
}

const readStackFile = (path: string): StackFile => JSON.parse(readFileSync(path, 'utf8')) as StackFile

const existing = (path: string): string | undefined => (existsSync(path) ? path : undefined)

/** A clone's sources may have changed since. */
const preparedFile = (config: unknown): string | undefined => {
  if (isClone) return existing(join(prepared, fileName(config)))
  const name = readdirSync(prepared).find((one) => one.startsWith(`${hashOf(JSON.stringify(config))}-`))
  return name === undefined ? undefined : join(prepared, name)
}

const readSynthesised = async (config: unknown, file: string): Promise<StackFile> => {
  await synthesise([{ config, file }])
  return readStackFile(file)
}

/** @param config as `m2m` in cdk.json. @throws Error as synthesise does. */
export const stackFileOf = async (config: unknown): Promise<StackFile> => {
  const ready = preparedFile(config)
  if (ready !== undefined) return readStackFile(ready)
  if (!isClone) {
    const folder = mkdtempSync(join(tmpdir(), 'm2m-laptop-'))
    try {
      return await readSynthesised(config, join(folder, 'stack.json'))
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }
  const kept = join(root, 'node_modules/.cache/m2m-laptop')
  const file = join(kept, fileName(config))
  if (existsSync(file)) return readStackFile(file)
  const read = await readSynthesised(config, file)
  forgetOld(kept)
  return read
}

/** Of a user's file: what stands under `m2m` in a cdk.json, or that alone. @throws ConfigFault */
export const readConfigFile = (path: string): unknown => {
  let given: unknown
  try {
    given = JSON.parse(readFileSync(path, 'utf8').replace(/^\uFEFF/, ''))
  } catch (error) {
    throw new ConfigFault(`cannot be read: ${error instanceof Error ? error.message : 'unknown'}`)
  }
  if (!isJsonObject(given)) throw new ConfigFault('is no configuration: expected a JSON object')
  return fieldsOf(given.context).m2m ?? given.m2m ?? given
}
