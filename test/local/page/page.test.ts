// The status page over HTTP: who may speak to it, what it sends, what its acts refuse, and that no value is in any of it. In a browser:
// test/browser.
import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Laptop, startLaptop } from '../../../lambda/local/laptop/laptop.ts'
import { type Page, type PageState, startPage } from '../../../lambda/local/page/page.ts'
import type { TimelineLine } from '../../../lambda/local/page/timeline.ts'
import { findLeaks } from '../../e2e/leaks.ts'

let laptop: Laptop
let page: Page
let port: number

beforeAll(async () => {
  laptop = await startLaptop({ stytchPort: 0, awsPort: 0, onLog: () => {} })
  page = await startPage(laptop, 0)
  port = Number(new URL(page.url).port)
})
afterAll(async () => {
  await page.close()
  await laptop.close()
})

interface Asked {
  readonly method?: string
  readonly path?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}
interface Answered {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: string
}

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
const act = async (input: unknown): Promise<{ readonly isDone: boolean; readonly says: string }> => {
  const body = JSON.stringify(input)
  const headers = { ...own(), 'content-length': String(Buffer.byteLength(body)) }
  return JSON.parse((await ask({ method: 'POST', path: '/acts', headers, body })).body)
}

/** An act that the test builds on: what comes after one that was refused would be waited for in vain. */
const carryOut = async (input: unknown): Promise<void> => {
  expect(await act(input)).toMatchObject({ isDone: true })
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

/** What the stream has sent until an event says so. */
const streamUntil = async (what: string) => {
  const reply = await fetch(`${page.url}/events`)
  let text = ''
  const decoder = new TextDecoder()
  for await (const part of reply.body ?? []) {
    text += decoder.decode(part, { stream: true })
    if (eventsIn(text).some(({ data }) => data.includes(what))) break
  }
  const dataOf = (name: string) =>
    eventsIn(text).flatMap(({ event, data }) => (event === name ? [JSON.parse(data) as unknown] : []))
  return {
    text,
    states: dataOf('state') as readonly PageState[],
    lines: dataOf('lines').flatMap((data) => data as readonly TimelineLine[]),
  }
}

describe('who may speak to it', () => {
  test.each([
    ['a name of somebody else’s, pointed here', { host: 'evil.example' }],
    ['another port', { host: '127.0.0.1:1' }],
    ['another site', { origin: 'http://evil.example' }],
    ['a frame without an origin', { origin: 'null' }],
  ])('not %s', async (_who, headers) => {
    const answers = await Promise.all(
      ['/', '/events', '/page.js'].map((path) => ask({ path, headers: { ...headers } })),
    )

    expect(answers.map(({ status }) => status)).toEqual([403, 403, 403])
  })

  test.each([
    ['no Origin', { 'content-type': 'application/json' }],
    ['a form’s content type', { origin: 'PAGE', 'content-type': 'text/plain' }],
    ['another origin', { origin: 'http://localhost:1', 'content-type': 'application/json' }],
  ])('nobody changes anything with %s', async (_what, headers) => {
    const before = laptop.world.clock.now()
    const body = '{"act":"clock","hours":24}'
    const sent = Object.fromEntries(
      Object.entries({ ...headers, 'content-length': String(body.length) }).map(([name, value]) => [
        name,
        value === 'PAGE' ? page.url : value,
      ]),
    )

    const { status } = await ask({ method: 'POST', path: '/acts', headers: sent, body })

    expect(status).toBe(403)
    expect(laptop.world.clock.now() - before).toBeLessThan(3_600_000)
  })

  test('a browser that opened it, by either name of loopback', async () => {
    const answers = await Promise.all([ask({}), ask({ headers: { host: `localhost:${port}` } })])

    expect(answers.map(({ status }) => status)).toEqual([200, 200])
    expect(answers[0]?.headers).toMatchObject({
      'content-security-policy': expect.stringContaining("frame-ancestors 'none'"),
      'cache-control': 'no-store',
    })
  })

  test('and what is not there is not there', async () => {
    const answers = await Promise.all([
      ask({ path: '/../laptop/main.ts' }),
      ask({ path: '/browser/page.js' }),
      ask({ method: 'DELETE', headers: own() }),
    ])

    expect(answers.map(({ status }) => status)).toEqual([404, 404, 403])
  })
})

describe('acts', () => {
  test.each([
    [{ act: 'sing' }, 'act: expected one of rotate, settle, rollback, register, leak, fault, calm, clock'],
    [undefined, 'act: expected one of rotate, settle, rollback, register, leak, fault, calm, clock'],
    [{ act: 'toString' }, 'act: expected one of rotate, settle, rollback, register, leak, fault, calm, clock'],
    [{ act: 'rotate', secret: 'm2m/laptop/nobody' }, 'There is no such client.'],
    [{ act: 'leak' }, 'There is no such client.'],
    [
      { act: 'register', name: 'a b', scopes: ['"'] },
      'name: expected 1 to 64 of a-z, 0-9, . _ and -, starting and ending with a letter or digit; write "a-b"; scopes: expected each to be an OAuth scope: 1 to 200 of visible ASCII without space, " or \\',
    ],
    [
      { act: 'fault', at: 'Mars', fault: { op: '', kind: 'tea' } },
      'at: expected Stytch or AWS; op: expected an operation name, or "*"; kind: expected one of error, delay, throttle, drop_reply, reset, garble, html',
    ],
    [{ act: 'clock', hours: -1 }, 'hours: expected a number over 0, up to 8760'],
  ])('%j is refused in words', async (input, says) => {
    expect(await act(input ?? null)).toEqual({ isDone: false, says })
  })

  test('a body that is no JSON, or too long, is refused', async () => {
    const long = JSON.stringify({ act: 'calm', more: 'x'.repeat(20_000) })
    const answers = await Promise.all(
      ['{', long].map((body) =>
        ask({
          method: 'POST',
          path: '/acts',
          headers: { ...own(), 'content-length': String(body.length) },
          body,
        }),
      ),
    )

    expect(answers.map(({ status }) => status)).toEqual([409, 409])
  })

  test('a client that is being rotated says so', async () => {
    await carryOut({ act: 'register', name: 'busy', scopes: [] })
    let letGo = (): void => {}
    const held = new Promise<void>((resolve) => {
      letGo = resolve
    })
    const untap = laptop.stytch.server.tap(({ op }) => (op === 'RotateStart' ? held : undefined))
    await carryOut({ act: 'rotate', secret: 'm2m/laptop/busy' })

    const second = await act({ act: 'rotate', secret: 'm2m/laptop/busy' })
    untap()
    letGo()
    await laptop.aws.idle()

    expect(second).toEqual({
      isDone: false,
      says: 'm2m/laptop/busy is being rotated already; wait until AWSPENDING is gone.',
    })
  })
})

test('the stream tells the state and every line, late comers included, and no value', async () => {
  await carryOut({ act: 'register', name: 'billing', scopes: ['read:invoices'] })
  const completed = '"what":"Rotation Completed: rotate","about":"billing"'
  const live = streamUntil(completed)
  await carryOut({ act: 'rotate', secret: 'm2m/laptop/billing' })
  const { text, lines } = await live
  await laptop.aws.idle()
  const late = await streamUntil(completed)

  const { versions = [] } = laptop.aws.peek('m2m/laptop/billing') ?? {}
  const values = versions.flatMap(({ value }) =>
    // Without one: what a dry run leaves.
    value === undefined ? [] : [(JSON.parse(value) as { client_secret: string }).client_secret],
  )
  expect(late.states[0]?.clients.find(({ name }) => name === 'billing')).toMatchObject({
    state: 'overlap',
    position: 'overlap',
    slots: { current: values[0]?.slice(-4), next: values[1]?.slice(-4) },
    versions: [{ labels: ['AWSPREVIOUS'] }, { labels: ['AWSCURRENT'], origin: 'rotate' }],
  })
  expect(late.lines).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ where: 'Stytch', what: 'RotateStart 200', about: 'billing', isFault: false }),
      expect.objectContaining({ where: 'AWS', what: 'PutSecretValue 200', about: 'billing' }),
      expect.objectContaining({ where: 'label', what: expect.stringMatching(/^AWSCURRENT → rotate-/) }),
      expect.objectContaining({ where: 'event', what: 'Rotation Completed: rotate', about: 'billing' }),
    ]),
  )
  // The oldest are dropped, and how many there are is a matter of time: the operator looks again and again until a dry run is over.
  const first = late.lines[0]?.number ?? 0
  expect(late.lines.map(({ number }) => number)).toEqual(late.lines.map((_, index) => first + index))
  expect(late.lines).toEqual(expect.arrayContaining(lines.filter(({ number }) => number >= first)))
  expect(values).toHaveLength(2)
  expect(
    findLeaks(
      [
        { from: 'live', text },
        { from: 'late', text: late.text },
      ],
      [...values, laptop.address.project_secret].map((value, index) => ({ name: `value ${index}`, value })),
    ),
  ).toEqual([])
})

