// The house rules that neither compiler nor linter holds: who reads settings, no way around the types, no skipped test, no
// console, no clock in the core, opening comments, names. Judges syntax trees, not text, so that a comment or a string about
// `Date.now` is no offence. Used by house.test.ts, on the repository and on planted offences.

import ts from 'typescript'

export interface SourceFile {
  /** Relative to the repository, with `/`. */
  readonly path: string
  readonly text: string
}

export interface Offence {
  readonly rule: string
  readonly path: string
  readonly line: number
  readonly found: string
}

type Report = (node: ts.Node, found?: string) => void
interface HouseRule {
  readonly name: string
  readonly appliesTo: (path: string) => boolean
  readonly visit: (node: ts.Node, report: Report) => void
}

const product = /^(bin|lib|lambda)\//
const pure = /^lambda\/core\//
const quiet = /^lambda\/(core|adapters)\//
/**
 * scripts/check.ts reads none: it hands the environment on to the tests, with one name more; aws-call.ts to Node’s agent, for the names that every tool
 * has for a proxy.
 */
const mayReadSettings =
  /^(lambda\/env\.ts|lib\/config\/deploy-config\.ts|bin\/terminal\/cli-env\.ts|scripts\/check\.ts|lambda\/adapters\/aws\/aws-call\.ts)$|^lambda\/local\//

/** Whether the node is a use of a name, and not a property, a key or the outer name of an import that happens to be called so. */
const isUseOf = (node: ts.Node, ...names: readonly string[]): node is ts.Identifier => {
  if (!ts.isIdentifier(node) || !names.includes(node.text)) return false

  const parent = node.parent
  if (ts.isPropertyAccessExpression(parent)) return parent.name !== node
  if (ts.isQualifiedName(parent)) return parent.right !== node
  if (ts.isTypeElement(parent) || ts.isPropertyAssignment(parent) || ts.isMethodDeclaration(parent)) {
    return parent.name !== node
  }
  if (ts.isBindingElement(parent)) return parent.propertyName !== node
  return true
}

/** The property that an expression reads: `a.name`, `a['name']` or `const { name } = a`. */
const propertyRead = (node: ts.Node): { readonly of: ts.Node; readonly name: string } | undefined => {
  if (ts.isPropertyAccessExpression(node)) return { of: node.expression, name: node.name.text }
  if (ts.isElementAccessExpression(node) && ts.isStringLiteralLike(node.argumentExpression)) {
    return { of: node.expression, name: node.argumentExpression.text }
  }
  if (ts.isBindingElement(node) && ts.isVariableDeclaration(node.parent.parent) && node.parent.parent.initializer) {
    const key = node.propertyName ?? node.name
    if (ts.isIdentifier(key)) return { of: node.parent.parent.initializer, name: key.text }
  }
  return undefined
}

const isRead = (node: ts.Node, of: readonly string[], names: readonly string[]): boolean => {
  const read = propertyRead(node)
  if (read === undefined || !names.includes(read.name)) return false
  return ts.isIdentifier(read.of) ? of.includes(read.of.text) : propertyRead(read.of)?.name === of[0]
}

const isImportFrom = (node: ts.Node, modules: readonly string[]): boolean =>
  ts.isImportDeclaration(node) &&
  ts.isStringLiteral(node.moduleSpecifier) &&
  modules.includes(node.moduleSpecifier.text)

const testFunctions = ['test', 'it', 'describe', 'suite', 'bench']

/** `describe` of `describe.concurrent.only.each`; undefined when the chain starts with something else. */
const rootOf = (node: ts.Node): string | undefined => {
  if (ts.isIdentifier(node)) return node.text
  if (ts.isPropertyAccessExpression(node) || ts.isCallExpression(node)) return rootOf(node.expression)
  return undefined
}
const isOfATest = (node: ts.Node): boolean => testFunctions.includes(rootOf(node) ?? '')

