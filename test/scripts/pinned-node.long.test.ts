// `npm ci` against a registry that serves another Node than package-lock.json pins: nothing of it runs, and the install fails. npm itself
// drops an optional package whose hash is wrong and goes on, hence scripts/node/check.mjs. A registry of one package, over real HTTP.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { endAll, repository, spawnCommand } from '../e2e/spawned.ts'

interface Pinned {
  readonly version: string
  readonly integrity: string
  readonly os?: string
  readonly cpu?: string
}

const lock = JSON.parse(readFileSync(join(repository, 'package-lock.json'), 'utf8')) as {
  readonly packages: Readonly<Record<string, Pinned>>
}
const [path, pinned] =
  Object.entries(lock.packages).find(
    ([at, { os, cpu }]) => at.startsWith('node_modules/node-') && os === process.platform && cpu === process.arch,
  ) ?? []

const cleanUps: (() => void)[] = []
afterEach(() => {
  endAll()
  for (const cleanUp of cleanUps.splice(0)) cleanUp()
})

const newFolder = (): string => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'm2m-pinned-')))
  cleanUps.push(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

const integrityOf = (bytes: Buffer): string => `sha512-${createHash('sha512').update(bytes).digest('base64')}`

/** A package of the pinned name and version whose Node leaves a mark when it runs. */
const forge = (name: string, { version, os, cpu }: Pinned, mark: string) => {
  const folder = newFolder()
  const manifest = { name, version, os, cpu, bin: { node: 'bin/node' } }
  mkdirSync(join(folder, 'package/bin'), { recursive: true })
  writeFileSync(join(folder, 'package/package.json'), JSON.stringify(manifest))
  writeFileSync(join(folder, 'package/bin/node'), `#!/bin/sh\ntouch '${mark}'\nexec '${process.execPath}' "$@"\n`, {
    mode: 0o755,
  })
  const packed = spawnSync('tar', ['czf', 'forged.tgz', 'package'], { cwd: folder })
  expect(packed.status).toBe(0)
  const tarball = readFileSync(join(folder, 'forged.tgz'))
  return { manifest, tarball, integrity: integrityOf(tarball) }
}

const serve = async ({ manifest, tarball, integrity }: ReturnType<typeof forge>): Promise<string> => {
  const server = createServer((request, response) => {
    const address = `http://${request.headers.host}`
    if (request.url?.endsWith('.tgz')) response.end(tarball)
    else if (request.url === `/${manifest.name}`) {
      const dist = { integrity, tarball: `${address}/${manifest.name}.tgz` }
      const versions = { [manifest.version]: { ...manifest, dist } }
      response.end(JSON.stringify({ name: manifest.name, 'dist-tags': { latest: manifest.version }, versions }))
    } else response.writeHead(404).end('{}')
  })
  const { promise, resolve } = Promise.withResolvers<void>()
  server.listen(0, '127.0.0.1', resolve)
  await promise
  cleanUps.push(() => server.close())
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the registry has no port')
  return `http://127.0.0.1:${address.port}/`
}

/** What this repository has for its Node, and nothing else; its build is a file that `prepare` writes. */
const checkOut = (name: string, entry: Pinned): string => {
  const folder = newFolder()
  cpSync(join(repository, 'scripts/node'), join(folder, 'scripts/node'), {
    recursive: true,
    filter: (from) => !from.includes('node_modules'),
  })
  copyFileSync(join(repository, '.npmrc'), join(folder, '.npmrc'))
  const { optionalDependencies } = JSON.parse(readFileSync(join(folder, 'scripts/node/package.json'), 'utf8'))
  const { version } = entry
  const root = { name: 'checkout', version, devDependencies: { 'pinned-node': 'file:scripts/node' } }
  const prepare = `node scripts/node/check.mjs && node -e "fs.writeFileSync('built', '')"`
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ ...root, private: true, scripts: { prepare } }))
  const packages = {
    '': root,
    ...Object.fromEntries(
      Object.keys(optionalDependencies).map((one) => [`node_modules/${one}`, lock.packages[`node_modules/${one}`]]),
    ),
    [`node_modules/${name}`]: { ...entry },
    'node_modules/pinned-node': lock.packages['node_modules/pinned-node'],
    'scripts/node': lock.packages['scripts/node'],
  }
  writeFileSync(
    join(folder, 'package-lock.json'),
    JSON.stringify({ ...root, lockfileVersion: 3, requires: true, packages }),
  )
  return folder
}

const install = async (folder: string, registry: string) => {
  const npm = spawnCommand({
    command: 'npm',
    args: ['ci', '--registry', registry, '--cache', join(folder, 'cache'), '--loglevel=error', '--foreground-scripts'],
    cwd: folder,
  })
  const { code } = await npm.ended
  return { code, said: `${npm.stdout()}${npm.stderr()}`, isBuilt: existsSync(join(folder, 'built')) }
}

const name = path?.replace('node_modules/', '')

test.runIf(name !== undefined && pinned !== undefined)(
  'a registry that serves another Node than the lock pins fails the install, and that Node never runs',
  async () => {
    if (name === undefined || pinned === undefined) return
    const folder = checkOut(name, pinned)
    const mark = join(folder, 'it-ran')

    const { code, said, isBuilt } = await install(folder, await serve(forge(name, pinned, mark)))

    expect(said).toContain(`${name}@${pinned.version} is not installed`)
    expect({ code, isBuilt, hasRun: existsSync(mark) }).toEqual({ code: 1, isBuilt: false, hasRun: false })
  },
)

test.runIf(name !== undefined && pinned !== undefined)(
  'what the lock pins is installed from that registry, and is the Node that everything runs on',
  async () => {
    if (name === undefined || pinned === undefined) return
    const mark = join(newFolder(), 'it-ran')
    const forged = forge(name, pinned, mark)
    const folder = checkOut(name, { ...pinned, integrity: forged.integrity })

    const { code, said, isBuilt } = await install(folder, await serve(forged))

    expect(code, said).toBe(0)
    expect({ isBuilt, hasRun: existsSync(mark) }).toEqual({ isBuilt: true, hasRun: true })
  },
)
