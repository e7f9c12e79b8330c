// Waits for what a laptop's rotation shows by its labels: turning rotation on is a dry run, which holds AWSPENDING until it has ended.
import { setTimeout as sleep } from 'node:timers/promises'
import { DescribeSecretCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { pollUntil } from '../../core/base/poll-until.ts'
import { labelled, PENDING } from '../../core/secret/labels.ts'

const POLL_MS = 25

/** @throws Error `message`, when it does not hold within `patienceMs` */
export const awaitThat = async (
  holds: () => Promise<boolean>,
  { patienceMs, message }: { readonly patienceMs: number; readonly message: string },
): Promise<void> => {
  const timing = { now: Date.now, wait: (ms: number) => sleep(ms) }
  const polling = { timing, everyMs: POLL_MS, until: Date.now() + patienceMs }
  if (!(await pollUntil(holds, (isSo) => isSo, polling))) throw new Error(message)
}

/** @returns the version that carries the label */
export const holderOf = async (
  client: SecretsManagerClient,
  secretId: string,
  label: string,
): Promise<string | undefined> => {
  const { VersionIdsToStages: labels = {} } = await client.send(new DescribeSecretCommand({ SecretId: secretId }))
  return labelled({ labels }, label)
}

/** Waits until no rotation of the secret is pending. */
export const awaitRest = (
  client: SecretsManagerClient,
  secretId: string,
  terms: { readonly patienceMs: number; readonly message: string },
): Promise<void> => awaitThat(async () => (await holderOf(client, secretId, PENDING)) === undefined, terms)
