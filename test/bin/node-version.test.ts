// Whether the Node at hand will do, by the package's own `engines`.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { nodeFault } from '../../bin/terminal/node-version.ts'
import { repository } from '../e2e/spawned.ts'

interface Manifest {
  readonly engines: { readonly node: string }
  readonly dependencies: Readonly<Record<string, string>>
}
const manifestOf = (path: string): Manifest =>
  JSON.parse(readFileSync(join(repository, path, 'package.json'), 'utf8')) as Manifest

test.each([
  ['22.19.0', '>=22.19', true],
  ['22.20.1', '>=22.19', true],
  ['24.0.0', '>=22.19', true],
  ['22.18.9', '>=22.19', false],
  ['20.19.5', '>=22.19', false],
  ['22.19.0', '>=22.19.1', false],
  ['22.19.0-nightly', '>=22.19.0', true],
])('Node %s for %s: %s', (version, range, does) => {
  expect(nodeFault(version, range) === undefined).toBe(does)
})

test('what is said names the Node that there is, and the one that is needed', () => {
  expect(nodeFault('20.19.5', '>=22.19')).toMatch(/^m2m: this is Node 20\.19\.5, and Node 22\.19 or newer is needed: /)
})

test('the package asks for no older Node than what it depends on', () => {
  const { engines, dependencies } = manifestOf('.')

  expect(engines.node).toMatch(/^>=\d+\.\d+$/)
  for (const name of Object.keys(dependencies)) {
    const { engines: theirs } = manifestOf(`node_modules/${name}`)
    const [least] = /\d+(\.\d+)*/.exec(theirs?.node ?? '0') ?? ['0']
    expect(nodeFault(engines.node.slice(2), `>=${least}`), name).toBeUndefined()
  }
})
