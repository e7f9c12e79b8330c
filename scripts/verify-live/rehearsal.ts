// The laptop in place of Stytch and AWS, with the probe in its Lambda runner: for `--against-laptop` and for the tests. It shows
// that the checks work and that nothing is left behind; it shows nothing about the real services.
import { fileURLToPath } from 'node:url'
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { awsClientSettings } from '../../lambda/adapters/aws/aws-call.ts'
import { functionArnOf, type Laptop, startLaptop } from '../../lambda/local/laptop/laptop.ts'
import type { Pace } from './run.ts'
import type { VerifyInput } from './verify.ts'

const PROBE = 'm2m-verify-probe'
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
  readonly place: Pick<VerifyInput, 'stytch' | 'aws' | 'elsewhere' | 'pace'>
  close(): Promise<void>
}

export const startRehearsal = async (onLog: (line: string) => void): Promise<Rehearsal> => {
  const modulePath = fileURLToPath(new URL('./probe-function.ts', import.meta.url))
  const laptop = await startLaptop({ stytchPort: 0, awsPort: 0, functions: { [PROBE]: modulePath }, onLog })
  const { address } = laptop
  // So that there is something to see.
  laptop.aws.configure({ replicaLagMs: REPLICA_LAG_MS })
  const clientIn = (region: string): SecretsManagerClient =>
    new SecretsManagerClient({
      ...awsClientSettings,
      endpoint: address.aws,
      region,
      credentials: { accessKeyId: 'laptop', secretAccessKey: 'laptop' },
    })
  const [client, there] = [clientIn(address.region), clientIn(ELSEWHERE)]
  return {
    laptop,
    place: {
      stytch: { projectId: address.project_id, projectSecret: address.project_secret, baseUrl: address.stytch },
      aws: { client, probeArn: functionArnOf(PROBE), accountId: address.account_id },
      elsewhere: { region: ELSEWHERE, client: there },
      pace: rehearsalPace,
    },
    close: async () => {
      client.destroy()
      there.destroy()
      await laptop.close()
    },
  }
}
