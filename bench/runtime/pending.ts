// A rotation that stands still behind createSecret: its pending value is stored and accepted, so that testSecret can be asked for as often as
// one likes, and does the same each time: a read, and an exchange with Stytch.

import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { CreateSecretCommand, RotateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { WITHOUT_LAG } from '../../lambda/core/rotation/bounds.ts'
import { TAG } from '../../lambda/core/secret/secret-tags.ts'
import { writeRotationEnv } from '../../lambda/env/rotation.ts'
import { createAwsStandIn } from '../../lambda/local/aws/aws-stand-in.ts'
import { awsEnvironment } from '../../lambda/local/laptop/laptop.ts'
import { startLambda } from '../../lambda/local/runner/lambda-runner.ts'
import { createWorld } from '../../lambda/local/stand-in/world.ts'
import { createStytchStandIn } from '../../lambda/local/stytch/stytch-stand-in.ts'

export interface PendingPlace {
  readonly env: Readonly<Record<string, string>>
  /** testSecret. */
  readonly event: object
  close(): Promise<void>
}

const FUNCTION = 'arn:aws:lambda:us-east-1:000000000000:function:bench'
const PROJECT_SECRET_ID = 'stytch/bench'
const TOKEN = `rotate-${Date.now()}-${'0'.repeat(32)}`

export const startPending = async (): Promise<PendingPlace> => {
  const world = createWorld()
  const projectId = 'project-test-11111111-1111-4111-8111-111111111111'
  const projectSecret = 'secret-test-bench-bench-bench'
  const stytch = createStytchStandIn({ world, projectId, projectSecret })
  const aws = createAwsStandIn({
    world,
    invoke: (_arn, event) => (event.Step === 'createSecret' ? lambda.invoke(event) : new Promise(() => {})),
  })
  const [stytchUrl, awsUrl] = [await stytch.server.listen(0), await aws.listen(0)]
  const env = {
    ...awsEnvironment(awsUrl, 'bench'),
    ...writeRotationEnv({
      stage: 'bench',
      stytch: { projectId, projectSecret: { kind: 'stored', secretId: PROJECT_SECRET_ID }, baseUrl: stytchUrl },
      eventBus: 'm2m-bench',
      freeze: { parameter: '/m2m/bench/freeze' },
      bounds: WITHOUT_LAG,
    }),
    // For the forms that are not ours.
    STYTCH_SECRET_ID: PROJECT_SECRET_ID,
  }
  const modulePath = fileURLToPath(new URL('../../lambda/handlers/on-rotation.ts', import.meta.url))
  const lambda = startLambda({ modulePath, env, timeoutMs: 30_000, onLog: () => {} })
  const client = new SecretsManagerClient({
    endpoint: awsUrl,
    region: 'us-east-1',
    credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' },
  })
  const keep = { project_id: projectId, secret: projectSecret }
  await client.send(new CreateSecretCommand({ Name: PROJECT_SECRET_ID, SecretString: JSON.stringify(keep) }))
  const { clientId, secret } = stytch.seed({ scopes: ['read:things'] })
  const { ARN = '' } = await client.send(
    new CreateSecretCommand({
      Name: 'm2m/bench/cold',
      SecretString: JSON.stringify({
        client_id: clientId,
        client_secret: secret,
        project_id: projectId,
        token_url: `${stytchUrl}/v1/public/${projectId}/oauth2/token`,
      }),
      Tags: [{ Key: TAG.client, Value: clientId }],
    }),
  )
  const rules = { RotationLambdaARN: FUNCTION, RotationRules: { AutomaticallyAfterDays: 60 } }
  await client.send(new RotateSecretCommand({ SecretId: ARN, ClientRequestToken: TOKEN, ...rules }))
  client.destroy()
  const isStored = (): boolean =>
    aws.peek(ARN)?.versions.some(({ id, value }) => id === TOKEN && value !== undefined) === true
  for (let tries = 0; !isStored(); tries += 1) {
    if (tries > 200) throw new Error('createSecret stored nothing')
    await sleep(50)
  }
  return {
    env,
    event: { Step: 'testSecret', SecretId: ARN, ClientRequestToken: TOKEN },
    close: async () => {
      aws.stopDrives()
      await lambda.close()
      await Promise.all([stytch.server.close(), aws.close()])
    },
  }
}
