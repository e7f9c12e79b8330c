// The intake's decisions, one by one, with everything outside played in process: what becomes of each finding, and of each failure.

import { createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { M2mEvent } from '../../../lambda/core/base/events.ts'
import { Fault, type FaultCode } from '../../../lambda/core/base/fault.ts'
import type { GateAdmission } from '../../../lambda/core/intake/intake-gate.ts'
import type { LeakQuestion } from '../../../lambda/core/intake/intake-ports.ts'
import type { SigningKeys } from '../../../lambda/core/intake/leak-delivery.ts'
import { type LeakFinding, type LeakMatch, NOTHING_SEARCHED } from '../../../lambda/core/intake/leak-finding.ts'
import { createRecentDeliveries } from '../../../lambda/core/intake/recent-deliveries.ts'
import { type IncomingDelivery, type Intake, takeLeakReport } from '../../../lambda/core/intake/take-leak-report.ts'
import { createClientSecret } from '../../../lambda/core/secret/client-secret.ts'

const NOW = Date.parse('2026-10-05T09:12:31Z')
const VALUE = 'leaked-value-that-is-nowhere-else'
const owner = {
  secretArn: 'arn:x',
  secretName: 'm2m/prod/billing',
  clientId: 'client',
  versionId: 'v',
  label: 'AWSCURRENT',
}
const refusal = { status: 401, error: 'invalid_client', requestId: 'r', triedAt: 't' }
const findingOf = (...found: readonly LeakMatch[]): LeakFinding => ({ ...NOTHING_SEARCHED, found, searched: 3 })
const secretOf = (clientId: string): LeakMatch => ({
  kind: 'secret',
  state: 'alive',
  owner: { ...owner, clientId, secretName: `m2m/prod/${clientId}` },
  requestId: 'r',
})
const alive = findingOf({ kind: 'secret', state: 'alive', owner, requestId: 'r' })
const dead: LeakMatch = { kind: 'secret', state: 'dead', owner, refusal, since: '2026-10-05T09:00:00.000Z' }
const token: LeakMatch = { kind: 'accessToken', state: 'alive', clientId: 'client', until: '2026-10-05T10:00:00.000Z' }
const project: LeakMatch = { kind: 'projectSecret', state: 'alive', secretName: 'stytch/m2m-prod', versionId: 'v' }
const admitted: GateAdmission = { decision: 'admitted', isFirst: false, isRemembered: true }

const fault = (code: FaultCode): Fault => new Fault({ code, retryable: true, message: `a failure of kind ${code}` })

interface Played {
  readonly finding?: LeakFinding | Fault
  readonly admission?: GateAdmission | Fault
  readonly keys?: readonly SigningKeys[]
  readonly fetched?: string | undefined | Fault
  readonly busFails?: boolean
}

const play = ({
  finding = alive,
  admission = admitted,
  keys = [{ plain: ['plain-key'], github: ['github-key'] }],
  fetched,
  busFails = false,
}: Played = {}) => {
  const events: M2mEvent[] = []
  const questions: LeakQuestion[] = []
  const reads: boolean[] = []
  const orThrow = <Value>(value: Value | Fault): Value => {
    if (value instanceof Fault) throw value
    return value
  }
  const intake: Intake = {
    signing: {
      read: async (isStale) => {
        reads.push(isStale)
        return keys[Math.min(reads.length, keys.length) - 1] ?? {}
      },
    },
    values: {
      fetch: async () => {
        const value = orThrow(fetched)
        return value === undefined ? undefined : createClientSecret(value)
      },
    },
    identifier: {
      identify: async (question) => {
        questions.push(question)
        return orThrow(finding)
      },
    },
    events: {
      publish: async (published) => {
        if (busFails) throw fault('EVENT_NOT_SENT')
        events.push(...published)
      },
    },
    recent: createRecentDeliveries({ keepMs: 600_000, max: 10 }),
    timing: { now: () => NOW },
    watched: ['stytch_m2m_client_secret'],
    passGate: async () => orThrow(admission),
  }
  return { intake, events, questions, reads }
}

const plain = (json: unknown = { alertId: 'ticket-1', value: VALUE }, key = 'plain-key'): IncomingDelivery => {
  const body = typeof json === 'string' ? json : JSON.stringify(json)
  const at = String(NOW / 1000)
  const signature = `sha256=${createHmac('sha256', key).update(`${at}.${body}`).digest('hex')}`
  return {
    headers: { 'x-m2m-timestamp': at, 'x-m2m-signature': signature },
    body: Buffer.from(body),
    deliveryId: 'delivery-1',
  }
}

const github = (): IncomingDelivery => {
  const body = JSON.stringify({
    action: 'created',
    alert: { number: 42, secret_type: 'stytch_m2m_client_secret' },
    repository: { full_name: 'octo-org/billing-job' },
  })
  const signature = `sha256=${createHmac('sha256', 'github-key').update(body).digest('hex')}`
  return {
    headers: { 'x-github-event': 'secret_scanning_alert', 'x-hub-signature-256': signature },
    body: Buffer.from(body),
    deliveryId: 'delivery-2',
  }
}

describe('keys that cannot be read', () => {
  test('let no delivery of their detector be turned away: it fails, so that somebody is told and it can be sent again', async () => {
    const { intake, events, reads } = play({ keys: [{ github: 'malformed', plain: ['plain-key'] }] })

    await expect(takeLeakReport(intake, github())).rejects.toMatchObject({ code: 'SIGNING_SECRET_MALFORMED' })
    expect(reads).toEqual([false, true])
    expect(events).toEqual([])
  })

  test('stop no other detector’s', async () => {
    const { intake } = play({ keys: [{ github: 'malformed', plain: ['plain-key'] }] })

    expect(await takeLeakReport(intake, plain())).toMatchObject({ outcome: 'reported' })
  })

  test('are read once more before that', async () => {
    const { intake } = play({ keys: [{ plain: 'malformed' }, { plain: ['plain-key'] }] })

    expect(await takeLeakReport(intake, plain())).toMatchObject({ outcome: 'reported' })
  })
})

describe('what was found', () => {
  test.each<[string, LeakFinding, string, string]>([
    ['alive', alive, 'reported', 'Secret Leak Reported'],
    [
      'unproven',
      findingOf({ kind: 'secret', state: 'unproven', owner, code: 'STYTCH_UNAVAILABLE' }),
      'reported',
      'Secret Leak Reported',
    ],
    ['dead', findingOf(dead), 'closed', 'Leak Closed'],
    ['unknown', findingOf(), 'unresolved', 'Leak Unresolved'],
    ['an access token', findingOf(token), 'unresolved', 'Leak Unresolved'],
    ['the project’s own secret', findingOf(project), 'unresolved', 'Leak Unresolved'],
    ['too many', { ...findingOf(), notSearched: 'tooManySecrets' }, 'unresolved', 'Leak Unresolved'],
    ['too often', { ...findingOf(), notSearched: 'rateLimited' }, 'unresolved', 'Leak Unresolved'],
    ['too long', { ...findingOf(), notSearched: 'outOfTime' }, 'unresolved', 'Leak Unresolved'],
  ])('%s is told once, as what it is', async (_, finding, outcome, type) => {
    const { intake, events } = play({ finding })

    const result = await takeLeakReport(intake, plain())

    expect(result).toMatchObject({ outcome, detector: 'plain' })
    expect(events.map((event) => event.type)).toEqual([type])
    expect(JSON.stringify([events, result])).not.toContain(VALUE)
  })

  test('is asked for by the value and the client id that the alert named', async () => {
    const { intake, questions } = play()

    await takeLeakReport(intake, plain({ alertId: 'a', value: VALUE, clientId: 'named' }))

    expect(questions[0]?.clientId).toBe('named')
    expect(questions[0]?.proof.kind === 'value' && questions[0].proof.value.reveal()).toBe(VALUE)
  })

  test('that is reported names the client that was found, not the one that the alert named', async () => {
    const { intake, events } = play()

    await takeLeakReport(intake, plain({ alertId: 'a', value: VALUE, clientId: 'named' }))

    expect(events[0]?.detail).toMatchObject({ selector: { clientIds: ['client'] } })
  })
})

describe('what a text holds beside it', () => {
  const told = async (finding: LeakFinding) => {
    const { intake, events } = play({ finding })
    const result = await takeLeakReport(intake, plain())
    return { result, events, types: events.map(({ type }) => type) }
  }

  test('two clients: an incident for each, under ids that are the same when the alert comes again', async () => {
    const first = await told(findingOf(secretOf('one'), secretOf('two')))
    const again = await told(findingOf(secretOf('two'), secretOf('one')))

    const idsOf = ({ events }: typeof first) =>
      new Map(
        events.map(
          ({ detail }) => [JSON.stringify((detail as { selector: object }).selector), detail.incidentId] as const,
        ),
      )
    expect(first.types).toEqual(['Secret Leak Reported', 'Secret Leak Reported'])
    expect(idsOf(first).size).toBe(2)
    expect(new Set(idsOf(first).values()).size).toBe(2)
    expect(idsOf(again)).toEqual(idsOf(first))
  })

  test('one client, alive and dead: one incident', async () => {
    expect((await told(findingOf(dead, ...alive.found))).types).toEqual(['Secret Leak Reported'])
  })

  test('a client that was revoked is closed with the time of its end, beside another that is reported', async () => {
    const { types, events, result } = await told(findingOf(dead, secretOf('other')))

    expect(types.toSorted()).toEqual(['Leak Closed', 'Secret Leak Reported'])
    expect(events.find(({ type }) => type === 'Leak Closed')?.detail).toMatchObject({
      since: '2026-10-05T09:00:00.000Z',
    })
    expect(result).toMatchObject({ outcome: 'reported' })
  })

  test('a token of a client that is reported anyway pages nobody', async () => {
    expect((await told(findingOf(...alive.found, token))).types).toEqual(['Secret Leak Reported'])
  })

  test('a token that has expired leads to nothing', async () => {
    const { types, result } = await told(findingOf({ ...token, state: 'dead' }))

    expect([types, result]).toEqual([[], expect.objectContaining({ outcome: 'closed', why: 'tokenExpired' })])
  })

  test('a token that is valid says whose, until when, and what to do', async () => {
    const { events } = await told(findingOf(token))

    expect(events[0]?.detail).toMatchObject({ reason: 'accessToken', clientId: 'client' })
    expect(events[0]?.detail.explanation).toMatch(/no proof that its client’s secret.*2026-10-05T10:00:00/)
  })

  test('the project secret says what to do', async () => {
    const { events } = await told(findingOf(project))

    expect(events[0]?.detail).toMatchObject({ reason: 'projectSecret' })
    expect(events[0]?.detail.explanation).toMatch(/#project-secret-leaked.*stytch\/m2m-prod/)
  })

  test('a secret that names no client pages a person, with its name', async () => {
    const { clientId: _, ...nobodys } = owner
    const { events } = await told(
      findingOf({ kind: 'secret', state: 'unproven', owner: nobodys, code: 'CLIENT_UNKNOWN' }),
    )

    expect(events[0]?.detail).toMatchObject({ reason: 'clientUnknown' })
    expect(events[0]?.detail.explanation).toContain(owner.secretName)
  })

  test('nothing that was found: says what was searched, and what could not be read', async () => {
    const unreadable = Array.from({ length: 7 }, (__, at) => `m2m/prod/${at}`)
    const { events } = await told({ ...findingOf(), unreadable, olderLeft: 2, isCut: true, hasProjectSecretForm: true })

    expect(events[0]?.detail).toMatchObject({ reason: 'unknownValue' })
    expect(events[0]?.detail.explanation).toMatch(
      /3 secrets were searched; 7 could not be read: m2m\/prod\/0, .*m2m\/prod\/4 and others; of 2 the older versions were not; .*more than was compared; .*project secret/,
    )
  })

  test('dead, and not everything was searched: a person looks all the same', async () => {
    expect((await told({ ...findingOf(dead), notSearched: 'outOfTime' })).types).toEqual([
      'Leak Closed',
      'Leak Unresolved',
    ])
  })
})

describe('the gate', () => {
  test.each<[string, GateAdmission | Fault, object]>([
    ['that shuts', { decision: 'held', isFirst: true, isRemembered: true }, { first: true, remembered: true }],
    ['that is shut', { decision: 'held', isFirst: false, isRemembered: true }, { first: false, remembered: true }],
    ['that is full', { decision: 'held', isFirst: false, isRemembered: false }, { first: false, remembered: false }],
    ['that fails', fault('SECRETS_MANAGER_UNAVAILABLE'), { first: true, remembered: false }],
  ])('%s holds the incident, and tells', async (_, admission, detail) => {
    const { intake, events } = play({ admission })

    const result = await takeLeakReport(intake, plain())

    expect(result).toMatchObject({ outcome: 'held' })
    expect(events).toEqual([
      {
        type: 'Incident Held',
        detail: expect.objectContaining({ ...detail, clientId: 'client', secretName: owner.secretName }),
      },
    ])
  })

  test('that knows the incident has it reported again: it joins', async () => {
    const { intake, events } = play({ admission: { decision: 'joined', isFirst: false, isRemembered: true } })

    await takeLeakReport(intake, plain())

    expect(events.map(({ type }) => type)).toEqual(['Secret Leak Reported'])
  })
})

describe('what failed', () => {
  test('a search: a person is told, and by which code', async () => {
    const { intake, events } = play({ finding: fault('IDENTIFY_FAILED') })

    const result = await takeLeakReport(intake, plain())

    expect(result).toMatchObject({ outcome: 'unresolved', why: 'searchFailed' })
    expect(events[0]?.detail.explanation).toContain('IDENTIFY_FAILED')
  })

  test.each([undefined, fault('ALERT_NOT_FETCHED')])(
    'a value that was not fetched: a person is told (%s)',
    async (fetched) => {
      const { intake, events, questions } = play({ fetched })

      const result = await takeLeakReport(intake, github())

      expect(result).toMatchObject({ outcome: 'unresolved', why: 'noValue' })
      expect(events[0]?.type).toBe('Leak Unresolved')
      expect(questions).toEqual([])
    },
  )

  test('an alert without a value: a person is told', async () => {
    const { intake } = play()

    expect(await takeLeakReport(intake, plain({ alertId: 'a', clientId: 'c' }))).toMatchObject({ why: 'noValue' })
  })

  test('a body that cannot be read: a person is told what is wrong with it, and nothing of it', async () => {
    const { intake, events } = play()

    await takeLeakReport(intake, plain({ alertId: 'a', value: '', more: VALUE }))

    expect(events[0]?.detail).toMatchObject({ reason: 'malformed', reference: 'delivery-1' })
    expect(JSON.stringify(events)).not.toContain(VALUE)
  })

  test('the bus: nobody was told, so it throws, and the same delivery may come again', async () => {
    const first = play({ busFails: true })

    await expect(takeLeakReport(first.intake, plain())).rejects.toMatchObject({ code: 'EVENT_NOT_SENT' })
    expect(first.intake.recent.has('plain x', NOW)).toBe(false)
    const { intake, events } = play()
    await takeLeakReport({ ...first.intake, events: intake.events }, plain())
    expect(events).toHaveLength(1)
  })

  test('something that nobody foresaw is not taken for an answer', async () => {
    const { intake } = play()
    const broken = {
      ...intake,
      identifier: {
        identify: async () => {
          throw new TypeError('unforeseen')
        },
      },
    }

    await expect(takeLeakReport(broken, plain())).rejects.toThrow(TypeError)
  })
})

describe('the signing keys', () => {
  test('are read anew before a signature counts as bad', async () => {
    const { intake, reads, events } = play({ keys: [{ plain: ['old-key'] }, { plain: ['plain-key'] }] })

    expect(await takeLeakReport(intake, plain())).toMatchObject({ outcome: 'reported' })
    expect(reads).toEqual([false, true])
    expect(events).toHaveLength(1)
  })

  test('are not read anew for what has no form, or is too old', async () => {
    const { intake, reads } = play()
    const late = { ...intake, timing: { now: () => NOW + 301_000 } }

    expect(await takeLeakReport(intake, { ...plain(), headers: {} })).toEqual({
      outcome: 'refused',
      why: 'unknownForm',
    })
    expect(await takeLeakReport(late, plain())).toEqual({ outcome: 'refused', why: 'staleTimestamp' })
    expect(reads).toEqual([false, false])
  })

  test('are not read at all for a body that is too large', async () => {
    const { intake, reads } = play()

    expect(await takeLeakReport(intake, plain('x'.repeat(256 * 1024 + 1)))).toEqual({ outcome: 'tooLarge' })
    expect(reads).toEqual([])
  })
})

test('the same delivery again is dropped', async () => {
  const { intake, events } = play()
  await takeLeakReport(intake, plain())

  expect(await takeLeakReport(intake, plain())).toEqual({ outcome: 'repeated', detector: 'plain' })
  expect(events).toHaveLength(1)
})
