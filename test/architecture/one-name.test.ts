// One name, one meaning: no two files of what ships export the same name for two things. Whoever reads `Account` must not have to look where it
// came from. The stand-ins speak their vendors' languages, and are left out.
import { globSync, readFileSync } from 'node:fs'
import ts from 'typescript'
import { expect, test } from 'vitest'

/** One meaning in several files, and why. */
const ONE_MEANING: Readonly<Record<string, string>> = {
  handler: 'what Lambda calls, one a function',
  RotationRules: 'as RotateSecret takes them: the configuration writes what the registrar hands on',
}

const files = globSync(['bin/**/*.ts', 'lib/**/*.ts', 'lambda/**/*.ts', 'scripts/**/*.ts'], {
  exclude: ['lambda/local/**', '**/node_modules/**'],
}).toSorted()

const isExported = (node: ts.Node): boolean =>
  ts.canHaveModifiers(node) && (ts.getModifiers(node) ?? []).some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)

/** Names that a file declares and exports; a name of a type and a value is one. What it only hands on is another file's. */
const exportedNames = (path: string, text: string): readonly string[] => {
  const names = new Set<string>()
  for (const node of ts.createSourceFile(path, text, ts.ScriptTarget.Latest).statements) {
    if (!isExported(node)) continue
    if (ts.isVariableStatement(node)) {
      for (const { name } of node.declarationList.declarations) {
        if (ts.isIdentifier(name)) names.add(name.text)
        else
          for (const one of name.elements)
            if (!ts.isOmittedExpression(one) && ts.isIdentifier(one.name)) names.add(one.name.text)
      }
    } else if (
      ts.isInterfaceDeclaration(node) ||
      ts.isTypeAliasDeclaration(node) ||
      ts.isClassDeclaration(node) ||
      ts.isFunctionDeclaration(node)
    ) {
      if (node.name !== undefined) names.add(node.name.text)
    }
  }
  return [...names]
}

const declaredIn = (): ReadonlyMap<string, readonly string[]> => {
  const found = new Map<string, string[]>()
  for (const file of files) {
    for (const name of exportedNames(file, readFileSync(file, 'utf8')))
      found.set(name, [...(found.get(name) ?? []), file])
  }
  return found
}

test('every name is exported by one file, but for those whose meaning is one', () => {
  const shared = [...declaredIn()].filter(([name, places]) => places.length > 1 && !(name in ONE_MEANING))

  expect(files.length).toBeGreaterThan(300)
  expect(shared.map(([name, places]) => `${name}: ${places.join(', ')}`)).toEqual([])
})

test('the list of names with one meaning holds none that one file alone exports', () => {
  const found = declaredIn()

  expect(Object.keys(ONE_MEANING).filter((name) => (found.get(name)?.length ?? 0) < 2)).toEqual([])
})

test.each([
  ['export const planted = 1', ['planted']],
  ['export const { one, two: planted } = there', ['one', 'planted']],
  ['export interface Planted {}\nexport const Planted = 1', ['Planted']],
  ['export class Planted {}\nexport type Other = 1\nexport function third() {}', ['Planted', 'Other', 'third']],
  ["export { planted } from './there.ts'\nconst own = 1", []],
])('a file’s own exports are found: %s', (text, names) => {
  expect(exportedNames('planted.ts', text)).toEqual(names)
})
