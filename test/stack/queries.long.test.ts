// What the dashboard and the saved queries ask of the logs, run on lines that the deployed handlers wrote in this process: each answer is
// compared with what was done.
import { randomUUID } from 'node:crypto'
import { CancelRotateSecretCommand, RotateSecretCommand, TagResourceCommand } from '@aws-sdk/client-secrets-manager'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import {
  FLEET,
  FROZEN,
  LAST_INCIDENTS,
  OLDEST_SECRET,
  OPEN_OVERLAPS,
  SAVED_QUERIES,
  WHAT_IS_WRONG,
  WRONG_NOW,
} from '../../lib/watch/queries.ts'
import { logGroupOf, startFunctionsInside } from '../fakes/functions-inside.ts'
import { type Row, runQuery } from '../fakes/logs-insights.ts'
import { proxyEvent } from '../fakes/proxy-event.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

let functions: Awaited<ReturnType<typeof startFunctionsInside>>
const arns: Record<string, string> = {}

beforeAll(async () => {
  functions = await startFunctionsInside()
})
afterAll(() => functions.close())

/** On the log groups of these functions. */
const ask = (query: string, ...parts: readonly string[]): readonly Row[] => {
  const groups = parts.map(logGroupOf)
  const lines = functions.lines().filter(({ log }) => groups.includes(log))
  return runQuery(query, lines, { now: Date.now() })
}
const watched = ['rotation', 'sweep', 'incident', 'campaign'] as const
const wrong = () => ask(WRONG_NOW, ...watched)[0]?.wrong
const whatIsWrong = () => ask(WHAT_IS_WRONG, ...watched).map(({ subject, open }) => [subject, open])
const saved = (id: string, replace: readonly [string, string] = ['', '']): readonly Row[] => {
  const found = SAVED_QUERIES.find((query) => query.id === id)
  if (found === undefined) throw new Error(`no query ${id}`)
  return ask(found.query.replaceAll(...replace), ...found.functions)
}

const register = async (name: string): Promise<string> => {
  const { secretArn } = await functions.operator.register(name, ['read:things'])
  arns[name] = secretArn
  return secretArn
}
const sweep = () => functions.call('sweep', { scheduledAt: new Date(Date.now()).toISOString() })

const report = async (incidentId: string, names: readonly string[], more: object = {}): Promise<void> => {
  const detail = {
    incidentId,
    selector: { secretNames: names.map((name) => `m2m/laptop/${name}`) },
    reason: 'found in a repository',
    requestedBy: 'on-call',
    ...more,
  }
  const envelope = {
    id: randomUUID(),
    time: new Date(Date.now()).toISOString(),
    source: 'm2m.security',
    'detail-type': 'Secret Leak Reported',
    detail,
  }
  await functions.call('incident', envelope)
}

const freeze = (state: string) => functions.putParameter('/m2m/laptop/freeze', state)

const answered = (client: string) =>
  functions.call('vendor', proxyEvent({ apiId: functions.apiId, client, resource: '/clients/{client}/token' }))