test('a client whose AWSCURRENT Stytch refuses is dead, and one that is deleted there is gone', async () => {
  await carryOut({ act: 'register', name: 'completed', scopes: [] })
  await carryOut({ act: 'register', name: 'deleted', scopes: [] })
  const clientIdOf = (name: string): string => laptop.aws.peek(`m2m/laptop/${name}`)?.tags['m2m:client-id'] ?? ''
  laptop.stytch.dashboard.rotateStart(clientIdOf('completed'))
  laptop.stytch.dashboard.rotateComplete(clientIdOf('completed'))
  laptop.stytch.dashboard.remove(clientIdOf('deleted'))
  await carryOut({ act: 'register', name: 'fine', scopes: [] })
  const { states } = await streamUntil('"about":"fine"')

  const stateIn = (name: string) => states[0]?.clients.find((client) => client.name === name)?.state
  expect(['completed', 'deleted', 'fine'].map(stateIn)).toEqual(['dead', 'gone', 'settled'])
})

test('a reset is told, and what follows it is told as well', async () => {
  laptop.world.reset()
  await carryOut({ act: 'register', name: 'again', scopes: [] })
  const { lines, states } = await streamUntil('CreateSecret 200')

  expect(lines.map(({ what }) => what)).toContain('everything was emptied')
  expect(states[0]?.clients.map(({ name }) => name)).toEqual(['again'])
})
