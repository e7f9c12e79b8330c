// Leaked values, signing keys, signatures and GitHub's tokens through every path of the intake and of the search, and then a look for
// every fragment of them in everything that came out: log lines, answers, results and errors of both functions, events, calls, dead
// letters, and what the gate keeps. The values are secrets as much as if they had not leaked yet.
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { hmslHash } from '../../lambda/core/intake/hmsl.ts'
import { callsOf } from './control.ts'
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
  privateKey,
} from './leak-seat.ts'
import { findLeaks, type KnownSecret, type Output } from './leaks.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

/** Hex is found by chance in request ids when it is short. */
const HEX = 20

let desk: Desk
let seat: LeakSeat
const outputs: Output[] = []
const marked: KnownSecret[] = [
  { name: 'GitHub key', value: keys.github.current },
  { name: 'GitHub key before', value: keys.github.previous },
  { name: 'GitGuardian key', value: keys.gitguardian.current },
  { name: 'plain key', value: keys.plain.current },
  {
    name: 'App key',
    // Its first characters are those of any such key.
    value: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString().replaceAll('\n', '').slice(80, 400),
  },
]

const mark = (name: string): string => {
  const value = `Qz${randomBytes(31).toString('base64url')}`
  marked.push({ name, value })
  return value
}

/** Delivers it twice, as a replay does, and keeps what came back. */
const deliver = async (what: string, delivery: Delivery): Promise<readonly number[]> => {
  for (const [name, value] of Object.entries(delivery.headers)) {
    if (value.startsWith('sha256=')) marked.push({ name: `${name} of ${what}`, value: value.slice(7), fragment: HEX })
  }
  const answers = [await seat.post(delivery), await seat.post(delivery)]
  outputs.push(...answers.map(({ text }) => ({ from: `answer to ${what}`, text })))
  return answers.map(({ status }) => status)
}

const search = async (what: string, event: unknown, clientContext: object | undefined): Promise<boolean> => {
  const result = await seat.identify.invoke(event, { clientContext })
  outputs.push({ from: `result of ${what}`, text: JSON.stringify(result) })
  return result.ok
}

const subjectWith = async (name: string): Promise<Subject & { readonly value: string }> => {
  const subject = await desk.register()
  const value = desk.valueUnder(subject, 'AWSCURRENT')
  marked.push({ name, value })
  return { ...subject, value }
}

const plain = (fields: object): string => JSON.stringify({ alertId: randomBytes(8).toString('hex'), ...fields })

const collected = async (): Promise<readonly Output[]> => {
  const { laptop, log } = desk
  const texts: readonly (readonly [string, readonly unknown[]])[] = [
    ['log', log],
    ['event', laptop.aws.events()],
    ['call to AWS', await callsOf(laptop.address.aws)],
    ['call to Stytch', await callsOf(laptop.address.stytch)],
    ['dead letter', laptop.aws.deadLetters()],
    ['gate', [seat.gate()]],
    ['path at GitHub', seat.github.asked],
  ]
  const rest = texts.flatMap(([from, all]) =>
    all.map((one) => ({ from, text: typeof one === 'string' ? one : JSON.stringify(one) })),
  )
  return [...outputs, ...rest]
}

const known = (): readonly KnownSecret[] => [
  ...marked,
  ...[...seat.github.tokens].map((value) => ({ name: 'GitHub token', value: value.slice(4), fragment: HEX })),
]

const idsOf = (type: string) => {
  const events = desk.laptop.aws.events().filter(({ detailType }) => detailType === type)
  return [...new Set(events.map(({ detail }) => (detail as { incidentId: string }).incidentId))].sort()
}

const incidentsOver = (): Promise<void> =>
  vi.waitFor(() => expect(idsOf('Incident Completed')).toEqual(idsOf('Secret Leak Reported')), {
    timeout: 110_000,
    interval: 200,
  })

const expectNoLeak = async (): Promise<void> => {
  expect(findLeaks(await collected(), known())).toEqual([])
}

beforeAll(async () => {
  // Everything that is found alive is revoked, too.
  seat = await openLeakSeat({ isCarriedOut: true, maxPerHour: 40 })
  desk = seat.desk
})
afterAll(async () => {
  await seat.close()
})

