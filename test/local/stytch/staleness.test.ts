// How late Stytch may be, as the settings say: GETs that show an older client, nodes that learn late, refusals by another name, calls
// that wait. Stytch's own SDK where it can ask, Node's HTTP agents where a connection counts.
import { Agent, request } from 'node:http'
import { Client, StytchError } from 'stytch'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Behind } from '../../../lambda/local/stand-in/history.ts'
import { createWorld } from '../../../lambda/local/stand-in/world.ts'
import type { GetCall } from '../../../lambda/local/stytch/stale-gets.ts'
import type { StytchStandIn, StytchStandInInput } from '../../../lambda/local/stytch/stand-in-api.ts'
import { createStytchStandIn } from '../../../lambda/local/stytch/stytch-stand-in.ts'
import { basicHeader, caught, type Json, PROJECT_ID, PROJECT_SECRET } from './bench-seat.ts'

const NOON = Date.UTC(2026, 2, 10, 12)
const MINUTE = 60_000
const closers: Array<() => Promise<void> | void> = []

beforeEach(() => {
  // The SDK warns of every address that is not Stytch's own.
  vi.spyOn(console, 'warn').mockReturnValue(undefined)
})
afterEach(async () => {
  vi.restoreAllMocks()
  for (const close of closers.splice(0)) await close()
})

/** A stand-in whose clock stands still but for what it is advanced by, and one client that is an hour old. */
const start = async (input: Omit<StytchStandInInput, 'world' | 'projectId' | 'projectSecret'> = {}) => {
  const world = createWorld(() => NOON)
  const stytch = createStytchStandIn({ world, projectId: PROJECT_ID, projectSecret: PROJECT_SECRET, ...input })
  const origin = await stytch.server.listen(0)
  closers.push(() => stytch.server.close())
  const { clientId, secret } = stytch.seed({ clientName: 'one', scopes: ['a'] })
  world.clock.advance(60 * MINUTE)
  const sdk = new Client({ project_id: PROJECT_ID, secret: PROJECT_SECRET, env: `${origin}/` })
  return { world, stytch, origin, clientId, secret, sdk, m2m: sdk.m2m }
}

type Seat = Awaited<ReturnType<typeof start>>

const nextLastFour = async ({ m2m, clientId }: Seat) =>
  (await m2m.clients.get({ client_id: clientId })).m2m_client.next_client_secret_last_four

/** A line of its own: one TCP connection that stays open. @returns the status of a token call over it. */
const openLine = ({ origin, clientId }: Seat) => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  closers.push(() => agent.destroy())
  return (secret: string): Promise<number> =>
    new Promise((resolve, reject) => {
      const sent = request(
        `${origin}/v1/public/${PROJECT_ID}/oauth2/token`,
        { method: 'POST', agent, headers: { 'content-type': 'application/json' } },
        (response) => {
          response.resume()
          response.on('end', () => resolve(response.statusCode ?? 0))
        },
      )
      sent.on('error', reject)
      sent.end(JSON.stringify({ grant_type: 'client_credentials', client_id: clientId, client_secret: secret }))
    })
}

const statuses = async (line: (secret: string) => Promise<number>, ...secrets: string[]): Promise<number[]> => {
  const found: number[] = []
  for (const secret of secrets) found.push(await line(secret))
  return found
}

describe('staleGetMs', () => {
  const reads = async (seat: Seat, count: number) => {
    const seen: unknown[] = []
    for (let turn = 0; turn < count; turn += 1) seen.push((await nextLastFour(seat)) !== null)
    return seen
  }
  const startRotating = async (drawSeed: number) => {
    const seat = await start({ drawSeed, settings: { staleGetMs: 4 * MINUTE } })
    seat.stytch.dashboard.rotateStart(seat.clientId)
    seat.world.clock.advance(2 * MINUTE)
    return seat
  }

  it('shows the client of any time up to it, the same row for the same seed', async () => {
    const [one, same, other] = [
      await reads(await startRotating(1), 40),
      await reads(await startRotating(1), 40),
      await reads(await startRotating(2), 40),
    ]

    expect(new Set(one)).toEqual(new Set([true, false]))
    expect(same).toEqual(one)
    expect(other).not.toEqual(one)
  })

  it('shows nothing older, and nothing old by default', async () => {
    const seat = await startRotating(1)
    seat.world.clock.advance(2 * MINUTE)
    const late = await reads(seat, 20)
    const atOnce = await start()
    atOnce.stytch.dashboard.rotateStart(atOnce.clientId)

    expect(new Set(late)).toEqual(new Set([true]))
    expect(await nextLastFour(atOnce)).toHaveLength(4)
  })

  it('does not hold up the calls that change something', async () => {
    const { stytch, m2m, clientId } = await start({ settings: { staleGetMs: 60 * MINUTE } })
    stytch.dashboard.rotateStart(clientId)

    const completed = await m2m.clients.secrets.rotate({ client_id: clientId })

    expect(completed.m2m_client.next_client_secret_last_four).toBeNull()
  })
})

