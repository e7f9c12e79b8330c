// `m2m campaign` as an operator types it, while a campaign of the laptop waits for its overlaps: seen, paused, resumed, stopped with a report, and
// repeated under its id.
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { createCampaignExecutions } from '../../lambda/adapters/aws/campaign-executions.ts'
import { createLambdaClient } from '../../lambda/adapters/aws/clients-api.ts'
import { guardingOf } from '../../lambda/local/story/guarding.ts'
import { createOperator } from '../../lambda/local/story/operator.ts'
import { type Cli, openCli } from './cli.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const HOUR_MS = 3_600_000
const FIRST = 'payments-1'
let cli: Cli

const m2m = (args: readonly string[]) => cli.run(['campaign', ...args])
const executionOf = (name: string) => cli.laptop.aws.durableExecutions().find(({ input }) => input.name === name)
const isAsleep = (name: string): boolean =>
  executionOf(name)
    ?.operations()
    .some((operation) => operation.name === 'overlap' && operation.status === 'STARTED') === true
const asleep = (name: string): Promise<unknown> => vi.waitUntil(() => isAsleep(name), { timeout: 60_000 })
const over = (name: string): Promise<unknown> =>
  vi.waitUntil(
    () => {
      if (isAsleep(name)) cli.laptop.world.clock.advance(HOUR_MS)
      return executionOf(name)?.status() === 'SUCCEEDED'
    },
    { timeout: 60_000, interval: 100 },
  )

interface Shown {
  readonly execution: string
  readonly campaignId: string
  readonly state: string
  readonly report: { readonly explanation?: string; readonly counts: Readonly<Record<string, unknown>> } | null
}

beforeAll(async () => {
  cli = await openCli()
  const operator = createOperator(cli.laptop.address, guardingOf(cli.laptop))
  const names: string[] = []
  for (const name of ['alpha', 'beta']) {
    const { secretArn } = await operator.register(name, ['read:things'])
    names.push(cli.laptop.aws.peek(secretArn)?.name ?? '')
  }
  operator.secretsManager.destroy()
  const { aws, region } = cli.laptop.address
  vi.stubEnv('AWS_ENDPOINT_URL', aws)
  vi.stubEnv('AWS_REGION', region)
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'operator')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'x')
  const lambda = createLambdaClient()
  await createCampaignExecutions(lambda, 'm2m-laptop-campaign').start(FIRST, {
    intent: 'rotate',
    selector: { secretNames: names },
    reason: 'Change 4711',
    requestedBy: 'grace',
  })
  lambda.destroy()
  await asleep(FIRST)
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await cli.close()
})

describe('m2m campaign', () => {
  test('list shows campaigns and none of their pages', async () => {
    const ran = await m2m(['list', '--json'])

    expect(ran.json<{ campaigns: readonly Shown[] }>().campaigns).toMatchObject([
      { execution: FIRST, campaignId: FIRST, state: 'running', report: null },
    ])
    expect((await m2m(['list'])).stdout).toMatch(/payments-1 +payments-1 +rotate +running/)
  })

  test('pause and resume are shown, and asked for under a dry run change nothing', async () => {
    expect((await m2m(['pause', FIRST, '--dry-run'])).stdout).toContain('Would do this')
    expect((await m2m(['show', FIRST, '--json'])).json<Shown>().state).toBe('running')

    expect((await m2m(['pause', FIRST, '--reason', 'lunch'])).code).toBe(0)
    expect((await m2m(['show', FIRST])).stdout).toMatch(/wish +pause requested by ada at .*: lunch/)
    expect((await m2m(['show', FIRST, '--json'])).json<Shown>().state).toBe('paused')

    expect((await m2m(['resume', FIRST])).code).toBe(0)
    expect((await m2m(['show', FIRST, '--json'])).json<Shown>().state).toBe('running')
  })

  test('repeat of one that runs is refused', async () => {
    expect(await m2m(['repeat', FIRST, '--yes'])).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('still runs'),
    })
  })

  test('stop needs a yes, is final, and ends with a report of what was done', async () => {
    expect((await m2m(['stop', FIRST])).code).toBe(4)
    expect((await m2m(['stop', FIRST, '--reason', 'wrong clients', '--yes'])).code).toBe(0)
    expect((await m2m(['resume', FIRST])).code).toBe(4)

    await over(FIRST)

    const shown = (await m2m(['show', FIRST, '--json'])).json<Shown>()
    expect(shown).toMatchObject({
      state: 'stopped',
      report: {
        explanation: 'stopped by ada: wrong clients',
        counts: { selected: 2, switched: 2, settled: 0, leftToSweep: 2, outcomes: { leftToSweep: 2 } },
      },
    })
    const published = cli.laptop.aws.events().find(({ detailType }) => detailType === 'Campaign Completed')
    expect(published?.detail).toMatchObject({ outcome: 'stopped', needsSomebody: true })
    expect((await m2m(['show', FIRST])).stdout).toContain('m2m/laptop/alpha')
    expect((await m2m(['pause', FIRST])).stderr).toContain('is over: stopped')
  })

  test('repeat begins an execution of its own under the same id, each time, and does what was not done', async () => {
    const first = (await m2m(['repeat', FIRST, '--yes', '--json'])).json<Shown>()
    expect(first.campaignId).toBe(FIRST)
    expect(first.execution).toMatch(/^m2m-laptop-campaign-/)
    await over(first.execution)

    const shown = (await m2m(['show', FIRST, '--json'])).json<Shown>()
    expect((await m2m(['show', first.execution, '--json'])).json<Shown>()).toMatchObject({
      campaignId: FIRST,
      state: 'completed',
      report: { counts: { selected: 2, settled: 2 } },
    })
    // By what they have in common, the newest is meant, though an execution has that name.
    expect(shown.execution).toBe(first.execution)
    expect((await m2m(['show', FIRST])).stdout).toContain(`the newest of ${FIRST}`)
    const arn = executionOf(FIRST)?.input.arn ?? ''
    expect((await m2m(['show', arn, '--json'])).json<Shown>()).toMatchObject({ execution: FIRST, state: 'stopped' })

    const second = (await m2m(['repeat', FIRST, '--yes', '--json'])).json<Shown>()
    expect(second.execution).not.toBe(first.execution)
    for (const id of [FIRST, first.execution]) {
      expect((await m2m(['show', id, '--json'])).json<Shown>().execution).toBe(second.execution)
    }
    await over(second.execution)
    expect(cli.laptop.aws.events().filter(({ detailType }) => detailType === 'Campaign Completed')).toHaveLength(3)
  })

  test('show of one that is not there says how to find one', async () => {
    expect(await m2m(['show', 'no-such'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('m2m campaign list'),
    })
  })
})
