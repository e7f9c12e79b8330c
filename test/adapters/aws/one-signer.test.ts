// What is signed, where it goes and how a function is invoked stand in one file each; whoever writes a second copy forgets it at the next
// change. The client that callers import signs for itself: it ships to them alone, and speaks to the vendor's API only.
import { globSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const files = globSync(['bin/**/*.ts', 'lambda/**/*.ts'], { exclude: ['lambda/local/**', 'lambda/client/**'] })
const holding = (pattern: RegExp) => files.filter((file) => pattern.test(readFileSync(file, 'utf8'))).toSorted()

test.each([
  ['signs requests', /new SignatureV4\(/, ['lambda/adapters/aws/request-signer.ts']],
  [
    'knows the ends of AWS’s host names',
    /'(?!the )[^'\s]*amazonaws\.com|amazonaws\\\.com/,
    ['lambda/core/base/aws-partition.ts'],
  ],
  ['writes the path of an invocation', /\/invocations`/, ['lambda/adapters/aws/invoke.ts']],
  ['says how long a called function is waited for', /createInvoke\(/, ['lambda/adapters/aws/invoking.ts']],
  ['names the operation of AWS’s JSON protocol', /['"]x-amz-target['"]/, ['lambda/adapters/aws/request-signer.ts']],
  ['reads the freeze out of a text', /freezes\.(find|some|includes)\(/, ['lambda/core/rotation/freeze.ts']],
])('one file %s', (_what, pattern, expected) => {
  expect(holding(pattern)).toEqual(expected)
})
