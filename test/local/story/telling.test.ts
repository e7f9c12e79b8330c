// How the story looks: the same words in colour and without, no line wider than a terminal of 80 columns, and the verdict for what it is.
import { stripVTControlCharacters } from 'node:util'
import { describe, expect, test } from 'vitest'
import {
  countsText,
  type Evidence,
  inColour,
  type Line,
  lineText,
  plainly,
  proofText,
  verdictText,
} from '../../../lambda/local/story/telling.ts'

const line: Line = { at: 12_345, subject: 'billing-api', text: 'rotated', tone: 'plain' }
const evidence: Evidence = {
  evidence: {
    refused: [
      { lastFour: 'J5wG', refusals: 3, status: 401, error: 'invalid_client', provenAt: '2026-11-02T12:30:00.819Z' },
    ],
    accepted: { lastFour: 'yhUM' },
  },
}
const counts = { requests: 3668, failures: 0, attack: { accepted: 45, refused: 46 } }
const verdict = { ...counts, provenDeadMs: 213, acceptedAgain: 0 }

describe('without colours', () => {
  test('a line has its time, whom it is about and what happened', () => {
    expect(lineText(line, plainly)).toBe(' 12.3 s  billing-api     rotated')
  })

  test('what goes on is counted, and the attacker once there is one', () => {
    expect(countsText(counts, plainly)).toBe('consumers: 3,668 requests, 0 failed   attacker: 45 accepted, 46 refused')
    expect(countsText({ ...counts, attack: undefined }, plainly)).toBe('consumers: 3,668 requests, 0 failed')
  })

  test('each value has a line of the proof', () => {
    expect(proofText(evidence, plainly)).toEqual([
      'Proof: …J5wG  refused 3 times (401 invalid_client), last at 12:30:00.819',
      '       …yhUM  accepted: the value that consumers have now',
    ])
  })

  test('the verdict is framed', () => {
    expect(verdictText(verdict, plainly)).toEqual([
      expect.stringMatching(/^┏━+┓$/),
      expect.stringMatching(/^┃ 0 of 3,668 requests failed\. +┃$/),
      expect.stringMatching(/^┃ The leaked secret was proven dead 0\.21 s after the report\. +┃$/),
      expect.stringMatching(/^┃ The attacker: 45 accepted before, 46 refused since, 0 accepted again\. +┃$/),
      expect.stringMatching(/^┗━+┛$/),
    ])
  })
})

test.each([plainly, inColour])('no line is wider than 80 columns, with large numbers too', (paint) => {
  const many = { requests: 123_456, failures: 1234, attack: { accepted: 1234, refused: 1234 } }
  const lines = [
    countsText(many, paint),
    ...proofText(evidence, paint),
    ...verdictText({ ...many, provenDeadMs: 99_999, acceptedAgain: 123 }, paint),
  ]

  expect(lines.filter((one) => stripVTControlCharacters(one).length > 80)).toEqual([])
})

test('in colour, the words are the same', () => {
  for (const tone of ['plain', 'good', 'bad'] as const) {
    const painted = lineText({ ...line, tone }, inColour)
    expect(painted).not.toBe(lineText({ ...line, tone }, plainly))
    expect(stripVTControlCharacters(painted)).toBe(lineText({ ...line, tone }, plainly))
  }
  expect(verdictText(verdict, inColour).map(stripVTControlCharacters)).toEqual(verdictText(verdict, plainly))
})

test('one failed request, or one acceptance after a refusal, is a bad verdict', () => {
  const styles: unknown[] = []
  const paint = (style: unknown, text: string): string => {
    styles.push(style)
    return text
  }
  verdictText({ ...verdict, failures: 1 }, paint)
  verdictText({ ...verdict, acceptedAgain: 1 }, paint)

  expect(new Set(styles.map((style) => JSON.stringify(style)))).toEqual(new Set(['["red","bold"]']))
})
