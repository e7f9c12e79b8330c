// The incident event: what each source may ask for, and that a malformed one is told as a whole.
import { describe, expect, test } from 'vitest'
import {
  clientCountFault,
  defaultLeakLimits,
  type LeakReport,
  readLeakReport,
  reportedAt,
} from '../../../lambda/core/incident/leak-report.ts'

const INTAKE = 'm2m.leak-intake'
const SECURITY = 'm2m.security'
const BREAK_GLASS = 'm2m.break-glass'

const detail = (changes: object = {}) => ({
  incidentId: 'INC-42',
  selector: { clientIds: ['m2m-client-test-1'] },
  reason: 'found in a log',
  requestedBy: 'ada@example.com',
  ...changes,
})
const read = (source: unknown, changes: object = {}) =>
  readLeakReport({ source, detail: detail(changes) }, defaultLeakLimits)
const faultsOf = (source: unknown, changes: object = {}): readonly string[] => {
  const report = read(source, changes)
  if (report.ok) throw new Error('expected faults')
  return report.refusal
}
const ids = (count: number) => Array.from({ length: count }, (_, at) => `client-${at}`)

describe('each source', () => {
  test.each([
    [INTAKE, { clientIds: ['a'] }, 1],
    [SECURITY, { clientIds: ids(25) }, 25],
    [SECURITY, { secretNames: ['m2m/prod/billing'] }, 25],
    [SECURITY, { tags: { team: 'x' } }, 25],
    [SECURITY, { scopes: ['read:x'] }, 25],
    [BREAK_GLASS, { clientIds: ids(1000) }, undefined],
    [BREAK_GLASS, { all: true, expectedCount: 10_000 }, undefined],
  ])('%s may ask for %j', (source, selector, maxClients) => {
    const report = read(source, { selector })

    expect(report).toEqual({ ok: true, value: expect.objectContaining({ source, selector }) })
    expect(report.ok && report.value.maxClients).toBe(maxClients)
  })

  test.each([
    [INTAKE, { clientIds: ['a', 'b'] }, /exactly one client/],
    [INTAKE, { secretNames: ['m2m/prod/billing'] }, /exactly one client/],
    [INTAKE, { tags: { team: 'x' } }, /exactly one client/],
    [INTAKE, { scopes: ['read:x'] }, /exactly one client/],
    [INTAKE, { all: true, expectedCount: 1 }, /exactly one client/],
    [SECURITY, { clientIds: ids(26) }, /26 clients: expected at most 25/],
    [SECURITY, { secretNames: ids(26) }, /26 clients: expected at most 25/],
    [SECURITY, { all: true, expectedCount: 3 }, /selector\.all is not m2m\.security's/],
    [BREAK_GLASS, { due: true }, /selector\.due is no incident/],
    [SECURITY, { due: true }, /selector\.due is no incident/],
  ])('%s may not ask for %j', (source, selector, expected) => {
    expect(faultsOf(source, { selector }).join()).toMatch(expected)
  })

  test('counts a name that stands there twice once', () => {
    expect(read(INTAKE, { selector: { clientIds: ['a', 'a'] } }).ok).toBe(true)
  })

  test('may be given another bound than 25', () => {
    const event = { source: SECURITY, detail: detail({ selector: { clientIds: ids(26) } }) }

    expect(readLeakReport(event, { maxSecurityClients: 100 }).ok).toBe(true)
  })

  test('that nobody knows asks for nothing', () => {
    for (const source of ['m2m.rotation', 'aws.events', '', undefined, 7]) {
      expect(faultsOf(source)).toEqual([expect.stringContaining('source is unknown')])
    }
  })

  test('gets grace, but for the intake', () => {
    expect(read(SECURITY, { graceSeconds: 900 })).toMatchObject({ ok: true, value: { graceSeconds: 900 } })
    expect(faultsOf(INTAKE, { graceSeconds: 900 }).join()).toMatch(/graceSeconds is not m2m\.leak-intake's/)
  })
})

describe('a selector', () => {
  test.each([
    undefined,
    null,
    {},
    [],
    'all',
    { clientIds: [] },
    { tags: {} },
    { all: false },
    { all: true },
    { clientIds: ['a'], all: true, expectedCount: 1 },
  ])('like %j is refused, and never means "all"', (selector) => {
    for (const source of [INTAKE, SECURITY, BREAK_GLASS]) {
      expect(faultsOf(source, { selector }).join()).toMatch(/^selector/)
    }
  })
})

describe('a malformed event', () => {
  test('is told as a whole', () => {
    const faults = faultsOf('nobody', {
      incidentId: '-x',
      selector: {},
      reason: ' ',
      requestedBy: 'x'.repeat(201),
      graceSeconds: 1.5,
      clientId: 'a',
    })

    expect(faults.map((fault) => fault.split(' ')[0])).toEqual([
      'source',
      'clientId',
      'incidentId',
      'selector',
      'reason',
      'requestedBy',
      'graceSeconds',
    ])
  })

  test('tells missing from malformed', () => {
    const report = readLeakReport({ source: SECURITY, detail: {} }, defaultLeakLimits)

    expect(report).toMatchObject({ ok: false })
    expect(report.ok ? [] : report.refusal).toEqual([
      expect.stringMatching(/^incidentId is missing/),
      expect.stringMatching(/^selector is missing/),
      expect.stringMatching(/^reason is missing/),
      expect.stringMatching(/^requestedBy is missing/),
    ])
  })

  test.each([undefined, null, 'text', []])('is no detail at all: %j', (nothing) => {
    const report = readLeakReport({ source: SECURITY, detail: nothing }, defaultLeakLimits)

    expect(report).toEqual({ ok: false, refusal: ['detail is malformed: expected an object'] })
  })

  test.each([59, 86_401, '900', null])('has no span like %j', (graceSeconds) => {
    expect(faultsOf(SECURITY, { graceSeconds }).join()).toMatch(/graceSeconds is malformed/)
  })
})

describe('what the selector comes to', () => {
  const reportOf = (source: string, selector: object): LeakReport => {
    const report = read(source, { selector })
    if (!report.ok) throw new Error(report.refusal.join())
    return report.value
  }

  test('is counted against the source, too: 26 clients of one tag are too many for m2m.security', () => {
    const report = reportOf(SECURITY, { tags: { team: 'x' } })

    expect(clientCountFault(report, 25)).toBeUndefined()
    expect(clientCountFault(report, 26)).toMatch(/means 26 clients, and m2m\.security may ask for 25 at most/)
  })

  test('has no bound for break-glass', () => {
    expect(clientCountFault(reportOf(BREAK_GLASS, { tags: { team: 'x' } }), 10_000)).toBeUndefined()
  })
})

describe('when it was reported', () => {
  const now = Date.UTC(2026, 10, 2, 12, 30, 5, 678)

  test.each<[string, unknown, number]>([
    ['is the bus’s time, to the second', '2026-11-02T12:29:01Z', Date.UTC(2026, 10, 2, 12, 29, 1)],
    ['is cut to the second, as the bus cuts it', '2026-11-02T12:29:01.987Z', Date.UTC(2026, 10, 2, 12, 29, 1)],
    ['is now, where an event says nothing', undefined, now],
    ['is now, where it says no time', 'yesterday', now],
    ['is never later than now', '2027-01-01T00:00:00Z', now],
  ])('%s', (_, time, at) => {
    expect(reportedAt({ time }, now)).toBe(at)
  })
})