describe('a chosen view', () => {
  it('is so many writes behind in GET and search, and is asked for reply by reply', async () => {
    const asked: GetCall[] = []
    const age: { is: Behind | undefined } = { is: 1 }
    const seat = await start({
      chooseView: (call) => {
        asked.push(call)
        return age.is
      },
    })
    const { stytch, m2m, clientId } = seat
    stytch.dashboard.rotateStart(clientId)

    const got = await nextLastFour(seat)
    const found = await m2m.clients.search({})
    age.is = 2
    const notYet = await caught(nextLastFour(seat))
    age.is = undefined
    const asItIs = await nextLastFour(seat)

    expect([got, found.m2m_clients[0]?.next_client_secret_last_four]).toEqual([null, null])
    expect(notYet).toMatchObject({ error_type: 'm2m_client_not_found' })
    expect(asItIs).toHaveLength(4)
    expect(asked.slice(0, 3)).toEqual([
      { op: 'GetClient', clientId, nth: 1, writes: 2 },
      { op: 'SearchClients', clientId: undefined, nth: 2, writes: 0 },
      { op: 'GetClient', clientId, nth: 3, writes: 2 },
    ])
  })

  it('shows a deleted client, and lacks a new one, in a search', async () => {
    const { world, stytch, m2m, clientId } = await start({ chooseView: () => ({ ms: MINUTE }) })
    stytch.dashboard.remove(clientId)
    stytch.seed({ clientName: 'two' })

    const before = await m2m.clients.search({})
    world.clock.advance(MINUTE)
    const after = await m2m.clients.search({})

    expect(before.m2m_clients.map(({ client_name }) => client_name)).toEqual(['one'])
    expect(after.m2m_clients.map(({ client_name }) => client_name)).toEqual(['two'])
    expect(after.results_metadata.total).toBe(1)
  })

  it('holds for Connected Apps as well', async () => {
    const { origin, stytch } = await start({ chooseView: () => 1 })
    const { clientId } = stytch.connectedApps.seed()
    stytch.connectedApps.dashboard.rotateStart(clientId)

    const response = await fetch(`${origin}/v1/connected_apps/clients/${clientId}`, {
      headers: { authorization: basicHeader(PROJECT_ID, PROJECT_SECRET) },
    })

    const { connected_app: app } = (await response.json()) as { connected_app: Json }
    expect(app.next_client_secret_last_four ?? null).toBeNull()
  })
})

describe('nodeLagMs', () => {
  it('a late node takes a new secret late and refuses an old one late, another at once', async () => {
    const seat = await start({ settings: { nodeLagMs: [0, 60_000] }, chooseNode: (nth) => nth })
    const { world, stytch, clientId, secret } = seat
    const [prompt, late] = [openLine(seat), openLine(seat)]
    // The order of the first token calls is the order of the connections.
    expect([await prompt(secret), await late(secret)]).toEqual([200, 200])

    const next = stytch.dashboard.rotateStart(clientId)
    expect(await statuses(prompt, secret, next)).toEqual([200, 200])
    expect(await statuses(late, secret, next)).toEqual([200, 401])
    world.clock.advance(MINUTE)
    expect(await statuses(late, secret, next)).toEqual([200, 200])

    stytch.dashboard.rotateComplete(clientId)
    expect(await statuses(prompt, secret, next)).toEqual([401, 200])
    expect(await statuses(late, secret, next)).toEqual([200, 200])
    world.clock.advance(MINUTE - 1)
    expect(await late(secret)).toBe(200)
    world.clock.advance(1)
    expect(await late(secret)).toBe(401)
  })

  it('a cancelled secret passes on there as well, and so do an inactive and a deleted client', async () => {
    const seat = await start({ settings: { nodeLagMs: [60_000] } })
    const { world, stytch, clientId, secret } = seat
    const late = openLine(seat)
    const next = stytch.dashboard.rotateStart(clientId)
    world.clock.advance(MINUTE)

    stytch.dashboard.rotateCancel(clientId)
    expect(await late(next)).toBe(200)
    world.clock.advance(MINUTE)
    expect(await late(next)).toBe(401)
    stytch.dashboard.setStatus(clientId, 'inactive')
    expect(await late(secret)).toBe(200)
    world.clock.advance(MINUTE)
    expect(await late(secret)).toBe(401)
    stytch.dashboard.setStatus(clientId, 'active')
    world.clock.advance(MINUTE)
    stytch.dashboard.remove(clientId)
    expect(await late(secret)).toBe(200)
    world.clock.advance(MINUTE)
    expect(await late(secret)).toBe(401)
  })

  it('comes on top of the delays that all nodes have', async () => {
    const settings = { nodeLagMs: [60_000], nextSecretDelayMs: 5000, propagationDelayMs: 7000 }
    const seat = await start({ settings })
    const { world, stytch, clientId, secret } = seat
    const late = openLine(seat)

    const next = stytch.dashboard.rotateStart(clientId)
    world.clock.advance(MINUTE + 4999)
    expect(await late(next)).toBe(401)
    world.clock.advance(1)
    expect(await late(next)).toBe(200)
    stytch.dashboard.rotateComplete(clientId)
    world.clock.advance(MINUTE + 6999)
    expect(await late(secret)).toBe(200)
    world.clock.advance(1)
    expect(await late(secret)).toBe(401)
  })

  it('a new client is known everywhere at once', async () => {
    const seat = await start({ settings: { nodeLagMs: [60_000] } })
    const { clientId, secret } = seat.stytch.seed()

    expect(await openLine({ ...seat, clientId })(secret)).toBe(200)
  })

  it('is drawn for each connection and stays with it', async () => {
    const seat = await start({ settings: { nodeLagMs: [0, 0, 60_000] } })
    const next = seat.stytch.dashboard.rotateStart(seat.clientId)

    const lines: number[][] = []
    for (let turn = 0; turn < 30; turn += 1) lines.push(await statuses(openLine(seat), next, next, next))

    const late = lines.filter(([first]) => first === 401).length
    for (const [first, ...others] of lines) expect(new Set(others)).toEqual(new Set([first]))
    // Of a fixed seed: about a third of thirty.
    expect(late).toBeGreaterThan(3)
    expect(late).toBeLessThan(20)
  })
})

