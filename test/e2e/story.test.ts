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
    'tells the whole story without a failed request, with a timeline and the evidence, and leaves nothing behind',
    async () => {
      const story = startStory()
      await story.printed(/registered as/)
      const processes = descendantsOf(story.pid)
      const ending = await story.ended

      const text = story.stdout()
      const [progress = '', report = ''] = text.split('\nTimeline\n')
      const [, json = '{}'] = /\(event "Secret Revoked"\)\n(\{[\s\S]*?\n\})\n/.exec(report) ?? []
      const evidence = JSON.parse(json) as object
      const [, requests] = /Consumers: (\d+) requests, 0 failed\./.exec(report) ?? []
      const [, before, since] =
        /Attacker: {2}(\d+) accepted before, (\d+) refused since, 0 accepted again\./.exec(report) ?? []
      const [, provenDeadMs] = /Leak to proven dead: (\d+) ms\./.exec(report) ?? []

      expect(text).not.toContain('NOT AS PROMISED')
      expect(ending).toEqual({ code: 0, signal: null })
      expect(story.stderr()).toBe('')
      for (const moment of [
        'registered as m2m-client-test-',
        'settled: the old value is refused',
        'rolled back: AWSCURRENT is the old value again',
        'rotation function killed',
        'LEAK: the secret is in an attacker',
        'the leaked value is proven dead',
      ]) {
        // As it happens, and in the timeline.
        expect(progress).toContain(moment)
        expect(report).toContain(moment)
      }
      expect(evidence).toMatchObject({
        intent: 'settle',
        revokeToken: expect.stringMatching(/^revoke-/),
        evidence: { slots: { next: null }, refused: [{ error: 'invalid_client' }, {}], accepted: {} },
      })
      expect(Number(requests)).toBeGreaterThan(100)
      expect(Number(before)).toBeGreaterThan(0)
      expect(Number(since)).toBeGreaterThan(0)
      // That it takes seconds is the bench's to measure, on a machine that does nothing else; minutes would be a defect.
      expect(Number(provenDeadMs)).toBeLessThan(60_000)
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
