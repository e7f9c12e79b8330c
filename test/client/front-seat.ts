// The vendor's API in a test's hands: checks the signature as AWS would, and answers what the test says.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach } from 'vitest'
import { signatureFault } from '../../lambda/local/vend-front/signature.ts'

export const keys = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'canary-signing-key' }
export const REGION = 'eu-west-1'

export interface Asked {
  readonly method: string
  readonly url: string
  readonly body: string
  readonly ifNoneMatch: string | undefined
}

export interface FrontReply {
  readonly status: number
  readonly body: object | string
  readonly headers?: Readonly<Record<string, string>>
}

/** To be called at the top of a test file. */
export const useFront = () => {
  const asked: Asked[] = []
  /** Messages of requests whose signature was none. */
  const refused: string[] = []
  let answer: (asked: Asked) => FrontReply | 'none' | Promise<FrontReply | 'none'> = () => ({ status: 404, body: {} })
  let origin = ''
  const server = createServer((message, response) => {
    const parts: Buffer[] = []
    message.on('data', (part: Buffer) => parts.push(part))
    message.on('end', async () => {
      const { method = '', url = '', headers } = message
      const body = Buffer.concat(parts)
      const check = { keys, region: REGION, service: 'execute-api', now: Date.now() }
      const fault = signatureFault({ method, url, headers: headers as Record<string, string>, body }, check)
      if (fault !== undefined) {
        refused.push(fault.message)
        response.writeHead(403, { 'content-type': 'application/json' }).end(JSON.stringify({ message: fault.message }))
        return
      }
      const one = { method, url, body: body.toString(), ifNoneMatch: headers['if-none-match'] }
      asked.push(one)
      const reply = await answer(one)
      if (reply === 'none') {
        response.destroy()
        return
      }
      const text = typeof reply.body === 'string' ? reply.body : JSON.stringify(reply.body)
      response.writeHead(reply.status, { 'content-type': 'application/json', ...reply.headers }).end(text)
    })
  })
  beforeAll(async () => {
    await new Promise<void>((done) => {
      server.listen(0, '127.0.0.1', done)
    })
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  beforeEach(() => {
    asked.length = 0
    refused.length = 0
  })
  afterAll(() => {
    server.closeAllConnections()
    server.close()
  })
  return {
    asked,
    refused,
    place: () => ({ url: `${origin}/prod`, credentials: keys, region: REGION }),
    answers: (next: typeof answer) => {
      answer = next
    },
  }
}
