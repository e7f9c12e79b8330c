// @ts-check
// What the page knows: what the server sent, and what its user chose to see. Everything that is drawn is drawn from here.

/**
 * @typedef {import('../stream.ts').PageHello} PageHello
 * @typedef {import('../stream.ts').PageState} PageState
 * @typedef {import('../stream.ts').ClientsChange} ClientsChange
 * @typedef {import('../sight.ts').ClientSight} ClientSight
 * @typedef {import('../stories.ts').Story} Story
 * @typedef {import('../stories.ts').CallLine} CallLine
 * @typedef {import('../denials.ts').DenialSight & { readonly says: string }} Denial
 * @typedef {{ readonly ok: number, readonly failed: number }} Sample
 * @typedef {'name' | 'oldest' | 'state'} Sort
 * @typedef {{ kind: 'client', secretName: string } | { kind: 'register' } | { kind: 'confirm', title: string, body: string, action: string, input: Record<string, unknown> }} Dialog
 */

const SAMPLES = 48
const SAMPLE_MS = 1000
const SAID_MS = 7000
const STORIES = 400

/** @type {ReadonlyArray<ClientSight> | undefined} */
let inOrder

export const model = {
  /** @type {'connecting' | 'live' | 'lost'} */
  connection: 'connecting',
  /** @type {PageHello['states']} */
  states: {},
  /** As whom one may act; empty: everybody may do everything. @type {PageHello['actors']} */
  actors: [],
  /** One of their keys, or ''. */
  actAs: '',
  /** What was denied last, by the secret's name; '' of a client that is not there yet. @type {Map<string, Denial>} */
  denials: new Map(),
  /** @type {PageState | undefined} */
  state: undefined,
  /** By the secret's name. @type {Map<string, ClientSight>} */
  clients: new Map(),
  /** By name; put in order when somebody asks, however many events have come. @returns {ReadonlyArray<ClientSight>} */
  get sorted() {
    inOrder ??= [...model.clients.values()].sort((one, other) => (one.name < other.name ? -1 : 1))
    return inOrder
  },
  /** @type {Map<number, Story>} */
  stories: new Map(),
  /** Of stories that are unfolded. @type {Map<number, ReadonlyArray<CallLine>>} */
  lines: new Map(),
  /** What consumers did, second by second. @type {Sample[]} */
  samples: [],
  /** @type {{ isDone: boolean, says: string } | undefined} */
  said: undefined,
  /** Buttons that wait for their answer. @type {Set<string>} */
  pending: new Set(),
  /** @type {Dialog | undefined} */
  dialog: undefined,
  search: '',
  /** A state, or `all`, or `wrong`. */
  filter: 'all',
  /** @type {Sort} */
  sort: 'name',
  page: 0,
  perPage: 10,
  timelineFilter: 'all',
  timelineSearch: '',
  hasTools: false,
  /** Its step; undefined: none. @type {number | undefined} */
  tour: undefined,
  /** Incident that its user has put away. */
  hiddenIncident: '',
}

/** @type {Set<() => void>} */
const listeners = new Set()
let isScheduled = false

/** Draws what changed, once a frame. */
export const changed = () => {
  if (isScheduled) return
  isScheduled = true
  requestAnimationFrame(() => {
    isScheduled = false
    for (const listener of listeners) listener()
  })
}
/** @param {() => void} listener */
export const onChange = (listener) => {
  listeners.add(listener)
}

/** @param {ClientsChange} change */
export const takeClients = ({ isWhole, changed: some, removed }) => {
  if (isWhole) model.clients.clear()
  for (const client of some) model.clients.set(client.secretName, client)
  for (const name of removed) model.clients.delete(name)
  inOrder = undefined
  changed()
}

let sampledAt = 0
let sampled = { requests: 0, failures: 0 }

/** @param {PageState} state */
export const takeState = (state) => {
  const { requests, failures } = state.traffic
  if (model.state === undefined || requests < sampled.requests) sampled = { requests, failures }
  if (Date.now() - sampledAt >= SAMPLE_MS) {
    sampledAt = Date.now()
    const failed = failures - sampled.failures
    model.samples.push({ failed, ok: Math.max(0, requests - sampled.requests - failed) })
    if (model.samples.length > SAMPLES) model.samples.shift()
    sampled = { requests, failures }
  }
  model.state = state
  changed()
}

/** @param {ReadonlyArray<Story>} stories */
export const takeStories = (stories) => {
  for (const story of stories) model.stories.set(story.id, story)
  for (const id of model.stories.keys()) {
    if (model.stories.size <= STORIES) break
    model.stories.delete(id)
  }
  changed()
}

let saidAt = 0
/** @param {{ isDone: boolean, says: string }} said */
export const say = (said) => {
  model.said = said
  saidAt = Date.now()
  setTimeout(() => {
    if (Date.now() - saidAt < SAID_MS - 50) return
    model.said = undefined
    changed()
  }, SAID_MS)
  changed()
}

/** @param {Partial<Omit<typeof model, 'sorted'>>} change */
export const set = (change) => {
  Object.assign(model, change)
  changed()
}

/** @param {ClientSight} client */
export const toneOf = (client) => (client.needsAction ? 'bad' : (model.states[client.state]?.tone ?? 'quiet'))

/** @type {{ readonly by: string, readonly of: ReadonlyArray<ClientSight>, readonly found: ReadonlyArray<ClientSight> } | undefined} */
let chosen

/** The clients that search and filter leave, in order: looked for again when either differs, not with every draw. @returns {ReadonlyArray<ClientSight>} */
export const chosenClients = () => {
  const by = JSON.stringify([model.search, model.filter, model.sort])
  const of = model.sorted
  if (chosen?.by !== by || chosen.of !== of) chosen = { by, of, found: choose() }
  return chosen.found
}

/** @returns {ReadonlyArray<ClientSight>} */
const choose = () => {
  const search = model.search.trim().toLowerCase()
  const found = model.sorted.filter(
    ({ name, clientId, state, needsAction, versions }) =>
      (model.filter === 'all' || (model.filter === 'wrong' ? needsAction : state === model.filter)) &&
      (search === '' ||
        name.toLowerCase().includes(search) ||
        (clientId ?? '').toLowerCase().includes(search) ||
        versions.some(({ lastFour }) => lastFour?.toLowerCase() === search.replace(/^…/, ''))),
  )
  if (model.sort === 'oldest')
    return found.sort((one, other) => (one.issuedAt ?? Infinity) - (other.issuedAt ?? Infinity))
  if (model.sort === 'state') {
    const order = ['bad', 'warn', 'busy', 'good', 'quiet']
    return found.sort((one, other) => order.indexOf(toneOf(one)) - order.indexOf(toneOf(other)))
  }
  return found
}
