// The deployed bundle finds its AWS credentials in the environment, and nowhere else: tried on a bundle with the real SDK client, run
// alone against a server that looks at the signature. Fails when the SDK's internals move away from under scripts/bundle.ts.

import { spawn } from 'node:child_process'
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bundleFunction, type FunctionBundle } from '../../scripts/bundle.ts'

const repository = fileURLToPath(new URL('../..', import.meta.url))
// Inside of the repository, so that the entry finds the SDK; the bundle finds it in itself.
const root = realpathSync(mkdtempSync(join(repository, 'node_modules', '.m2m-credentials-')))
const home = realpathSync(mkdtempSync(join(tmpdir(), 'm2m-home-')))
const seen: IncomingHttpHeaders[] = []
const server = createServer((request, response) => {
  seen.push(request.headers)
  response.setHeader('content-type', 'application/x-amz-json-1.1')
  response.end('{"SecretList":[]}')
})
let bundle: FunctionBundle
let endpoint = ''

beforeAll(async () => {
  writeFileSync(
    join(root, 'on-event.ts'),
    `import { EventBridgeClient } from '@aws-sdk/client-eventbridge'
import { ListSecretsCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
export const buses = new EventBridgeClient({})
export const handler = () => new SecretsManagerClient({ maxAttempts: 1 }).send(new ListSecretsCommand({}))
`,
  )
  bundle = await bundleFunction(join(root, 'on-event.ts'), join(root, 'out'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  // A profile that the SDK's whole chain would find.
  writeFileSync(join(home, 'credentials'), '[default]\naws_access_key_id = PROFILE\naws_secret_access_key = profile\n')
})
afterAll(async () => {
  rmSync(root, { recursive: true, force: true })
  rmSync(home, { recursive: true, force: true })
  await new Promise((resolve) => server.close(resolve))
})

/** @returns what the bundle's call came to, in a process that has this environment and no other. */
const answerWith = async (env: Readonly<Record<string, string>>): Promise<string> => {
  const code = `const { handler } = await import(${JSON.stringify(join(root, 'out/index.mjs'))})
console.log(await handler().then(() => 'done', (error) => error.name))`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', code], {
    cwd: home,
    env: {
      AWS_REGION: 'eu-west-1',
      AWS_ENDPOINT_URL: endpoint,
      AWS_SHARED_CREDENTIALS_FILE: join(home, 'credentials'),
      ...env,
    },
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += String(text)))
  await new Promise((resolve) => child.on('close', resolve))
  return output.trim()
}

test("signs with the environment's credentials, its session token included", async () => {
  const answer = await answerWith({
    AWS_ACCESS_KEY_ID: 'ASIAENVIRONMENT',
    AWS_SECRET_ACCESS_KEY: 'secret',
    AWS_SESSION_TOKEN: 'session',
  })

  expect(answer).toBe('done')
  expect(seen.at(-1)?.authorization).toContain('Credential=ASIAENVIRONMENT/')
  expect(seen.at(-1)?.['x-amz-security-token']).toBe('session')
})

test('looks nowhere else, and says by name what is missing', async () => {
  const before = seen.length

  expect(await answerWith({})).toBe('CredentialsProviderError')
  expect(seen).toHaveLength(before)
})

test('has none of the other sources in it, whichever client asked', () => {
  const kept = Object.values(bundle.metafile.outputs).flatMap(({ inputs }) => Object.keys(inputs))
  const sources = kept.filter((path) => /credential-provider|nested-clients|token-providers/.test(path))

  expect(kept.some((path) => path.includes('@aws-sdk/client-eventbridge/'))).toBe(true)
  expect(sources).not.toEqual([])
  expect(sources.filter((path) => !/environment-only:|@aws-sdk\/credential-provider-env\//.test(path))).toEqual([])
})
