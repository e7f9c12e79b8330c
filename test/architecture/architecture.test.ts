// Runs the import rules over the repository, and over temporary trees in which every rule is broken on purpose: a check that
// cannot fail is worthless. The trees have packages of their own, so that no verdict hangs on what happens to be installed.

import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import extractDepcruiseOptions from 'dependency-cruiser/config-utl/extract-depcruise-options'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cruiseTree, type Violation, verdictOf } from '../../scripts/architecture.ts'

const repository = fileURLToPath(new URL('../..', import.meta.url))

const dependencies = ['@aws-sdk/client-secrets-manager', 'jose', 'undici']
const devDependencies = ['@types/aws-lambda', 'aws-cdk-lib', 'constructs', 'fast-check']
const undeclared = ['left-pad']

/** What planted imports point at. None of these files breaks a rule itself. */
const at = {
  env: 'lambda/env.ts',
  core: 'lambda/core/base/token.ts',
  adapter: 'lambda/adapters/token-endpoint.ts',
  trigger: 'lambda/handlers/on-token-request.ts',
  neighbour: 'lambda/handlers/answer.ts',
  client: 'lambda/client/verifier.ts',
  local: 'lambda/local/stand-in.ts',
  lib: 'lib/stack.ts',
  bin: 'bin/terminal/cli-env.ts',
} as const
const unshipped = ['test/fake.ts', 'bench/clock.ts', 'scripts/bundle.ts']
const sdk = ['npm:@aws-sdk/client-secrets-manager', 'npm:undici']
const builtins = ['node:fs', 'node:sqlite', 'node:crypto']

const isPackage = (to: string): boolean => to.startsWith('npm:')
const isFile = (to: string): boolean => to.endsWith('.ts')

const specifierOf = (from: string, to: string): string => {
  if (isPackage(to)) return to.slice('npm:'.length)
  if (!isFile(to)) return to

  const path = relative(dirname(from), to)
  return path.startsWith('.') ? path : `./${path}`
}

type Tree = Readonly<Record<string, string>>

const packages: Tree = {
  'package.json': JSON.stringify({
    name: 'planted',
    type: 'module',
    dependencies: Object.fromEntries(dependencies.map((name) => [name, '1.0.0'])),
    devDependencies: Object.fromEntries(devDependencies.map((name) => [name, '1.0.0'])),
  }),
  ...Object.fromEntries(
    [...dependencies, ...devDependencies, ...undeclared].flatMap((name) => {
      const types = name.startsWith('@types/')
      const manifest = types
        ? { name, version: '1.0.0', types: './index.d.ts' }
        : { name, version: '1.0.0', type: 'module', exports: { '.': { import: './esm/index.js' } } }
      return [
        [`node_modules/${name}/package.json`, JSON.stringify(manifest)],
        [`node_modules/${name}/${types ? 'index.d.ts' : 'esm/index.js'}`, 'export {}\n'],
      ]
    }),
  ),
}

const trees: string[] = []

/** Writes a tree outside the repository and judges it by the repository's rules. */
const cruisePlanted = async (tree: Tree): Promise<readonly Violation[]> => {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'm2m-architecture-')))
  trees.push(root)
  for (const [path, text] of Object.entries({ ...packages, ...tree })) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  const { modulesRead, violations } = await cruiseTree(root)
  expect(modulesRead).toBe(Object.keys(tree).length)
  return violations
}

afterAll(() => {
  for (const root of trees) rmSync(root, { recursive: true, force: true })
})

interface Case {
  readonly from: string
  /** A file of the tree, `npm:<package>` or `node:<module>`. */
  readonly to: string
  /** The one rule that this import breaks; none: it is allowed. */
  readonly rule?: string
}

interface Room {
  readonly rule: string
  readonly forbidden: readonly string[]
  readonly allowed: readonly string[]
}

