// The durable adapter under AWS's own testing package: whole campaigns through the real SDK – replay, waits, chained executions – with
// the fleet in memory. The package moves this process's clock; nothing here speaks to a network.

import { LocalDurableTestRunner } from '@aws/durable-execution-sdk-js-testing'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { durableHandler } from '../../../lambda/adapters/aws/durable.ts'
import type { M2mEvent } from '../../../lambda/core/base/events.ts'
import { isPageOrder, readPageOrder } from '../../../lambda/core/campaign/campaign-page.ts'
import type { Durable } from '../../../lambda/core/campaign/campaign-ports.ts'
import type { CampaignReport } from '../../../lambda/core/campaign/campaign-report.ts'
import { readCampaignRequest } from '../../../lambda/core/campaign/campaign-request.ts'
import type { Campaigning } from '../../../lambda/core/campaign/campaigning.ts'
import { runCampaign } from '../../../lambda/core/campaign/run-campaign.ts'
import { runPage } from '../../../lambda/core/campaign/run-page.ts'
import { DEPLOYED } from '../../../lambda/core/rotation/bounds.ts'
import { noRecords } from '../../../lambda/core/rotation/records.ts'
import { createRotatingFleet, FUNCTION_ARN, PREFIX, type RotatingFleet } from '../../fakes/rotating-fleet.ts'

const SELF = 'arn:aws:lambda:eu-west-1:111111111111:function:m2m-prod-campaign:live'
const DAY = 86_400_000

beforeAll(() => LocalDurableTestRunner.setupTestEnvironment({ skipTime: true }))
afterAll(() => LocalDurableTestRunner.teardownTestEnvironment())

/** What is waited for in memory passes at once: only the SDK's own waits are under test. */
let now = 0
let world: RotatingFleet
let published: M2mEvent[]
let invocations: number

beforeEach(() => {
  now = Date.now()
  world = createRotatingFleet(() => now)
  published = []
  invocations = 0
  ends = new Map()
})

const campaigning = (remainingMs: () => number): Campaigning => ({
  secrets: world.fleet,
  steps: world.steps,
  freeze: { read: async () => 'off' },
  bounds: DEPLOYED,
  records: noRecords,
  events: {
    publish: async (news) => {
      published.push(...news)
    },
  },
  timing: {
    now: () => now,
    remainingMs,
    wait: async (ms) => {
      now += ms
    },
  },
  journal: { note: () => {} },
  rules: {
    secretNamePrefix: PREFIX,
    rotationFunctionArn: FUNCTION_ARN,
    stage: { periodMs: 30 * DAY, overlapMs: DAY },
    rotationsPerSecond: 24,
  },
})

/** When each wait is over, by execution and place: the same for every invocation that replays it. */
let ends: Map<string, number>

/** A wait of the SDK's that is over has taken its time. */
const passing = (durable: Durable, executionName: string): Durable => {
  const waits = new Map<string, number>()
  return {
    ...durable,
    wait: async (name, seconds) => {
      const nth = (waits.get(name) ?? 0) + 1
      waits.set(name, nth)
      const place = `${executionName} ${name} ${nth}`
      const end = ends.get(place) ?? now + seconds * 1000
      ends.set(place, end)
      await durable.wait(name, seconds)
      now = Math.max(now, end)
    },
  }
}

const handler = durableHandler(SELF, async ({ event, durable: sdk, executionName, remainingMs }) => {
  invocations += 1
  const durable = passing(sdk, executionName)
  const parts = campaigning(remainingMs)
  if (isPageOrder(event)) {
    const order = readPageOrder(event)
    if (!order.ok) throw new Error(order.refusal.join())
    // A wait that is over has taken its time.
    if (order.value.notBefore !== undefined) now = Math.max(now, order.value.notBefore)
    return runPage(parts, durable, order.value)
  }
  const request = readCampaignRequest(event)
  if (!request.ok) throw new Error(request.refusal.join('; '))
  return runCampaign(parts, durable, {
    request: request.value,
    id: request.value.id ?? executionName,
    executionId: 'e',
  })
})

const run = async (event: object) => {
  const runner = new LocalDurableTestRunner<CampaignReport>({ handlerFunction: handler })
  runner.registerDurableFunction(SELF, handler)
  const execution = await runner.run({ payload: { reason: 'a test', requestedBy: 'vitest', ...event } })
  return { runner, execution }
}

describe('a campaign through the SDK', () => {
  it('selects, switches in executions of its own, waits, settles, and reports', async () => {
    for (let n = 0; n < 130; n += 1) world.add(`client-${n}`)

    const { execution } = await run({ intent: 'rotate', selector: { due: true } })

    expect(execution.getStatus()).toBe('SUCCEEDED')
    expect(execution.getResult()).toMatchObject({
      outcome: 'completed',
      counts: { selected: 130, switched: 130, settled: 130, failed: 0 },
    })
    expect(world.asked).toHaveLength(260)
    expect(published).toHaveLength(1)
    // Each page is resumed after its overlap, and the campaign after each page.
    expect(invocations).toBeGreaterThan(6)
  })

  it('keeps the names of its operations, which executions in flight are replayed by', async () => {
    world.add('one')
    world.add('two')

    const { execution } = await run({ intent: 'rotate', selector: { due: true } })

    const names = execution.getOperations().map((operation) => operation.getName())
    expect(names).toEqual([
      'begin',
      'freeze',
      'select 1',
      'last attempts 1',
      'switch page 0',
      'switch page 1',
      ...Array.from({ length: 48 }, () => ['wish', 'overlap']).flat(),
      'wish',
      'settle',
      'settle page 0',
      'settle page 1',
      'end',
      'report',
    ])
  })

  it('fails by name when its input is malformed', async () => {
    const { execution } = await run({ intent: 'rotate', selector: {} })

    expect(execution.getStatus()).toBe('FAILED')
    expect(execution.getError().errorMessage).toMatch(/an empty selector is never "all"/)
    expect(world.asked).toEqual([])
  })

  it('waits for what takes long without a process, and comes back to it', async () => {
    world.add('slow')
    world.takes(() => 100_000)

    const { execution } = await run({
      intent: 'revoke',
      selector: { secretNames: [`${PREFIX}slow`] },
      incidentId: 'inc-7',
    })

    expect(execution.getResult()).toMatchObject({ counts: { settled: 1, failed: 0 } })
    expect(world.asked).toHaveLength(2)
    expect(invocations).toBeGreaterThan(2)
  })

  it('runs a step again that met a defect of the moment, and stores no secret: there is none to store', async () => {
    world.add('one')
    let left = 5
    world.fails((call) => {
      left -= 1
      return call === 'list' && left >= 0 ? world.throttled() : undefined
    })

    const { execution } = await run({ intent: 'rotate', selector: { due: true } })

    expect(execution.getResult()).toMatchObject({ outcome: 'completed', counts: { switched: 1 } })
  })
})
