// Clients in each state that people bring about, made of a seeded fleet: for the test of the page in a browser, and for its pictures.
import {
  CancelRotateSecretCommand,
  DeleteSecretCommand,
  PutSecretValueCommand,
  TagResourceCommand,
} from '@aws-sdk/client-secrets-manager'
import { makeRequestToken } from '../../../lambda/core/secret/request-token.ts'
import { TAG } from '../../../lambda/core/secret/secret-tags.ts'
import type { Laptop } from '../../../lambda/local/laptop/laptop.ts'
import { createOperator } from '../../../lambda/local/story/operator.ts'

export const fleetName = (index: number): string => `bench-${String(index).padStart(6, '0')}`

/** dead, inactive, gone, held, retired, off, deleted and stuck: clients 1 to 8 of a fleet. */
export const putIntoStates = async (laptop: Laptop): Promise<void> => {
  const { secretsManager } = createOperator(laptop.address)
  const idOf = (index: number): string => `m2m/laptop/${fleetName(index)}`
  const clientOf = (index: number): string => laptop.aws.peek(idOf(index))?.tags[TAG.client] ?? ''
  const tag = (index: number, Key: string, Value: string) =>
    secretsManager.send(new TagResourceCommand({ SecretId: idOf(index), Tags: [{ Key, Value }] }))
  const { dashboard } = laptop.stytch
  dashboard.rotateStart(clientOf(1))
  dashboard.rotateComplete(clientOf(1))
  dashboard.setStatus(clientOf(2), 'inactive')
  dashboard.remove(clientOf(3))
  await tag(4, TAG.held, new Date(laptop.world.clock.now()).toISOString())
  await tag(5, TAG.retired, '2026-01-01T00:00:00.000Z')
  await secretsManager.send(new CancelRotateSecretCommand({ SecretId: idOf(6) }))
  await secretsManager.send(new DeleteSecretCommand({ SecretId: idOf(7), RecoveryWindowInDays: 7 }))
  const secretArn = laptop.aws.peek(idOf(8))?.arn ?? ''
  const askedAt = laptop.world.clock.now() - 3_600_000
  await secretsManager.send(
    new PutSecretValueCommand({
      SecretId: idOf(8),
      ClientRequestToken: makeRequestToken({ origin: 'rotate', askedAt, secretArn, about: 'stuck', attempt: 1 }),
      SecretString: laptop.aws.peek(idOf(8))?.versions[0]?.value ?? '',
      VersionStages: ['AWSPENDING'],
    }),
  )
  secretsManager.destroy()
}
