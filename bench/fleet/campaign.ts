// A planned campaign over the whole fleet, from its start to its report; the overlap in between is passed by the clock.

import { setTimeout as sleep } from 'node:timers/promises'
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { DAY_MS } from '../../lambda/core/base/time-units.ts'
import { credentialsOf } from '../../lambda/local/iam/people.ts'
import type { Laptop } from '../../lambda/local/laptop/laptop.ts'
import { type Figure, measure } from './figures.ts'

interface FleetPart {
  readonly laptop: Laptop
  readonly clients: number
  /** Clients under way at once. */
  readonly abreast: number
}

interface Report {
  readonly outcome: string
  readonly counts: {
    readonly selected: number
    readonly switched: number
    readonly settled: number
    readonly failed: number
  }
}

const start = async (laptop: Laptop, input: object): Promise<void> => {
  const { aws, region } = laptop.address
  const lambda = new LambdaClient({ endpoint: aws, region, credentials: credentialsOf('operator') })
  const Payload = JSON.stringify({ reason: 'bench', requestedBy: 'bench', ...input })
  await lambda.send(new InvokeCommand({ FunctionName: 'm2m-laptop-campaign:live', InvocationType: 'Event', Payload }))
  lambda.destroy()
}

const reports = (laptop: Laptop): readonly Report[] =>
  laptop.aws
    .events()
    .flatMap(({ detailType, detail }) =>
      detailType === 'Campaign Completed' ? [JSON.parse(JSON.stringify(detail)) as Report] : [],
    )

/** The campaign or its pages sleep until overlaps are over, and no page is at work: what is left is waiting. */
const isWaiting = (laptop: Laptop): boolean => {
  const running = laptop.aws.durableExecutions().filter((one) => one.status() === 'RUNNING')
  const isAsleep = (one: (typeof running)[number]): boolean =>
    one.operations().some(({ name, status }) => name === 'overlap' && status === 'STARTED')
  const pages = running.filter((one) => 'page' in (JSON.parse(one.input.payload) as object))
  return running.some(isAsleep) && pages.every(isAsleep)
}

export const benchCampaign = async ({ laptop, clients, abreast }: FleetPart): Promise<readonly Figure[]> => {
  const counters = { aws: laptop.aws.calls, stytch: laptop.stytch.server.calls }
  laptop.world.clock.advance(31 * DAY_MS)
  const campaign = await measure(
    counters,
    { what: `campaign, ${abreast} abreast: rotate, settle, report`, clients },
    async () => {
      const before = reports(laptop).length
      await start(laptop, { intent: 'rotate', selector: { due: true }, concurrency: abreast })
      while (reports(laptop).length === before) {
        if (isWaiting(laptop)) laptop.world.clock.advance(DAY_MS + 120_000)
        await sleep(100)
      }
      const report = reports(laptop).at(-1)
      if (report?.counts.settled !== clients) throw new Error(`the campaign ended so: ${JSON.stringify(report)}`)
    },
  )
  return [campaign]
}