describe('the dashboard', () => {
  test('says 0 when nothing is wrong, and how the fleet is', async () => {
    for (const name of ['alpha', 'beta', 'gamma', 'delta']) await register(name)
    await functions.aws.idle()
    await sweep()

    expect(wrong()).toBe(0)
    expect(whatIsWrong()).toEqual([])
    expect(ask(OLDEST_SECRET, 'sweep')).toEqual([{ days: 0 }])
    expect(ask(OPEN_OVERLAPS, 'sweep')).toEqual([{ overlaps: 0 }])
    expect(ask(FROZEN, 'sweep')).toEqual([{ frozen: 'off' }])
    expect(ask(FLEET, 'sweep')).toEqual([expect.objectContaining({ managed: 4, dead: 0, overdue: 0 })])
  })

  test('counts open overlaps and the age of the oldest secret, by the last sweep alone', async () => {
    await functions.operator.rotate(arns.delta ?? '', 'rotate')
    functions.advance(2 * 86_400_000 - 3_600_000)
    await functions.operator.rotate(arns.gamma ?? '', 'rotate')
    await sweep()

    expect(ask(OPEN_OVERLAPS, 'sweep')).toEqual([{ overlaps: 2 }])
    expect(ask(OLDEST_SECRET, 'sweep')[0]?.days).toBeGreaterThanOrEqual(1)
    expect(wrong()).toBe(0)
  })

  test('is not at 0 while rotations are frozen, nor while the freeze cannot be read', async () => {
    await freeze('planned')
    await sweep()
    expect(ask(FROZEN, 'sweep')).toEqual([{ frozen: 'planned' }])
    expect(wrong()).toBe(1)

    functions.aws.faults.add({ op: 'GetParameter', kind: 'error', status: 400, count: 20 })
    await sweep()
    functions.aws.faults.clear()
    expect(ask(FROZEN, 'sweep')).toEqual([{ frozen: 'unreadable' }])
    expect(wrong()).toBe(1)

    await freeze('off')
    await sweep()
    expect(wrong()).toBe(0)
  })

  test('is not at 0 while a rotation is switched off', async () => {
    await functions.operator.secretsManager.send(new CancelRotateSecretCommand({ SecretId: arns.delta ?? '' }))
    functions.advance(2 * 3_600_000)
    await sweep()

    expect(wrong()).toBe(1)
    expect(ask(FLEET, 'sweep')).toEqual([expect.objectContaining({ rotationOff: 1 })])
    expect(whatIsWrong()).toEqual([['the last sweep', 1]])
  })

  test('is not at 0 while an incident has failed, however many others went well since, until it is repeated with success', async () => {
    await report('INC-1', ['alpha', 'beta'])
    await report('INC-2', ['epsilon'])
    await report('INC-3', ['alpha'])

    expect(whatIsWrong()).toEqual([
      ['INC-2', 1],
      ['the last sweep', 1],
    ])
    await register('epsilon')
    await report('INC-2', ['epsilon'])
    expect(whatIsWrong()).toEqual([['the last sweep', 1]])
  })

  test('is not at 0 after a refused rotation, until one succeeds, or a day and an hour later', async () => {
    const clientId = functions.aws.peek(arns.beta ?? '')?.tags['m2m:client-id'] ?? ''
    await functions.deleteClient(clientId)
    const { secretsManager } = functions.operator
    await secretsManager.send(new RotateSecretCommand({ SecretId: arns.beta ?? '', ClientRequestToken: randomUUID() }))
    await functions.aws.idle()

    expect(whatIsWrong()).toContainEqual([arns.beta, 1])
    functions.advance(26 * 3_600_000)
    expect(whatIsWrong()).not.toContainEqual([arns.beta, 1])
  })

  test('shows each incident in one line with its time, be it of many clients or a campaign', async () => {
    await report('INC-4', ['gamma'], { graceSeconds: 60 })
    expect(ask(LAST_INCIDENTS, 'incident', 'campaign')[0]).toMatchObject({ id: 'INC-4', outcome: 'campaign' })
    await vi.waitFor(
      () => {
        functions.advance(30_000)
        expect(ask(LAST_INCIDENTS, 'incident', 'campaign')[0]?.outcome).not.toBe('campaign')
      },
      { timeout: 20_000, interval: 200 },
    )
    const rows = ask(LAST_INCIDENTS, 'incident', 'campaign')

    expect(rows.map(({ id, clients, failed }) => ({ id, clients, failed }))).toEqual([
      { id: 'INC-4', clients: 1, failed: 0 },
      { id: 'INC-3', clients: 1, failed: 0 },
      { id: 'INC-2', clients: 1, failed: 0 },
      { id: 'INC-1', clients: 2, failed: 0 },
    ])
    for (const { ms } of rows) expect(ms).toBeGreaterThan(0)
  })
})

describe('the saved queries', () => {
  test('name refusals by their reason', () => {
    expect(saved('Refusals')).toContainEqual(
      expect.objectContaining({ times: 1, reason: 'clientNotFound', secret: arns.beta }),
    )
  })

  test('show the steps of one secret, and of one rotation', () => {
    const steps = saved('OneSecret', ['billing', 'm2m/laptop/gamma'])
    expect(steps.length).toBeGreaterThan(4)
    const [{ requestToken = '' } = {}] = steps.filter(({ intent }) => intent === 'settle')
    const rotation = saved('OneRotation', [
      'revoke-1700000000000-001-0000000000000000000000000000',
      String(requestToken),
    ])

    expect(new Set(rotation.flatMap(({ step }) => step ?? []))).toEqual(
      new Set(['createSecret', 'setSecret', 'testSecret', 'finishSecret']),
    )
  })

  test('show one incident and no other: its clients, their tokens, its evidence', () => {
    const rows = saved('OneIncident', ['INC-42', 'INC-1'])

    expect(
      rows
        .filter(({ requestToken }) => requestToken !== null)
        .map(({ secret }) => secret)
        .sort(),
    ).toEqual([arns.alpha, arns.beta].sort())
    expect(rows.filter(({ key }) => String(key).startsWith('incidents/INC-1/'))).toHaveLength(1)
    expect(rows.filter(({ clients }) => clients === 2)).toHaveLength(1)
    expect(rows).toHaveLength(4)
  })

  test('count vends and refusals, with what was minted to renew a token', async () => {
    const Tags = [{ Key: 'vend:default-scopes', Value: 'read:things' }]
    await functions.operator.secretsManager.send(new TagResourceCommand({ SecretId: arns.epsilon ?? '', Tags }))
    await answered('epsilon')
    await answered('epsilon')
    await answered('nobody-here')
    // Old enough to be renewed, and still good.
    functions.advance(55 * 60_000)
    await answered('epsilon')
    const by = new Map(saved('Vends').map(({ client, caller, ...counts }) => [client, counts]))

    expect(by.get('epsilon')).toEqual({ requests: 3, vended: 3, minted: 2, refused: 0, failed: 0 })
    expect(by.get('nobody-here')).toEqual({ requests: 1, vended: 0, minted: 0, refused: 1, failed: 0 })
    expect(by.size).toBe(2)
  })
})
