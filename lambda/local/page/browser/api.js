// @ts-check
// What the page asks of the laptop: acts, the calls of a story, and the stream of what happens.
import { changed, model, say, set, takeClients, takeState, takeStories } from './model.js'

/** @typedef {import('../acts.ts').ActResult} ActResult */

/**
 * One at a time for each button. @param {Record<string, unknown>} input @param {string} [button] @returns {Promise<ActResult>}
 */
export const act = async (input, button = JSON.stringify(input)) => {
  if (model.pending.has(button)) return { isDone: false, says: 'The last one is still going on.' }
  model.pending.add(button)
  changed()
  /** @type {ActResult} */
  const lost = { isDone: false, says: 'The laptop does not answer.' }
  const reply = await fetch('/acts', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(input),
  }).catch(() => undefined)
  /** @type {ActResult} */
  const result = reply === undefined ? lost : await reply.json().catch(() => lost)
  model.pending.delete(button)
  say(result)
  return result
}

/** @param {number} id of a story */
export const loadLines = async (id) => {
  const reply = await fetch(`/stories/${id}`).catch(() => undefined)
  const body = await reply?.json().catch(() => undefined)
  if (body === undefined) return
  model.lines.set(id, body.lines)
  changed()
}

export const connect = () => {
  const stream = new EventSource('/events')
  /** @template Data @param {string} name @param {(data: Data) => void} take */
  const on = (name, take) => stream.addEventListener(name, ({ data }) => take(JSON.parse(data)))
  on('hello', ({ states }) => set({ states }))
  on('state', takeState)
  on('clients', takeClients)
  on('stories', (stories) => {
    // What is unfolded grows with its story.
    for (const { id } of stories) if (model.lines.has(id)) void loadLines(id)
    takeStories(stories)
  })
  stream.addEventListener('open', () => set({ connection: 'live' }))
  stream.addEventListener('error', () => set({ connection: 'lost' }))
}
