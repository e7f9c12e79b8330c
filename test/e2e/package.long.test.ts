// The package as somebody else installs it: packed, which builds it, installed into an empty project, and its command run from
// there, where Node strips no types. The clone is packed from a copy, so that no other test finds dist/ half built.
import { execFile } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { LaptopAddress } from '../../lambda/local/laptop/address.ts'
import { createOperator } from '../../lambda/local/story/operator.ts'
import { descendantsOf, endAll, leftOf, repository, spawnCommand } from './spawned.ts'

const run = promisify(execFile)
/** Packing compiles everything: seconds on an idle machine, a minute on a busy one. */
const INSTALL_MS = 240_000
const PACKED = [
  'bin',
  'lib',
  'lambda',
  'scripts',
  'docs',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'cdk.json',
  'LICENSE',
  'README.md',
  '.npmrc',
]

interface Lock {
  readonly packages: Readonly<
    Record<string, { readonly version?: string; readonly dev?: boolean; readonly peer?: boolean }>
  >
}

interface Template {
  readonly Resources: Readonly<Record<string, { readonly Type: string }>>
}

const place = mkdtempSync(join(tmpdir(), 'm2m-package-'))
const clone = join(place, 'clone')
const project = join(place, 'project')
let tarball = ''
const installed = join(project, 'node_modules/m2m-secret-rotation')

const readJson = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'))

/** The lock file's versions: `npm ci` has left them in npm's cache, so that no registry need be asked. */
const lockedVersions = (): Readonly<Record<string, string>> => {
  const { packages } = readJson(join(repository, 'package-lock.json')) as Lock
  return Object.fromEntries(
    Object.entries(packages).flatMap(([path, { version, dev, peer }]) => {
      const [, name] = /^node_modules\/((?:@[^/]+\/)?[^/]+)$/.exec(path) ?? []
      return name === undefined || version === undefined || dev || peer ? [] : [[name, version]]
    }),
  )
}

/** Without cache and registry: unpacked by hand, with what package.json declares, and only that, from the clone. */
const installByHand = async (tarball: string): Promise<void> => {
  mkdirSync(join(project, 'node_modules/.bin'), { recursive: true })
  await run('tar', ['-xzf', tarball, '-C', place])
  cpSync(join(place, 'package'), installed, { recursive: true })
  const { dependencies } = readJson(join(installed, 'package.json')) as { dependencies: Record<string, string> }
  for (const name of Object.keys(dependencies)) {
    mkdirSync(join(project, 'node_modules', name, '..'), { recursive: true })
    symlinkSync(join(repository, 'node_modules', name), join(project, 'node_modules', name))
  }
  for (const name of ['m2m', 'm2m-secrets']) {
    symlinkSync('../m2m-secret-rotation/dist/bin/m2m.js', join(project, 'node_modules/.bin', name))
  }
}

const install = async (tarball: string): Promise<void> => {
  mkdirSync(project)
  const manifest = { name: 'empty', private: true, overrides: lockedVersions() }
  writeFileSync(join(project, 'package.json'), JSON.stringify(manifest))
  const options = ['--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', '--fetch-retries=0']
  await run('npm', ['install', tarball, ...options], { cwd: project }).catch(async (error: unknown) => {
    const { stderr = '' } = error as { stderr?: string }
    if (!/ENOTCACHED|ENOTFOUND|EAI_AGAIN|ECONN|ETIMEDOUT|ENETUNREACH/.test(stderr)) throw error
    rmSync(join(project, 'node_modules'), { recursive: true, force: true })
    await installByHand(tarball)
  })
}

/** As typed in the project's directory. */
const m2m = (...args: readonly string[]) =>
  spawnCommand({ command: 'npx', args: ['--no-install', 'm2m', ...args], cwd: project, isGroup: true })

beforeAll(async () => {
  mkdirSync(clone)
  for (const name of PACKED) cpSync(join(repository, name), join(clone, name), { recursive: true })
  symlinkSync(join(repository, 'node_modules'), join(clone, 'node_modules'))
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', place], { cwd: clone })
  const [, filename = ''] = /"filename":\s*"([^"]+)"/.exec(stdout) ?? []
  tarball = join(place, filename)
  await install(tarball)
}, INSTALL_MS)

