// A wiretap between a process and a stand-in: notes every secret that goes over the wire, in either direction, and can spoil a
// reply in ways that make a careless parser quote it. It changes nothing else.
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { KnownSecret } from './leaks.ts'

/**
 * bare: the body is the reply's secret alone, after a mark · front: a character before the JSON · back: one after it · cut: the
 * JSON ends right after the secret · typed: the secret stands in a list where a text should be.
 */
export const spoilings = ['bare', 'front', 'back', 'cut', 'typed'] as const
export type Spoiling = (typeof spoilings)[number]

export interface Wiretap {
  readonly origin: string
  readonly heard: () => readonly KnownSecret[]
  /** The next reply to a request whose method, path and X-Amz-Target match. */
  spoilNext(pattern: RegExp, spoiling: Spoiling): void
  /** How many spoilings are still waiting. */
  waiting(): number
  forget(): void
  close(): Promise<void>
}

/** What is secret in a body, by the name of its field, at any depth. */
const secretFields = new Set(['client_secret', 'next_client_secret', 'access_token'])
/** A UUID's hex is found in fragments everywhere, so only most of one counts. */
const UUID_FRAGMENT = 24

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const secretsIn = (value: unknown): readonly KnownSecret[] => {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, inner]): readonly KnownSecret[] => {
    if (typeof inner !== 'string') return secretsIn(inner)
    if (secretFields.has(name)) return [{ name, value: inner }]
    if (name === 'RotationToken') return [{ name, value: inner, fragment: UUID_FRAGMENT }]
    return name === 'SecretString' ? secretsIn(parse(inner)) : []
  })
}

const secretsOfRequest = (body: string, headers: IncomingMessage['headers']): readonly KnownSecret[] => {
  const form = new URLSearchParams(body).get('client_secret')
  const [scheme, credentials = ''] = (headers.authorization ?? '').split(' ')
  const basic = scheme === 'Basic' ? Buffer.from(credentials, 'base64').toString('utf8').split(':')[1] : undefined
  return [
    ...secretsIn(parse(body)),
    ...(form === null ? [] : [{ name: 'client_secret', value: form }]),
    ...(basic === undefined ? [] : [{ name: 'project secret', value: basic }]),
  ]
}

const spoil = (text: string, spoiling: Spoiling): string => {
  const value = secretsIn(parse(text))[0]?.value ?? text.slice(2)
  switch (spoiling) {
    case 'bare':
      // The mark, because a value that begins with a digit is read as a number, and quoted by nobody.
      return `~${value}`
    case 'front':
      return `~${text}`
    case 'back':
      return `${text}~`
    case 'cut':
      return text.slice(0, text.indexOf(value) + value.length)
    case 'typed':
      return text.replace(
        /"(SecretString|next_client_secret|client_secret|access_token)":("(?:[^"\\]|\\.)*")/,
        '"$1":[$2]',
      )
  }
}

const readAll = async (message: IncomingMessage): Promise<string> => {
  const parts: Buffer[] = []
  for await (const part of message) parts.push(part as Buffer)
  return Buffer.concat(parts).toString('utf8')
}

export const startWiretap = async (target: string): Promise<Wiretap> => {
  const heard = new Map<string, KnownSecret>()
  let plans: Array<{ readonly pattern: RegExp; readonly spoiling: Spoiling }> = []
  const hear = (secrets: readonly KnownSecret[]): void => {
    for (const secret of secrets) heard.set(secret.value, secret)
  }

  const takeSpoiling = (asked: string): Spoiling | undefined => {
    const taken = plans.find(({ pattern }) => pattern.test(asked))
    plans = plans.filter((plan) => plan !== taken)
    return taken?.spoiling
  }

  const pass = async (message: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await readAll(message)
    hear(secretsOfRequest(body, message.headers))
    const url = new URL(message.url ?? '/', target)
    const { host: _host, ...headers } = message.headers
    const asked = `${message.method} ${url.pathname} ${headers['x-amz-target'] ?? ''}`
    // A connection of its own for each: one kept too long would be a reply lost that no test has asked for.
    const onward = request(url, { method: message.method, headers, agent: false })
    onward.end(body)
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
    onward.on('response', resolve).on('error', reject)
    const reply = await promise
    const text = await readAll(reply)
    hear(secretsIn(parse(text)))
    // Of one hop alone: the stand-in's promise to keep its connection open isn't this server's.
    const {
      'content-length': _length,
      'transfer-encoding': _encoding,
      'keep-alive': _promise,
      ...replyHeaders
    } = reply.headers
    const spoiling = reply.statusCode === 200 ? takeSpoiling(asked) : undefined
    response.writeHead(reply.statusCode ?? 500, replyHeaders)
    response.end(spoiling === undefined ? text : spoil(text, spoiling))
  }

  const server = createServer((message, response) => {
    // The stand-in cut the connection, so this one is cut as well.
    pass(message, response).catch(() => response.destroy())
  })
  // Longer than undici's own 4 s, and than a test that leaves it alone for a while.
  server.keepAliveTimeout = 120_000
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    heard: () => [...heard.values()],
    spoilNext: (pattern, spoiling) => {
      plans.push({ pattern, spoiling })
    },
    waiting: () => plans.length,
    forget: () => {
      plans = []
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
