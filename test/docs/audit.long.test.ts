// The commands of docs/audit.md, run as they stand on the page, over a proof as the settle of a revoke signs it: openssl and jose verify it
// without this project, and neither accepts what was changed, or signed by another key.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { revokeToken } from '../fakes/envelopes.ts'
import { proofObject, proofPayload } from '../fakes/incident-proofs.ts'
import { createProofKey, jwsOf, PROOF_KEY_ARN, type ProofKey } from '../fakes/proof-key.ts'

const page = readFileSync(new URL('../../docs/audit.md', import.meta.url), 'utf8')
const blockOf = (name: string): string => {
  const [, block] = new RegExp(`<!-- run: ${name} -->\n\`\`\`\\w+\n([\\s\\S]*?)\`\`\``).exec(page) ?? []
  if (block === undefined) throw new Error(`docs/audit.md has no block called ${name}`)
  return block
}

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'audit-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const lay = (jws: string, { trusted }: ProofKey): void => {
  writeFileSync(join(folder, 'proof.jws'), jws)
  writeFileSync(join(folder, 'proofs.pem'), trusted.publicKey.export({ type: 'spki', format: 'pem' }))
}

const run = (command: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): string =>
  execFileSync(command, args, { cwd: folder, env: { ...process.env, ...env }, encoding: 'utf8', stdio: 'pipe' })

const tools: Readonly<Record<string, (env?: Readonly<Record<string, string>>) => string>> = {
  openssl: (env) => run('bash', ['-c', blockOf('openssl')], env),
  jose: (env) => {
    symlinkSync(fileURLToPath(new URL('../../node_modules', import.meta.url)), join(folder, 'node_modules'))
    writeFileSync(join(folder, 'verify.mjs'), blockOf('jose'))
    return run(process.execPath, ['verify.mjs'], env)
  },
}

describe.each(Object.keys(tools))('%s, as the page has it', (name) => {
  const key = createProofKey()
  const [, jws] = proofObject(key, revokeToken())
  const verify = (env?: Readonly<Record<string, string>>): string => tools[name]?.(env) ?? ''

  test('verifies a proof, and shows what it says', () => {
    lay(jws, key)

    const shown = verify()

    expect(shown).toContain(proofPayload(revokeToken()).revokeToken)
    expect(shown).toContain('invalid_client')
    if (name === 'openssl') expect(shown).toContain('Verified OK')
  })

  test('refuses what was changed by one character', () => {
    const [head = '', body = '', signature = ''] = jws.split('.')
    const changed = Buffer.from(Buffer.from(body, 'base64url').toString('utf8').replace('abcd', 'abce'))
    lay([head, changed.toString('base64url'), signature].join('.'), key)

    expect(() => verify()).toThrow()
  })

  test('refuses what another key has signed', () => {
    lay(jws, createProofKey())

    expect(() => verify()).toThrow()
  })

  test('takes signatures whose halves begin with zeros', () => {
    const shortOnes = Array.from({ length: 2000 }, () => jwsOf(key, proofPayload(revokeToken()))).filter((one) => {
      const signature = Buffer.from(one.split('.')[2] ?? '', 'base64url')
      return signature[0] === 0 || signature[32] === 0
    })
    const [first] = shortOnes
    if (first === undefined) throw new Error('no signature of 2,000 begins with a zero')
    lay(first, key)

    expect(verify()).toContain('invalid_client')
  })
})

test('jose refuses a list of revocations by the very key, and a proof of a key of another ARN', () => {
  const key = createProofKey()
  lay(jwsOf({ ...key, type: 'm2m-revocations+jwt' }, proofPayload(revokeToken())), key)
  expect(() => tools.jose?.()).toThrow(/not a proof/)

  rmSync(join(folder, 'node_modules'))
  lay(proofObject(key, revokeToken())[1], key)
  expect(() => tools.jose?.({ KEY: `${PROOF_KEY_ARN}0` })).toThrow(/not a proof of this key/)
})
