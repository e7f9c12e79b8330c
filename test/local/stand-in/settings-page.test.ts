// The page of settings names every setting of both stand-ins, and no setting that there is not.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { defaultSettings as aws } from '../../../lambda/local/aws/settings.ts'
import { defaultSettings as stytch } from '../../../lambda/local/stytch/settings.ts'

const page = readFileSync(new URL('../../../docs/stand-ins.md', import.meta.url), 'utf8')

/** What the first column of the tables under a heading names. */
const namedUnder = (vendor: string): string[] =>
  page
    .split('\n## ')
    .filter((section) => section.startsWith(`${vendor}: `))
    .flatMap((section) => [...section.matchAll(/^\| (`[^|]*) \|/gm)])
    .flatMap(([, cell = '']) => [...cell.matchAll(/`(\w+)`/g)])
    .map(([, name = '']) => name)

test.each([
  ['AWS', aws],
  ['Stytch', stytch],
])('%s', (vendor, settings) => {
  expect(namedUnder(vendor).toSorted()).toEqual(Object.keys(settings).toSorted())
})
