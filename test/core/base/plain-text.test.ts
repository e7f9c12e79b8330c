// What events say to people fits into a message's template, which escapes nothing.
import { expect, test } from 'vitest'
import { plainForPeople, plainText } from '../../../lambda/core/base/plain-text.ts'

test.each([
  ['a quotation mark', 'docs/runbook.md, "Drift"', "docs/runbook.md, 'Drift'"],
  ['a backslash', 'a\\nb', 'a/nb'],
  ['line breaks', 'one\r\n\ttwo', 'one two'],
  ['a mention of a channel', '<!channel> look', "'!channel' look"],
  ['nothing of that', 'stays – as it is (m2m revoke NAME)', 'stays – as it is (m2m revoke NAME)'],
])('%s', (_, text, expected) => {
  expect(plainText(text)).toBe(expected)
  // As it stands between quotation marks of a template.
  expect(JSON.parse(`"${plainText(text)}"`)).toBe(expected)
})

test('only sentences for people are changed, wherever in a detail they are', () => {
  const detail = { reason: 'typed "so"', explanation: 'a "b"', clients: [{ why: 'a "b"', advice: 'c\nd', at: 1 }] }

  expect(JSON.parse(JSON.stringify(detail, plainForPeople))).toEqual({
    reason: 'typed "so"',
    explanation: "a 'b'",
    clients: [{ why: "a 'b'", advice: 'c d', at: 1 }],
  })
})
