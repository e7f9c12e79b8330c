// The whole template, so that a change nobody meant is seen in review. Hashes of bundles are scrubbed: they change with every line
// of the functions, and reproducibility has its own test.
import { expect, test } from 'vitest'
import { synthStack } from './synth.ts'

/** An asset's name; and the end of a published version's logical id, which CDK makes of the function's bundle and settings. */
const withoutHashes = (text: string): string =>
  text.replaceAll(/[0-9a-f]{64}/g, '<hash>').replaceAll(/(CurrentVersion[0-9A-F]{8})[0-9a-f]{32}/g, '$1<hash>')

const scrub = (value: unknown): unknown => {
  if (typeof value === 'string') return withoutHashes(value)
  if (Array.isArray(value)) return value.map(scrub)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [withoutHashes(key), scrub(inner)]))
}

test('the stack is what it was', () => {
  // With the CDK's own validation, which the other tests go without.
  const template = synthStack({ environment: undefined }, {}).template().toJSON()

  expect(scrub(template)).toMatchSnapshot()
})

test('two syntheses of the same code make the same template, bundles included', () => {
  const [one, other] = [synthStack().template().toJSON(), synthStack().template().toJSON()]

  expect(one).toEqual(other)
})