const rooms: Readonly<Record<string, Room>> = {
  'lambda/core/vend': {
    rule: 'core-is-pure',
    forbidden: [at.env, at.adapter, at.client, at.local, at.lib, at.bin, 'npm:jose', 'node:fs', 'node:timers'],
    allowed: [at.core, 'node:crypto'],
  },
  'lambda/adapters': {
    rule: 'adapters-know-the-core',
    forbidden: [at.env, at.client, at.local, at.lib, at.bin],
    allowed: [at.core, at.adapter, 'npm:jose', ...sdk, ...builtins],
  },
  'lambda/handlers': {
    rule: 'handlers-compose',
    forbidden: [at.client, at.local, at.lib, at.bin, 'npm:jose', ...builtins],
    allowed: [at.env, at.core, at.adapter, at.neighbour, 'npm:aws-lambda'],
  },
  'lambda/client': {
    rule: 'client-stands-alone',
    forbidden: [at.env, at.adapter, at.local, at.lib, at.bin],
    allowed: [at.core, at.client, 'npm:jose', ...sdk, ...builtins],
  },
  'lambda/local': {
    rule: 'local-knows-lambda',
    forbidden: [at.lib, at.bin],
    allowed: [at.env, at.core, at.adapter, at.trigger, at.client, at.local, 'npm:jose', ...sdk, ...builtins],
  },
  lib: {
    rule: 'lib-runs-at-synth',
    forbidden: [at.adapter, at.client, at.local, at.bin, 'npm:jose'],
    allowed: [at.env, at.core, at.lib, 'npm:aws-cdk-lib', 'npm:constructs', ...builtins],
  },
  bin: {
    rule: 'bin-is-on-top',
    forbidden: [],
    allowed: [...Object.values(at), 'npm:jose', 'npm:aws-cdk-lib', 'npm:constructs', ...sdk, ...builtins],
  },
}

const casesOfRooms = Object.entries(rooms).flatMap(([from, { rule, forbidden, allowed }]): readonly Case[] => [
  ...[...forbidden, ...unshipped].map((to) => ({ from, to, rule })),
  ...allowed.map((to) => ({ from, to })),
])

const across = (rule: string, from: readonly string[], to: readonly string[]): readonly Case[] =>
  from.flatMap((room) => to.map((target) => ({ from: room, to: target, rule })))

/** A folder, the next one that it may not look up to, and one below it that it may. */
const floors: readonly (readonly [rule: string, from: string, up: string, down?: string])[] = [
  ['core-base-looks-down', 'lambda/core/base', 'lambda/core/secret'],
  ['core-secret-looks-down', 'lambda/core/secret', 'lambda/core/rotation', 'lambda/core/base'],
  ['core-revocations-looks-down', 'lambda/core/revocations', 'lambda/core/rotation', 'lambda/core/secret'],
  ['core-rotation-looks-down', 'lambda/core/rotation', 'lambda/core/drive', 'lambda/core/secret'],
  ['core-drive-looks-down', 'lambda/core/drive', 'lambda/core/sweep', 'lambda/core/rotation'],
  ['core-sweep-looks-down', 'lambda/core/sweep', 'lambda/core/campaign', 'lambda/core/drive'],
  ['core-campaign-looks-down', 'lambda/core/campaign', 'lambda/core/incident', 'lambda/core/drive'],
  ['core-incident-looks-down', 'lambda/core/incident', 'lambda/core/campaign', 'lambda/core/drive'],
  ['core-intake-looks-down', 'lambda/core/intake', 'lambda/core/incident', 'lambda/core/rotation'],
  ['core-clients-looks-down', 'lambda/core/clients', 'lambda/core/drive', 'lambda/core/rotation'],
  ['core-vend-looks-down', 'lambda/core/vend', 'lambda/core/clients', 'lambda/core/secret'],
  ['lib-config-looks-down', 'lib/config', 'lib/base'],
  ['lib-base-looks-down', 'lib/base', 'lib/rotation', 'lib/config'],
  ['lib-rotation-looks-down', 'lib/rotation', 'lib/sweep', 'lib/base'],
  ['lib-clients-looks-down', 'lib/clients', 'lib/incident', 'lib/rotation'],
  ['lib-sweep-looks-down', 'lib/sweep', 'lib/watch', 'lib/rotation'],
  ['lib-campaign-looks-down', 'lib/campaign', 'lib/sweep', 'lib/rotation'],
  ['lib-incident-looks-down', 'lib/incident', 'lib/campaign', 'lib/clients'],
  ['lib-vend-looks-down', 'lib/vend', 'lib/rotation', 'lib/base'],
  ['lib-watch-looks-down', 'lib/watch', 'lib/vend', 'lib/sweep'],
  ['bin-terminal-looks-down', 'bin/terminal', 'bin/show'],
  ['bin-show-looks-down', 'bin/show', 'bin/rotate', 'bin/terminal'],
  ['bin-rotate-looks-down', 'bin/rotate', 'bin/incident', 'bin/show'],
  ['bin-adopt-looks-down', 'bin/adopt', 'bin/apply', 'bin/rotate'],
  ['bin-apply-looks-down', 'bin/apply', 'bin/adopt', 'bin/show'],
  ['bin-incident-looks-down', 'bin/incident', 'bin/adopt', 'bin/show'],
  ['bin-drill-looks-down', 'bin/drill', 'bin/doctor', 'bin/incident'],
  ['bin-before-deploy-looks-down', 'bin/before-deploy', 'bin/show', 'bin/terminal'],
  ['bin-doctor-looks-down', 'bin/doctor', 'bin/incident', 'bin/drill'],
]

