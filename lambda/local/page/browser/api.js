// @ts-check
// What the page asks of the laptop: acts, the calls of a story, and the stream of what happens.
import { changed, model, say, set, takeClients, takeState, takeStories } from './model.js'

/** @typedef {import('../act-result.ts').ActResult} ActResult */

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
    body: JSON.stringify(model.actAs === '' ? input : { ...input, as: model.actAs }),
  }).catch(() => undefined)
  /** @type {ActResult} */
  const result = reply === undefined ? lost : await reply.json().catch(() => lost)
  model.pending.delete(button)
  const about = typeof input.secret === 'string' ? input.secret : ''
  if (result.denial !== undefined) model.denials.set(about, { ...result.denial, says: result.says })
  else if (result.isDone) model.denials.delete(about)
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
  on('hello', (/** @type {import('../stream.ts').PageHello} */ { states, actors }) => {
    const isKnown = actors.some(({ key }) => key === model.actAs)
    set({ states, actors, actAs: isKnown ? model.actAs : (actors[0]?.key ?? '') })
  })
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
