// Carrying a plan out: at a pace, slower when either service says so, on past what fails, and stopped between two clients. And the survey
// before it: what ListSecrets shows too late is looked at once more.

import { describe, expect, test } from 'vitest'
import { Fault } from '../../../lambda/core/base/fault.ts'
import { type ApplyEnd, type ApplyOrder, applyClients } from '../../../lambda/core/clients/apply-clients.ts'
import type { ClientRecord } from '../../../lambda/core/clients/client-keeper.ts'
import type { StageView } from '../../../lambda/core/clients/clients-api.ts'
import type { DeclaredClient } from '../../../lambda/core/clients/declared-client.ts'
import { surveyClients } from '../../../lambda/core/clients/survey-clients.ts'
import type { Secret } from '../../../lambda/core/secret/secret.ts'
import type { ListQuery } from '../../../lambda/core/secret/secrets.ts'
import { BLANK } from '../../fakes/blank-secret.ts'
import { createFakeTiming } from '../../fakes/fake-timing.ts'

const clientNamed = (name: string): DeclaredClient => ({
  secretName: `m2m/prod/${name}`,
  displayName: name,
  description: name,
  scopes: [],
  consumers: [],
  rules: { everyDays: 60 },
  onRemoval: 'retain',
  tags: {},
})
const create = (name: string) =>
  ({ kind: 'create', secretName: `m2m/prod/${name}`, client: clientNamed(name) }) as const
const throttled = new Fault({ code: 'STYTCH_RATE_LIMITED', retryable: true, message: 'Slower.' })
const rejected = new Fault({ code: 'STYTCH_REJECTED', retryable: false, message: 'No.' })

const seat = (fail: (name: string, tries: number) => unknown = () => undefined) => {
  const timing = createFakeTiming()
  const startedAt = timing.now()
  const declared: string[] = []
  const ends: ApplyEnd[] = []
  const tries = new Map<string, number>()
  const requestIds = new Set<string>()
  const clientsApi = {
    declare: async ({ client: { displayName }, requestId }: { client: DeclaredClient; requestId: string }) => {
      const number = (tries.get(displayName) ?? 0) + 1
      tries.set(displayName, number)
      requestIds.add(requestId)
      const error = fail(displayName, number)
      if (error !== undefined) throw error
      declared.push(displayName)
      return { clientId: displayName, secretArn: displayName }
    },
    retire: async () => 'deactivated' as const,
    discard: async () => {},
  }
  const apply = (order: Partial<ApplyOrder>) =>
    applyClients(
      { clientsApi, timing },
      {
        set: 'default',
        requestId: 'run-1',
        changes: [],
        concurrency: 1,
        stytchRate: 1000,
        isStopped: () => false,
        onEnd: (end) => ends.push(end),
        ...order,
      },
    )
  return { apply, declared, ends, tries, requestIds, ranMs: () => timing.now() - startedAt }
}
const names = (number: number): readonly string[] => Array.from({ length: number }, (_, at) => `c${at}`)

describe('applying', () => {
  test('asks for each change once, and tells how each ended', async () => {
    const { apply, declared, ends } = seat()

    await apply({
      changes: [
        create('one'),
        { kind: 'update', secretName: 'm2m/prod/two', client: clientNamed('two'), differences: [] },
        {
          kind: 'retire',
          secretName: 'm2m/prod/old',
          owner: { stackId: 'cli', resource: 'default' },
          onRemoval: 'deactivate',
        },
        { kind: 'discard', secretName: 'm2m/prod/one', clientId: 'left' },
      ],
    })

    expect(declared).toEqual(['one', 'two'])
    expect(ends.map(({ change, outcome, words }) => [change.kind, outcome, words])).toEqual([
      ['create', 'done', undefined],
      ['update', 'done', undefined],
      ['retire', 'done', 'deactivated'],
      ['discard', 'done', undefined],
    ])
  })

  test('keeps Stytch below its rate, four calls a new client', async () => {
    const { apply, ranMs } = seat()

    await apply({ changes: names(41).map(create), stytchRate: 40, concurrency: 5 })

    expect(ranMs()).toBe(4000)
  })

  test('leaves half of AWS’s quota to others, however fast Stytch is', async () => {
    const { apply, ranMs } = seat()

    await apply({ changes: names(51).map(create), concurrency: 5 })

    expect(ranMs()).toBe(2000)
  })

  test('waits and asks again under the same request when a service says slower', async () => {
    const { apply, declared, ends, tries, requestIds, ranMs } = seat((name, number) =>
      name === 'c1' && number < 4 ? throttled : undefined,
    )

    await apply({ changes: names(3).map(create) })

    expect(declared).toEqual(['c0', 'c1', 'c2'])
    expect(tries.get('c1')).toBe(4)
    expect(requestIds).toEqual(new Set(['run-1']))
    expect(ends.every(({ outcome }) => outcome === 'done')).toBe(true)
    expect(ranMs()).toBeGreaterThanOrEqual(1000 + 2000 + 4000)
  })

  test('goes on past what fails, and says why', async () => {
    const { apply, declared, ends } = seat((name) =>
      name === 'c1' ? rejected : name === 'c2' ? new TypeError('secret') : undefined,
    )

    await apply({ changes: names(4).map(create) })

    expect(declared).toEqual(['c0', 'c3'])
    expect(ends.filter(({ outcome }) => outcome === 'failed').map(({ words }) => words)).toEqual([
      'No.',
      'an unforeseen failure',
    ])
  })

  test('begins nothing more once it is told to stop', async () => {
    const { apply, declared } = seat()

    const { begun } = await apply({ changes: names(9).map(create), isStopped: () => declared.length >= 4 })

    expect(declared).toHaveLength(4)
    expect(begun).toBe(4)
  })
})

