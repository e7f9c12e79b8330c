// The HTTP half of every stand-in: reads a request, asks the vendor's own code what operation it is, plays the faults,
// remembers the calls and serves /_stand-in/*. It knows nothing of Stytch or AWS, and it keeps no secret: a call is
// remembered by operation, subject and status alone.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { defined } from '../../core/base/defined.ts'
import { foreignFault } from './browser-guard.ts'
import { createFaultPlan, type Fault, type FaultPlan, faultFaults } from './faults.ts'
import type { World } from './world.ts'

export interface StandInRequest {
  readonly method: string
  /** Percent-encoded, as it came. */
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: string
  /** The TCP connection that it came over: one object each. */
  readonly connection: object
  /** Where it came from; empty once the connection is gone. */
  readonly address: string
}

export interface StandInReply {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  /** An object is sent as JSON. */
  readonly body: string | object
}

/** What the vendor's code makes of a request, before anything has happened. */
export interface Operation {
  /** The vendor's name of the operation, e.g. `RotateStart` or `PutSecretValue`. */
  readonly op: string
  /** The client id or the secret's name or ARN; never a secret. */
  readonly subject: string | null
  /** Whose operation it is, for the vendor's own use: what a latency is set for. */
  readonly service?: string
  /** Takes requests from other sites as well: it knows by itself who may ask. @default - as the vendor's `isGuarded` has it */
  readonly isOpen?: boolean
  readonly run: () => StandInReply | Promise<StandInReply>
}

export type ControlRoute = (request: StandInRequest) => StandInReply | Promise<StandInReply>

export interface Vendor {
  readonly route: (request: StandInRequest) => Operation
  /** The vendor's own answer for an `error` or `throttle` fault. */
  readonly faultReply: (fault: Fault, operation: Operation) => StandInReply
  readonly contentType: string
  /** No page of another site may call it: it checks no credentials that such a page would lack. @default false */
  readonly isGuarded?: boolean
  /**
   * Replies are dated by the shared clock, in which clients find the service's. Their functions must run by it as well: AWS's SDK sends
   * every call that fails once more while its own clock is another. @default false: by the machine's
   */
  readonly datesReplies?: boolean
  /** What a call waits before anything happens; undefined = nothing. */
  readonly delay?: (operation: Operation) => Promise<void> | undefined
  /** Further GET/POST routes under /_stand-in/, by name, e.g. `settings`. */
  readonly control?: Readonly<Record<string, ControlRoute>>
}

export interface Call {
  readonly op: string
  readonly subject: string | null
  /** Epoch milliseconds on the shared clock. */
  readonly at: number
  /** 0 = the reply never went out. */
  readonly status: number
  /** Of the laptop's own traffic: who called (`playerAgent`). */
  readonly player?: string
}

/** The User-Agent of a part that the laptop plays beside the system itself, e.g. a consumer. */
export const playerAgent = (player: string): string => `m2m-laptop-${player}`
const PLAYER = /\bm2m-laptop-([a-z]+)/

export interface TapEvent {
  readonly op: string
  readonly subject: string | null
  readonly phase: 'before' | 'after'
}
/** Sees (and, by a promise, may hold up) every call before its effect and after its effect, before the reply. */
export type Tap = (event: TapEvent) => void | Promise<void>

export interface StandInServer {
  /** Port 0 = any free one. Loopback only. @returns the origin, e.g. http://127.0.0.1:4010 */
  listen(port: number): Promise<string>
  close(): Promise<void>
  calls(): readonly Call[]
  readonly faults: FaultPlan
  /** @returns the undo. */
  tap(tap: Tap): () => void
}

const MIB = 1024 * 1024
const CONTROL = '/_stand-in/'
/** Templates are deployed by a control route, with what belongs to them. */
const maxBytes = (path: string): number => (path.startsWith(CONTROL) ? 8 * MIB : MIB)

const readBody = async (message: IncomingMessage, most: number): Promise<string> => {
  const parts: Buffer[] = []
  let size = 0
  for await (const part of message) {
    const bytes = part as Buffer
    size += bytes.length
    if (size > most) throw new RangeError(`body over ${most / MIB} MiB`)
    parts.push(bytes)
  }
  return Buffer.concat(parts).toString('utf8')
}

const write = (response: ServerResponse, reply: StandInReply, contentType: string, cutAt?: number): void => {
  const text = typeof reply.body === 'string' ? reply.body : JSON.stringify(reply.body)
  const sent = cutAt === undefined ? text : text.slice(0, Math.floor(text.length * cutAt))
  // The services say how long an answer is, also of an empty one; of 204 there is none to say.
  const length = reply.status === 204 ? {} : { 'content-length': String(Buffer.byteLength(sent)) }
  response.writeHead(reply.status, { 'content-type': contentType, ...length, ...reply.headers })
  response.end(sent)
}

const json = (status: number, body: object): StandInReply => ({ status, body })

