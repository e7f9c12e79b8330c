// What happens on the laptop in sentences for people: a rotation with all of its calls is one story, and so is an incident or a step of an
// operator's. Calls that belong to none are kept together. Bounded; names, ids and statuses alone.
import type { Sentence } from './sentences.ts'

export type StoryKind = 'rotation' | 'incident' | 'client' | 'denial' | 'system' | 'calls'

export interface Story extends Sentence {
  /** Counts from 1. */
  readonly id: number
  /** Epoch milliseconds on the shared clock. */
  readonly at: number
  readonly kind: StoryKind
  /** A client's short name, or ''. */
  readonly about: string
  /** Null: it goes on. */
  readonly endedAt: number | null
  /** How many calls it holds, and how many of them failed. */
  readonly calls: number
  readonly failed: number
}

export interface CallLine {
  readonly at: number
  readonly where: 'Stytch' | 'AWS' | 'label'
  readonly what: string
  readonly isFault: boolean
  /** In a row. */
  readonly times: number
}

interface Kept {
  story: Story
  readonly lines: CallLine[]
}

export interface Stories {
  /** Begins one about a client, or turns the loose calls of a moment ago into it. */
  begin(about: string, kind: StoryKind, sentence: Sentence): number
  /** The client's story that goes on, if there is one. */
  openOf(about: string): Story | undefined
  /** Adds to the client's story that goes on or has just ended; else to loose calls. */
  call(about: string, line: Omit<CallLine, 'times'>): void
  say(id: number, sentence: Sentence): void
  end(id: number): void
  /** One that begins and ends now. */
  note(about: string, kind: StoryKind, sentence: Sentence): void
  all(): readonly Story[]
  linesOf(id: number): readonly CallLine[]
  /** What is new or has changed since the last time. */
  takeChanged(): readonly Story[]
  clear(): void
}

const KEPT = 400
const LINES = 400
/** Calls so soon before or after belong to it. */
const NEAR_MS = 1500

/** @param now the shared clock */
export const createStories = (now: () => number): Stories => {
  const kept = new Map<number, Kept>()
  const changed = new Set<number>()
  /** Of a client, and '' of nobody: the last story of either sort. */
  const open = new Map<string, number>()
  const lastEnded = new Map<string, number>()
  const loose = new Map<string, number>()
  let nextId = 1

  const update = (id: number, change: Partial<Story>): void => {
    const found = kept.get(id)
    if (found === undefined) return
    found.story = { ...found.story, ...change }
    changed.add(id)
  }
  const add = (story: Omit<Story, 'id'>): number => {
    const id = nextId
    nextId += 1
    kept.set(id, { story: { ...story, id }, lines: [] })
    changed.add(id)
    const [oldest] = kept.keys()
    if (kept.size > KEPT && oldest !== undefined) kept.delete(oldest)
    return id
  }
  const isNear = (id: number | undefined): id is number => {
    const story = id === undefined ? undefined : kept.get(id)?.story
    return story !== undefined && now() - (story.endedAt ?? story.at) < NEAR_MS
  }
  const looseOf = (about: string): number => {
    const last = loose.get(about)
    if (last !== undefined && isNear(last)) {
      update(last, { endedAt: now() })
      return last
    }
    const says = about === '' ? 'Calls about no client' : `Calls about ${about}`
    const id = add({
      at: now(),
      endedAt: now(),
      kind: 'calls',
      about,
      says,
      detail: '',
      tone: 'plain',
      calls: 0,
      failed: 0,
    })
    loose.set(about, id)
    return id
  }
  /** Whose story a call without a subject belongs to: the only one that goes on. */
  const onlyOpen = (): number | undefined => (open.size === 1 ? [...open.values()][0] : undefined)
  const storyFor = (about: string): number => {
    const going = about === '' ? onlyOpen() : open.get(about)
    if (going !== undefined && kept.has(going)) return going
    const ended = lastEnded.get(about)
    return isNear(ended) ? ended : looseOf(about)
  }

  const begin: Stories['begin'] = (about, kind, sentence) => {
    const before = loose.get(about)
    loose.delete(about)
    const id =
      before !== undefined && isNear(before)
        ? before
        : add({ at: now(), endedAt: null, kind, about, calls: 0, failed: 0, ...sentence })
    update(id, { kind, endedAt: null, ...sentence })
    open.set(about, id)
    return id
  }
  const end = (id: number): void => {
    const story = kept.get(id)?.story
    if (story === undefined) return
    update(id, { endedAt: now() })
    if (open.get(story.about) === id) open.delete(story.about)
    lastEnded.set(story.about, id)
  }

  return {
    begin,
    openOf: (about) => kept.get(open.get(about) ?? 0)?.story,
    call: (about, line) => {
      const id = storyFor(about)
      const found = kept.get(id)
      if (found === undefined) return
      const { lines, story } = found
      const last = lines.at(-1)
      if (last?.what === line.what && last.where === line.where)
        lines[lines.length - 1] = { ...last, times: last.times + 1 }
      else if (lines.length < LINES) lines.push({ ...line, times: 1 })
      update(id, { calls: story.calls + 1, failed: story.failed + (line.isFault ? 1 : 0) })
    },
    say: (id, sentence) => update(id, sentence),
    end,
    note: (about, kind, sentence) => {
      const id = add({ at: now(), endedAt: now(), kind, about, calls: 0, failed: 0, ...sentence })
      changed.add(id)
    },
    all: () => [...kept.values()].map(({ story }) => story),
    linesOf: (id) => kept.get(id)?.lines ?? [],
    takeChanged: () => {
      const stories = [...changed].flatMap((id) => kept.get(id)?.story ?? [])
      changed.clear()
      return stories
    },
    clear: () => {
      for (const map of [kept, open, lastEnded, loose]) map.clear()
    },
  }
}
