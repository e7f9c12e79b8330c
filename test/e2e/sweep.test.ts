// The sweep on the laptop, as deployed: the handler in a process of its own, called by the shared clock, against the stand-ins over HTTP;
// what it writes into its log; and the freeze, as an operator sets it, before all functions that ask.
import { setTimeout as sleep } from 'node:timers/promises'
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { RotateSecretCommand, TagResourceCommand } from '@aws-sdk/client-secrets-manager'
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import type { FreezeState } from '../../lambda/core/rotation/freeze.ts'
import { credentialsOf } from '../../lambda/local/iam/people.ts'
import type { Laptop } from '../../lambda/local/laptop/laptop.ts'
import { guardingOf } from '../../lambda/local/story/guarding.ts'
import { createOperator, type Operator } from '../../lambda/local/story/operator.ts'
import { startTestLaptop } from '../fakes/laptop.ts'
import { PATIENCE_MS } from './spawned.ts'

vi.setConfig({ testTimeout: 90_000, hookTimeout: 120_000 })

const HOUR_MS = 3_600_000
let laptop: Laptop
let operator: Operator
let systems: SSMClient
let lambda: LambdaClient
const lines: string[] = []

beforeAll(async () => {
  laptop = await startTestLaptop({ onLog: (line) => lines.push(line) })
  operator = createOperator(laptop.address, guardingOf(laptop))
  const { aws: endpoint, region } = laptop.address
  systems = new SSMClient({ endpoint, region, credentials: credentialsOf('operator') })
  // One sweep at a time: a second is throttled while the scheduled one runs.
  lambda = new LambdaClient({ endpoint, region, credentials: credentialsOf('admin'), maxAttempts: 20 })
})
afterEach(() => {
  laptop.world.reset()
  lines.length = 0
})
afterAll(async () => {
  for (const client of [operator.secretsManager, systems, lambda]) client.destroy()
  await laptop.close()
})

type Line = Readonly<Record<string, unknown>>
/** What the function wrote as whole lines of JSON. */
const written = (): readonly Line[] =>
  lines.flatMap((line) => {
    const at = line.indexOf('{')
    if (at < 0) return []
    try {
      return [JSON.parse(line.slice(at)) as Line]
    } catch {
      return []
    }
  })
const summaries = (): readonly Line[] => written().filter(({ outcome }) => outcome === 'swept')

const until = async <Found>(look: () => Found | undefined, what: string): Promise<Found> => {
  for (const deadline = Date.now() + PATIENCE_MS; Date.now() < deadline; ) {
    const found = look()
    if (found !== undefined) return found
    await sleep(50)
  }
  throw new Error(`${what} did not come; the log:\n${lines.join('\n')}`)
}
const currentOf = (secretArn: string): string =>
  laptop.aws.peek(secretArn)?.versions.find(({ stages }) => stages.includes('AWSCURRENT'))?.id ?? ''

const freeze = (state: FreezeState) =>
  systems.send(new PutParameterCommand({ Name: '/m2m/laptop/freeze', Value: state, Type: 'String', Overwrite: true }))
const invokeSweep = async (event: object = {}): Promise<Line> => {
  const { Payload: payload = new Uint8Array(), FunctionError: failure } = await lambda.send(
    new InvokeCommand({ FunctionName: 'm2m-laptop-sweep', Payload: Buffer.from(JSON.stringify(event)) }),
  )
  const answer = JSON.parse(Buffer.from(payload).toString('utf8')) as Line
  return failure === undefined ? answer : { failure, ...answer }
}
const now = () => ({ scheduledAt: new Date(laptop.world.clock.now()).toISOString() })

test('comes by itself when the clock has gone on, and ends the overlap', async () => {
  const { secretArn, clientId } = await operator.register('ending', ['read:things'])
  await operator.rotate(secretArn, 'rotate')
  expect(laptop.stytch.slots(clientId)?.nextLastFour).not.toBeNull()

  laptop.world.clock.advance(25 * HOUR_MS)
  await until(() => (currentOf(secretArn).startsWith('settle-') ? true : undefined), 'the settle')

  expect(laptop.stytch.slots(clientId)?.nextLastFour).toBeNull()
  const summary = await until(() => summaries().at(-1), 'the summary')
  expect(summary).toMatchObject({ seen: 1, settlesAsked: 1, SweepFailures: 0, isWhole: true })
})

