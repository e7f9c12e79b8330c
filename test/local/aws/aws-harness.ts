// What the contract tests of the AWS stand-in share: a stand-in on a free port with the real SDK clients pointed at it,
// and a rotation function in process that does what the templates do. Closes everything after each test.
import { randomUUID } from 'node:crypto'
import { EventBridgeClient } from '@aws-sdk/client-eventbridge'
import {
  CreateSecretCommand,
  PutSecretValueCommand,
  RotateSecretCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager'
import { afterEach } from 'vitest'
import { type AwsStandIn, type AwsStandInInput, createAwsStandIn } from '../../../lambda/local/aws/aws-stand-in.ts'
import type { InvokeOutcome, RotationEvent } from '../../../lambda/local/aws/rotation-driver.ts'
import { createWorld, type World } from '../../../lambda/local/stand-in/world.ts'

export const LAMBDA_ARN = 'arn:aws:lambda:us-east-1:000000000000:function:rotation'
/** 2026-03-10T12:34:56.789Z, a Tuesday. */
export const NOON = Date.UTC(2026, 2, 10, 12, 34, 56, 789)
export const DAY_MS = 24 * 60 * 60 * 1000

export interface Aws {
  readonly world: World
  readonly standIn: AwsStandIn
  readonly origin: string
  readonly secrets: SecretsManagerClient
  /** A client whose calls are signed for another Region. */
  readonly secretsIn: (region: string) => SecretsManagerClient
  readonly events: EventBridgeClient
}

const closers: Array<() => Promise<void> | void> = []

afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

/** The world's clock stands still at NOON unless it is advanced. */
export const startAws = async (input: Omit<AwsStandInInput, 'world'> = {}): Promise<Aws> => {
  const world = createWorld(() => NOON)
  const standIn = createAwsStandIn({ world, ...input, settings: { redriveSpacingMs: 1, ...input.settings } })
  const origin = await standIn.listen(0)
  const config = {
    endpoint: origin,
    region: 'us-east-1',
    credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
    maxAttempts: 1,
  }
  const secrets = new SecretsManagerClient(config)
  const events = new EventBridgeClient(config)
  const secretsIn = (there: string): SecretsManagerClient => {
    const client = new SecretsManagerClient({ ...config, region: there })
    closers.push(() => client.destroy())
    return client
  }
  closers.push(async () => {
    secrets.destroy()
    events.destroy()
    await standIn.close()
  })
  return { world, standIn, origin, secrets, secretsIn, events }
}

/** A request as no SDK would send it. */
export const post = async (origin: string, target: string, body: string): Promise<Response> =>
  fetch(origin, { method: 'POST', headers: { 'x-amz-target': target }, body })

export const newToken = (): string => randomUUID()

/** A version id that reads well in a failure: 32 characters. */
export const tokenOf = (word: string): string => word.padEnd(32, '0')

export const createSecret = async (
  { secrets }: Aws,
  name: string,
  value = `value of ${name}`,
): Promise<{ readonly arn: string; readonly versionId: string }> => {
  const created = await secrets.send(new CreateSecretCommand({ Name: name, SecretString: value }))
  return { arn: created.ARN ?? '', versionId: created.VersionId ?? '' }
}

/** Settles with the error's name; fails the test if there was no error. */
export const errorName = async (sent: Promise<unknown>): Promise<string> => {
  try {
    await sent
  } catch (error) {
    return error instanceof Error ? error.name : String(error)
  }
  throw new Error('expected a refusal')
}

export const startRotation = (aws: Aws, secretId: string, token: string): Promise<unknown> =>
  aws.secrets.send(
    new RotateSecretCommand({ SecretId: secretId, ClientRequestToken: token, RotationLambdaARN: LAMBDA_ARN }),
  )

/** The labels by version, as `{ id: 'AWSCURRENT AWSPENDING' }`. */
export const labels = (aws: Aws, secretId: string): Record<string, string> =>
  Object.fromEntries((aws.standIn.peek(secretId)?.versions ?? []).map(({ id, stages }) => [id, stages.join(' ')]))

export interface TestFunction {
  readonly invoke: (lambdaArn: string, event: RotationEvent) => Promise<InvokeOutcome>
  readonly events: RotationEvent[]
  /** To be given once the stand-in is up. */
  connect(aws: Aws): void
  /** Runs before the step; a string is the message of its failure. */
  before(hook: (event: RotationEvent) => string | undefined | Promise<string | undefined>): void
}

const failure = (errorMessage: string): InvokeOutcome => ({ ok: false, errorType: 'Error', errorMessage })

/** Stores a value in createSecret, moves AWSCURRENT in finishSecret; both only if that is still to do. */
export const createTestFunction = (): TestFunction => {
  const events: RotationEvent[] = []
  let aws: Aws | undefined
  let hook: (event: RotationEvent) => string | undefined | Promise<string | undefined> = () => undefined

  const run = async (event: RotationEvent): Promise<void> => {
    const versions = aws?.standIn.peek(event.SecretId)?.versions ?? []
    const current = versions.find(({ stages }) => stages.includes('AWSCURRENT'))
    if (event.Step === 'createSecret' && current?.id !== event.ClientRequestToken) {
      await aws?.secrets.send(
        new PutSecretValueCommand({
          SecretId: event.SecretId,
          ClientRequestToken: event.ClientRequestToken,
          SecretString: `rotated ${event.ClientRequestToken}`,
          VersionStages: ['AWSPENDING'],
          RotationToken: event.RotationToken,
        }),
      )
    }
    if (event.Step === 'finishSecret' && current?.id !== event.ClientRequestToken) {
      await aws?.secrets.send(
        new UpdateSecretVersionStageCommand({
          SecretId: event.SecretId,
          VersionStage: 'AWSCURRENT',
          MoveToVersionId: event.ClientRequestToken,
          RemoveFromVersionId: current?.id,
        }),
      )
    }
  }

  return {
    events,
    connect: (connected) => {
      aws = connected
    },
    before: (next) => {
      hook = next
    },
    invoke: async (_lambdaArn, event) => {
      events.push(event)
      const message = await hook(event)
      if (message !== undefined) return failure(message)
      try {
        await run(event)
        return { ok: true }
      } catch (error) {
        return failure(error instanceof Error ? error.message : 'unknown')
      }
    },
  }
}

/** A stand-in whose rotation function is the test function. */
export const startRotatingAws = async (
  input: Omit<AwsStandInInput, 'world' | 'invoke'> = {},
): Promise<Aws & { readonly fn: TestFunction }> => {
  const fn = createTestFunction()
  const aws = await startAws({ ...input, invoke: fn.invoke })
  fn.connect(aws)
  return { ...aws, fn }
}
