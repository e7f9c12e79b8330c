// Holds the house rules over every TypeScript file of the repository, and proves of each rule that it can fail, by offences
// planted in files that exist only here. The rules themselves are in house-rules.ts.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { lockOffences, offencesIn, type SourceFile } from './house-rules.ts'

const repository = fileURLToPath(new URL('../..', import.meta.url))
const rooms = ['bin', 'lib', 'lambda', 'test', 'bench', 'scripts']
const leftOut = new Set(['node_modules', 'dist', 'cdk.out'])

const filesBelow = (directory: string): readonly string[] =>
  readdirSync(join(repository, directory), { withFileTypes: true }).flatMap((entry) => {
    const path = `${directory}/${entry.name}`
    if (entry.isDirectory()) return leftOut.has(entry.name) ? [] : filesBelow(path)
    return path.endsWith('.ts') ? [path] : []
  })

const read = (path: string): SourceFile => ({ path, text: readFileSync(join(repository, path), 'utf8') })
const present = new Set(readdirSync(repository))
const files = rooms.filter((name) => present.has(name)).flatMap(filesBelow)

const rulesBroken = (path: string, code: string): readonly string[] => [
  ...new Set(offencesIn({ path, text: `// Planted.\n${code}\n` }).map(({ rule }) => rule)),
]

describe('the repository', () => {
  test('has TypeScript files in lambda, test and scripts', () => {
    for (const name of ['lambda', 'test', 'scripts'])
      expect(files.some((path) => path.startsWith(`${name}/`))).toBe(true)
  })

  // It reads the whole repository, which takes a busy machine its time.
  test('keeps the house rules in every TypeScript file', { timeout: 300_000 }, () => {
    const offences = files.map(read).flatMap(offencesIn)

    expect(offences.map(({ path, line, rule, found }) => `${path}:${line} ${rule}: ${found}`)).toEqual([])
  })

  test('keeps hosts out of the lock file', () => {
    expect(lockOffences(read('package-lock.json'))).toEqual([])
  })
})

interface Planted {
  readonly rule: string
  readonly path: string
  readonly code: readonly string[]
}

const planted: readonly Planted[] = [
  {
    rule: 'settings-in-one-place',
    path: 'lambda/adapters/planted.ts',
    code: [
      'export const region = process.env.AWS_REGION',
      "export const region = process['env'].AWS_REGION",
      'export const region = globalThis.process.env.AWS_REGION',
      'export const { env } = process',
      'export const { env: settings } = process',
      "import { env } from 'node:process'",
      "import process from 'process'",
      'process.loadEnvFile()',
    ],
  },
  {
    rule: 'settings-in-one-place',
    path: 'lib/planted.ts',
    code: [
      "export const stage = app.node.tryGetContext('stage')",
      "export const stage = app.node['tryGetContext']('stage')",
    ],
  },
  {
    rule: 'no-way-around-types',
    path: 'test/planted.ts',
    code: [
      'export const a: any = 1',
      'export const a = b as any',
      'export const a: Record<string, any> = {}',
      'export const a: any[] = []',
      'export const a = b as unknown as string',
      '// @ts-ignore\nexport const a = 1',
      '// @ts-expect-error because\nexport const a = 1',
      'export const a = {\n  /* @ts-ignore */\n  b: 1,\n}',
      '// @ts-nocheck\nexport const a = 1',
    ],
  },
  {
    rule: 'no-skipped-test',
    path: 'test/planted.test.ts',
    code: [
      "test.only('claim', () => {})",
      "it.skip('claim', () => {})",
      "describe.only('room', () => {})",
      "describe.concurrent.skip('room', () => {})",
      "test.only.each([1])('claim', () => {})",
      "test('claim', { skip: true }, () => {})",
    ],
  },
  {
    rule: 'no-console-below-the-edge',
    path: 'lambda/adapters/planted.ts',
    code: ["console.log('x')", 'export const log = console.error', 'const { log } = console'],
  },
  {
    rule: 'no-clock-chance-or-world-in-the-core',
    path: 'lambda/core/base/planted.ts',
    code: [
      'export const now = Date.now()',
      'export const now = new Date()',
      'export const now = new Date',
      'export const now = Date()',
      'export const clock = Date.now',
      'export const { now } = Date',
      'export const chance = Math.random()',
      'setTimeout(() => {}, 1)',
      'setInterval(() => {}, 1)',
      'export const pid = process.pid',
      "export const page = fetch('https://example.com')",
      "export const page = globalThis.fetch('https://example.com')",
      'export const now = performance.now()',
      'export const chance = crypto.randomUUID()',
    ],
  },
  { rule: 'names-say-what-it-is', path: 'lambda/core/base/string-utils.ts', code: ['export {}'] },
  { rule: 'names-say-what-it-is', path: 'lambda/core/base/common.ts', code: ['export {}'] },
  { rule: 'names-say-what-it-is', path: 'lambda/adapters/key-manager.ts', code: ['export {}'] },
  { rule: 'names-say-what-it-is', path: 'lib/helpers/stage.ts', code: ['export {}'] },
  { rule: 'names-say-what-it-is', path: 'bin/client-service.ts', code: ['export {}'] },
  { rule: 'names-say-what-it-is', path: 'test/data.ts', code: ['export {}'] },
  { rule: 'names-say-what-it-is', path: 'scripts/build-info.ts', code: ['export {}'] },
  { rule: 'lambda-has-known-rooms', path: 'lambda/shared/planted.ts', code: ['export {}'] },
  { rule: 'lambda-has-known-rooms', path: 'lambda/planted.ts', code: ['export {}'] },
]

