// Names of clients, and what is said of those that are none: what to write. No name holds what a URL encodes or IAM reads as a wildcard.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  CLIENT_NAME_RULE,
  expectedClientName,
  isClientName,
  nameBelowFault,
} from '../../../lambda/core/secret/client-name.ts'

/** `write "…"` of what is said. */
const adviceFor = (name: string): string | undefined => /; write "(.*)"$/.exec(expectedClientName(name))?.[1]

describe('the advice', () => {
  test.each([
    ['Billing', 'billing'],
    ['Web Portal', 'web-portal'],
    ['café', 'cafe'],
    ['-a', 'a'],
    ['a-', 'a'],
    ['orders/export', 'orders-export'],
    ['x'.repeat(65), 'x'.repeat(64)],
    [`${'x'.repeat(63)}--y`, 'x'.repeat(63)],
    ['', undefined],
    ['...', undefined],
    ['ЖЖ', undefined],
  ])('for %j is %j', (name, advice) => {
    expect(adviceFor(name)).toBe(advice)
  })

  test('is always a name, whatever was given', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (name) => {
        const advice = adviceFor(name)
        if (advice !== undefined) expect(isClientName(advice)).toBe(true)
        expect(expectedClientName(name)).toContain(CLIENT_NAME_RULE)
      }),
    )
  })
})

describe('a name', () => {
  const names = fc.stringMatching(/^[a-z0-9._-]{1,64}$/).filter(isClientName)

  test('is the same in a path, and no segment that a path leaves out', () => {
    fc.assert(
      fc.property(names, (name) => {
        expect(encodeURIComponent(name)).toBe(name)
        expect(new URL(`/clients/${name}/token`, 'https://host').pathname).toBe(`/clients/${name}/token`)
        expect(name).not.toMatch(/[*?$]/)
      }),
    )
  })

  test('is judged below its prefix', () => {
    expect(nameBelowFault('m2m/prod/', 'm2m/prod/billing-worker')).toBeUndefined()
    expect(nameBelowFault('m2m/prod/', 'm2m/test/billing')).toBe('its name does not start with m2m/prod/')
    expect(nameBelowFault('m2m/prod/', 'm2m/prod/a/b')).toContain('write "a-b"')
  })
})
