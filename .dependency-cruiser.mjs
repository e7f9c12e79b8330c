// Who may import whom: docs/architecture.md, "Layout", as rules that dependency-cruiser reads. A type-only import counts.
// One wrong import breaks one rule, so that the report names the reason: rules 1-3 hold anywhere in lambda/ and lib/ and have
// the say over their targets; each room's own rule has it over everything else.
// Run by scripts/architecture.ts; every rule is tried on a planted violation in test/architecture/architecture.test.ts.

const npmPackage = '(^|/)node_modules/'
const handlers = '^lambda/handlers/'
const sdk = `${npmPackage}(@aws-sdk|@smithy|@aws|undici)/`
const types = `${npmPackage}@types/`
const elsewhereJudged = [handlers, sdk]

const builtins = { dependencyTypesNot: ['core'] }

/** A room that may import only what is listed (and what the rules over all rooms judge). */
const room = (name, from, comment, mayImport, orElse = {}) => ({
  name,
  severity: 'error',
  comment,
  from: { path: from },
  to: { pathNot: [...mayImport, ...elsewhereJudged], couldNotResolve: false, ...orElse },
})

/** Room → folder → the folders below it, which are all of that room that it may import. Files beside the folders may import any. */
const floors = {
  'lambda/core': {
    base: [],
    secret: ['base'],
    revocations: ['base', 'secret'],
    rotation: ['base', 'secret', 'revocations'],
    drive: ['base', 'secret', 'rotation'],
    sweep: ['base', 'secret', 'revocations', 'rotation', 'drive'],
    campaign: ['base', 'secret', 'rotation', 'drive'],
    incident: ['base', 'secret', 'rotation', 'drive'],
    intake: ['base', 'secret', 'rotation'],
    clients: ['base', 'secret', 'revocations', 'rotation'],
    vend: ['base', 'secret', 'revocations'],
  },
  lib: {
    config: [],
    base: ['config'],
    rotation: ['config', 'base'],
    clients: ['config', 'base', 'rotation'],
    sweep: ['config', 'base', 'rotation'],
    campaign: ['config', 'base', 'rotation'],
    incident: ['config', 'base', 'rotation', 'clients'],
    vend: ['config', 'base'],
    watch: ['config', 'base', 'rotation', 'sweep', 'incident'],
  },
  bin: {
    terminal: [],
    show: ['terminal'],
    rotate: ['terminal', 'show'],
    adopt: ['terminal', 'rotate'],
    apply: ['terminal', 'show'],
    incident: ['terminal', 'show'],
    drill: ['terminal', 'show', 'incident'],
    'before-deploy': ['terminal'],
    doctor: ['terminal', 'show', 'drill', 'before-deploy'],
  },
}

const floorRules = Object.entries(floors).flatMap(([name, folders]) =>
  Object.entries(folders).map(([folder, below]) => ({
    name: `${name.replace('lambda/', '')}-${folder}-looks-down`,
    severity: 'error',
    comment: `${name}/${folder} may import ${below.length === 0 ? 'no other folder' : below.join(', ')} of ${name}.`,
    from: { path: `^${name}/${folder}/` },
    to: { path: `^${name}/`, pathNot: [folder, ...below].map((one) => `^${name}/${one}/`) },
  })),
)

export default {
  forbidden: [
    ...floorRules,
    {
      name: 'handlers-are-imported-by-nobody',
      severity: 'error',
      comment: 'A handler is an entry point: only bin, local, tests and benches start one. lib names it by its path.',
      from: { path: '^(lambda|lib)/', pathNot: ['^lambda/(handlers|local)/'] },
      to: { path: handlers },
    },
    {
      name: 'triggers-do-not-import-triggers',
      severity: 'error',
      comment: 'One trigger, one entry point, one bundle. What two of them share is a use case or an adapter.',
      from: { path: handlers },
      to: { path: `${handlers}on-` },
    },
    {
      name: 'sdk-in-adapters-only',
      severity: 'error',
      comment:
        'SDK clients and undici speak to the world, so they live in adapters; client and local have their own. Elsewhere a port stands for them.',
      from: { path: '^(lambda|lib)/', pathNot: ['^lambda/(adapters|client|local)/'] },
      to: { path: sdk },
    },
    room('core-is-pure', '^lambda/core/', 'Core: no I/O, clock or SDK; of Node, only its crypto.', [
      '^lambda/core/',
      '^crypto$',
    ]),
    room(
      'adapters-know-the-core',
      '^lambda/adapters/',
      'Adapters meet ports: core, npm packages and Node; no settings.',
      ['^lambda/(core|adapters)/', npmPackage],
      builtins,
    ),
    room(
      'env-is-a-contract',
      '^lambda/env[./]',
      'Read at synth and in every function: it may know the core and nothing that costs.',
      ['^lambda/(core|env)/'],
    ),
    room(
      'handlers-compose',
      handlers,
      'A handler reads env, composes, calls, maps. Types of an event may come from @types.',
      ['^lambda/env[./]', '^lambda/(core|adapters)/', types],
    ),
    room(
      'client-stands-alone',
      '^lambda/client/',
      'What a caller imports brings the core and packages along, never our functions.',
      ['^lambda/(core|client)/', npmPackage],
      builtins,
    ),
    room(
      'local-knows-lambda',
      '^lambda/local/',
      'The laptop runs what is in lambda; it is no CLI and no stack.',
      ['^lambda/', npmPackage],
      builtins,
    ),
    room(
      'lib-runs-at-synth',
      '^lib/',
      'Synth names handlers by path, and shares their settings contract and the names that the core gives things.',
      ['^lib/', '^lambda/env[./]', '^lambda/core/', `${npmPackage}(aws-cdk-lib|constructs)/`],
      builtins,
    ),
    room(
      'bin-is-on-top',
      '^bin/',
      'bin may import all that is shipped, and nothing that is not.',
      ['^(bin|lib|lambda)/', npmPackage],
      builtins,
    ),
    {
      name: 'no-dev-dependency-in-product',
      severity: 'error',
      comment:
        'It is not there where the package is installed. aws-cdk-lib and constructs are the peers of whoever synthesises; types are gone by then.',
      from: { path: '^(lambda|lib|bin)/' },
      to: { dependencyTypes: ['npm-dev'], pathNot: [`${npmPackage}(aws-cdk-lib|constructs)/`, types] },
    },
    {
      name: 'no-undeclared-package',
      severity: 'error',
      comment:
        'What package.json does not name is there by accident. The bench of cold starts has one of its own, for what builds a native addon.',
      from: { path: '^(lambda|lib|bin|scripts|bench|test)/', pathNot: ['^bench/runtime/'] },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'no-unresolvable-import',
      severity: 'error',
      comment:
        "What cannot be resolved cannot be judged. /lib/ is where the laptop's page gets lit-html from; tsc resolves that.",
      from: {},
      to: { couldNotResolve: true, pathNot: '^/lib/' },
    },
    {
      name: 'no-cycle',
      severity: 'error',
      comment: 'Two files that need each other are one file, or hide a third. Cycles of types count.',
      from: {},
      to: { circular: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|cdk\\.out|coverage|reports)/' },
    tsPreCompilationDeps: true,
    detectProcessBuiltinModuleCalls: true,
    combinedDependencies: false,
    skipAnalysisNotInRules: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      mainFields: ['module', 'main', 'types', 'typings'],
    },
  },
}
