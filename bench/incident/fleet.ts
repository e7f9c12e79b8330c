// A fleet whose secrets leak: registered clients with their values stored and rotation on, as many as wanted, made as fast as the stand-ins
// go. And what must hold afterwards: nothing that was accepted before is accepted, and every client is settled.
import { randomBytes } from 'node:crypto'
import { CreateSecretCommand, RotateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { makeRequestToken } from '../../lambda/core/secret/request-token.ts'
import { TAG } from '../../lambda/core/secret/secret-tags.ts'
import { credentialsOf } from '../../lambda/local/iam/people.ts'
import { LAPTOP_PREFIX } from '../../lambda/local/laptop/deployment.ts'
import type { Laptop } from '../../lambda/local/laptop/laptop.ts'

const AT_ONCE = 24

export interface Leaked {
  readonly name: string
  readonly clientId: string
  readonly value: string
}

export const createLeakedFleet = async (laptop: Laptop, clients: number): Promise<readonly Leaked[]> => {
  const { address, aws, stytch } = laptop
  const { aws: endpoint, region } = address
  // As the clients function stores clients: with its rights, under the stage's key.
  const secretsManager = new SecretsManagerClient({
    endpoint,
    region,
    credentials: credentialsOf('m2m-laptop-clients-us-east-1'),
  })
  const { KeyArn: KmsKeyId } = laptop.stack.outputs()
  aws.configure({ enforceQuotas: false })
  const fleet: Leaked[] = []
  const add = async (at: number): Promise<void> => {
    const clientId = `m2m-client-test-bench-${String(at).padStart(5, '0')}`
    const name = `${LAPTOP_PREFIX}bench-${String(at).padStart(5, '0')}`
    const value = randomBytes(33).toString('base64url')
    const about = { origin: 'register', askedAt: Date.now(), secretArn: name, about: clientId, attempt: 1 } as const
    const { ARN = '' } = await secretsManager.send(
      new CreateSecretCommand({
        Name: name,
        ClientRequestToken: makeRequestToken(about),
        SecretString: JSON.stringify({
          client_id: clientId,
          client_secret: value,
          project_id: address.project_id,
          token_url: `${address.stytch}/v1/public/${address.project_id}/oauth2/token`,
        }),
        KmsKeyId,
        Tags: [{ Key: TAG.client, Value: clientId }],
      }),
    )
    stytch.seed({ clientId, secret: value, scopes: ['read:things'], trustedMetadata: { managed_by: ARN } })
    await secretsManager.send(
      new RotateSecretCommand({
        SecretId: ARN,
        RotationLambdaARN: address.rotation_lambda_arn,
        RotationRules: { AutomaticallyAfterDays: 60 },
        RotateImmediately: false,
      }),
    )
    fleet.push({ name, clientId, value })
  }
  let next = 0
  const work = async (): Promise<void> => {
    for (let at = next++; at < clients; at = next++) await add(at)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  await aws.idle()
  aws.configure({ enforceQuotas: true })
  secretsManager.destroy()
  return fleet
}

/** @returns what is not as a revoke of all must leave it, one sentence each. */
export const leftBehind = ({ aws, stytch }: Laptop, fleet: readonly Leaked[]): readonly string[] =>
  fleet.flatMap(({ name, clientId, value }) => {
    const current = aws.peek(name)?.versions.find(({ stages }) => stages.includes('AWSCURRENT'))
    const stored = (JSON.parse(current?.value ?? '{}') as { client_secret?: string }).client_secret ?? ''
    return [
      ...(stytch.accepts(clientId, value) ? [`${name}: the leaked value is still accepted`] : []),
      ...(stytch.accepts(clientId, stored) ? [] : [`${name}: AWSCURRENT is refused`]),
      ...(current?.id.startsWith('settle-') === true ? [] : [`${name}: AWSCURRENT is on ${current?.id ?? 'nothing'}`]),
      ...(stytch.slots(clientId)?.nextLastFour === null ? [] : [`${name}: a next secret is left`]),
    ]
  })
