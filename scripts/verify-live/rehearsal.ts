// The laptop in place of Stytch and AWS, with the probe in its Lambda runner: for `--against-laptop` and for the tests. It shows
// that the checks work and that nothing is left behind; it shows nothing about the real services.
import { fileURLToPath } from 'node:url'
import { LambdaClient } from '@aws-sdk/client-lambda'
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { awsClientSettings } from '../../lambda/adapters/aws/aws-call.ts'
import { functionArnOf, type Laptop, startLaptop } from '../../lambda/local/laptop/laptop.ts'
import type { Pace } from './run.ts'
import type { VerifyInput } from './verify.ts'

const PROBE = 'm2m-verify-probe'
const DURABLE = ['m2m-verify-durable', 'm2m-verify-durable-2'] as const
const ELSEWHERE = 'eu-north-1'
const REPLICA_LAG_MS = 400

/** The stand-ins re-drive twice, a second apart; a machine that is busy may need a minute to start the probe's process. */
const rehearsalPace: Pace = {
  pollMs: 40,
  atOnceMs: 500,
  stepWaitMs: 60_000,
  shortWaitMs: 6000,
  lagPollMs: 25,
  lagQuietMs: 1000,
  redriveWaitMs: 8000,
}

export interface Rehearsal {
  readonly laptop: Laptop
  readonly place: Pick<VerifyInput, 'stytch' | 'aws' | 'durable' | 'elsewhere' | 'pace'>
  close(): Promise<void>
}

export const startRehearsal = async (onLog: (line: string) => void): Promise<Rehearsal> => {
  const modulePath = fileURLToPath(new URL('./probe-function.ts', import.meta.url))
  const durablePath = fileURLToPath(new URL('./durable-probe.ts', import.meta.url))
  const laptop = await startLaptop({
    stytchPort: 0,
    awsPort: 0,
    functions: { [PROBE]: modulePath },
    durableFunctions: Object.fromEntries(DURABLE.map((name) => [name, durablePath])),
    onLog,
  })
  const { address } = laptop
  // So that there is something to see.
  laptop.aws.configure({ replicaLagMs: REPLICA_LAG_MS })
  const settingsIn = (region: string) => ({
    ...awsClientSettings,
    endpoint: address.aws,
    region,
    credentials: { accessKeyId: 'laptop', secretAccessKey: 'laptop' },
  })
  const client = new SecretsManagerClient(settingsIn(address.region))
  const there = new SecretsManagerClient(settingsIn(ELSEWHERE))
  const lambda = new LambdaClient(settingsIn(address.region))
  return {
    laptop,
    place: {
      stytch: { projectId: address.project_id, projectSecret: address.project_secret, baseUrl: address.stytch },
      aws: { client, probeArn: functionArnOf(PROBE), accountId: address.account_id },
      durable: { client: lambda, arns: [functionArnOf(DURABLE[0]), functionArnOf(DURABLE[1])] },
      elsewhere: { region: ELSEWHERE, client: there },
      pace: rehearsalPace,
    },
    close: async () => {
      client.destroy()
      lambda.destroy()
      there.destroy()
      await laptop.close()
    },
  }
}
