// What a search by value left open, as people read it: that a project secret is another project's is said only where it was compared.
import { expect, test } from 'vitest'
import { leftOpen } from '../../bin/incident/leaked-value.ts'
import { NOTHING_SEARCHED } from '../../lambda/core/intake/leak-finding.ts'

const found = { ...NOTHING_SEARCHED, searched: 3, hasProjectSecretForm: true }

test('a project secret that was compared with none is taken for the stage’s own', () => {
  expect(leftOpen(found)).toEqual([expect.stringContaining("Whether it is this stage's could not be found out")])
  expect(leftOpen({ ...found, unreadable: ['stytch/prod'] })).toEqual([
    '1 secret could not be read: stytch/prod.',
    expect.stringContaining('take it for that'),
  ])
})

test('one that was compared with all is none of the stage’s', () => {
  expect(leftOpen({ ...found, isProjectCompared: true })).toEqual([
    expect.stringContaining('is none that is stored for this stage'),
  ])
})