describe('the survey', () => {
  const stage: StageView = {
    projectId: 'project-test-1',
    secretNamePrefix: 'm2m/prod/',
    rotationFunctionArn: 'arn:f',
    tokenUrl: 'https://test.stytch.com/token',
    backstop: { everyDays: 60 },
    periodHours: 720,
    overlapHours: 24,
    policyRevision: 'revision',
  }
  const arn = 'arn:aws:secretsmanager:us-east-1:111111111111:secret:m2m/prod/c0-AbCdEf'
  const secret: Secret = {
    ...BLANK,
    arn,
    name: 'm2m/prod/c0',
    tags: { 'm2m:stack': 'arn:stack' },
    labels: {},
    rotationEnabled: true,
    rotationFunctionArn: 'arn:f',
    isDeleted: false,
    createdAt: 0,
    lastChangedAt: 0,
    lastRotatedAt: undefined,
    nextRotationAt: undefined,
  }
  const record: ClientRecord = {
    clientId: 'x',
    name: 'c0',
    description: '',
    scopes: [],
    isActive: true,
    slots: { current: 'aaaa', next: null },
    boundTo: arn,
    registeredFor: 'm2m/prod/c0',
    registeredAt: 0,
  }
  const survey = async (input: {
    readonly pages: readonly (readonly Secret[])[]
    readonly records: readonly ClientRecord[]
    readonly there?: Secret
  }) => {
    const inspected: string[] = []
    const secrets = {
      list: async (_prefix: string, { page = '0' }: ListQuery = {}) => {
        const at = Number(page)
        return { secrets: input.pages[at] ?? [], nextPage: at + 1 < input.pages.length ? String(at + 1) : undefined }
      },
      describe: async (name: string) => {
        inspected.push(name)
        return input.there
      },
    }
    const clientsApi = { list: async () => ({ clients: input.records, nextPage: undefined }) }
    const clients = ['c0', 'c1'].map(clientNamed)
    const wish = { stage, set: 'default', clients, retiresUnlisted: false }
    return { plan: await surveyClients({ secrets, clientsApi, timing: createFakeTiming() }, wish), inspected }
  }

  test('looks no closer at what both services say is new', async () => {
    const { plan, inspected } = await survey({ pages: [[]], records: [] })

    expect(plan.changes.map(({ kind }) => kind)).toEqual(['create', 'create'])
    expect(inspected).toEqual([])
  })

  test('looks closer where Stytch knows a client of a secret that is not listed yet', async () => {
    const { plan, inspected } = await survey({ pages: [[]], records: [record], there: secret })

    expect(inspected).toEqual(['m2m/prod/c0'])
    expect(plan.refused.map(({ secretName }) => secretName)).toEqual(['m2m/prod/c0'])
    expect(plan.changes.map(({ secretName }) => secretName)).toEqual(['m2m/prod/c1'])
  })

  test('looks closer at what is listed as different, and believes that', async () => {
    const stale = { ...secret, tags: { 'm2m:client-id': 'x' } }

    const { plan, inspected } = await survey({ pages: [[], [stale]], records: [record], there: secret })

    expect(inspected).toEqual(['m2m/prod/c0'])
    expect(plan.refused).toHaveLength(1)
  })
})