afterAll(() => {
  endAll()
  rmSync(place, { recursive: true, force: true })
})

describe('the installed package', () => {
  it('brings the build and the documents, and no source, test or configuration of ours', async () => {
    const { stdout } = await run(
      'find',
      ['.', '-type', 'f', '-not', '-path', './dist/*', '-not', '-path', './docs/*'],
      {
        cwd: installed,
      },
    )
    // The examples for consumers are documents.
    const but = [
      '-not',
      '-name',
      '*.d.ts',
      '-not',
      '-path',
      './docs/consumers/*',
      '-not',
      '-path',
      './docs/another-vendor/*',
    ]
    const { stdout: sources } = await run('find', ['.', '-name', '*.ts', ...but], { cwd: installed })

    const files = stdout.trim().split('\n').toSorted()

    expect(files).toEqual(['./LICENSE', './README.md', './cdk.json', './package.json'])
    expect(sources).toBe('')
  })

  it('has types wherever one is looked for, in the right form', async () => {
    // ESM alone, as package.json says: what CommonJS asks for is not judged.
    const judged = [tarball, '--profile', 'esm-only', '--no-color']
    const { stdout } = await run(join(repository, 'node_modules/.bin/attw'), judged)

    expect(stdout).toContain('"m2m-secret-rotation/client"')
  })

  /** Type-checks a sample of docs/deploying.md in the project, runs it, and returns the template of this stack. */
  const synthesised = async (at: number, stack: string): Promise<{ sample: string; template: Template }> => {
    const page = readFileSync(join(repository, 'docs/deploying.md'), 'utf8')
    const sample = [...page.matchAll(/^```ts\n([\s\S]*?)^```/gm)][at]?.[1] ?? ''
    for (const peer of ['aws-cdk-lib', 'constructs']) {
      if (existsSync(join(project, 'node_modules', peer))) continue
      symlinkSync(join(repository, 'node_modules', peer), join(project, 'node_modules', peer))
    }
    writeFileSync(join(project, 'stack.mts'), sample)
    writeFileSync(join(project, 'app.mjs'), sample)

    const compiler = join(repository, 'node_modules/typescript/bin/tsc')
    const strict = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2024', '--skipLibCheck']
    await run(process.execPath, [compiler, ...strict, 'stack.mts'], { cwd: project })
    await run(process.execPath, ['app.mjs'], { cwd: project, env: { ...process.env, CDK_OUTDIR: 'out' } })

    return { sample, template: readJson(join(project, `out/${stack}.template.json`)) as Template }
  }

  it('makes a whole stack in the ten lines of docs/deploying.md', async () => {
    const { sample, template } = await synthesised(0, 'M2m')

    expect(sample).toContain("'m2m-secret-rotation/lib/m2m-stack'")
    expect(Object.keys(template.Resources).length).toBeGreaterThan(80)
  }, 120_000)

  it('declares a service’s client in its own stack, as docs/deploying.md does, without a reference to the stage’s', async () => {
    const { sample, template } = await synthesised(1, 'Billing')

    expect(sample).toContain('Registrar.fromStage')
    expect(Object.values(template.Resources).map(({ Type }) => Type)).toContain('Custom::M2mClient')
    expect(JSON.stringify(template)).not.toContain('Fn::ImportValue')
  }, 120_000)

  it(
    'runs the laptop, on which a secret rotates, until Ctrl-C',
    async () => {
      const child = m2m('laptop', '--stytch-port', '0', '--aws-port', '0')
      const address = JSON.parse(await child.printed(/^\{.*\n/)) as LaptopAddress
      const operator = createOperator(address)
      const { secretArn } = await operator.register('installed', ['read:things'])
      const before = await operator.read(secretArn)

      const token = await operator.rotate(secretArn, 'rotate')
      const after = await operator.read(secretArn)
      const processes = descendantsOf(child.pid)
      child.kill('SIGINT')
      await child.ended

      expect(token).toMatch(/^rotate-/)
      expect(after.clientId).toBe(before.clientId)
      expect(after.clientSecret).not.toBe(before.clientSecret)
      expect(processes.some(({ command }) => command.includes('lambda m2m-laptop-rotation'))).toBe(true)
      expect(await leftOf(processes)).toEqual([])
      expect(child.stdout().trim().split('\n')).toHaveLength(1)
      operator.secretsManager.destroy()
    },
    INSTALL_MS,
  )
})

describe.runIf(process.platform === 'linux')('the installed command on other Nodes', () => {
  /** As the npm packages of Node's own binaries have them. */
  const nodes = { old: '20.19.5', almost: '22.12.0', least: '22.19.0', lambda: '24' } as const
  const nodeOf = (name: keyof typeof nodes): string => join(place, 'nodes/node_modules', name, 'bin/node')

  beforeAll(async () => {
    mkdirSync(join(place, 'nodes'))
    writeFileSync(join(place, 'nodes/package.json'), '{"private":true}')
    const wanted = Object.entries(nodes).map(([name, version]) => `${name}@npm:node-linux-${process.arch}@${version}`)
    const quietly = ['--no-audit', '--no-fund', '--loglevel=error', '--prefer-offline']
    await run('npm', ['install', ...quietly, ...wanted], { cwd: join(place, 'nodes') })
  }, INSTALL_MS)

  it.each(['old', 'almost'] as const)('says on the %s one, in one line, which Node it needs', async (name) => {
    for (const args of [['--version'], ['list', '--stage', 'prod'], ['incident', 'billing']]) {
      const child = spawnCommand({
        command: nodeOf(name),
        args: [join(installed, 'dist/bin/m2m.js'), ...args],
        cwd: project,
      })
      const { code } = await child.ended

      expect(code).toBe(2)
      expect(child.stdout()).toBe('')
      expect(child.stderr()).toMatch(/^m2m: this is Node 2\d\.\d+\.\d+, and Node 22\.19 or newer is needed: .*\n$/)
    }
  })

  it.each(['least', 'lambda'] as const)('runs on the %s one, by either name, up to its first call', async (name) => {
    const at = (...args: readonly string[]) =>
      spawnCommand({ command: nodeOf(name), args: [join(installed, 'dist/bin/m2m.js'), ...args], cwd: project })
    const [version, listed] = [at('--version'), at('doctor', '--before-deploy', '--config', 'nothing.json')]
    const endings = await Promise.all([version.ended, listed.ended])

    expect(endings.map(({ code }) => code)).toEqual([0, 2])
    expect(listed.stderr()).toContain('nothing.json')
    expect(existsSync(join(project, 'node_modules/.bin/m2m-secrets'))).toBe(true)
  })
})

describe('m2m', () => {
  const m2mHere = (...args: readonly string[]) => spawnCommand({ args: [join(repository, 'bin/m2m.ts'), ...args] })

  it('tells its commands and its version', async () => {
    const children = [m2mHere('--help'), m2mHere('laptop', '--help'), m2mHere('--version')]

    const endings = await Promise.all(children.map(({ ended }) => ended))

    const [help = '', laptopHelp, version] = children.map((child) => child.stdout())
    const { version: expected } = readJson(join(repository, 'package.json')) as { version: string }
    expect(endings.map(({ code }) => code)).toEqual([0, 0, 0])
    expect(help).toMatch(/^Usage: m2m \[options\] \[command\]/)
    for (const command of ['apply', 'adopt', 'list', 'status', 'rotate', 'doctor', 'laptop', 'story']) {
      expect(help).toMatch(new RegExp(`^ {2}${command} `, 'm'))
    }
    expect(laptopHelp).toMatch(/^Usage: m2m laptop[\s\S]*--stytch-port\s+N/)
    expect(version).toBe(`${expected}\n`)
  })

  it('refuses what it does not know with exit 2 and a hint, and stdout stays empty', async () => {
    const children = [m2mHere('rotte'), m2mHere(), m2mHere('laptop', '--port', '1')]

    const endings = await Promise.all(children.map(({ ended }) => ended))

    expect(endings.map(({ code }) => code)).toEqual([2, 2, 2])
    expect(children.map((child) => child.stdout())).toEqual(['', '', ''])
    expect(children[0]?.stderr()).toMatch(/^error: unknown command 'rotte'\n\(Did you mean rotate\?\)\n\(m2m --help/)
    expect(children[1]?.stderr()).toMatch(/^Usage: m2m /)
    expect(children[2]?.stderr()).toContain('--port: no such option')
  })
})
