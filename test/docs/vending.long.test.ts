// The samples of the vendor's page: TypeScript is compiled against the package as it is installed, JSON and YAML are read, and the curl
// command is run against the laptop.
import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { childEnv } from '../child-env.ts'
import { startTestLaptop } from '../fakes/laptop.ts'

const repository = fileURLToPath(new URL('../..', import.meta.url))
const page = readFileSync(join(repository, 'docs/vending.md'), 'utf8')
const blocks = (language: string): readonly string[] =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(([, code = '']) => code)

test('every TypeScript sample compiles against the package', { timeout: 60_000 }, () => {
  mkdirSync(join(repository, 'dist'), { recursive: true })
  // Inside of the package, so that it is found by its own name.
  const directory = mkdtempSync(join(repository, 'dist/samples-'))
  try {
    const files = blocks('ts').map((code, at) => {
      const file = join(directory, `sample-${at}.mts`)
      writeFileSync(file, code)
      return file
    })
    const program = ts.createProgram(files, {
      strict: true,
      noEmit: true,
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
      target: ts.ScriptTarget.ESNext,
      types: ['node'],
      skipLibCheck: true,
    })
    const faults = ts.getPreEmitDiagnostics(program)

    expect(files.length).toBeGreaterThanOrEqual(3)
    expect(faults.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '))).toEqual([])
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
})

test('JSON and YAML can be read', () => {
  expect(blocks('json').map((code) => typeof JSON.parse(code))).toEqual(['object', 'object', 'object', 'object'])
  expect(blocks('yaml').map((code) => typeof parse(code))).toEqual(['object'])
})

const has = (command: string): boolean => spawnSync(command, ['--version']).status === 0

test.skipIf(!has('python3'))('the Python sample is Python', () => {
  const [code = ''] = blocks('python')
  const { stderr, status } = spawnSync('python3', ['-c', 'import ast, sys; ast.parse(sys.stdin.read())'], {
    input: code,
    encoding: 'utf8',
  })

  expect([status, stderr]).toEqual([0, ''])
})

describe.skipIf(!has('curl'))('the curl command', () => {
  test('gets a token of the laptop', { timeout: 60_000 }, async () => {
    const laptop = await startTestLaptop({ hasVendClient: true })
    try {
      const { vend, region, access_key_id, secret_access_key } = laptop.address
      const child = spawn('sh', ['-c', blocks('sh')[0] ?? ''], {
        env: childEnv({
          VEND: vend,
          AWS_REGION: region,
          AWS_ACCESS_KEY_ID: access_key_id,
          AWS_SECRET_ACCESS_KEY: secret_access_key,
        }),
      })
      let output = ''
      child.stdout.on('data', (chunk) => {
        output += String(chunk)
      })
      child.stderr.on('data', (chunk) => {
        output += String(chunk)
      })
      await new Promise((resolve) => child.on('close', resolve))

      expect(JSON.parse(output)).toMatchObject({ token_type: 'Bearer', scope: 'read:reports' })
    } finally {
      await laptop.close()
    }
  })
})
