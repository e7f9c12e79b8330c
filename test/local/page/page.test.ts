// The laptop's page over HTTP: who may speak to it, and what its acts refuse. In a browser: test/browser.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openPageSeat, type PageSeat } from './page-seat.ts'

let seat: PageSeat
beforeAll(async () => {
  seat = await openPageSeat()
})
afterAll(() => seat?.close())

describe('who may speak to it', () => {
  test.each([
    ['a name of somebody else’s, pointed here', { host: 'evil.example' }],
    ['another port', { host: '127.0.0.1:1' }],
    ['another site', { origin: 'http://evil.example' }],
    ['a frame without an origin', { origin: 'null' }],
  ])('not %s', async (_who, headers) => {
    const answers = await Promise.all(
      ['/', '/events', '/main.js', '/stories/1'].map((path) => seat.ask({ path, headers: { ...headers } })),
    )

    expect(answers.map(({ status }) => status)).toEqual([403, 403, 403, 403])
  })

  test.each([
    ['no Origin', { 'content-type': 'application/json' }],
    ['a form’s content type', { origin: 'PAGE', 'content-type': 'text/plain' }],
    ['another origin', { origin: 'http://localhost:1', 'content-type': 'application/json' }],
  ])('nobody changes anything with %s', async (_what, headers) => {
    const before = seat.laptop.world.clock.now()
    const body = '{"act":"clock","hours":24}'
    const sent = Object.fromEntries(
      Object.entries({ ...headers, 'content-length': String(body.length) }).map(([name, value]) => [
        name,
        value === 'PAGE' ? seat.url : value,
      ]),
    )

    const { status } = await seat.ask({ method: 'POST', path: '/acts', headers: sent, body })

    expect(status).toBe(403)
    expect(seat.laptop.world.clock.now() - before).toBeLessThan(3_600_000)
  })

  test('a browser that opened it, by either name of loopback', async () => {
    const answers = await Promise.all([seat.ask({}), seat.ask({ headers: { host: `localhost:${seat.port}` } })])

    expect(answers.map(({ status }) => status)).toEqual([200, 200])
    expect(answers[0]?.headers).toMatchObject({
      'content-security-policy': expect.stringContaining("frame-ancestors 'none'"),
      'cache-control': 'no-store',
    })
  })

  test('and what is not there is not there', async () => {
    const answers = await Promise.all([
      seat.ask({ path: '/../laptop/main.ts' }),
      seat.ask({ path: '/browser/main.js' }),
      seat.ask({ path: '/lib/../package.json' }),
      seat.ask({ path: '/lib/static.js' }),
      seat.ask({ method: 'DELETE', headers: seat.own() }),
    ])

    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404, 403])
  })
})

describe('acts', () => {
  test.each([
    [
      { act: 'sing' },
      'act: expected one of rotate, settle, rollback, read, register, leak, fault, preset, calm, clock',
    ],
    [undefined, 'act: expected one of rotate, settle, rollback, read, register, leak, fault, preset, calm, clock'],
    [
      { act: 'toString' },
      'act: expected one of rotate, settle, rollback, read, register, leak, fault, preset, calm, clock',
    ],
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
    [{ act: 'preset', preset: 'rain' }, 'preset: expected one of stytchDown, dashboard, forgetful, killed'],
    [{ act: 'preset', preset: 'dashboard', secret: 'm2m/laptop/nobody' }, 'There is no such client.'],
    [{ act: 'clock', hours: -1 }, 'hours: expected a number over 0, up to 8760'],
  ])('%j is refused in words', async (input, says) => {
    expect(await seat.act(input ?? null)).toEqual({ isDone: false, says })
  })

  test('a body that is no JSON, or too long, is refused', async () => {
    const long = JSON.stringify({ act: 'calm', more: 'x'.repeat(20_000) })
    const answers = await Promise.all(
      ['{', long].map((body) =>
        seat.ask({
          method: 'POST',
          path: '/acts',
          headers: { ...seat.own(), 'content-length': String(body.length) },
          body,
        }),
      ),
    )

    expect(answers.map(({ status }) => status)).toEqual([409, 409])
  })
})