describe('refusedError', () => {
  it.each(['invalid_client', 'invalid_client_secret', 'm2m_client_invalid_client_secret', 'no_such_name'])(
    'is %s in the SDK, with the status of a refusal and none of the secret',
    async (refusedError) => {
      const { stytch, sdk, clientId } = await start({ settings: { refusedError } })

      const refused = await caught(sdk.m2m.token({ client_id: clientId, client_secret: 'canary-wrong', scopes: [] }))
      stytch.configure({ refusedCredentialStatus: 400 })
      const asSet = await caught(sdk.m2m.token({ client_id: clientId, client_secret: 'canary-wrong', scopes: [] }))

      expect(refused).toBeInstanceOf(StytchError)
      expect(refused).toMatchObject({ error_type: refusedError, status_code: 401 })
      expect(asSet).toMatchObject({ error_type: refusedError, status_code: 400 })
      expect(JSON.stringify(refused)).not.toContain('canary')
    },
  )
})

describe('latencyMs', () => {
  it('is waited by every call, on the given wait', async () => {
    const waits: number[] = []
    const seat = await start({
      sleep: async (ms) => {
        waits.push(ms)
      },
    })
    await nextLastFour(seat)
    seat.stytch.configure({ latencyMs: 40 })
    await nextLastFour(seat)
    await openLine(seat)(seat.secret)

    expect(waits).toEqual([40, 40])
  })
})

describe('settings', () => {
  const post = async ({ origin }: Seat, body: object) => {
    const response = await fetch(`${origin}/_stand-in/settings`, { method: 'POST', body: JSON.stringify(body) })
    return { status: response.status, body: (await response.json()) as Json }
  }
  const shown = (stytch: StytchStandIn) => JSON.parse(JSON.stringify(stytch.settings)) as Json

  it('are shown, all of them', async () => {
    const seat = await start()

    const changed = await post(seat, { staleGetMs: 5, nodeLagMs: [0, 1], refusedError: 'x', latencyMs: 2 })

    expect(changed.body).toEqual(shown(seat.stytch))
    expect(changed.body).toMatchObject({ staleGetMs: 5, nodeLagMs: [0, 1], refusedError: 'x', latencyMs: 2 })
    expect(changed.body).toMatchObject({ bothCredentials: 'body', nextSecretDelayMs: 0, propagationDelayMs: 0 })
  })

  it('are refused with every fault, and then none is changed', async () => {
    const seat = await start()

    const wrong = { staleGetMs: -1, nodeLagMs: [], refusedError: 'a b', latencyMs: 'long', bothCredentials: 'none' }
    const refused = await post(seat, { ...wrong, maxClients: 7, nodeLag: 1 })

    expect(refused.status).toBe(400)
    expect(String(refused.body.error).split('; ')).toEqual([
      'staleGetMs: expected an integer from 0',
      'nodeLagMs: expected a list of integers from 0, one for each node',
      'refusedError: expected an error name of letters, digits and _',
      'latencyMs: expected an integer from 0',
      'bothCredentials: expected one of refused, body, basic',
      'nodeLag: no such setting',
    ])
    expect(seat.stytch.settings.maxClients).toBeNull()
  })
})
