// What the tests of the page over HTTP share: a laptop with its page, requests as no browser would send them, and what the stream has sent.
import { request } from 'node:http'
import { expect } from 'vitest'
import type { Laptop } from '../../../lambda/local/laptop/laptop.ts'
import type { ActResult } from '../../../lambda/local/page/act-result.ts'
import { startPage } from '../../../lambda/local/page/page.ts'
import type { Story } from '../../../lambda/local/page/stories.ts'
import type { ClientsChange, PageState } from '../../../lambda/local/page/stream.ts'
import { startTestLaptop } from '../../fakes/laptop.ts'

export interface Asked {
  readonly method?: string
  readonly path?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}
export interface Answered {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: string
}

interface Sent {
  readonly event: string
  readonly data: string
}

/** Whole events alone: a piece of the stream may end anywhere. */
const eventsIn = (text: string): readonly Sent[] =>
  text
    .split('\n\n')
    .slice(0, -1)
    .flatMap((block) => {
      const [, event, data] = /^event: (\w+)\ndata: (.*)$/.exec(block) ?? []
      return event === undefined || data === undefined ? [] : [{ event, data }]
    })

export interface PageSeat {
  readonly laptop: Laptop
  readonly url: string
  readonly port: number
  ask(asked: Asked): Promise<Answered>
  /** The headers of a button that is pressed on the page itself. */
  own(): Readonly<Record<string, string>>
  act(input: unknown): Promise<ActResult>
  /** An act that the test builds on: what comes after one that was refused would be waited for in vain. */
  carryOut(input: unknown): Promise<void>
  /** What the stream has sent until an event has these words in it. */
  streamUntil(words: string): Promise<Streamed>
  close(): Promise<void>
}

export interface Streamed {
  readonly text: string
  readonly states: readonly PageState[]
  /** As it was last sent. */
  clientOf(name: string): ClientsChange['changed'][number] | undefined
  /** Each as it was last sent, oldest first. */
  readonly stories: readonly Story[]
}

/** As `npm run laptop` starts it. */
export const openPageSeat = async (): Promise<PageSeat> => {
  const laptop = await startTestLaptop()
  const page = await startPage(laptop, 0)
  const port = Number(new URL(page.url).port)
  /** Not fetch, which sets Host and Origin itself. */
  const ask = ({ method = 'GET', path = '/', headers = {}, body }: Asked): Promise<Answered> =>
    new Promise((resolve, reject) => {
      const sent = request({ host: '127.0.0.1', port, method, path, headers }, (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (part: string) => {
          text += part
        })
        response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }))
      })
      sent.on('error', reject)
      sent.end(body)
    })

  const own = () => ({ origin: page.url, 'content-type': 'application/json' })
  const act = async (input: unknown): Promise<ActResult> => {
    const body = JSON.stringify(input)
    const headers = { ...own(), 'content-length': String(Buffer.byteLength(body)) }
    return JSON.parse((await ask({ method: 'POST', path: '/acts', headers, body })).body)
  }

  /** An act that the test builds on: what comes after one that was refused would be waited for in vain. */
  const carryOut = async (input: unknown): Promise<void> => {
    expect(await act(input)).toMatchObject({ isDone: true })
  }

  /** What the stream has sent until an event says so. */
  const streamUntil = async (what: string): Promise<Streamed> => {
    const reply = await fetch(`${page.url}/events`)
    let text = ''
    const decoder = new TextDecoder()
    for await (const part of reply.body ?? []) {
      text += decoder.decode(part, { stream: true })
      if (eventsIn(text).some(({ data }) => data.includes(what))) break
    }
    const dataOf = (name: string) =>
      eventsIn(text).flatMap(({ event, data }) => (event === name ? [JSON.parse(data) as unknown] : []))
    const clients = (dataOf('clients') as readonly ClientsChange[]).flatMap(({ changed }) => changed)
    const stories = dataOf('stories').flatMap((data) => data as readonly Story[])
    return {
      text,
      states: dataOf('state') as readonly PageState[],
      /** As it was last sent. */
      clientOf: (name) => clients.findLast((client) => client.name === name),
      /** Each as it was last sent, oldest first. */
      stories: [...new Map(stories.map((story) => [story.id, story])).values()],
    }
  }

  return {
    laptop,
    url: page.url,
    port,
    ask,
    own,
    act,
    carryOut,
    streamUntil,
    close: async () => {
      await page.close()
      await laptop.close()
    },
  }
}