const fileIn = (folder: string): string => `${folder}/neighbour.ts`

const cases: readonly Case[] = [
  ...casesOfRooms,
  ...floors.flatMap(([rule, from, up, down]): readonly Case[] => [
    { from, to: fileIn(up), rule },
    ...(down === undefined ? [] : [{ from, to: fileIn(down) }]),
  ]),
  ...across(
    'handlers-are-imported-by-nobody',
    ['lambda/core/vend', 'lambda/adapters', 'lambda/client', 'lib'],
    [at.trigger, at.neighbour],
  ),
  ...across('triggers-do-not-import-triggers', ['lambda/handlers'], [at.trigger]),
  ...across('sdk-in-adapters-only', ['lambda/core/vend', 'lambda/handlers', 'lib'], sdk),
  ...across(
    'no-dev-dependency-in-product',
    ['lambda/adapters', 'lambda/client', 'lambda/local', 'bin'],
    ['npm:fast-check'],
  ),
  ...across(
    'no-undeclared-package',
    ['lambda/adapters', 'lambda/client', 'lambda/local', 'bin', 'test', 'bench', 'scripts'],
    ['npm:left-pad'],
  ),
  ...across(
    'no-unresolvable-import',
    ['lambda/core/base', 'lambda/adapters', 'lambda/handlers', 'lib', 'bin', 'test'],
    ['lambda/core/base/not-there.ts', 'npm:not-there'],
  ),
  ...['test', 'bench', 'scripts'].flatMap((from) =>
    [...Object.values(at), ...unshipped, 'npm:fast-check', ...sdk, ...builtins].map((to) => ({ from, to })),
  ),
]

/** Every way to write an import; each of them counts. */
const forms: Readonly<Record<string, (specifier: string) => string>> = {
  'a value': (specifier) => `import * as it from '${specifier}'\nexport const kept = it\n`,
  'a type': (specifier) => `import type { It } from '${specifier}'\nexport type Kept = It\n`,
  'a type among values': (specifier) => `import { type It } from '${specifier}'\nexport type Kept = It\n`,
  'a type query': (specifier) => `export type Kept = typeof import('${specifier}')\n`,
  'a re-export': (specifier) => `export * from '${specifier}'\n`,
  'a re-export of types': (specifier) => `export type * from '${specifier}'\n`,
  'a bare import': (specifier) => `import '${specifier}'\n`,
  'a dynamic import': (specifier) => `export const kept = () => import('${specifier}')\n`,
  'a require': (specifier) =>
    `import { createRequire } from 'node:module'\nconst require = createRequire(import.meta.url)\nexport const kept = require('${specifier}')\n`,
}
const asValue = (specifier: string): string => `import * as it from '${specifier}'\nexport const kept = it\n`

const bystanders: Tree = Object.fromEntries(
  [...Object.values(at), ...unshipped, ...floors.flatMap(([, from, up]) => [fileIn(from), fileIn(up)])].map((path) => [
    path,
    'export {}\n',
  ]),
)
const plantedAt = ({ from, to }: Case): string => `${from}/planted-${to.replaceAll(/[^a-z]+/g, '-')}.ts`
const rulesAt = (violations: readonly Violation[], path: string): readonly string[] =>
  violations.filter(({ from }) => from === path).map(({ rule }) => rule)

