// A text that goes into the JSON of a message as it is: it stays JSON, and nothing in it is obeyed.
import { describe, expect, it } from 'vitest'
import { mailText, quotedText } from '../../../lambda/core/base/mail-text.ts'

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