test('writes one line that is a metric: nothing stands before it', async () => {
  await operator.register('metric', [])

  await invokeSweep(now())

  const line = await until(() => lines.find((one) => one.includes('"swept"')), 'the line')
  expect(line.slice(line.indexOf('{"'))).toBe(line.trim())
  expect(JSON.parse(line)).toMatchObject({
    Alive: 1,
    SweepFailures: 0,
    OverlapsOpen: 0,
    OldestSecretDays: 0,
    FindingsOpen: 0,
    ProofsOwed: 0,
    Frozen: 0,
    FreezeUnreadable: 0,
    reports: 'done',
    _aws: {
      CloudWatchMetrics: [
        {
          Namespace: 'M2M/laptop',
          Dimensions: [[]],
          Metrics: [
            { Name: 'Alive', Unit: 'Count' },
            { Name: 'SweepFailures', Unit: 'Count' },
            { Name: 'ProofsOwed', Unit: 'Count' },
            { Name: 'Frozen', Unit: 'Count' },
            { Name: 'FreezeUnreadable', Unit: 'Count' },
          ],
        },
      ],
    },
  })
})

test('tells the bus what is so, under its own name', async () => {
  const { secretArn } = await operator.register('overdue', [])
  laptop.world.clock.advance(37.5 * 24 * HOUR_MS)
  // The laptop's own schedule may come first: by when it was due, not by now.
  const issuedAt = laptop.aws.peek(secretArn)?.createdAt ?? 0

  await invokeSweep({ scheduledAt: new Date(issuedAt + 37.5 * 24 * HOUR_MS).toISOString() })

  expect(laptop.aws.events()).toContainEqual(
    expect.objectContaining({
      source: 'm2m.sweep',
      detailType: 'Secret Overdue',
      resources: [secretArn],
      detail: expect.objectContaining({ secretName: 'm2m/laptop/overdue', clientId: expect.any(String) }),
    }),
  )
})

test('the sweep reads no secret value', async () => {
  const { secretArn } = await operator.register('unread', [])
  await operator.rotate(secretArn, 'rotate')
  laptop.world.clock.advance(25 * HOUR_MS)
  const before = laptop.aws.calls().length
  laptop.aws.configure({ redriveCount: 0 })

  await invokeSweep(now())

  const own = laptop.aws.calls().slice(before)
  expect(own.map(({ op }) => op).slice(0, 4)).not.toContain('GetSecretValue')
  expect(own.some(({ op }) => op === 'RotateSecret')).toBe(true)
})

test('refuses an event of last week', async () => {
  expect(await invokeSweep({ scheduledAt: '2020-01-01T00:00:00Z' })).toMatchObject({
    failure: 'Unhandled',
    errorMessage: expect.stringMatching(/no sweep of this hour/),
  })
})

describe('a freeze that an operator sets', () => {
  test('stops what is planned at its beginning, lets a revoke and its settle through, and is in the summary', async () => {
    const { secretArn, clientId } = await operator.register('frozen', [])
    await freeze('planned')

    await operator.secretsManager.send(new RotateSecretCommand({ SecretId: secretArn }))
    await laptop.aws.idle()
    expect(laptop.stytch.slots(clientId)?.nextLastFour).toBeNull()
    expect(laptop.aws.events().map(({ detail }) => (detail as Line).reason)).toContain('frozen')
    await operator.rotate(secretArn, 'revoke')
    const summary = await invokeSweep(now())
    await until(() => (currentOf(secretArn).startsWith('settle-') ? true : undefined), 'the settle')

    expect(summary).toMatchObject({ freeze: 'planned', settlesAsked: 1 })
  })

  test('of everything stops that, too; lifted, all goes on', async () => {
    const { secretArn } = await operator.register('stopped', [])
    await operator.rotate(secretArn, 'revoke')
    await freeze('all')

    expect(await invokeSweep(now())).toMatchObject({ freeze: 'all', settlesAsked: 0 })
    await freeze('off')
    expect(await invokeSweep(now())).toMatchObject({ freeze: 'off', settlesAsked: 1 })
  })

  test('that nobody can read stops what is planned, and no revoke', async () => {
    const { secretArn } = await operator.register('unreadable', [])
    await systems.send(new PutParameterCommand({ Name: '/m2m/laptop/freeze', Value: 'on', Type: 'String' }))

    await operator.rotate(secretArn, 'revoke')

    expect(await invokeSweep(now())).toMatchObject({ freeze: 'unreadable', settlesAsked: 1 })
  })
})

test('leaves a secret on hold alone, and says for how long too long', async () => {
  const { secretArn } = await operator.register('held', [])
  await operator.rotate(secretArn, 'rotate')
  const held = laptop.world.clock.now()
  await operator.secretsManager.send(
    new TagResourceCommand({
      SecretId: secretArn,
      Tags: [{ Key: 'm2m:held', Value: new Date(held).toISOString() }],
    }),
  )

  const summary = await invokeSweep({ scheduledAt: new Date(held + 7 * 24 * HOUR_MS).toISOString() })

  expect(summary).toMatchObject({ settlesAsked: 0, heldTooLong: 1 })
  expect(laptop.aws.events().map(({ detailType }) => detailType)).toContain('Hold Too Long')
})
