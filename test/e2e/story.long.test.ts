// `npm start` as a person runs it, once from beginning to end, and once interrupted in the middle.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { descendantsOf, endAll, leftOf, type Spawned, spawnCommand, storyPath } from './spawned.ts'

/** It takes some 25 s, of which 15 are overlaps that somebody waits for; more where the machine is busy. */
const STORY_MS = 150_000

let place: string

/** In a directory of its own, which is its home and its temporary directory as well. */
const startStory = (): Spawned =>
  spawnCommand({
    args: [storyPath],
    cwd: place,
    isGroup: true,
    env: { HOME: place, TMPDIR: place, XDG_CACHE_HOME: place },
  })

beforeAll(() => {
  place = mkdtempSync(join(tmpdir(), 'm2m-story-'))
})
afterAll(() => {
  endAll()
  rmSync(place, { recursive: true, force: true })
})

describe('npm start', () => {
  it(
    'shows the whole story once, without a failed request, with the proof and the verdict last, and leaves nothing behind',
    async () => {
      const story = startStory()
      await story.printed(/registered/)
      const processes = descendantsOf(story.pid)
      const ending = await story.ended

      const text = story.stdout()
      const [, requests] = /0 of ([\d,]+) requests failed\./.exec(text) ?? []
      const [, before, since] =
        /The attacker: (\d+) accepted before, (\d+) refused since, 0 accepted again\./.exec(text) ?? []
      const [, provenDead] = /proven dead ([\d.]+) s after the report\./.exec(text) ?? []

      expect(text).not.toContain('NOT AS PROMISED')
      expect(ending).toEqual({ code: 0, signal: null })
      expect(story.stderr()).toBe('')
      for (const moment of [
        'billing-api, nightly-etl and support-agent registered',
        'settled: the old value is refused',
        'rolled back: AWSCURRENT is the old value again',
        'rotation function killed',
        'LEAK: the secret is in an attacker',
        'the leaked value is proven dead',
        'refused 3 times (401 invalid_client), last at ',
        'accepted: the value that consumers have now',
      ]) {
        expect(text).toContain(moment)
      }
      // Without a terminal there is no colour, and nothing that is drawn over.
      // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what must not be there
      expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/)
      const lines = text.trimEnd().split('\n')
      // One screen of a terminal with 24 rows, the cursor's included.
      expect(lines.length).toBeLessThanOrEqual(23)
      expect(lines.filter((line) => line.length > 84)).toEqual([])
      expect(lines.findIndex((line) => line.includes('requests failed.'))).toBe(lines.length - 4)
      expect(Number(requests?.replaceAll(',', ''))).toBeGreaterThan(100)
      expect(Number(before)).toBeGreaterThan(0)
      expect(Number(since)).toBeGreaterThan(0)
      // That it takes seconds is the bench's to measure, on a machine that does nothing else; minutes would be a defect.
      expect(Number(provenDead)).toBeLessThan(60)
      expect(processes.length).toBeGreaterThan(0)
      expect(await leftOf(processes)).toEqual([])
      expect(readdirSync(place)).toEqual([])
    },
    STORY_MS,
  )

  it(
    'ends with 130 when it is interrupted in the middle, and leaves no process and no file',
    async () => {
      const story = startStory()
      await story.printed(/five at work/)
      const processes = descendantsOf(story.pid)

      story.kill('SIGINT')
      const ending = await story.ended

      expect(ending).toEqual({ code: 130, signal: null })
      expect(processes.length).toBeGreaterThan(0)
      expect(await leftOf(processes)).toEqual([])
      expect(story.stdout()).not.toContain('broke off')
      expect(story.stderr()).toBe('')
      expect(readdirSync(place)).toEqual([])
    },
    STORY_MS,
  )
})
