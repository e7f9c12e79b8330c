// The leak intake over HTTP, as the detectors meet it: forged, stale, repeated and oversized deliveries; a leaked value that is alive,
// dead, pending, or unknown; and the gate.
import { createHmac, randomUUID } from 'node:crypto'
import { TagResourceCommand } from '@aws-sdk/client-secrets-manager'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { hmslHash } from '../../lambda/core/intake/hmsl.ts'
import { TAG } from '../../lambda/core/secret/secret-tags.ts'
import type { BusEvent } from '../../lambda/local/aws/event-bus.ts'
import { eventFaults } from '../docs/event-schemas.ts'
import type { Desk, Subject } from './desk.ts'
import {
  type Delivery,
  fixture,
  fromGitguardian,
  fromGithub,
  keys,
  type LeakSeat,
  openLeakSeat,
  plainly,
} from './leak-seat.ts'

vi.setConfig({ testTimeout: 90_000, hookTimeout: 120_000 })

let desk: Desk
let seat: LeakSeat
let subject: Subject
let value: string

beforeAll(async () => {
  seat = await openLeakSeat()
  desk = seat.desk
})
beforeEach(async () => {
  await seat.setGate({ state: 'open' })
  subject = await desk.register()
  value = desk.valueUnder(subject, 'AWSCURRENT')
})
afterAll(async () => {
  await seat.close()
})

/** What the intake told while `work` ran. */
const publishedBy = async (work: () => Promise<unknown>): Promise<readonly BusEvent[]> => {
  const before = desk.laptop.aws.events().length
  await work()
  return desk.laptop.aws
    .events()
    .slice(before)
    .filter(({ source }) => source === 'm2m.leak-intake')
}

