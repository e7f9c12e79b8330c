// What somebody sees who types `npx cdk synth` with a configuration that is not valid: each fault once, no stack trace, exit 1.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { synthesise } from '../../bin/before-deploy/synthesise.ts'
import { CommandFault } from '../../bin/terminal/command-fault.ts'
import { readDeployConfig } from '../../lib/config/deploy-config.ts'
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

describe('a template that CloudFormation would not take', () => {
  const tags = Object.fromEntries(Array.from({ length: 50 }, (_, at) => [`${at}`.padStart(128, 'k'), 'v'.repeat(256)]))
  const path = file(
    'large.json',
    JSON.stringify({
      stage: 'prod',
      stytch: { projectId: 'project-live-00000000-0000-4000-8000-000000000000', projectSecretName: 'stytch/m2m' },
      alarms: { noneBecause: 'this is a test' },
      breakGlass: { noneBecause: 'this is a test' },
      tags,
    }),
  )
  const says = /^The configuration is not valid:\n {2}m2m\.tags stand on every resource .+ shorter ones\n$/

  test('is a fault of the configuration, and nothing is written', () => {
    const { status, stderr } = app(`@${path}`)

    expect(stderr).toMatch(says)
    expect(status).toBe(1)
    expect(existsSync(join(directory, 'app', 'm2m-prod.template.json'))).toBe(false)
  })

  test('is one for the checks before a deployment as well', async () => {
    const config = readDeployConfig(`@${path}`)

    await expect(synthesise(config)).rejects.toThrow(CommandFault)
    await expect(synthesise(config)).rejects.toThrow(/m2m\.tags stand on every resource/)
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