describe('no secret comes out', () => {
  it('of a search for a value that is alive, dead, pending, replaced or unknown', async () => {
    const alive = await subjectWith('alive')
    const dead = await subjectWith('dead')
    await desk.ask(dead, 'revoke')
    await desk.ask(dead, 'settle')
    const rotated = await subjectWith('replaced')
    await desk.ask(rotated, 'rotate')
    marked.push({ name: 'replacement', value: desk.valueUnder(rotated, 'AWSCURRENT') })

    for (const { value, clientId } of [alive, dead, rotated]) {
      expect(await deliver('a value', plainly(plain({ value })))).toEqual([202, 202])
      expect(await deliver('a value and its client', plainly(plain({ value, clientId })))).toEqual([202, 202])
    }
    expect(await deliver('nobody’s', plainly(plain({ value: mark('nobody’s') })))).toEqual([202, 202])

    await expectNoLeak()
  })

  it('of a search by hash', async () => {
    const { value } = await subjectWith('hashed')
    const hashes = [await hmslHash(value), await hmslHash(mark('hashed, and nobody’s'))]
    for (const hash of hashes) marked.push({ name: 'hash', value: hash, fragment: HEX })
    const alert = fixture('gitguardian-incident-triggered')

    for (const hash of hashes) {
      const incident = { ...(alert.incident as object), hmsl_hash: hash }
      expect(await deliver('a hash', fromGitguardian(JSON.stringify({ ...alert, incident })))).toEqual([202, 202])
      expect(await deliver('a plain hash', plainly(plain({ hmslHash: hash })))).toEqual([202, 202])
    }

    await expectNoLeak()
  })

  it('of a value that is fetched from GitHub, nor of the token that fetches it', async () => {
    const { value } = await subjectWith('at GitHub')
    const created = JSON.stringify(fixture('github-alert-created'))
    for (const [at, held] of [value, mark('at GitHub, and nobody’s'), undefined].entries()) {
      seat.github.holds(held)
      expect(await deliver('an alert', fromGithub(`${created}${' '.repeat(at + 1)}`))).toEqual([202, 202])
    }
    for (const status of [401, 403, 404, 500]) {
      seat.github.failsWith(status)
      expect(await deliver(`HTTP ${status}`, fromGithub(`${created}${'\n'.repeat(status)}`))).toEqual([202, 202])
    }
    seat.github.failsWith(undefined)

    expect(seat.github.tokens.size).toBeGreaterThan(1)
    await expectNoLeak()
  })

  it('of deliveries that are refused, or cannot be read', async () => {
    const value = mark('in a bad delivery')
    const bodies = [
      value,
      `{"alertId":"1","value":"${value}`,
      JSON.stringify({ alertId: value.repeat(9), value }),
      JSON.stringify({ alertId: '1', value: { value } }),
      JSON.stringify({ alertId: '1', value, clientId: value, [value]: value }),
      JSON.stringify({ alertId: '1', value: value.repeat(400) }),
    ]

    for (const body of bodies) {
      expect(await deliver('a body', plainly(body))).toEqual([202, 202])
      expect(await deliver('a body of GitGuardian’s', fromGitguardian(body))).toEqual([202, 202])
      expect(await deliver('a body of GitHub’s', fromGithub(body))).toEqual([202, 202])
      expect(await deliver('a forgery', plainly(body, { key: mark('wrong key') }))).toEqual([401, 401])
    }
    expect(await deliver('a large body', plainly(value.repeat(7000)))).toEqual([413, 413])

    await expectNoLeak()
  })

  it('of unreadable signing keys', async () => {
    const broken = mark('broken key')
    const body = plain({ value: mark('behind a broken key') })
    for (const keysNow of [{ plain: broken }, { plain: { current: [broken] } }, { [broken]: broken }]) {
      await seat.sign(keysNow)
      await deliver('a broken key', plainly(body, { key: mark('stale key') }))
    }
    await seat.sign(keys)
    // Keys are read anew every few seconds at most, and the last of the broken ones named no detector at all.
    await vi.waitFor(
      async () => expect(await deliver('keys that can be read again', plainly(plain({})))).toEqual([202, 202]),
      { timeout: 60_000, interval: 500 },
    )

    await expectNoLeak()
  })

  it('of a search that is asked wrongly, asynchronously, or fails', async () => {
    const value = mark('searched')
    const wait = { custom: { m2m: 'synchronous' } }

    expect(await search('an asynchronous search', { value }, undefined)).toBe(false)
    for (const event of [
      value,
      [value],
      { valeu: value },
      { value, prefix: value },
      { value, tags: { [value]: [value] } },
    ]) {
      expect(await search('a malformed search', event, wait)).toBe(false)
    }
    expect(await search('a search', { value }, wait)).toBe(true)
    desk.laptop.aws.faults.add({ op: 'ListSecrets', kind: 'error', status: 500, count: 9 })
    expect(await search('a search that fails', { value }, wait)).toBe(false)
    desk.laptop.aws.faults.clear()
    desk.laptop.stytch.server.faults.add({ op: 'Token', kind: 'error', status: 500, count: 9 })
    const { value: alive } = await subjectWith('searched, and Stytch is down')
    await search('a search while Stytch is down', { value: alive }, wait)
    desk.laptop.stytch.server.faults.clear()

    await expectNoLeak()
  })

  it('of a report that a bus that is down does not take', async () => {
    // An incident whose report fails is invoked again after a minute.
    await incidentsOver()
    const { value } = await subjectWith('not told')
    desk.laptop.aws.faults.add({ op: 'PutEvents', kind: 'error', status: 500, count: 100 })

    expect(await deliver('a leak that nobody hears of', plainly(plain({ value })))).toEqual([500, 500])

    desk.laptop.aws.faults.clear()
    await expectNoLeak()
  })
})

it('nor when every incident is over', async () => {
  await incidentsOver()

  expect(idsOf('Incident Completed').length).toBeGreaterThan(3)
  await expectNoLeak()
})

it('nor does a token of Stytch’s, whose search found a value alive', async () => {
  const found = (await collected()).filter(({ text }) => /eyJ[\w-]{10}/.test(text))

  expect(found.map(({ from }) => from)).toEqual([])
})

it('and a leak would have been found', async () => {
  const [first] = marked
  const text = `…${first?.value.slice(3, 14)}…`

  expect(findLeaks([{ from: 'here', text }], known())).not.toEqual([])
  expect((await collected()).length).toBeGreaterThan(200)
})
