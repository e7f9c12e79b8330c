// Names and scopes have one rule each, in one file. What is copied would be changed in one place and forgotten in another: the product holds
// no second pattern of that kind. The stand-ins play their vendors' rules, which are not ours.
import { globSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const files = globSync(['bin/**/*.ts', 'lib/**/*.ts', 'lambda/**/*.ts', 'bench/**/*.ts'], {
  exclude: ['lambda/local/aws/**', 'lambda/local/stytch/**', '**/node_modules/**'],
}).toSorted()

/** Files with a regular expression that would judge all of these as the rule does. */
const patternsThat = (takes: readonly string[], refuses: readonly string[]): readonly string[] =>
  files.flatMap((file) => {
    const literals = readFileSync(file, 'utf8').matchAll(
      /(?<=[\s(=,[])\/(\^(?:[^/\n\\[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\$)\/([a-z]*)/g,
    )
    const alike = [...literals].filter(([, source = '', flags = '']) => {
      const pattern = new RegExp(source, flags.replace('g', ''))
      return takes.every((text) => pattern.test(text)) && !refuses.some((text) => pattern.test(text))
    })
    return alike.map(() => file)
  })

test('the rule of clients’ names is written once', () => {
  expect(patternsThat(['billing-worker', 'reports.v2', 'a_b', '7'], ['Billing', 'a b', 'a/b', ''])).toEqual([
    'lambda/core/secret/client-name.ts',
  ])
})

test('the rule of scopes is written once', () => {
  expect(patternsThat(['read:invoices', '*', '!#~'], ['a b', 'a"b', 'a\\b', ''])).toEqual([
    'lambda/core/secret/scope.ts',
  ])
})

test('the rule of secrets’ names is written once', () => {
  expect(patternsThat(['m2m/prod/a', 'A_+=.@-', 'x'.repeat(512)], ['a b', 'a:b', 'a!', ''])).toEqual([
    'lambda/core/secret/secret-name.ts',
  ])
})
