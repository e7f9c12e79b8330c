// Where the laptop takes what a custom resource's function answers: by PUT to an address that was handed out for one request, as the pre-signed
// address of a bucket is. A second answer changes nothing.
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { AnswerHost } from '../stack/host.ts'
import type { Operation, StandInRequest } from '../stand-in/server.ts'

const PATH = '/_laptop/answers/'

export interface Answers extends AnswerHost {
  /** @returns undefined for what is no answer. */
  route(request: StandInRequest): Operation | undefined
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return {}
  }
}

/** @param origin of the server that asks `route`. */
export const createAnswers = (origin: () => string): Answers => {
  const open = new Map<string, (answer: unknown) => void>()
  return {
    open: () => {
      const id = randomUUID()
      const { promise, resolve } = Promise.withResolvers<unknown>()
      open.set(id, resolve)
      return { url: `${origin()}${PATH}${id}`, answered: promise, close: () => void open.delete(id) }
    },
    wait: (ms) => sleep(ms, undefined, { ref: false }),
    route: ({ method, path, body }) => {
      if (method !== 'PUT' || !path.startsWith(PATH)) return undefined
      const answer = open.get(path.slice(PATH.length))
      return {
        op: 'ResourceAnswer',
        subject: null,
        run: () => {
          if (answer === undefined) return { status: 403, body: '' }
          answer(parsed(body))
          return { status: 200, body: '' }
        },
      }
    },
  }
}