const rules: readonly HouseRule[] = [
  {
    name: 'settings-in-one-place',
    appliesTo: (path) => (product.test(path) || path.startsWith('scripts/')) && !mayReadSettings.test(path),
    visit: (node, report) => {
      if (isRead(node, ['process'], ['env', 'loadEnvFile'])) report(node)
      if (propertyRead(node)?.name === 'tryGetContext') report(node)
      if (isImportFrom(node, ['node:process', 'process'])) report(node)
    },
  },
  {
    name: 'no-way-around-types',
    appliesTo: () => true,
    visit: (node, report) => {
      if (node.kind === ts.SyntaxKind.AnyKeyword) report(node.parent)
      if (
        ts.isAsExpression(node) &&
        ts.isAsExpression(node.expression) &&
        node.expression.type.kind === ts.SyntaxKind.UnknownKeyword
      ) {
        report(node)
      }
    },
  },
  {
    name: 'no-skipped-test',
    appliesTo: (path) => path.startsWith('test/'),
    visit: (node, report) => {
      if (ts.isPropertyAccessExpression(node) && ['only', 'skip'].includes(node.name.text) && isOfATest(node))
        report(node)
      if (
        ts.isPropertyAssignment(node) &&
        ['only', 'skip'].includes(node.name.getText()) &&
        node.initializer.kind === ts.SyntaxKind.TrueKeyword &&
        ts.isCallExpression(node.parent.parent) &&
        isOfATest(node.parent.parent)
      ) {
        report(node)
      }
    },
  },
  {
    name: 'no-console-below-the-edge',
    appliesTo: (path) => quiet.test(path),
    visit: (node, report) => {
      if (isUseOf(node, 'console')) report(node.parent)
    },
  },
  {
    name: 'no-clock-chance-or-world-in-the-core',
    appliesTo: (path) => pure.test(path),
    visit: (node, report) => {
      if (isUseOf(node, 'process', 'fetch', 'globalThis', 'performance')) report(node.parent)
      if (isUseOf(node, 'setTimeout', 'setInterval', 'setImmediate')) report(node.parent)
      if (isRead(node, ['Date'], ['now']) || isRead(node, ['Math'], ['random'])) report(node)
      if (isRead(node, ['crypto'], ['randomUUID', 'randomBytes', 'getRandomValues']) && isGlobalCrypto(node))
        report(node)
      const isDate = (ts.isNewExpression(node) || ts.isCallExpression(node)) && isUseOf(node.expression, 'Date')
      if (isDate && (node.arguments ?? []).length === 0) report(node)
    },
  },
]

/** Web crypto's global; `node:crypto` is the domain's one import, and its functions come in by name. */
const isGlobalCrypto = (node: ts.Node): boolean =>
  !node.getSourceFile().statements.some((statement) => isImportFrom(statement, ['node:crypto']))

const opensWithComment = (text: string): boolean => /^(#![^\n]*\n)?\s*(\/\/|\/\*)/.test(text)

const bannedWord = /^(utils?|helpers?|commons?|managers?|services?|datas?|infos?)$/
const knownRooms = /^lambda\/(env\.ts|(core|adapters|handlers|client|env|local)\/.+)$/

const badName = (path: string): string | undefined => {
  const words = path.replaceAll('secrets-manager', '').split(/[/.\-_]/)
  return words.find((word) => bannedWord.test(word.toLowerCase()))
}

/** Comments only: the scanner knows a comment from a string that reads like one. */
const directives = (file: ts.SourceFile): { readonly position: number; readonly found: string }[] => {
  const found: { position: number; found: string }[] = []
  const seen = new Set<number>()
  const collect = (node: ts.Node): void => {
    for (const range of ts.getLeadingCommentRanges(file.text, node.getFullStart()) ?? []) {
      if (seen.has(range.pos)) continue
      seen.add(range.pos)
      const directive = /@ts-(ignore|expect-error|nocheck)/.exec(file.text.slice(range.pos, range.end))
      if (directive) found.push({ position: range.pos, found: directive[0] })
    }
    for (const child of node.getChildren(file)) collect(child)
  }
  collect(file)
  return found
}

const treeOffences = (file: ts.SourceFile, path: string): readonly Offence[] => {
  const offences: Offence[] = []
  const add = (rule: string, position: number, found: string): void => {
    const line = file.getLineAndCharacterOfPosition(position).line + 1
    offences.push({ rule, path, line, found: found.split('\n')[0] ?? '' })
  }
  const applicable = rules.filter(({ appliesTo }) => appliesTo(path))
  const walk = (node: ts.Node): void => {
    for (const { name, visit } of applicable) {
      visit(node, (at, found) => add(name, at.getStart(file), found ?? at.getText(file)))
    }
    ts.forEachChild(node, walk)
  }
  walk(file)
  for (const { position, found } of directives(file)) add('no-way-around-types', position, found)
  return offences
}

/** What is wrong with a TypeScript file of this repository. */
export const offencesIn = ({ path, text }: SourceFile): readonly Offence[] => {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)
  const offences = [...treeOffences(file, path)]

  const word = badName(path)
  if (word !== undefined) offences.push({ rule: 'names-say-what-it-is', path, line: 1, found: word })
  if (product.test(path) && !opensWithComment(text)) {
    offences.push({ rule: 'opens-with-a-comment', path, line: 1, found: text.split('\n')[0] ?? '' })
  }
  if (path.startsWith('lambda/') && !knownRooms.test(path)) {
    offences.push({ rule: 'lambda-has-known-rooms', path, line: 1, found: path })
  }
  return offences
}

/** A lock file that names hosts binds everybody to the registry of whoever wrote it. */
export const lockOffences = ({ path, text }: SourceFile): readonly Offence[] =>
  text
    .split('\n')
    .flatMap((found, index) =>
      /"resolved": "https?:/.test(found)
        ? [{ rule: 'lock-names-no-host', path, line: index + 1, found: found.trim() }]
        : [],
    )
