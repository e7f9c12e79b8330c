// The status page of `npm run laptop`: an HTTP server of its own on loopback, which serves the page, sends what happens as server-sent
// events, and takes the page's buttons as JSON. It shows no secret, and answers nobody but a browser that opened it here.

import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { readScimId } from '../../core/secret/scim-form.ts'
import { LAPTOP_HOURS, LAPTOP_PREFIX } from '../laptop/functions.ts'
import type { Laptop } from '../laptop/laptop.ts'
import { listen } from '../laptop/listen.ts'
import type { Fault } from '../stand-in/faults.ts'
import { createActs } from './acts.ts'
import { refusalOf } from './request-guard.ts'
import { type ClientSight, sightClients } from './sight.ts'
import { createTimeline, type TimelineLine } from './timeline.ts'

export interface Page {
  readonly url: string
  close(): Promise<void>
}

/** What the event `state` carries. */
export interface PageState {
  /** Epoch milliseconds on the shared clock. */
  readonly now: number
  readonly clients: readonly ClientSight[]
  /** How many clients there are beyond those. */
  readonly more: number
  readonly faults: readonly { readonly at: 'Stytch' | 'AWS'; readonly fault: Fault; readonly left: number }[]
}

export const PAGE_PORT = 4040

const MOST_CLIENTS = 200
const MOST_BYTES = 16 * 1024
const PUSH_EVERY_MS = 250

const files: Readonly<Record<string, { readonly name: string; readonly type: string }>> = {
  '/': { name: 'index.html', type: 'text/html; charset=utf-8' },
  '/page.css': { name: 'page.css', type: 'text/css; charset=utf-8' },
  '/page.js': { name: 'page.js', type: 'text/javascript; charset=utf-8' },
}

const guarding = {
  'cache-control': 'no-store',
  'content-security-policy':
    "default-src 'none'; img-src data:; style-src 'self'; script-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const

const fileOf = (name: string): Promise<Buffer> => readFile(fileURLToPath(new URL(`browser/${name}`, import.meta.url)))

const stateOf = (laptop: Laptop): PageState => {
  const { aws, stytch, world, address } = laptop
  const clients = sightClients(aws.peekAll(), {
    ...laptop.stage,
    rotationFunctionArn: address.rotation_lambda_arn,
    hours: LAPTOP_HOURS,
    slotsOf: (clientId) => {
      const connection = readScimId(clientId)?.connectionId ?? ''
      const slots = stytch.slots(clientId) ?? stytch.connectedApps.slots(clientId) ?? stytch.scim.slots(connection)
      return slots === undefined ? undefined : { current: slots.lastFour, next: slots.nextLastFour }
    },
    now: world.clock.now(),
  })
  return {
    now: world.clock.now(),
    clients: clients.slice(0, MOST_CLIENTS),
    more: Math.max(0, clients.length - MOST_CLIENTS),
    faults: [
      ...stytch.server.faults.waiting().map((one) => ({ at: 'Stytch' as const, ...one })),
      ...aws.faults.waiting().map((one) => ({ at: 'AWS' as const, ...one })),
    ],
  }
}

/** What people call a subject, among the clients that there are. */
const namingOf =
  ({ aws }: Laptop) =>
  (subject: string): string => {
    const secret = aws.peek(subject)
    const name = secret?.name ?? aws.peekAll().find(({ tags }) => tags['m2m:client-id'] === subject)?.name ?? subject
    return name.startsWith(LAPTOP_PREFIX) ? name.slice(LAPTOP_PREFIX.length) : name
  }

/** Sends lines as they come and the state when it has changed, to every page that is open. */
const createStream = (laptop: Laptop, timeline: ReturnType<typeof createTimeline>) => {
  const open = new Set<ServerResponse>()
  let lastState = ''
  const send = (to: ServerResponse, event: string, data: unknown): void => {
    to.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
  }
  const unlisten = timeline.onLine((line: TimelineLine) => {
    for (const response of open) send(response, 'lines', [line])
  })
  const push = (): void => {
    if (open.size === 0) return
    const state = stateOf(laptop)
    // To the minute, as the page shows it.
    const text = JSON.stringify({ ...state, now: Math.floor(state.now / 60_000) })
    if (text === lastState) return
    lastState = text
    for (const response of open) send(response, 'state', state)
  }
  const timer = setInterval(push, PUSH_EVERY_MS)
  timer.unref()
  return {
    add: (response: ServerResponse): void => {
      response.writeHead(200, { ...guarding, 'content-type': 'text/event-stream' })
      send(response, 'state', stateOf(laptop))
      send(response, 'lines', timeline.lines())
      open.add(response)
      response.on('close', () => open.delete(response))
    },
    close: (): void => {
      clearInterval(timer)
      unlisten()
      for (const response of open) response.end()
    },
  }
}

const readJson = async (request: IncomingMessage): Promise<unknown> => {
  if (Number(request.headers['content-length'] ?? Number.POSITIVE_INFINITY) > MOST_BYTES) return undefined
  try {
    return JSON.parse(await text(request))
  } catch {
    return undefined
  }
}

/** @param port 0 = any free one. Absent: 4040, or the next free one. */
export const startPage = async (laptop: Laptop, port: number | undefined): Promise<Page> => {
  const timeline = createTimeline(laptop, namingOf(laptop))
  const acts = createActs(laptop)
  const stream = createStream(laptop, timeline)

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const json = (status: number, body: object): void => {
      response.writeHead(status, { ...guarding, 'content-type': 'application/json' }).end(JSON.stringify(body))
    }
    const { method = '', headers } = request
    const refusal = refusalOf({ method, headers, port: (server.address() as AddressInfo).port })
    if (refusal !== undefined) return json(403, { error: refusal })
    const path = new URL(request.url ?? '/', 'http://page').pathname
    if (method === 'POST') {
      if (path !== '/acts') return json(404, { error: 'no such route' })
      const result = await acts.carryOut(await readJson(request))
      return json(result.isDone ? 200 : 409, result)
    }
    if (path === '/events') return stream.add(response)
    const file = files[path]
    if (file === undefined) return json(404, { error: 'no such route' })
    response.writeHead(200, { ...guarding, 'content-type': file.type }).end(await fileOf(file.name))
  }

  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy())
  })
  const close = async (): Promise<void> => {
    stream.close()
    timeline.close()
    acts.close()
    await new Promise<void>((resolve) => {
      if (!server.listening) resolve()
      else server.close(() => resolve())
      server.closeAllConnections()
    })
  }
  const opening = {
    listen: (at: number) =>
      new Promise<string>((resolve, reject) => {
        server.once('error', reject)
        server.listen(at, '127.0.0.1', () => {
          server.off('error', reject)
          resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
        })
      }),
  }
  const url = await listen(opening, { asked: port, preferred: PAGE_PORT, option: '--page-port' }).catch(
    async (error: unknown) => {
      await close()
      throw error
    },
  )
  return { url, close }
}
