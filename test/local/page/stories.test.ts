// Calls find their story: the rotation of their client that goes on or has just ended, the only one that goes on, or none.
import { beforeEach, describe, expect, test } from 'vitest'
import { createStories, type Stories } from '../../../lambda/local/page/stories.ts'

let now: number
let stories: Stories
beforeEach(() => {
  now = 1_000_000
  stories = createStories(() => now)
})

const sentence = { says: 'Rotating etl', detail: '', tone: 'busy' } as const
const call = (about: string, what = 'GetClient 200', isFault = false): void =>
  stories.call(about, { at: now, where: 'Stytch', what, isFault })
const shown = () => stories.all().map(({ says, calls }) => `${says}: ${calls}`)

describe('a call about a client', () => {
  test('belongs to its story that goes on', () => {
    stories.begin('etl', 'rotation', sentence)
    stories.begin('billing', 'rotation', { ...sentence, says: 'Rotating billing' })
    call('billing')
    call('etl')
    call('etl')

    expect(shown()).toEqual(['Rotating etl: 2', 'Rotating billing: 1'])
  })

  test('just before it becomes part of it', () => {
    call('etl', 'RotateSecret 200')
    const id = stories.begin('etl', 'rotation', sentence)

    expect(shown()).toEqual(['Rotating etl: 1'])
    expect(stories.linesOf(id).map(({ what }) => what)).toEqual(['RotateSecret 200'])
  })

  test('just after it still belongs to it, and later no more', () => {
    stories.end(stories.begin('etl', 'rotation', sentence))
    now += 1000
    call('etl')
    now += 5000
    call('etl')

    expect(shown()).toEqual(['Rotating etl: 1', 'Calls about etl: 1'])
  })
})

describe('a call about no client', () => {
  test('belongs to the only story that goes on', () => {
    stories.begin('etl', 'rotation', sentence)
    call('')

    expect(shown()).toEqual(['Rotating etl: 1'])
  })

  test('belongs to none of two', () => {
    stories.begin('etl', 'rotation', sentence)
    stories.begin('billing', 'rotation', sentence)
    call('')

    expect(shown().at(-1)).toBe('Calls about no client: 1')
  })
})

test('the same call in a row is one line, and failed ones are counted', () => {
  const id = stories.begin('etl', 'rotation', sentence)
  call('etl', 'Token 401', true)
  call('etl', 'Token 401', true)
  call('etl', 'Token 200')

  expect(stories.linesOf(id).map(({ what, times }) => `${what} ×${times}`)).toEqual(['Token 401 ×2', 'Token 200 ×1'])
  expect(stories.all()[0]).toMatchObject({ calls: 3, failed: 2 })
})

test('what has changed is taken once', () => {
  const id = stories.begin('etl', 'rotation', sentence)
  expect(stories.takeChanged()).toHaveLength(1)
  expect(stories.takeChanged()).toEqual([])

  stories.say(id, { says: 'etl switched', detail: '', tone: 'good' })
  stories.end(id)

  expect(stories.takeChanged()).toMatchObject([{ says: 'etl switched', endedAt: now }])
})

test('the oldest are forgotten', () => {
  for (let index = 0; index < 450; index += 1) stories.note('', 'system', { ...sentence, says: `note ${index}` })

  expect(stories.all()).toHaveLength(400)
  expect(stories.all()[0]?.says).toBe('note 50')
})
