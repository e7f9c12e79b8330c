// The versions of a secret and their labels, for whoever may see no value as well as for the rotation function: both calls are safe to
// send twice, since a label moves only from where it was said to be.
import {
  ListSecretVersionIdsCommand,
  type SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager'
import type { LabelMove, VersionEntry } from '../../core/secret/secrets.ts'
import { type AwsCall, awsFault } from './aws-call.ts'

/** @throws Fault for whatever goes wrong. */
export const attempt = async <Value>(call: AwsCall, send: () => Promise<Value>): Promise<Value> => {
  try {
    return await send()
  } catch (error) {
    throw awsFault(call, error)
  }
}

const newestFirst = (one: VersionEntry, other: VersionEntry): number => other.createdAt - one.createdAt

/** Newest first, unlabelled ones included. */
export const listVersions = async (
  client: SecretsManagerClient,
  secretId: string,
): Promise<readonly VersionEntry[]> => {
  const found: VersionEntry[] = []
  let nextToken: string | undefined
  do {
    const reply = await attempt({ operation: 'ListSecretVersionIds', subject: secretId }, () =>
      client.send(
        new ListSecretVersionIdsCommand({ SecretId: secretId, IncludeDeprecated: true, NextToken: nextToken }),
      ),
    )
    for (const { VersionId: versionId, VersionStages: labels, CreatedDate: createdAt } of reply.Versions ?? []) {
      if (versionId !== undefined) found.push({ versionId, labels: labels ?? [], createdAt: createdAt?.getTime() ?? 0 })
    }
    nextToken = reply.NextToken
  } while (nextToken !== undefined)
  return found.sort(newestFirst)
}

/** Fails unless the label sits on `from`: a compare-and-swap. */
export const moveLabel = async (
  client: SecretsManagerClient,
  { secretId, label, from, to }: LabelMove,
): Promise<void> => {
  await attempt({ operation: 'UpdateSecretVersionStage', subject: secretId }, () =>
    client.send(
      new UpdateSecretVersionStageCommand({
        SecretId: secretId,
        VersionStage: label,
        RemoveFromVersionId: from,
        MoveToVersionId: to,
      }),
    ),
  )
}
