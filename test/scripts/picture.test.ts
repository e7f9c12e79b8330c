// The README's picture: the same run gives the same bytes, each line of the story is in it once, and what is committed is such a picture.
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { StoryResult } from '../../lambda/local/story/story.ts'
import { drawStory } from '../../scripts/picture/draw.ts'
import { repository } from '../e2e/spawned.ts'

const result: StoryResult = {
  timeline: [
    { at: 500, subject: 'clients', text: 'billing-api & others registered <here>', tone: 'plain' },
    { at: 18_260, subject: 'billing-api', text: 'LEAK: the secret is in an attacker’s hands', tone: 'bad' },
    { at: 18_470, subject: 'billing-api', text: 'settled: proven dead', tone: 'good' },
  ],
  counts: { requests: 3668, failures: 0 },
  attack: { accepted: 45, refused: 46, acceptedAfterRefusal: 0 },
  evidence: {
    evidence: {
      refused: [
        { lastFour: 'J5wG', refusals: 3, status: 401, error: 'invalid_client', provenAt: '2026-11-30T01:46:19.819Z' },
      ],
      accepted: { lastFour: 'yhUM' },
    },
  },
  provenDeadMs: 210,
  faults: [],
}

describe('the picture of a run', () => {
  test('is the same each time', () => {
    expect(drawStory(result)).toBe(drawStory(structuredClone(result)))
  })

  test('has each line once, in its colour, and says in words what it shows', () => {
    const picture = drawStory(result)

    expect(picture.match(/attacker’s hands/g)).toHaveLength(1)
    expect(picture).toMatch(/fill="#ff8389"[^>]*> 18\.3 s {2}billing-api {5}LEAK/)
    expect(picture).toContain('billing-api &amp; others registered &lt;here&gt;')
    expect(picture).toContain(
      '<title>A leaked secret dies: proven dead after 0.21 seconds, 0 of 3668 requests failed</title>',
    )
  })

  test('stands still for whoever wants less motion', () => {
    expect(drawStory(result)).toContain('@media (prefers-reduced-motion:reduce){text{animation:none!important}}')
  })
})

describe('docs/story.svg', () => {
  const picture = readFileSync(join(repository, 'docs/story.svg'), 'utf8')

  test('is one of a story that went well, and small', () => {
    expect(picture).toMatch(/0 of [\d,]+ requests failed\./)
    expect(picture).toContain('0 accepted again.')
    expect(Buffer.byteLength(picture)).toBeLessThan(1_000_000)
  })

  test('shows the moments of the story as it is told today', () => {
    for (const moment of [
      'rolled back',
      'rotation function killed',
      'LEAK',
      'proven dead',
      'project secret',
      'refused 3 times',
    ]) {
      expect(picture).toContain(moment)
    }
  })
})

test('the README is read in a minute, and shows the pictures', () => {
  const readme = readFileSync(join(repository, 'README.md'), 'utf8')

  expect(readme.split('\n').length).toBeLessThanOrEqual(121)
  expect(readme).toContain('](docs/story.svg)')
  for (const scheme of ['light', 'dark']) {
    expect(readme).toContain(`"docs/page-${scheme}.png"`)
    expect(statSync(join(repository, `docs/page-${scheme}.png`)).size).toBeLessThan(1_000_000)
  }
})
