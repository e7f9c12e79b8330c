// The status page of `npm run laptop`: an HTTP server of its own on loopback, which serves the page, sends what happens as server-sent
// events, and takes the page's buttons as JSON. It shows no secret, and answers nobody but a browser that opened it here.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { Laptop } from '../laptop/laptop.ts'
import { listen } from '../laptop/listen.ts'
import { createOperator } from '../story/operator.ts'
import { actorsOf } from './actors.ts'
import { createActs } from './acts.ts'
import { assetAt } from './assets.ts'
import { createIncidents } from './incidents.ts'
import { createNaming } from './naming.ts'
import { createPresets } from './presets.ts'
import { refusalOf } from './request-guard.ts'
import { createRoster } from './roster.ts'
import { currentOf } from './sight.ts'
import { createProofReader } from './stored-proof.ts'
import { createStream } from './stream.ts'
import { createTimeline } from './timeline.ts'
import { createTraffic } from './traffic.ts'

export interface Page {
  readonly url: string
  close(): Promise<void>
}

export const PAGE_PORT = 4040

const MOST_BYTES = 16 * 1024
/** The calls of one story. */
const STORY = /^\/stories\/(\d{1,9})$/

const guarding = {
  'cache-control': 'no-store',
  'content-security-policy':
    "default-src 'none'; img-src data:; style-src 'self'; script-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const

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
  const naming = createNaming(laptop)
  const currentIn = (secretName: string) => {
    const secret = laptop.aws.peek(secretName)
    return secret && currentOf(secret)
  }
  const timeline = createTimeline(laptop, {
    nameOf: naming.nameOf,
    lastFourOf: (secret) => currentOf(secret)?.lastFour ?? null,
  })
  const operator = createOperator(laptop.address)
  const proofs = createProofReader(laptop, operator.secretsManager)
  const incidents = createIncidents(laptop, { nameOf: naming.nameOf, currentOf: currentIn }, proofs)
  const presets = createPresets(laptop)
  const roster = createRoster(laptop, naming)
  const traffic = createTraffic(laptop)
  const actors = actorsOf(laptop.address)
  const acts = createActs(laptop, { actors, incidents, presets, note: timeline.note })
  const stream = createStream({ laptop, actors, roster, timeline, incidents, presets, traffic })

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
    if (path === '/events') return stream.add(response, guarding)
    const story = STORY.exec(path)?.[1]
    if (story !== undefined) return json(200, { lines: timeline.linesOf(Number(story)) })
    const asset = await assetAt(path)
    if (asset === undefined) return json(404, { error: 'no such route' })
    response.writeHead(200, { ...guarding, 'content-type': asset.type }).end(asset.body)
  }

  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy())
  })
  const close = async (): Promise<void> => {
    stream.close()
    for (const part of [timeline, acts, incidents, roster, naming, proofs]) part.close()
    presets.calm()
    await traffic.close()
    operator.secretsManager.destroy()
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
