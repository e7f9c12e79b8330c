// The vendor's page and the examples for consumers, run as they stand against the laptop: the Python sample with boto3 (Debian's python3-boto3,
// which .ci/run installs), and the TypeScript samples with the package's own client. Those for Go and Java are calls by name, checked against the
// libraries' public sources and not run.
import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Laptop } from '../../lambda/local/laptop/laptop.ts'
import { childEnv } from '../child-env.ts'
import { startTestLaptop } from '../fakes/laptop.ts'

const repository = fileURLToPath(new URL('../..', import.meta.url))
const page = readFileSync(join(repository, 'docs/vending.md'), 'utf8')
const blocks = (language: string): readonly string[] =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(([, code = '']) => code)

let laptop: Laptop
beforeAll(async () => {
  laptop = await startTestLaptop({ hasVendClient: true })
}, 120_000)
afterAll(() => laptop.close())

interface Ran {
  readonly status: number | null
  readonly output: string
}

/** In an environment as the page says it is for the laptop. */
const run = (command: string, args: readonly string[], more: Readonly<Record<string, string>> = {}): Promise<Ran> => {
  const { vend, region, access_key_id, secret_access_key, revocations_public_key } = laptop.address
  const child = spawn(command, [...args], {
    env: childEnv({
      VEND: vend,
      AWS_DEFAULT_REGION: region,
      AWS_REGION: region,
      AWS_ACCESS_KEY_ID: access_key_id,
      AWS_SECRET_ACCESS_KEY: secret_access_key,
      REVOCATIONS_PUBLIC_KEY: revocations_public_key,
      ...more,
    }),
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += String(chunk)
    })
  }
  return new Promise((resolve) => {
    child.on('close', (status) => resolve({ status, output }))
  })
}

/** A sample as it stands, with a line behind it that shows what came of it. */
const runTypeScript = async (code: string, shows: string): Promise<Ran> => {
  mkdirSync(join(repository, 'dist'), { recursive: true })
  const directory = mkdtempSync(join(repository, 'dist/run-'))
  try {
    const settings = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ESNext }
    const client = new URL('../../lambda/client/index.ts', import.meta.url).href
    const text = ts
      .transpileModule(code, { compilerOptions: settings })
      .outputText.replaceAll("'m2m-secret-rotation/client'", JSON.stringify(client))
    const file = join(directory, 'sample.mjs')
    writeFileSync(file, `${text}\n${shows}\n`)
    return await run(process.execPath, [file])
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

test('the Python sample gets a token', { timeout: 120_000 }, async () => {
  const [code = ''] = blocks('python')
  const found = spawnSync('python3', ['-c', 'import boto3'])
  expect(found.status, 'boto3 is missing: apt-get install python3-boto3').toBe(0)

  const { status, output } = await run('python3', ['-c', `${code}\nprint(len(token.split('.')))`])

  expect([status, output.trim()]).toEqual([0, '3'])
})

describe('the Python sample, of a vendor that is busy,', () => {
  /** Answers with these, one after the other, and then with a token. */
  const busyFor = async (statuses: readonly number[]) => {
    const rest = [...statuses]
    let asked = 0
    const server = createServer((_message, response) => {
      asked += 1
      const status = rest.shift() ?? 200
      response.writeHead(status, { 'retry-after': '0' }).end(JSON.stringify({ access_token: 'a.b.c' }))
    })
    await new Promise<void>((done) => {
      server.listen(0, '127.0.0.1', done)
    })
    const { port } = server.address() as AddressInfo
    const [code = ''] = blocks('python')
    const ran = await run('python3', ['-c', `${code}\nprint(token)`], { VEND: `http://127.0.0.1:${port}` })
    server.close()
    return { ...ran, asked }
  }

  test('asks again, and gets a token', { timeout: 120_000 }, async () => {
    expect(await busyFor([503, 429])).toEqual({ status: 0, output: 'a.b.c\n', asked: 3 })
  })

  test('takes a refusal for what it is', { timeout: 120_000 }, async () => {
    const { status, output, asked } = await busyFor([403])

    expect([status, asked]).toEqual([1, 1])
    expect(output).toContain('HTTP Error 403')
  })
})

describe('the TypeScript sample', () => {
  /** Its Region is none that the laptop's address names (the page, "On the laptop"); and the service that it calls does not exist. */
  const onLaptop = (code: string): string =>
    code
      .replace("url: process.env.VEND ?? '',", "url: process.env.VEND ?? '', region: process.env.AWS_REGION,")
      .replace(
        "await fetch('https://api.example.com/reports', {",
        "await (async (_url, _init) => console.log('sent'))('', {",
      )

  test('that asks for tokens gets one', { timeout: 120_000 }, async () => {
    const [code = ''] = blocks('ts')

    expect(await runTypeScript(onLaptop(code), '')).toEqual({ status: 0, output: 'sent\n' })
  })

  test('that verifies believes a token of its project, by the published list', { timeout: 120_000 }, async () => {
    const code = blocks('ts').find((one) => one.includes('createRevocations')) ?? ''
    const { project_id, stytch, access_key_id, secret_access_key } = laptop.address
    const here = code
      .replace(
        /'project-live-[^']*'/,
        `${JSON.stringify(project_id)}, jwksUrl: ${JSON.stringify(`${stytch}/v1/sessions/jwks/${project_id}`)}`,
      )
      .replace(
        'declare const credentials: () => Promise<{ accessKeyId: string; secretAccessKey: string; sessionToken?: string }>',
        '',
      )
    const credentials = `const credentials = async () => (${JSON.stringify({ accessKeyId: access_key_id, secretAccessKey: secret_access_key })})`
    const ask = `
      import { createTokenClient } from 'm2m-secret-rotation/client'
      const tokens = createTokenClient({ url: process.env.VEND, region: process.env.AWS_REGION, credentials })
      const { accessToken } = await tokens.token({ client: 'reports', scopes: ['read:reports'] })
      console.log((await clientOf(accessToken))?.startsWith('m2m-client-'), await clientOf('x.y.z'))`

    const ran = await runTypeScript(`${credentials}\n${onLaptop(here)}\n${ask}`, '')

    expect(ran).toEqual({ status: 0, output: 'true undefined\n' })
  })
})