describe('a planted offence', () => {
  test.each(planted.flatMap(({ rule, path, code }) => code.map((text) => ({ rule, path, text }))))(
    'breaks $rule: $path: $text',
    ({ rule, path, text }) => {
      expect(rulesBroken(path, text)).toContain(rule)
    },
  )

  test.each(['lambda/core/base/planted.ts', 'lib/planted.ts', 'bin/planted.ts'])(
    'breaks opens-with-a-comment: %s without one',
    (path) => {
      const offences = offencesIn({ path, text: "import { join } from 'node:path'\n// too late\nexport { join }\n" })

      expect(offences.map(({ rule }) => rule)).toEqual(['opens-with-a-comment'])
    },
  )

  test('breaks lock-names-no-host: a lock file with the address of a registry', () => {
    const text = '{\n  "node_modules/jose": {\n    "resolved": "https://registry.example.com/jose.tgz"\n  }\n}\n'

    expect(lockOffences({ path: 'package-lock.json', text }).map(({ line }) => line)).toEqual([3])
  })

  test('is reported with its line and its text', () => {
    const offences = offencesIn({
      path: 'lambda/core/base/planted.ts',
      text: '// Planted.\n\nexport const now = Date.now()\n',
    })

    expect(offences).toEqual([
      { rule: 'no-clock-chance-or-world-in-the-core', path: 'lambda/core/base/planted.ts', line: 3, found: 'Date.now' },
    ])
  })
})

describe('what only looks like an offence passes', () => {
  test.each([
    ['lambda/env.ts', 'export const region = process.env.AWS_REGION'],
    ['bin/terminal/cli-env.ts', 'export const region = process.env.AWS_REGION'],
    ['lambda/local/story/main.ts', 'export const region = process.env.AWS_REGION'],
    ['lib/config/deploy-config.ts', "export const stage = app.node.tryGetContext('stage')"],
    ['bin/planted.ts', 'process.exitCode = process.argv.length'],
    ['lambda/core/base/planted.ts', '// Never reads Date.now, process.env or console.log: any clock is an argument.'],
    ['lambda/core/base/planted.ts', "export const hint = 'Date.now() as any, @ts-ignore'"],
    ['lambda/core/base/planted.ts', 'export const at = new Date(issuedAt).toISOString()'],
    ['lambda/core/base/planted.ts', "import { randomUUID } from 'node:crypto'\nexport const id = randomUUID"],
    ['lambda/core/base/planted.ts', 'export const go = (token: Port): string => token.fetch(token.process)'],
    ['lambda/core/base/planted.ts', 'export interface Port {\n  fetch(): void\n  readonly process: string\n}'],
    ['lambda/handlers/on-planted.ts', "console.log('the edge logs')"],
    ['lambda/adapters/secrets-manager.ts', 'export const clock = Date.now'],
    ['lambda/local/secrets-manager/main.ts', 'export {}'],
    ['test/planted.test.ts', "test.skipIf(!real)('claim', () => {})\nlist.skip(2)"],
    ['lib/planted.ts', "export const anything: unknown = 'any'"],
    ['bin/m2m.ts', '#!/usr/bin/env node'.replace('#!', '//')],
  ])('%s: %s', (path, code) => {
    expect(rulesBroken(path, code)).toEqual([])
  })

  test('a file that opens with a comment after its interpreter line', () => {
    expect(offencesIn({ path: 'bin/m2m.ts', text: '#!/usr/bin/env node\n// The CLI.\n' })).toEqual([])
  })
})
