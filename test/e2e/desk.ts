// A user's desk at the laptop: the plain AWS SDK and the stand-ins' routes, over HTTP, with the real handler in processes of its
// own. What a user cannot see (stored values, Stytch's slots) is read in process, without a call, so that calls can be counted.
import { randomUUID } from 'node:crypto'
import { RotateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm'
import type { Bounds } from '../../lambda/core/rotation/bounds.ts'
import type { FreezeState } from '../../lambda/core/rotation/freeze.ts'
import { makeRequestToken, type Origin } from '../../lambda/core/secret/request-token.ts'
import type { AwsSettings } from '../../lambda/local/aws/settings.ts'
import { credentialsOf } from '../../lambda/local/iam/people.ts'
import type { Laptop, LaptopInput } from '../../lambda/local/laptop/laptop.ts'
import { guardingOf } from '../../lambda/local/story/guarding.ts'
import { createOperator, type Operator } from '../../lambda/local/story/operator.ts'
import { startTestLaptop, storeByHand } from '../fakes/laptop.ts'
import { LAPTOP_FREEZE } from '../fakes/laptop-names.ts'
import { callsOf, endOf } from './control.ts'
import { until } from './spawned.ts'

export interface Subject {
  readonly secretArn: string
  readonly clientId: string
}

export interface Asked {
  readonly token: string
  readonly outcome: string
}

/** How often the function called each operation, for one secret and its client. */
export interface Calls {
  readonly secretsManager: Readonly<Record<string, number>>
  readonly stytch: Readonly<Record<string, number>>
}

export interface LogLine {
  readonly step: string
  readonly requestToken: string
  readonly outcome: string
  readonly reason?: string
  readonly message?: string
}

export interface Desk {
  readonly laptop: Laptop
  /** As break-glass: whoever registers, reads and changes by hand. */
  readonly operator: Operator
  /** As an operator. */
  readonly client: SecretsManagerClient
  /** Every line that the handler's processes wrote. */
  readonly log: string[]
  register(): Promise<Subject>
  /** RotateSecret with a token of this intent; waits for the end, without a call to either vendor. */
  ask(subject: Subject, origin: Origin): Promise<Asked>
  /** As `ask`, for a token of the caller's. */
  askWith(subject: Subject, token: string): Promise<Asked>
  /** The log's lines on this token, once there is one of this outcome. */
  linesOn(token: string, outcome: string): Promise<readonly LogLine[]>
  /** What `work` made the function call. */
  counted<Value>(
    subject: Subject,
    work: () => Promise<Value>,
  ): Promise<{ readonly value: Value; readonly calls: Calls }>
  /** The JSON under a label, parsed. */
  stored(subject: Subject, label: string): Readonly<Record<string, unknown>>
  /** The client secret under a label. */
  valueUnder(subject: Subject, label: string): string
  holderOf(subject: Subject, label: string): string | undefined
  accepts(subject: Subject, value: string): boolean
  /** Everything at both sides that a rotation could change. */
  stateOf(subject: Subject): object
  putByHand(subject: Subject, text: string): Promise<void>
  /** As an operator does. */
  freeze(state: FreezeState): Promise<void>
  close(): Promise<void>
}

const tally = (ops: readonly string[]): Readonly<Record<string, number>> => {
  const counts: Record<string, number> = {}
  for (const op of ops.toSorted()) counts[op] = (counts[op] ?? 0) + 1
  return counts
}

export const total = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((sum, count) => sum + count, 0)

const parseLine = (line: string): LogLine | undefined => {
  try {
    return JSON.parse(line) as LogLine
  } catch {
    return undefined
  }
}

export const openDesk = async (
  awsSettings: Partial<AwsSettings> = {},
  bounds?: Bounds,
  more: Partial<LaptopInput> = {},
): Promise<Desk> => {
  const log: string[] = []
  const laptop = await startTestLaptop({
    awsSettings: { redriveSpacingMs: 50, ...awsSettings },
    onLog: (line) => log.push(line),
    ...(bounds === undefined ? {} : { bounds }),
    ...more,
  })
  const { address } = laptop
  const operator = createOperator(address, guardingOf(laptop))
  const place = { endpoint: address.aws, region: address.region }
  const client = new SecretsManagerClient({ ...place, credentials: credentialsOf('operator') })
  const systems = new SSMClient({ ...place, credentials: credentialsOf('operator') })

  const versionsOf = ({ secretArn }: Subject) => laptop.aws.peek(secretArn)?.versions ?? []
  const textUnder = (subject: Subject, label: string): string =>
    versionsOf(subject).find(({ stages }) => stages.includes(label))?.value ?? '{}'
  const stored = (subject: Subject, label: string) =>
    JSON.parse(textUnder(subject, label)) as Readonly<Record<string, unknown>>

  const askWith: Desk['askWith'] = async ({ secretArn }, token) => {
    await client.send(new RotateSecretCommand({ SecretId: secretArn, ClientRequestToken: token }))
    return { token, outcome: await endOf(address.aws, token) }
  }

  return {
    laptop,
    operator,
    client,
    log,
    register: () => operator.register(`client_${randomUUID()}`, ['read:things']),
    askWith,
    ask: (subject, origin) => {
      const { secretArn } = subject
      const askedAt = laptop.world.clock.now()
      // A settle is about the version that it ends the overlap of.
      const about =
        origin === 'settle'
          ? (versionsOf(subject).find(({ stages }) => stages.includes('AWSCURRENT'))?.id ?? '')
          : randomUUID()
      return askWith(subject, makeRequestToken({ origin, askedAt, secretArn, about, attempt: 1 }))
    },
    linesOn: (token, outcome) =>
      until(() => {
        const lines = log.map(parseLine).filter((line) => line?.requestToken === token)
        return lines.some((line) => line?.outcome === outcome) ? lines.filter((line) => line !== undefined) : undefined
      }, `the log's ${outcome} on ${token}`),
    counted: async ({ secretArn, clientId }, work) => {
      const before = { aws: await callsOf(address.aws), stytch: await callsOf(address.stytch) }
      const value = await work()
      const since = async (origin: string, seen: number, subject: string): Promise<readonly string[]> =>
        (await callsOf(origin))
          .slice(seen)
          .filter((call) => call.subject === subject)
          .map(({ op }) => op)
      const aws = await since(address.aws, before.aws.length, secretArn)
      return {
        value,
        calls: {
          secretsManager: tally(aws.filter((op) => op !== 'RotateSecret')),
          stytch: tally(await since(address.stytch, before.stytch.length, clientId)),
        },
      }
    },
    stored,
    valueUnder: (subject, label) => String(stored(subject, label).client_secret),
    holderOf: (subject, label) => versionsOf(subject).find(({ stages }) => stages.includes(label))?.id,
    accepts: ({ clientId }, value) => laptop.stytch.accepts(clientId, value),
    stateOf: (subject) => ({
      versions: versionsOf(subject).filter(({ stages }) => stages.length > 0),
      rotation: laptop.aws.peek(subject.secretArn)?.rotation,
      tags: laptop.aws.peek(subject.secretArn)?.tags,
      slots: laptop.stytch.slots(subject.clientId),
      metadata: laptop.stytch.trustedMetadata(subject.clientId),
      clients: laptop.stytch.clientIds(),
    }),
    putByHand: async ({ secretArn }, text) => {
      await storeByHand(laptop, secretArn, text)
    },
    freeze: async (Value) => {
      await systems.send(new PutParameterCommand({ Name: LAPTOP_FREEZE, Value, Type: 'String', Overwrite: true }))
    },
    close: async () => {
      for (const one of [client, systems]) one.destroy()
      operator.secretsManager.destroy()
      await laptop.close()
    },
  }
}
