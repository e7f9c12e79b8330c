// docs/verified.md as it is rendered: what was seen stands there where it is not what was expected.
import { describe, expect, test } from 'vitest'
import type { LiveFinding } from '../../scripts/verify-live/finding.ts'
import { renderPage } from '../../scripts/verify-live/page.ts'

const finding = {
  service: 'AWS',
  check: 'one',
  expected: '200 (createStatus)',
  seen: '200',
  verdict: 'agrees',
} as const
const pageOf = (...findings: readonly LiveFinding[]) =>
  renderPage({ against: 'the stand-ins', runId: 'x', at: Date.UTC(2026, 0, 2), findings })

describe('the page of a run', () => {
  test.each([
    [finding, 'agrees'],
    [{ ...finding, expected: 'done', seen: 'done' }, 'agrees'],
    [
      { ...finding, seen: '20', verdict: 'differs', advice: 'set createStatus to 20' },
      '**differs: 20**; set createStatus to 20',
    ],
    [{ ...finding, seen: 'none was met', verdict: 'not seen' }, 'not seen: none was met'],
  ] as const)('says of %o: %s', (found, result) => {
    expect(pageOf(found)).toContain(`\n| one | ${found.expected} | ${result} |\n`)
  })

  test('has a table for each service that was asked', () => {
    expect(pageOf(finding, { ...finding, service: 'Stytch' }).match(/^## .*$/gm)).toEqual(['## Stytch', '## AWS'])
    expect(pageOf(finding).match(/^## .*$/gm)).toEqual(['## AWS'])
  })

  test('has the date and the counts once', () => {
    expect(pageOf(finding)).toContain('2026-01-02: 1 checks, 1 agree, 0 differ, 0 not seen.')
  })
})
