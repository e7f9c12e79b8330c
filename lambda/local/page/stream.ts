// What every open page is sent, as server-sent events: first everything, then what has changed, four times a second. With no page open no
// consumer works.
import type { ServerResponse } from 'node:http'
import type { ShownState } from '../../core/clients/client-status.ts'
import { stateLabel, stateWords } from '../../core/clients/state-words.ts'
import type { Laptop } from '../laptop/laptop.ts'
import type { Fault } from '../stand-in/faults.ts'
import type { Actor } from './actors.ts'
import type { IncidentSight, Incidents } from './incidents.ts'
import type { Mishap, Presets } from './presets.ts'
import type { Roster } from './roster.ts'
import type { ClientSight } from './sight.ts'
import { type Summary, summaryOf } from './summary.ts'
import type { Timeline } from './timeline.ts'
import type { Traffic, TrafficSight } from './traffic.ts'

/** The event `hello`, once a page. */
export interface PageHello {
  readonly states: Readonly<Record<string, { readonly label: string; readonly tone: string; readonly means: string }>>
  /** As whom one may act; empty: everybody may do everything. */
  readonly actors: readonly Actor[]
}

/** The event `state`. */
export interface PageState {
  /** Epoch milliseconds on the shared clock. */
  readonly now: number
  readonly summary: Summary
  readonly traffic: TrafficSight
  readonly incident: IncidentSight | null
  readonly mishaps: readonly Mishap[]
  readonly faults: readonly { readonly at: 'Stytch' | 'AWS'; readonly fault: Fault; readonly left: number }[]
}

/** The event `clients`. */
export interface ClientsChange {
  /** Whether all that is known is to be forgotten first. */
  readonly isWhole: boolean
  readonly changed: readonly ClientSight[]
  readonly removed: readonly string[]
}

export interface StreamParts {
  readonly laptop: Laptop
  readonly actors: readonly Actor[]
  readonly roster: Roster
  readonly timeline: Timeline
  readonly incidents: Incidents
  readonly presets: Presets
  readonly traffic: Traffic
}

export interface Stream {
  add(response: ServerResponse, headers: Readonly<Record<string, string>>): void
  close(): void
}

const PUSH_EVERY_MS = 250
/** Of clients in one event, so that a page shows the first ones at once: as many as it may show, then the rest. */
const FIRST = 50
const CHUNK = 1000

const states: PageHello['states'] = Object.fromEntries(
  Object.entries(stateWords).map(([state, words]) => [state, { label: stateLabel(state as ShownState), ...words }]),
)

export const createStream = (parts: StreamParts): Stream => {
  const { laptop, actors, roster, timeline, incidents, presets, traffic } = parts
  const { aws, stytch, world } = laptop
  const open = new Set<ServerResponse>()
  let lastState = ''

  const send = (to: ServerResponse, event: string, data: unknown): void => {
    to.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
  }
  let summed: { readonly of: readonly ClientSight[]; readonly summary: Summary } | undefined
  const summaryNow = (): Summary => {
    const all = roster.all()
    if (summed?.of !== all) summed = { of: all, summary: summaryOf(all) }
    return summed.summary
  }
  const stateNow = (): PageState => ({
    now: world.clock.now(),
    summary: summaryNow(),
    traffic: traffic.sight(),
    incident: incidents.latest(),
    mishaps: presets.active(),
    faults: [
      ...stytch.server.faults.waiting().map((one) => ({ at: 'Stytch' as const, ...one })),
      ...aws.faults.waiting().map((one) => ({ at: 'AWS' as const, ...one })),
    ],
  })
  const push = (): void => {
    roster.look()
    const { changed, removed } = roster.takeChanges()
    if (open.size === 0) {
      traffic.pause()
      return
    }
    traffic.follow(roster.all())
    const stories = timeline.takeChanged()
    const state = stateNow()
    // To the second, as the page shows it.
    const text = JSON.stringify({ ...state, now: Math.floor(state.now / 1000) })
    for (const response of open) {
      if (changed.length + removed.length > 0) send(response, 'clients', { isWhole: false, changed, removed })
      if (stories.length > 0) send(response, 'stories', stories)
      if (text !== lastState) send(response, 'state', state)
    }
    lastState = text
  }
  const addWhole = (response: ServerResponse): void => {
    if (response.destroyed || response.writableEnded) return
    // Whoever has the page open already is sent the difference.
    push()
    send(response, 'state', stateNow())
    const texts = roster.texts()
    let at = 0
    do {
      const until = at + (at === 0 ? FIRST : CHUNK)
      const changed = texts.slice(at, until).join(',')
      response.write(`event: clients\ndata: {"isWhole":${at === 0},"changed":[${changed}],"removed":[]}\n\n`)
      at = until
    } while (at < texts.length)
    send(response, 'stories', timeline.all())
    open.add(response)
    response.on('close', () => open.delete(response))
  }
  const timer = setInterval(push, PUSH_EVERY_MS)
  timer.unref()
  // So that the first page that opens finds it done.
  void roster.catchUp()

  return {
    add: (response, headers) => {
      response.writeHead(200, { ...headers, 'content-type': 'text/event-stream' })
      send(response, 'hello', { states, actors } satisfies PageHello)
      if (roster.isCaughtUp()) {
        addWhole(response)
        return
      }
      // With thousands of clients that takes a while, in which the first ones are drawn.
      send(response, 'clients', { isWhole: true, changed: roster.glance(), removed: [] })
      void roster.catchUp().then(() => addWhole(response))
    },
    close: () => {
      clearInterval(timer)
      for (const response of open) response.end()
    },
  }
}
