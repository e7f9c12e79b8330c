// Clients in each state that there is, made of a seeded fleet: for the test of the page in a browser, and for its pictures.
import {
  CancelRotateSecretCommand,
  CreateSecretCommand,
  DeleteSecretCommand,
  PutSecretValueCommand,
  TagResourceCommand,
} from '@aws-sdk/client-secrets-manager'
import type { ShownState } from '../../../lambda/core/clients/client-status.ts'
import { makeRequestToken, type Origin } from '../../../lambda/core/secret/request-token.ts'
import { TAG } from '../../../lambda/core/secret/secret-tags.ts'
import type { Laptop } from '../../../lambda/local/laptop/laptop.ts'
import { createOperator } from '../../../lambda/local/story/operator.ts'

export const fleetName = (index: number): string => `bench-${String(index).padStart(6, '0')}`

/** Which client of the fleet is in which state; `empty` is one beside the fleet. */
export const fleetStates: Readonly<Record<ShownState, string>> = {
  dead: fleetName(1),
  inactive: fleetName(2),
  gone: fleetName(3),
  held: fleetName(4),
  retired: fleetName(5),
  off: fleetName(6),
  deleted: fleetName(7),
  stuck: fleetName(8),
  foreign: fleetName(9),
  rotating: fleetName(10),
  revoked: fleetName(11),
  overlap: fleetName(12),
  settled: fleetName(13),
  empty: `${fleetName(0)}-without-a-value`,
}

const HOUR_MS = 3_600_000

/** Brings each about as people, functions and colleagues do. The fleet must have 14 clients at least. */
export const putIntoStates = async (laptop: Laptop): Promise<void> => {
  const { secretsManager } = createOperator(laptop.address)
  const { world, aws, stytch } = laptop
  const now = world.clock.now()
  const secretIdOf = (state: ShownState): string => `m2m/laptop/${fleetStates[state]}`
  const clientOf = (state: ShownState): string => aws.peek(secretIdOf(state))?.tags[TAG.client] ?? ''
  const tag = (state: ShownState, Key: string, Value: string) =>
    secretsManager.send(new TagResourceCommand({ SecretId: secretIdOf(state), Tags: [{ Key, Value }] }))
  const { dashboard } = stytch

  /** As a rotation stores a version; without another value, the one that is there. */
  const store = async (state: ShownState, label: string, stored: Stored): Promise<void> => {
    const { origin, askedAt = now, clientSecret } = stored
    const { arn: secretArn = '', versions = [] } = aws.peek(secretIdOf(state)) ?? {}
    const before = versions[0]?.value ?? '{}'
    const value = { ...(JSON.parse(before) as object), ...(clientSecret && { client_secret: clientSecret }) }
    await secretsManager.send(
      new PutSecretValueCommand({
        SecretId: secretIdOf(state),
        ClientRequestToken: makeRequestToken({ origin, askedAt, secretArn, about: state, attempt: 1 }),
        SecretString: clientSecret === undefined ? before : JSON.stringify(value),
        VersionStages: [label],
      }),
    )
  }

  dashboard.rotateStart(clientOf('dead'))
  dashboard.rotateComplete(clientOf('dead'))
  dashboard.setStatus(clientOf('inactive'), 'inactive')
  dashboard.remove(clientOf('gone'))
  await tag('held', TAG.held, new Date(now).toISOString())
  await tag('retired', TAG.retired, '2026-01-01T00:00:00.000Z')
  dashboard.setStatus(clientOf('retired'), 'inactive')
  await secretsManager.send(new CancelRotateSecretCommand({ SecretId: secretIdOf('off') }))
  await secretsManager.send(new DeleteSecretCommand({ SecretId: secretIdOf('deleted'), RecoveryWindowInDays: 7 }))
  await store('stuck', 'AWSPENDING', { origin: 'rotate', askedAt: now - HOUR_MS })
  // Two secrets are tagged for one client, which names the other one as its holder.
  await tag('foreign', TAG.client, clientOf('settled'))
  const pending = dashboard.rotateStart(clientOf('rotating'))
  await store('rotating', 'AWSPENDING', { origin: 'rotate', clientSecret: pending })
  for (const [state, origin] of [
    ['revoked', 'revoke'],
    ['overlap', 'rotate'],
  ] as const) {
    const clientSecret = dashboard.rotateStart(clientOf(state))
    await store(state, 'AWSCURRENT', { origin, clientSecret })
  }
  await secretsManager.send(
    new CreateSecretCommand({ Name: secretIdOf('empty'), Tags: [{ Key: TAG.client, Value: 'm2m-client-test-empty' }] }),
  )
  stytch.seed({ clientId: 'm2m-client-test-empty' })
  secretsManager.destroy()
}

interface Stored {
  readonly origin: Origin
  readonly askedAt?: number
  readonly clientSecret?: string
}
