// One sweep over the fleet that apply has made, when nothing is due: what it costs every quarter of an hour. The function is the real one,
// called as EventBridge Scheduler calls it.
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { credentialsOf } from '../../lambda/local/iam/people.ts'
import type { Laptop } from '../../lambda/local/laptop/laptop.ts'
import { type Figure, measure } from './figures.ts'

interface FleetPart {
  readonly laptop: Laptop
  readonly clients: number
}

interface Summary {
  readonly seen: number
  readonly settlesAsked: number
  readonly failed: number
  readonly secretsDead: number
}

/** @throws when the sweep failed. */
export const sweepOnce = async (laptop: Laptop): Promise<Summary> => {
  const { aws, region } = laptop.address
  const lambda = new LambdaClient({
    endpoint: aws,
    region,
    credentials: credentialsOf('admin'),
    maxAttempts: 1,
  })
  try {
    const event = { scheduledAt: new Date(laptop.world.clock.now()).toISOString() }
    const reply = await lambda.send(
      new InvokeCommand({ FunctionName: 'm2m-laptop-sweep', Payload: JSON.stringify(event) }),
    )
    const text = Buffer.from(reply.Payload ?? []).toString('utf8')
    if (reply.FunctionError !== undefined) throw new Error(text)
    return JSON.parse(text) as Summary
  } finally {
    lambda.destroy()
  }
}

export const benchSweep = async ({ laptop, clients }: FleetPart): Promise<readonly Figure[]> => {
  const counters = { aws: laptop.aws.calls, stytch: laptop.stytch.server.calls }
  // The first starts the process.
  await sweepOnce(laptop)
  const idle = await measure(counters, { what: 'sweep, nothing due', clients }, async () => {
    const { seen } = await sweepOnce(laptop)
    if (seen < clients) throw new Error(`the sweep saw ${seen} of ${clients}`)
  })
  return [idle]
}
