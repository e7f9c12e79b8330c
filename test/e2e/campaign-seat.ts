// Campaigns on the laptop, as an operator meets them: started over HTTP by the AWS SDK, watched by their events. Beside that it knows what
// nobody outside could: the checkpoints, and how to kill the campaign's processes. Not a test itself.
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { readRequestToken } from '../../lambda/core/secret/request-token.ts'
import type { AwsSettings } from '../../lambda/local/aws/settings.ts'
import { credentialsOf } from '../../lambda/local/iam/people.ts'
import type { Fault } from '../../lambda/local/stand-in/faults.ts'
import { type Desk, openDesk, type Subject } from './desk.ts'

export const HOUR_MS = 3_600_000
export const DAY_MS = 24 * HOUR_MS
const CAMPAIGN = 'm2m-laptop-campaign:live'
/** Of a whole campaign of a test's on a busy machine. */
const PATIENCE_MS = 240_000
const REGISTERED_AT_ONCE = 6
const MOST_KILLS = 12

export interface Report {
  readonly campaignId: string
  readonly outcome: string
  readonly needsSomebody: boolean
  readonly counts: Readonly<Record<string, unknown>>
  readonly failures: readonly { readonly secretName: string; readonly why: string }[]
  readonly secretNames?: readonly string[]
}

export interface CampaignSeat {
  readonly desk: Desk
  registerMany(names: readonly string[]): Promise<readonly Subject[]>
  nameOf(subject: Subject): string
  /** @returns the execution's ARN. */
  start(input: Readonly<Record<string, unknown>>, executionName?: string): Promise<string>
  /** Waits for the end, and passes a day as soon as all that is left is waiting for overlaps. */
  endOf(executionArn: string): Promise<Report>
  /** How often each intent has made a version of this secret. */
  attempts(subject: Subject): Readonly<Record<string, number>>
  /** Nothing half-done: one value, accepted, and no second one at Stytch. */
  isSettled(subject: Subject): boolean
  /** About one call in fifty to either vendor goes wrong, in turn in each way that there is. */
  failTwoPercent(): void
  failNothing(): void
  /**
   * Kills whatever the campaign's processes are at, after a few checkpoints each time, so that they get on. @returns stops it, and says
   * how many it hit.
   */
  killAtRandom(): () => number
  close(): Promise<void>
}

const kinds: readonly Fault['kind'][] = ['error', 'drop_reply', 'throttle', 'reset', 'html', 'garble']

export const openCampaigns = async (
  awsSettings: Partial<AwsSettings> = {},
  patienceMs = PATIENCE_MS,
): Promise<CampaignSeat> => {
  const desk = await openDesk({ asyncRetryMs: 50, ...awsSettings })
  const { laptop } = desk
  const { aws, region } = laptop.address
  const lambda = new LambdaClient({
    endpoint: aws,
    region,
    credentials: credentialsOf('operator'),
    maxAttempts: 10,
  })

  const stops: (() => void)[] = []
  const checkpoints = (): number =>
    laptop.aws.durableExecutions().reduce((sum, execution) => sum + execution.operationCount(), 0)
  const executionOf = (arn: string) => laptop.aws.durableExecutions().find(({ input }) => input.arn === arn)
  const isWaitingForOverlaps = (): boolean => {
    const running = laptop.aws.durableExecutions().filter((one) => one.status() === 'RUNNING')
    const pages = running.filter(({ input }) => 'page' in (JSON.parse(input.payload) as object))
    // The campaign waits for the first overlap, each page for its own last one.
    const isAsleep = (one: (typeof running)[number]): boolean =>
      one.operations().some(({ name, status }) => name === 'overlap' && status === 'STARTED')
    return running.some(isAsleep) && pages.every(isAsleep)
  }

  const endOf = async (arn: string): Promise<Report> => {
    const deadline = Date.now() + patienceMs
    for (;;) {
      const execution = executionOf(arn)
      if (execution !== undefined && execution.status() !== 'RUNNING') {
        if (execution.status() !== 'SUCCEEDED') throw new Error(JSON.stringify(execution.error()))
        const published = laptop.aws.events().filter(({ detailType }) => detailType === 'Campaign Completed')
        const detail = published.at(-1)?.detail
        if (detail === undefined) throw new Error('The campaign ended without a word.')
        return detail as Report
      }
      if (isWaitingForOverlaps()) laptop.world.clock.advance(DAY_MS + 120_000)
      if (Date.now() > deadline) throw new Error(`The campaign did not end within ${patienceMs / 1000} s.`)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }

  return {
    desk,
    registerMany: async (names) => {
      const subjects: Subject[] = []
      for (let at = 0; at < names.length; at += REGISTERED_AT_ONCE) {
        const some = names.slice(at, at + REGISTERED_AT_ONCE)
        subjects.push(...(await Promise.all(some.map((name) => desk.operator.register(name, ['read:things'])))))
      }
      return subjects
    },
    nameOf: ({ secretArn }) => laptop.aws.peek(secretArn)?.name ?? '',
    start: async (input, executionName) => {
      const Payload = JSON.stringify({ requestedBy: 'on-call', reason: 'a test', ...input })
      const { DurableExecutionArn = '' } = await lambda.send(
        new InvokeCommand({
          FunctionName: CAMPAIGN,
          InvocationType: 'Event',
          Payload,
          ...(executionName === undefined ? {} : { DurableExecutionName: executionName }),
        }),
      )
      return DurableExecutionArn
    },
    endOf,
    attempts: ({ secretArn }) => {
      const counts: Record<string, number> = {}
      for (const { id } of laptop.aws.peek(secretArn)?.versions ?? []) {
        const { origin } = readRequestToken(id)
        counts[origin] = (counts[origin] ?? 0) + 1
      }
      return counts
    },
    isSettled: (subject) =>
      desk.accepts(subject, desk.valueUnder(subject, 'AWSCURRENT')) &&
      desk.holderOf(subject, 'AWSPENDING') === undefined &&
      laptop.stytch.slots(subject.clientId)?.nextLastFour === null,
    failTwoPercent: () => {
      for (const { faults } of [laptop.aws, laptop.stytch.server]) {
        let calls = 0
        let failures = 0
        faults.setPolicy((op) => {
          calls += 1
          if (calls % 50 !== 0) return undefined
          failures += 1
          return { op, kind: kinds[failures % kinds.length] ?? 'error', status: 500 }
        })
      }
    },
    failNothing: () => {
      laptop.aws.faults.setPolicy(undefined)
      laptop.stytch.server.faults.setPolicy(undefined)
    },
    killAtRandom: () => {
      let hits = 0
      let seen = checkpoints()
      let wanted = 1
      const timer = setInterval(() => {
        if (checkpoints() < seen + wanted) return
        hits += laptop.lambda('campaign').running()
        laptop.lambda('campaign').kill()
        seen = checkpoints()
        wanted = 1 + Math.floor(Math.random() * 10)
        if (hits >= MOST_KILLS) clearInterval(timer)
      }, 5)
      stops.push(() => clearInterval(timer))
      return () => {
        clearInterval(timer)
        return hits
      }
    },
    close: async () => {
      for (const stop of stops) stop()
      lambda.destroy()
      await desk.close()
    },
  }
}
