// A text that goes into the JSON of a message as it is: it stays JSON, and nothing in it is obeyed.
import { describe, expect, it } from 'vitest'
import { mailText, plainForPeople, plainText, quotedText } from '../../../lambda/core/base/mail-text.ts'

describe('mailText', () => {
  it.each([
    ['pasted into a ticket', 'pasted into a ticket'],
    ['a "quoted" word', "a 'quoted' word"],
    ['C:\\temp', 'C:/temp'],
    ['one\r\ntwo\tthree', 'one two three'],
    ['\u0000\u001b[31mred\u202etxt\u2028', '[31mred txt'],
    ['<!channel> & <a href>', '(!channel) & (a href)'],
    ['\ud800 alone', 'alone'],
    ['Zürich 東京 🔑', 'Zürich 東京 🔑'],
  ])('%j becomes %j', (text, expected) => {
    expect(mailText(text, 100)).toBe(expected)
    expect(JSON.parse(`"${mailText(text, 100)}"`)).toBe(expected)
  })

  it('is cut with dots, and not within a character', () => {
    expect(mailText('abcdef', 6)).toBe('abcdef')
    expect(mailText('abcdefg', 6)).toBe('abcde…')
    expect(mailText('abcd🔑efg', 6)).toBe('abcd…')
  })
})

it('quotedText leaves out what is as long as a secret, and keeps a commit and an address', () => {
  const commit = 'ce013625030ba8dba906f756967f9e9ca394464a'
  const address = 'https://github.com/acme/payments/security/secret-scanning/17'

  expect(quotedText(`${commit} at ${address}`, 200)).toBe(`${commit} at ${address}`)
  expect(quotedText('it is kqZ0b1Vh4mYt-9_sXw2QnEo7uRc5GdLpJf8AiTzK6yBv!', 200)).toBe('it is …!')
})

it.each([
  ['a quotation mark', 'docs/runbook.md, "Drift"', "docs/runbook.md, 'Drift'"],
  ['a backslash', 'a\\nb', 'a/nb'],
  ['line breaks', 'one\r\n\ttwo', 'one two'],
  ['a mention of a channel', '<!channel> look', '(!channel) look'],
  ['nothing of that', 'stays – as it is (m2m revoke NAME)', 'stays – as it is (m2m revoke NAME)'],
])('plainText makes %s fit', (_, text, expected) => {
  expect(plainText(text)).toBe(expected)
  // As it stands between quotation marks of a template.
  expect(JSON.parse(`"${plainText(text)}"`)).toBe(expected)
})

it('plainForPeople changes only sentences for people, wherever in a detail they are', () => {
  const detail = { reason: 'typed "so"', explanation: 'a "b"', clients: [{ why: 'a "b"', advice: 'c\nd', at: 1 }] }

  expect(JSON.parse(JSON.stringify(detail, plainForPeople))).toEqual({
    reason: 'typed "so"',
    explanation: "a 'b'",
    clients: [{ why: "a 'b'", advice: 'c d', at: 1 }],
  })
})
