// What the bundler promises of every function: the same bytes from the same code, nothing of the laptop, ES modules where a
// package has them, and a `require` only for who needs it. Tried on tiny entries in temporary directories.

import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { bundleFunction } from '../../scripts/bundle.ts'

const roots: string[] = []

afterEach(() => {
  for (const root of roots.splice(0)) rmSync(root, { recursive: true, force: true })
})

const plant = (files: Readonly<Record<string, string>>): string => {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'm2m-bundle-')))
  roots.push(root)
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  return root
}

const bundleOf = async (files: Readonly<Record<string, string>>) => {
  const root = plant(files)
  const { code, metafile } = await bundleFunction(join(root, 'on-event.ts'), join(root, 'out'))
  return { root, text: Buffer.from(code).toString(), metafile }
}

/** Runs a bundle as the Lambda runtime would, in a process of its own. @returns what its handler answers. */
const answerOf = (root: string): unknown => {
  const code = `const { handler } = await import(${JSON.stringify(join(root, 'out/index.mjs'))})
console.log(JSON.stringify(await handler()))`
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', code], { encoding: 'utf8' })
  return stderr === '' ? JSON.parse(stdout) : stderr
}

const withLaptopCode = {
  'on-event.ts': `declare const DEPLOYED_BUNDLE: boolean | undefined
import { answer } from './answer.ts'
import { startStandIn } from './laptop.ts'
export const handler = async (): Promise<string> => {
  if (typeof DEPLOYED_BUNDLE === 'undefined') {
    startStandIn()
    await import('./more-laptop.ts')
  }
  return answer
}
`,
  'answer.ts': "export const answer: string = 'deployed'\n",
  'laptop.ts': "export const startStandIn = (): void => { throw new Error('stand-in started') }\n",
  'more-laptop.ts': "throw new Error('more of the laptop')\n",
}

test('drops guarded laptop code, and what only that imports', async () => {
  const { root, text } = await bundleOf(withLaptopCode)

  expect(answerOf(root)).toBe('deployed')
  expect(text).not.toMatch(/DEPLOYED_BUNDLE|stand-in started|more of the laptop/)
})

test('writes the same bytes when it runs again, and when it runs elsewhere', async () => {
  const root = plant(withLaptopCode)
  const entry = join(root, 'on-event.ts')

  const first = await bundleFunction(entry, join(root, 'out'))
  const firstMetafile = readFileSync(join(root, 'out/meta.json'))
  const again = await bundleFunction(entry, join(root, 'out'))
  const elsewhere = await bundleFunction(entry, join(root, 'elsewhere'))

  expect(again.code).toEqual(first.code)
  expect(elsewhere.code).toEqual(first.code)
  expect(readFileSync(join(root, 'out/index.mjs'))).toEqual(Buffer.from(first.code))
  expect(readFileSync(join(root, 'out/meta.json'))).toEqual(firstMetafile)
})

test('writes index.mjs, its metafile, and nothing else', async () => {
  const { root } = await bundleOf(withLaptopCode)

  expect(readdirSync(join(root, 'out')).sort()).toEqual(['index.mjs', 'meta.json'])
})

test("takes a package's ES modules, whether it names them by a condition or by a field", async () => {
  const { root, metafile } = await bundleOf({
    'on-event.ts': `import { a } from 'by-condition'
import { b } from 'by-field'
export const handler = async () => [a, b]
`,
    'node_modules/by-condition/package.json': JSON.stringify({
      exports: { require: './index.cjs', import: './index.mjs' },
    }),
    'node_modules/by-condition/index.cjs': "exports.a = 'cjs'\n",
    'node_modules/by-condition/index.mjs': "export const a = 'esm'\n",
    'node_modules/by-field/package.json': JSON.stringify({ main: './cjs.js', module: './esm.js' }),
    'node_modules/by-field/cjs.js': "exports.b = 'cjs'\n",
    'node_modules/by-field/esm.js': "export const b = 'esm'\n",
  })

  expect(answerOf(root)).toEqual(['esm', 'esm'])
  expect(Object.keys(metafile.inputs).filter((path) => path.endsWith('js'))).toHaveLength(2)
})

test('gives a CommonJS dependency its require of a builtin', async () => {
  const { root, text } = await bundleOf({
    'on-event.ts': "import separator from 'old'\nexport const handler = async () => separator\n",
    'node_modules/old/index.js': "module.exports = require('path').posix.sep\n",
  })

  expect(answerOf(root)).toBe('/')
  expect(text).toContain('createRequire')
})

test('has no require, no source map and no comment where nothing asks for them', async () => {
  const { text } = await bundleOf({
    'on-event.ts': "/*! licence */\nimport { sep } from 'node:path'\n// why\nexport const handler = async () => sep\n",
  })

  expect(text).not.toMatch(/createRequire|sourceMappingURL|licence|why/)
})

test('refuses an entry with an import that leads nowhere, and names it', async () => {
  const root = plant({ 'on-event.ts': "import './not-there.ts'\n" })

  await expect(bundleFunction(join(root, 'on-event.ts'), join(root, 'out'))).rejects.toThrow(/not-there\.ts/)
})
