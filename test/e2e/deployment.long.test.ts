// A deployment in the middle of a campaign: the campaign and its canary end on the code that they began on, the pages that begin afterwards
// run the new one, and every client is rotated and settled once. And a campaign that Lambda has room for one invocation of.
import { fileURLToPath } from 'node:url'
import { LambdaClient, PutFunctionConcurrencyCommand } from '@aws-sdk/client-lambda'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { credentialsOf } from '../../lambda/local/iam/people.ts'
import { type CampaignSeat, DAY_MS, openCampaigns } from './campaign-seat.ts'
import { until } from './spawned.ts'

vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 })

const next = fileURLToPath(new URL('./handlers/next-campaign.ts', import.meta.url))

let seat: CampaignSeat

beforeAll(async () => {
  seat = await openCampaigns()
})
afterAll(() => seat.close())

/** The version of each execution, in the order in which they began: campaigns as such, pages by their phase. */
const versions = (): readonly string[] =>
  seat.desk.laptop.aws.durableExecutions().map(({ input }) => {
    const { page, phase } = JSON.parse(input.payload) as { readonly page?: number; readonly phase?: string }
    return `${page === undefined ? 'campaign' : `${phase} ${page}`} on ${input.version}`
  })

it('leaves a running campaign on its code, and loses nothing', async () => {
  const { laptop } = seat.desk
  const subjects = await seat.registerMany(['one', 'two', 'three'])
  laptop.world.clock.advance(31 * DAY_MS)
  const running = await seat.start({ intent: 'rotate', selector: { due: true }, canary: 1, concurrency: 2 })
  await until(() => laptop.aws.durableExecutions().length === 2, 'the canary')

  expect(laptop.deploy('campaign', { modulePath: next })).toBe('2')
  const report = await seat.endOf(running)

  expect(report).toMatchObject({ outcome: 'completed', counts: { selected: 3, switched: 3, settled: 3, failed: 0 } })
  expect(subjects.every(seat.isSettled)).toBe(true)
  for (const subject of subjects) expect(seat.attempts(subject)).toMatchObject({ rotate: 1, settle: 1 })
  expect(versions().slice(0, 2)).toEqual(['campaign on 1', 'switch 0 on 1'])
  expect(
    versions()
      .slice(2)
      .every((line) => line.endsWith(' on 2')),
  ).toBe(true)
  expect(versions().slice(2)).toContainEqual(expect.stringMatching(/^switch [1-9]/))

  const known = versions().length
  laptop.world.clock.advance(31 * DAY_MS)
  await seat.endOf(await seat.start({ intent: 'rotate', selector: { due: true } }))

  expect(versions().slice(known)).toContain('campaign on 2')
  expect(
    versions()
      .slice(known)
      .some((line) => line.endsWith(' on 1')),
  ).toBe(false)
  expect(subjects.every(seat.isSettled)).toBe(true)
})

it('a campaign with room for one invocation at a time ends as well', async () => {
  const { laptop } = seat.desk
  const subjects = await seat.registerMany(['four', 'five', 'six'])
  const secretNames = subjects.map(seat.nameOf)
  laptop.aws.configure({ throttledRetryMs: 20 })
  const lambda = new LambdaClient({
    endpoint: laptop.address.aws,
    region: laptop.address.region,
    credentials: credentialsOf('admin'),
  })
  const FunctionName = 'm2m-laptop-campaign'
  await lambda.send(new PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions: 1 }))

  const input = { intent: 'revoke', selector: { secretNames }, incidentId: 'INC-1', concurrency: 2 }
  const report = await seat.endOf(await seat.start(input))

  expect(report).toMatchObject({ outcome: 'completed', counts: { selected: 3, settled: 3, failed: 0 } })
  expect(subjects.every(seat.isSettled)).toBe(true)
  lambda.destroy()
})
