// The project's own secret on the laptop, as a deployment has it: in a secret of its own, beside the workspace key in another, with its
// rotation on. Everything else of it is the deployed handler (functions.ts).

import { CreateSecretCommand, RotateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { awsClientSettings } from '../../adapters/aws/aws-call.ts'
import type { WorkspaceKey } from '../stytch/workspace.ts'
import { awaitRest } from './await-rest.ts'

export const LAPTOP_PROJECT_SECRET = 'stytch/m2m-laptop'
export const LAPTOP_WORKSPACE_KEY = 'stytch/m2m-laptop-workspace'

const PATIENCE_MS = 30_000

/** Stored as docs/deploying.md says, by hand; back once the dry run of turning rotation on is over. @returns the secret's ARN. */
export const storeProjectSecret = async (place: {
  readonly aws: string
  readonly region: string
  readonly projectId: string
  readonly projectSecret: string
  readonly workspaceKey: WorkspaceKey
  readonly rotationFunctionArn: string
}): Promise<string> => {
  const { projectId, projectSecret, workspaceKey } = place
  const client = new SecretsManagerClient({
    ...awsClientSettings,
    endpoint: place.aws,
    region: place.region,
    credentials: { accessKeyId: 'laptop', secretAccessKey: 'laptop' },
  })
  const store = async (Name: string, value: object): Promise<string> => {
    const { ARN = '' } = await client.send(new CreateSecretCommand({ Name, SecretString: JSON.stringify(value) }))
    return ARN
  }
  try {
    await store(LAPTOP_WORKSPACE_KEY, { key_id: workspaceKey.keyId, secret: workspaceKey.keySecret })
    const arn = await store(LAPTOP_PROJECT_SECRET, { project_id: projectId, secret: projectSecret })
    await client.send(
      new RotateSecretCommand({
        SecretId: arn,
        RotationLambdaARN: place.rotationFunctionArn,
        RotationRules: { AutomaticallyAfterDays: 90 },
        RotateImmediately: false,
      }),
    )
    const message = 'the rotation of the project secret did not come to rest'
    await awaitRest(client, arn, { patienceMs: PATIENCE_MS, message })
    return arn
  } finally {
    client.destroy()
  }
}
