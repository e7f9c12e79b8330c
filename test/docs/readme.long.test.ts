// From the README to a revoked secret: its commands against the laptop, run in a shell as they stand there, but for the port.
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { childEnv } from '../child-env.ts'
import { repository } from '../e2e/spawned.ts'
import { startTestLaptop } from '../fakes/laptop.ts'

test('a new user lists, rotates, and revokes a secret by the README alone', { timeout: 120_000 }, async () => {
  const readme = readFileSync(join(repository, 'README.md'), 'utf8')
  const [section = ''] = [...readme.matchAll(/^```sh\n([\s\S]*?)^```/gm)]
    .map(([, code = '']) => code)
    .filter((code) => code.includes('npx m2m list'))
  const laptop = await startTestLaptop({ hasVendClient: true })
  try {
    const secret = () => laptop.aws.peek('m2m/laptop/reports')
    const current = () => secret()?.versions.find(({ stages }) => stages.includes('AWSCURRENT'))
    const { client_id: clientId, client_secret: leaked } = JSON.parse(current()?.value ?? '{}') as Record<
      string,
      string
    >
    const code = section
      .replaceAll('http://127.0.0.1:4566', laptop.address.aws)
      .replaceAll('npx m2m', `"${process.execPath}" "${join(repository, 'bin/m2m.ts')}"`)
    const child = spawn('bash', ['-e'], { env: childEnv(), stdio: ['pipe', 'pipe', 'pipe'] })
    let said = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += String(chunk)))
    child.stdin.end(code)
    const status = await new Promise((resolve) => child.on('close', resolve))

    expect(status, said).toBe(0)
    expect(said).toMatch(/^reports +settled/m)
    expect(said).toContain('what leaked is dead')
    expect(current()?.id).toMatch(/^settle-/)
    expect(laptop.stytch.accepts(clientId ?? '', leaked ?? '')).toBe(false)
  } finally {
    await laptop.close()
  }
})
