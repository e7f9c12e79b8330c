// What somebody sees who types `npx cdk synth` with a configuration that is not valid: each fault once, no stack trace, exit 1.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { repository } from '../e2e/spawned.ts'

const directory = mkdtempSync(join(tmpdir(), 'm2m-app-'))
afterAll(() => rmSync(directory, { recursive: true }))

const app = (m2m: unknown) =>
  spawnSync(process.execPath, ['bin/app.ts'], {
    cwd: repository,
    encoding: 'utf8',
    env: { ...process.env, CDK_CONTEXT_JSON: JSON.stringify({ m2m }), CDK_OUTDIR: join(directory, 'app') },
  })

const file = (name: string, text: string): string => {
  const path = join(directory, name)
  writeFileSync(path, text)
  return path
}

describe('the app', () => {
  test('prints every fault on a line of its own, and nothing of our code', () => {
    const { status, stdout, stderr } = app({ stage: 'x', stytch: {} })

    expect(status).toBe(1)
    expect(stdout).toBe('')
    expect(stderr.split('\n')).toEqual([
      'The configuration is not valid:',
      expect.stringMatching(/^ {2}m2m\.stage is malformed: "x"; /),
      expect.stringMatching(/^ {2}m2m\.stytch\.projectId is missing: /),
      expect.stringMatching(/^ {2}m2m\.stytch\.projectSecretName is missing: /),
      expect.stringMatching(/^ {2}m2m\.alarms is missing: /),
      expect.stringMatching(/^ {2}m2m\.breakGlass is missing: /),
      '',
    ])
  })

  test('says on which line and column text is no JSON, and which file it was', () => {
    const path = file('broken.json', '{\n  "stage": "prod",\n  "alarms": { "email": }\n}\n')

    expect(app(`@${path}`).stderr).toBe(
      `The configuration is not valid:\n  ${path} is malformed JSON at line 3, column 24: expected a value\n`,
    )
    expect(app('@no-such-file.json').stderr).toContain('no-such-file.json cannot be read (ENOENT)')
  })
})

describe('through the CDK command line', () => {
  const synth = (value: string) =>
    spawnSync(
      process.execPath,
      ['node_modules/aws-cdk/bin/cdk', 'synth', '--quiet', '--output', join(directory, 'cdk'), '-c', value],
      { cwd: repository, encoding: 'utf8', env: { ...process.env, CI: 'true' } },
    )

  test('JSON whose rest the command line keeps to itself is refused with what to type instead', () => {
    const { status, stderr } = synth('m2m={\n  "stage": "x"\n}')

    expect(status).toBe(1)
    expect(stderr).toContain('m2m is malformed JSON at line 1, column 2: expected')
    expect(stderr).toContain('-c m2m=@config.json')
    expect(stderr).not.toMatch(/^\s+at /m)
  })

  test('a file may have line breaks, and a fault in it is printed once', () => {
    const path = file('config.json', '\uFEFF{\n  "stage": "x"\n}\n')
    const { status, stdout, stderr } = synth(`m2m=@${path}`)

    expect(status).toBe(1)
    expect(`${stdout}${stderr}`.match(/m2m\.stage is malformed/g)).toHaveLength(1)
  })
})