/** A colleague ends the overlap by Stytch's own API. */
const completeInDashboard = async ({ clientId }: Subject): Promise<void> => {
  const { stytch, project_id: projectId, project_secret: secret } = desk.laptop.address
  const { status } = await fetch(`${stytch}/v1/m2m/clients/${clientId}/secrets/rotate`, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(`${projectId}:${secret}`).toString('base64')}`,
      'content-type': 'application/json',
    },
    body: '{}',
  })
  expect(status).toBe(200)
}

const tag = async ({ secretArn, clientId }: Subject): Promise<void> => {
  const Tags = [{ Key: TAG.client, Value: clientId }]
  await desk.operator.secretsManager.send(new TagResourceCommand({ SecretId: secretArn, Tags }))
}

const report = (fields: object): string => JSON.stringify({ alertId: randomUUID(), ...fields })

describe('a delivery that nobody signed', () => {
  const body = report({ value: 'x'.repeat(44) })
  const forged = (name: string, delivery: Delivery): readonly [string, Delivery] => [name, delivery]
  const minutesAgo = (minutes: number): string => String(Math.floor(Date.now() / 1000) - minutes * 60)

  it.each([
    forged('with another key', plainly(body, { key: 'another key of 24 letters' })),
    forged('with another detector’s key', plainly(body, { key: keys.gitguardian.current })),
    forged('ten minutes old', plainly(body, { at: minutesAgo(10) })),
    forged('ten minutes ahead', plainly(body, { at: minutesAgo(-10) })),
    forged('without a time', {
      ...plainly(body),
      headers: { 'x-m2m-signature': plainly(body).headers['x-m2m-signature'] ?? '' },
    }),
    forged('whose time is not a time', plainly(body, { at: 'now' })),
    forged('whose body was changed', { ...plainly(body), body: `${body} ` }),
    forged('whose signature is cut', {
      ...plainly(body),
      headers: {
        ...plainly(body).headers,
        'x-m2m-signature': (plainly(body).headers['x-m2m-signature'] ?? '').slice(0, -2),
      },
    }),
    forged('of GitHub’s older kind', {
      body,
      headers: { 'x-hub-signature': `sha1=${createHmac('sha1', keys.github.current).update(body).digest('hex')}` },
    }),
    forged('of no form at all', { body, headers: {} }),
    forged('of two forms at once', { body, headers: { ...plainly(body).headers, ...fromGithub(body).headers } }),
    forged('of GitGuardian, ten minutes old', fromGitguardian(body, { at: minutesAgo(10) })),
  ])('is one flat 401: %s', async (_, delivery) => {
    const events = await publishedBy(async () => {
      expect(await seat.deliver(delivery)).toBe(401)
    })

    expect(events).toEqual([])
  })

  it('reads the same, whatever was wrong', async () => {
    const wrong = [
      plainly(body, { key: 'another key of 24 letters' }),
      plainly(body, { at: minutesAgo(10) }),
      fromGithub(body, { key: 'another key of 24 letters' }),
      { body, headers: {} },
    ]

    const answers = new Set<string>()
    for (const delivery of wrong) answers.add(JSON.stringify(await seat.post(delivery)))

    expect([...answers]).toEqual([JSON.stringify({ status: 401, text: '{"message":"unauthorized"}' })])
  })

  it('leaves the reason in the log, and neither signature nor body', async () => {
    await seat.deliver(plainly(body, { key: 'another key of 24 letters' }))

    const line = desk.log.findLast((one) => one.includes('badSignature')) ?? ''
    expect(JSON.parse(line)).toMatchObject({ outcome: 'refused', why: 'badSignature' })
    expect(Object.keys(JSON.parse(line) as object).sort()).toEqual(['address', 'outcome', 'requestId', 'why'])
  })
})

describe('a body', () => {
  it('over 256 KB is too large, signed or not', async () => {
    const large = report({ value: 'x'.repeat(256 * 1024) })

    expect(await seat.deliver(plainly(large))).toBe(413)
    expect(await seat.deliver({ body: large, headers: {} })).toBe(413)
  })

  it('is read as a REST API hands it over as well, header names as they were written, and its address is in the log', async () => {
    const named = { 'X-M2M-Timestamp': 'x-m2m-timestamp', 'X-M2M-Signature': 'x-m2m-signature' }
    const asRest = ({ headers, body }: Delivery) => ({
      httpMethod: 'POST',
      path: '/leaks',
      headers: Object.fromEntries(Object.entries(named).map(([name, lower]) => [name, headers[lower]])),
      requestContext: { identity: { sourceIp: '192.0.2.77' } },
      body: Buffer.from(body as string).toString('base64'),
      isBase64Encoded: true,
    })
    const statusOf = async (delivery: Delivery) => {
      const { ok, value: reply } = (await seat.intake.invoke(asRest(delivery))) as {
        ok: boolean
        value: { statusCode: number }
      }
      return ok ? reply.statusCode : undefined
    }

    expect(await statusOf(plainly('{}'))).toBe(202)
    expect(await statusOf(plainly('{}', { key: 'another key of 24 letters' }))).toBe(401)
    expect(desk.log.filter((line) => line.includes('192.0.2.77'))).toHaveLength(2)
  })

  it('is signed byte for byte, whatever the bytes are', async () => {
    const bytes = Buffer.from([0x7b, 0xff, 0xfe, 0x7d])

    const events = await publishedBy(async () => {
      expect(await seat.deliver(plainly(bytes))).toBe(202)
    })

    expect(events.map(({ detailType, detail }) => [detailType, (detail as { reason: string }).reason])).toEqual([
      ['Leak Unresolved', 'malformed'],
    ])
  })
})

describe('a leaked value', () => {
  it('that is alive becomes an incident about its one client', async () => {
    const events = await publishedBy(async () => {
      expect(await seat.deliver(plainly(report({ value })))).toBe(202)
    })

    expect(events.map(({ detailType, detail }) => [detailType, detail])).toEqual([
      [
        'Secret Leak Reported',
        {
          incidentId: expect.stringMatching(/^leak-plain-[0-9a-f]{32}$/),
          selector: { clientIds: [subject.clientId] },
          reason: expect.stringContaining('plain report'),
          requestedBy: expect.stringContaining('leak intake'),
        },
      ],
    ])
  })

  it('that is pending, or was current before, is found as well', async () => {
    await desk.ask(subject, 'rotate')
    const previous = desk.valueUnder(subject, 'AWSPREVIOUS')

    const events = await publishedBy(() => seat.deliver(plainly(report({ value: previous }))))

    expect(previous).toBe(value)
    expect(events[0]?.detail).toMatchObject({ selector: { clientIds: [subject.clientId] } })
  })

  it('that is dead already is closed with Stytch’s answer, and nothing is rotated', async () => {
    await desk.ask(subject, 'rotate')
    await completeInDashboard(subject)
    const before = desk.stateOf(subject)

    const events = await publishedBy(() => seat.deliver(plainly(report({ value }))))

    expect(events.map(({ detailType, detail }) => [detailType, detail])).toEqual([
      [
        'Leak Closed',
        expect.objectContaining({
          secretArn: subject.secretArn,
          clientId: subject.clientId,
          refused: {
            status: 401,
            error: 'invalid_client',
            requestId: expect.stringMatching(/^request-id-test-/),
            triedAt: expect.any(String),
          },
        }),
      ],
    ])
    expect(desk.stateOf(subject)).toEqual(before)
  })

  it.each(['revoked a moment ago, reported by another detector', 'revoked a moment ago, of a client that is named'])(
    'that was %s, is closed with the time of its end',
    async (which) => {
      await tag(subject)
      await desk.ask(subject, 'revoke')
      await desk.ask(subject, 'settle')
      const before = desk.stateOf(subject)
      const hint = which.endsWith('named') ? { clientId: subject.clientId } : {}

      const events = await publishedBy(() => seat.deliver(plainly(report({ value, ...hint }))))

      expect(events).toMatchObject([
        { detailType: 'Leak Closed', detail: { clientId: subject.clientId, since: expect.stringMatching(/^20/) } },
      ])
      expect(desk.stateOf(subject)).toEqual(before)
    },
  )

  it('in the text that a pattern of the detector matched is found there', async () => {
    const text = `export STYTCH_CLIENT_SECRET="${value}"`

    const events = await publishedBy(() => seat.deliver(plainly(report({ value: text }))))

    expect(events).toMatchObject([
      { detailType: 'Secret Leak Reported', detail: { selector: { clientIds: [subject.clientId] } } },
    ])
  })

  it('that is nobody’s pages a person', async () => {
    const events = await publishedBy(async () => {
      expect(await seat.deliver(plainly(report({ value: 'z'.repeat(44) })))).toBe(202)
    })

    expect(events.map(({ detailType, detail }) => [detailType, detail])).toEqual([
      [
        'Leak Unresolved',
        expect.objectContaining({ detector: 'plain', reason: 'unknownValue', explanation: expect.any(String) }),
      ],
    ])
  })

  it('is found by GitGuardian’s hash of it', async () => {
    const alert = fixture('gitguardian-incident-triggered')
    const incident = { ...(alert.incident as object), hmsl_hash: await hmslHash(value) }

    const events = await publishedBy(() => seat.deliver(fromGitguardian(JSON.stringify({ ...alert, incident }))))

    expect(events[0]).toMatchObject({
      detailType: 'Secret Leak Reported',
      detail: { selector: { clientIds: [subject.clientId] }, reason: expect.stringContaining('incidents/31542') },
    })
  })
})

describe('an alert of GitHub’s', () => {
  const created = JSON.stringify(fixture('github-alert-created'))

  it('has its value fetched by a token that may read that alert’s repository only', async () => {
    seat.github.holds(value)

    const events = await publishedBy(async () => {
      expect(await seat.deliver(fromGithub(`${created} `))).toBe(202)
    })

    expect(seat.github.asked.slice(-2)).toEqual([
      'POST /app/installations/37512345/access_tokens',
      'GET /repos/octo-org/billing-job/secret-scanning/alerts/42',
    ])
    expect(events[0]).toMatchObject({
      detailType: 'Secret Leak Reported',
      detail: { selector: { clientIds: [subject.clientId] }, reason: expect.stringContaining('octo-org/billing-job') },
    })
  })

  it('is taken under the key before, while both are valid', async () => {
    seat.github.holds(value)

    const { current, previous } = keys.github
    const statuses = [
      await seat.deliver(fromGithub(`${created}\n`, { key: previous })),
      await seat.deliver(fromGithub(`${created}\n`, { key: current })),
    ]

    expect(statuses).toEqual([202, 202])
  })

  it('finds its installation when the delivery does not name it', async () => {
    seat.github.holds(value)
    const { installation: _, ...alert } = fixture('github-alert-created')

    const events = await publishedBy(() => seat.deliver(fromGithub(JSON.stringify(alert))))

    expect(seat.github.asked.slice(-3)[0]).toBe('GET /repos/octo-org/billing-job/installation')
    expect(events[0]?.detailType).toBe('Secret Leak Reported')
  })

  it('whose value cannot be fetched pages a person', async () => {
    seat.github.failsWith(503)

    const events = await publishedBy(async () => {
      expect(await seat.deliver(fromGithub(`${created}\t`))).toBe(202)
    })
    seat.github.failsWith(undefined)

    expect(events[0]).toMatchObject({
      detailType: 'Leak Unresolved',
      detail: { reason: 'noValue', explanation: expect.stringContaining('HTTP 503') },
    })
  })

  it.each([
    ['that was resolved', fromGithub(JSON.stringify(fixture('github-alert-resolved')))],
    [
      'of another kind of secret',
      fromGithub(created.replace(/stytch_m2m_client_secret|Stytch M2M client secret/g, 'aws')),
    ],
    ['that is a ping', fromGithub('{"zen":"Keep it logically awesome."}', { event: 'ping' })],
  ])('%s is taken, and nothing follows', async (_, delivery) => {
    const asked = seat.github.asked.length

    const events = await publishedBy(async () => {
      expect(await seat.deliver(delivery)).toBe(202)
    })

    expect(events).toEqual([])
    expect(seat.github.asked).toHaveLength(asked)
  })
})

describe('the same delivery again', () => {
  it('is taken and dropped', async () => {
    const delivery = plainly(report({ value }))

    const events = await publishedBy(async () => {
      for (let times = 0; times < 3; times += 1) expect(await seat.deliver(delivery)).toBe(202)
    })

    expect(events).toHaveLength(1)
  })

  it('under another signature joins the incident that it began', async () => {
    const body = report({ value })

    const events = await publishedBy(async () => {
      await seat.deliver(plainly(body, { at: String(Math.floor(Date.now() / 1000) - 2) }))
      await seat.deliver(plainly(body))
    })

    const ids = events.map(({ detail }) => (detail as { incidentId: string }).incidentId)
    expect(new Set(ids).size).toBe(1)
    expect(seat.gate().recent).toHaveLength(1)
  })
})

describe('the signing keys', () => {
  it('may be replaced: the new one is taken within seconds, the old one no longer', async () => {
    const next = 'a new key of enough letters'
    await seat.sign({ ...keys, plain: { current: next } })

    // The intake reads them anew when a signature does not fit, though not more often than every five seconds.
    await vi.waitFor(async () => expect(await seat.deliver(plainly(report({ value }), { key: next }))).toBe(202), {
      timeout: 45_000,
      interval: 500,
    })

    expect(await seat.deliver(plainly(report({ value })))).toBe(401)
    await seat.sign(keys)
    await vi.waitFor(async () => expect(await seat.deliver(plainly(report({ value })))).toBe(202), {
      timeout: 45_000,
      interval: 500,
    })
  })
})

describe('the gate', () => {
  const leaked = () => seat.deliver(plainly(report({ value })))

  it('shuts after ten incidents within the hour, and stays shut', async () => {
    const now = Date.now()
    const recent = Array.from({ length: 10 }, (_, at) => ({ incidentId: `leak-${at}`, at: now - at * 1000 }))
    await seat.setGate({ state: 'open', recent })

    const events = await publishedBy(async () => {
      expect(await leaked()).toBe(202)
      expect(await leaked()).toBe(202)
    })

    expect(events.map(({ detailType, detail }) => [detailType, (detail as { first: boolean }).first])).toEqual([
      ['Incident Held', true],
      ['Incident Held', false],
    ])
    expect(seat.gate()).toMatchObject({ state: 'held' })
    expect(seat.gate().held).toHaveLength(2)
  })

  it('counts an hour back, and no further', async () => {
    const before = Date.now() - 3_600_000 - 1000
    await seat.setGate({
      state: 'open',
      recent: Array.from({ length: 10 }, (_, at) => ({ incidentId: `old-${at}`, at: before })),
    })

    const events = await publishedBy(leaked)

    expect(events.map(({ detailType }) => detailType)).toEqual(['Secret Leak Reported'])
    expect(seat.gate().recent).toHaveLength(1)
  })

  it('that nobody can read is shut', async () => {
    await seat.setGate({ anything: 'else' })

    const events = await publishedBy(leaked)

    expect(events.map(({ detailType }) => detailType)).toEqual(['Incident Held'])
  })
})

describe('a table that does not answer', () => {
  it('holds the leak, and says that a release will not report it', async () => {
    // It is tried three times.
    desk.laptop.aws.faults.add({ op: 'GetItem', kind: 'error', status: 500, count: 3 })

    const events = await publishedBy(async () => {
      expect(await seat.deliver(plainly(report({ value })))).toBe(202)
    })

    expect(events).toMatchObject([{ detailType: 'Incident Held', detail: { first: true, remembered: false } }])
    expect(seat.gate()).toEqual({ state: 'open' })
  })
})

describe('a bus that is down', () => {
  it('is an error, so that an alarm tells; and the delivery may come again', async () => {
    const delivery = plainly(report({ value }))
    // The SDK tries twice.
    desk.laptop.aws.faults.add({ op: 'PutEvents', kind: 'error', status: 500, count: 2 })

    const first = await seat.deliver(delivery)
    const events = await publishedBy(async () => {
      expect(await seat.deliver(delivery)).toBe(202)
    })

    expect(first).toBe(500)
    expect(events.map(({ detailType }) => detailType)).toEqual(['Secret Leak Reported'])
  })
})

it('whatever came onto the bus meanwhile is as its schema says', () => {
  const events = desk.laptop.aws.events()

  expect(new Set(events.map(({ detailType }) => detailType))).toEqual(
    new Set([
      'Secret Leak Reported',
      'Leak Closed',
      'Leak Unresolved',
      'Incident Held',
      'Rotation Completed',
      'M2M Secret Changed',
      'Secret Revoked',
    ]),
  )
  expect(events.flatMap(eventFaults)).toEqual([])
})