export const createStandInServer = (world: World, vendor: Vendor): StandInServer => {
  const faults = createFaultPlan()
  const taps = new Set<Tap>()
  let calls: Call[] = []
  world.onReset(() => {
    calls = []
    faults.clear()
  })

  const control = async (name: string, request: StandInRequest): Promise<StandInReply> => {
    const own = vendor.control?.[name]
    if (own !== undefined) return own(request)
    const key = `${request.method} ${name}`
    if (key === 'GET calls') return json(200, { calls })
    if (key === 'POST reset') {
      world.reset()
      return json(200, {})
    }
    if (key !== 'POST faults' && key !== 'POST clock') return json(404, { error: `no such stand-in route: ${key}` })
    let input: unknown
    try {
      input = JSON.parse(request.body)
    } catch {
      return json(400, { error: 'expected a JSON body' })
    }
    if (key === 'POST faults') {
      const lines = faultFaults(input)
      if (lines.length > 0) return json(400, { error: lines.join('; ') })
      faults.add(input as Fault)
      return json(200, {})
    }
    const seconds = (input as { advance_seconds?: unknown } | null)?.advance_seconds
    if (typeof seconds !== 'number' || !Number.isFinite(seconds) || seconds < 0) {
      return json(400, { error: 'advance_seconds: expected a number from 0' })
    }
    world.clock.advance(seconds * 1000)
    return json(200, { now: world.clock.now() })
  }

  const notify = async (operation: Operation, phase: TapEvent['phase']): Promise<void> => {
    for (const tap of taps) await tap({ op: operation.op, subject: operation.subject, phase })
  }

  const play = async (operation: Operation, response: ServerResponse, agent: string | undefined): Promise<void> => {
    const player = PLAYER.exec(agent ?? '')?.[1]
    const remember = ({ op, subject }: Operation, status: number): void => {
      calls.push({ op, subject, at: world.clock.now(), status, ...defined({ player }) })
    }
    const fault = faults.take(operation.op)
    const delay = vendor.delay?.(operation)
    if (delay !== undefined) await delay
    await notify(operation, 'before')
    if (fault?.kind === 'reset') {
      remember(operation, 0)
      response.destroy()
      return
    }
    if (fault?.kind === 'error' || fault?.kind === 'throttle') {
      const reply = vendor.faultReply(fault, operation)
      remember(operation, reply.status)
      write(response, reply, vendor.contentType)
      return
    }
    if (fault?.kind === 'html') {
      const status = fault.status ?? 502
      remember(operation, status)
      write(response, { status, body: '<html><body><h1>Bad Gateway</h1></body></html>' }, 'text/html')
      return
    }
    const reply = await operation.run()
    remember(operation, fault?.kind === 'drop_reply' ? 0 : reply.status)
    await notify(operation, 'after')
    if (fault?.kind === 'drop_reply') response.destroy()
    else if (fault?.kind === 'garble') write(response, reply, vendor.contentType, 0.5)
    else if (fault?.kind === 'delay') {
      setTimeout(() => write(response, reply, vendor.contentType), fault.delay_ms ?? 0).unref()
    } else write(response, reply, vendor.contentType)
  }

  const answer = async (message: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = message.url ?? '/'
    const mark = url.indexOf('?')
    const path = mark < 0 ? url : url.slice(0, mark)
    const request: StandInRequest = {
      method: message.method ?? 'GET',
      path,
      query: new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1)),
      headers: message.headers as Record<string, string | undefined>,
      body: await readBody(message, maxBytes(path)),
      connection: message.socket,
      address: message.socket.remoteAddress ?? '',
    }
    const foreign = foreignFault(message.headers, message.socket.localPort)
    const refuse = (fault: string): void => write(response, json(403, { error: fault }), 'application/json')
    if (path.startsWith(CONTROL)) {
      if (foreign !== undefined) return refuse(foreign)
      write(response, await control(path.slice(CONTROL.length), request), 'application/json')
      return
    }
    const operation = vendor.route(request)
    if (foreign !== undefined && vendor.isGuarded === true && operation.isOpen !== true) return refuse(foreign)
    await play(operation, response, message.headers['user-agent'])
  }

  const server = createServer((message, response) => {
    if (vendor.datesReplies === true) response.setHeader('date', new Date(world.clock.now()).toUTCString())
    answer(message, response).catch((error: unknown) => {
      // A defect of the stand-in itself: say so to the caller, by its class alone.
      const name = error instanceof Error ? `${error.name}: ${error.message}` : 'unknown'
      if (response.headersSent || response.destroyed) response.destroy()
      else write(response, json(500, { error: `stand-in defect: ${name}` }), 'application/json')
    })
  })
  // Idle sockets stay open as the real services' do; tests that need a dead one use `reset`.
  server.keepAliveTimeout = 20_000

  return {
    listen: (port) =>
      new Promise((resolve, reject) => {
        server.once('error', reject)
        server.listen(port, '127.0.0.1', () => {
          server.off('error', reject)
          resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
        })
      }),
    close: () =>
      new Promise((resolve) => {
        if (!server.listening) resolve()
        else server.close(() => resolve())
        server.closeAllConnections()
      }),
    calls: () => calls,
    faults,
    tap: (tap) => {
      taps.add(tap)
      return () => taps.delete(tap)
    },
  }
}
