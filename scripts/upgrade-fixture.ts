// Makes the template from which test/e2e/upgrade.long.test.ts updates a stage: what an earlier commit synthesises of
// test/fixtures/upgrade/laptop.config.json. `node scripts/upgrade-fixture.ts COMMIT` once a release is out, with the commit of that release; it works
// in a worktree of its own, with the packages that are installed here.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'

const repository = fileURLToPath(new URL('..', import.meta.url))
const fixtures = join(repository, 'test/fixtures/upgrade')

const git = (...args: readonly string[]): string =>
  execFileSync('git', args, { cwd: repository, encoding: 'utf8' }).trim()

const makeFixture = (named: string): string => {
  const commit = git('rev-parse', '--short=12', `${named}^{commit}`)
  const folder = mkdtempSync(join(tmpdir(), 'm2m-upgrade-'))
  const tree = join(folder, 'tree')
  try {
    git('worktree', 'add', '--detach', tree, commit)
    symlinkSync(join(repository, 'node_modules'), join(tree, 'node_modules'))
    const run = (args: readonly string[], input = ''): void => {
      const { status, stderr } = spawnSync(process.execPath, args, { cwd: tree, input, encoding: 'utf8' })
      if (status !== 0) throw new Error(`${args.join(' ')} at ${commit}: ${stderr.trim()}`)
    }
    const file = join(folder, 'stack.json')
    const config: unknown = JSON.parse(readFileSync(join(fixtures, 'laptop.config.json'), 'utf8'))
    // Of the bundles, a template holds no more than their hashes.
    for (const name of readdirSync(join(tree, 'lambda/handlers')).filter((one) => /^on-.+\.ts$/.test(one))) {
      const bundle = join(tree, 'dist/functions', name.replace(/\.ts$/, ''))
      mkdirSync(bundle, { recursive: true })
      writeFileSync(join(bundle, 'index.mjs'), `// ${name} at ${commit}\n`)
    }
    run(['bin/synth-laptop.ts'], JSON.stringify([{ config, file }]))
    const made = JSON.stringify({ commit, ...(JSON.parse(readFileSync(file, 'utf8')) as object) })
    // The same bytes whenever and wherever it is made.
    writeFileSync(join(fixtures, 'laptop.json.gz'), gzipSync(made, { level: 9 }))
    return commit
  } finally {
    spawnSync('git', ['worktree', 'remove', '--force', tree], { cwd: repository })
    rmSync(folder, { recursive: true, force: true })
  }
}

const [named] = process.argv.slice(2)
if (named === undefined) {
  console.error('Usage: node scripts/upgrade-fixture.ts COMMIT   # of the last release')
  process.exitCode = 2
} else {
  console.log(`test/fixtures/upgrade/laptop.json.gz is of ${makeFixture(named)}`)
}