describe('the repository', () => {
  test('keeps every import rule', async () => {
    const { modulesRead, violations } = await cruiseTree(repository)

    expect(violations).toEqual([])
    expect(modulesRead).toBeGreaterThan(0)
  })
})

describe('an import', () => {
  let violations: readonly Violation[]

  beforeAll(async () => {
    const planted = cases.map((one) => [plantedAt(one), asValue(specifierOf(plantedAt(one), one.to))])
    expect(new Set(planted.map(([path]) => path)).size).toBe(cases.length)

    violations = await cruisePlanted({ ...bystanders, ...Object.fromEntries(planted) })
  })

  test.each(cases.filter(({ rule }) => rule !== undefined))(
    'from $from to $to breaks $rule and no other rule',
    (one) => {
      expect(rulesAt(violations, plantedAt(one))).toEqual([one.rule])
    },
  )

  test.each(cases.filter(({ rule }) => rule === undefined))('from $from to $to is allowed', (one) => {
    expect(rulesAt(violations, plantedAt(one))).toEqual([])
  })

  test.each(Object.keys(forms))('counts when it is %s', async (form) => {
    const from = 'lambda/adapters/planted.ts'
    const text = forms[form]?.(specifierOf(from, at.env)) ?? ''

    const found = await cruisePlanted({ ...bystanders, [from]: text })

    expect(found).toEqual([{ rule: 'adapters-know-the-core', from, to: at.env }])
  })

  test('of a builtin counts when it is fetched from process', async () => {
    const from = 'lambda/core/base/planted.ts'

    const found = await cruisePlanted({ [from]: "export const fs = process.getBuiltinModule('node:fs')\n" })

    expect(found.map(({ rule }) => rule)).toEqual(['core-is-pure'])
  })
})

describe('env.ts', () => {
  test.each([at.adapter, at.local, at.lib, 'npm:jose', 'node:process'])('may not import %s', async (to) => {
    const found = await cruisePlanted({ ...bystanders, [at.env]: asValue(specifierOf(at.env, to)) })

    expect(found.map(({ rule, from }) => [rule, from])).toEqual([['env-is-a-contract', at.env]])
  })

  test('may import the core', async () => {
    expect(await cruisePlanted({ ...bystanders, [at.env]: asValue('./core/base/token.ts') })).toEqual([])
  })
})

describe('a cycle', () => {
  test.each(['a value', 'a type'])('of two files breaks no-cycle when its imports are %s', async (form) => {
    const write = forms[form] ?? asValue

    const found = await cruisePlanted({
      'lambda/core/base/token.ts': write('./secret.ts'),
      'lambda/core/base/secret.ts': write('./token.ts'),
    })

    expect([...new Set(found.map(({ rule }) => rule))]).toEqual(['no-cycle'])
  })
})

describe('the check', () => {
  test('plants an offence for every rule it has', async () => {
    const { ruleSet } = await extractDepcruiseOptions(join(repository, '.dependency-cruiser.mjs'))
    const names = (ruleSet?.forbidden ?? []).map(({ name }) => name)

    const tried = new Set([...cases.map(({ rule }) => rule), 'env-is-a-contract', 'no-cycle'])

    expect(names.filter((name) => !tried.has(name))).toEqual([])
    expect(names.length).toBeGreaterThan(0)
  })

  test('fails when it has read nothing', async () => {
    const root = mkdtempSync(join(tmpdir(), 'm2m-architecture-'))
    trees.push(root)

    expect(verdictOf(await cruiseTree(root)).passes).toBe(false)
  })

  test('fails on a violation and names rule, file and target', () => {
    const { passes, report } = verdictOf({
      modulesRead: 2,
      violations: [{ rule: 'no-cycle', from: 'lib/a.ts', to: 'lib/b.ts' }],
    })

    expect(passes).toBe(false)
    expect(report).toContain('no-cycle: lib/a.ts → lib/b.ts')
  })

  test('passes when it has read modules and found nothing', () => {
    expect(verdictOf({ modulesRead: 2, violations: [] }).passes).toBe(true)
  })
})
