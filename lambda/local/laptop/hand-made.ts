// The secrets that a person stores by hand before a stage is deployed (docs/deploying.md): the Stytch project's, the workspace key where that is
// rotated, and a key of the detectors'; and the rotation that a template turns on for one of them. Whoever empties the laptop wants to go on with it: they are stored again.

import { randomBytes } from 'node:crypto'
import { RotateSecretCommand, SecretsManagerClient, TagResourceCommand } from '@aws-sdk/client-secrets-manager'
import { awsClientSettings } from '../../adapters/aws/aws-call.ts'
import { VEND_TAG } from '../../core/vend/scope-rule.ts'
import type { AwsStandIn } from '../aws/aws-stand-in.ts'
import { DEPLOYER } from '../iam/people.ts'
import type { SecretHost } from '../stack/host.ts'
import type { StageSettings } from '../stack/stage-settings.ts'
import type { WorkspaceKey } from '../stytch/workspace.ts'
import { awaitRest } from './await-rest.ts'

const PATIENCE_MS = 60_000

export interface HandMadePlace {
  readonly aws: Pick<AwsStandIn, 'seed' | 'peek'>
  readonly awsUrl: () => string
  readonly region: string
  readonly projectSecret: string
  readonly workspaceKey: WorkspaceKey
}

export interface HandMade extends SecretHost {
  /** Those of a stage that are not there yet. */
  store(settings: Pick<StageSettings, 'projectId' | 'projectSecret' | 'handMade'>): void
  /** As people say what a client gets that asks for no scope (docs/vending.md). */
  tagDefaults(secretId: string, scopes: readonly string[]): Promise<void>
  /** After everything was emptied. */
  restore(): Promise<void>
}

export const createHandMade = ({ aws, awsUrl, region, projectSecret, workspaceKey }: HandMadePlace): HandMade => {
  const values = new Map<string, object>()
  const signingKey = randomBytes(32).toString('base64url')
  const rotated = new Map<string, readonly [functionArn: string, rules: object]>()

  const seed = (): void => {
    for (const [name, value] of values) {
      if (aws.peek(name) !== undefined) continue
      const versionId = '00000000-0000-4000-8000-000000000001'
      aws.seed({ name, text: JSON.stringify(value), versionId, tags: {} })
    }
  }

  const withClient = async (
    act: (client: SecretsManagerClient) => Promise<unknown>,
    accessKeyId = DEPLOYER,
  ): Promise<void> => {
    const client = new SecretsManagerClient({
      ...awsClientSettings,
      endpoint: awsUrl(),
      region,
      credentials: { accessKeyId, secretAccessKey: 'x' },
    })
    try {
      await act(client)
    } finally {
      client.destroy()
    }
  }

  /** Back once the dry run of turning rotation on is over. */
  const turnOn = (secretId: string, functionArn: string, rules: object): Promise<void> =>
    withClient(async (client) => {
      await client.send(
        new RotateSecretCommand({
          SecretId: secretId,
          RotationLambdaARN: functionArn,
          RotationRules: rules,
          RotateImmediately: false,
        }),
      )
      const message = `the rotation of ${secretId} did not come to rest`
      await awaitRest(client, secretId, { patienceMs: PATIENCE_MS, message })
    })

  return {
    tagDefaults: (secretId, scopes) => {
      const Tags = [{ Key: VEND_TAG.defaults, Value: scopes.join(' ') }]
      const tag = new TagResourceCommand({ SecretId: secretId, Tags })
      // Nobody else of the people may write tags that decide something.
      const message = `the rotation of ${secretId} did not come to rest`
      const act = async (client: SecretsManagerClient): Promise<void> => {
        await client.send(tag)
        await awaitRest(client, secretId, { patienceMs: PATIENCE_MS, message })
      }
      return withClient(act, 'break-glass')
    },
    store: ({ projectId, projectSecret: name, handMade }) => {
      values.set(name, { project_id: projectId, secret: projectSecret })
      const { keyId: key_id, keySecret: secret } = workspaceKey
      for (const one of handMade) {
        if (one.kind === 'workspaceKey') values.set(one.name, { key_id, secret })
        if (one.kind === 'signingSecret') values.set(one.name, { plain: { current: signingKey } })
      }
      seed()
    },
    restore: async () => {
      seed()
      for (const [secretId, [functionArn, rules]] of rotated) await turnOn(secretId, functionArn, rules)
    },
    rotate: async (secretId, functionArn, rules) => {
      await turnOn(secretId, functionArn, rules)
      rotated.set(secretId, [functionArn, rules])
    },
    stopRotating: async (secretId) => {
      rotated.delete(secretId)
    },
  }
}
