// What is asked of Secrets Manager without changing anything: metadata, values, versions and lists. Each call is bounded and safe to
// send twice.
import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
  type ListSecretsCommandInput,
  ListSecretVersionIdsCommand,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager'
import type { Secret } from '../../core/secret/secret.ts'
import type { Deadline, SecretOrder, Secrets, VersionEntry } from '../../core/secret/secrets.ts'
import { isTokenLost, LISTINGS } from '../../core/secret/stage-secrets.ts'
import { attempt, awsFault, isAwsError } from './aws-call.ts'
import { secretText } from './secret-text.ts'
import { toSecret } from './to-secret.ts'

const PAGE_SIZE = 100

/** A version without a value, or whose label moved on: nothing there to read (secrets-manager §1.2). */
const isAbsent = (error: unknown): boolean =>
  isAwsError(error, 'ResourceNotFoundException') ||
  (isAwsError(error, 'InvalidRequestException') && /not (associated|attached)/i.test((error as Error).message))

const until = ({ withinMs }: Deadline): { readonly abortSignal?: AbortSignal } =>
  withinMs === undefined ? {} : { abortSignal: AbortSignal.timeout(withinMs) }

export const describeSecret = async (
  client: SecretsManagerClient,
  secretId: string,
  deadline: Deadline = {},
): Promise<Secret | undefined> => {
  try {
    return toSecret(await client.send(new DescribeSecretCommand({ SecretId: secretId }), until(deadline)), secretId)
  } catch (error) {
    if (isAwsError(error, 'ResourceNotFoundException')) return undefined
    throw awsFault({ operation: 'DescribeSecret', subject: secretId }, error)
  }
}

const newestFirst = (one: VersionEntry, other: VersionEntry): number => other.createdAt - one.createdAt

/** @throws Fault LIST_TOKEN_LOST among others */
const listVersionsOnce = async (
  client: SecretsManagerClient,
  secretId: string,
  deadline: Deadline,
): Promise<readonly VersionEntry[]> => {
  const found: VersionEntry[] = []
  const options = until(deadline)
  let nextToken: string | undefined
  do {
    const input = { SecretId: secretId, IncludeDeprecated: true, NextToken: nextToken }
    const isLaterPage = nextToken !== undefined
    const reply = await attempt({ operation: 'ListSecretVersionIds', subject: secretId, isLaterPage }, () =>
      client.send(new ListSecretVersionIdsCommand(input), options),
    )
    for (const { VersionId: versionId, VersionStages: labels, CreatedDate: createdAt } of reply.Versions ?? []) {
      if (versionId !== undefined) found.push({ versionId, labels: labels ?? [], createdAt: createdAt?.getTime() ?? 0 })
    }
    nextToken = reply.NextToken
  } while (nextToken !== undefined)
  return found.sort(newestFirst)
}

export const listVersions = async (
  client: SecretsManagerClient,
  secretId: string,
  deadline: Deadline = {},
): Promise<readonly VersionEntry[]> => {
  for (let listings = 1; ; listings += 1) {
    try {
      return await listVersionsOnce(client, secretId, deadline)
    } catch (error) {
      if (!isTokenLost(error) || listings >= LISTINGS) throw error
    }
  }
}

const sorting: Readonly<Record<SecretOrder, Pick<ListSecretsCommandInput, 'SortBy' | 'SortOrder'>>> = {
  oldestFirst: { SortOrder: 'asc' },
  newestFirst: { SortOrder: 'desc' },
  lastChangedFirst: { SortBy: 'last-changed-date', SortOrder: 'desc' },
}

export const createSecretReader = (
  client: SecretsManagerClient,
): Pick<Secrets, 'describe' | 'readValue' | 'listVersions' | 'list' | 'listTagged'> => ({
  describe: (secretId, deadline) => describeSecret(client, secretId, deadline),
  readValue: async (secretId, { versionId, label, ...deadline } = {}) => {
    try {
      const reply = await client.send(
        new GetSecretValueCommand({ SecretId: secretId, VersionId: versionId, VersionStage: label }),
        until(deadline),
      )
      return {
        arn: reply.ARN ?? secretId,
        versionId: reply.VersionId ?? '',
        text: secretText(reply),
        createdAt: reply.CreatedDate?.getTime() ?? 0,
      }
    } catch (error) {
      if (isAbsent(error)) return undefined
      throw awsFault({ operation: 'GetSecretValue', subject: secretId }, error)
    }
  },
  listVersions: (secretId, deadline) => listVersions(client, secretId, deadline),
  list: async (prefix, { page, order = 'oldestFirst', ...deadline } = {}) => {
    const isLaterPage = page !== undefined
    const reply = await attempt({ operation: 'ListSecrets', subject: prefix, isLaterPage }, () =>
      client.send(
        new ListSecretsCommand({
          Filters: [{ Key: 'name', Values: [prefix] }],
          MaxResults: PAGE_SIZE,
          IncludePlannedDeletion: false,
          ...sorting[order],
          NextToken: page,
        }),
        until(deadline),
      ),
    )
    const secrets = (reply.SecretList ?? []).map((entry) => toSecret(entry, prefix))
    return {
      // The filter's own idea of a name's beginning is AWS's to change.
      secrets: secrets.filter(({ name }) => name.startsWith(prefix)),
      nextPage: reply.NextToken,
    }
  },
  // A first page: a tag's value that a hundred secrets share names nobody.
  listTagged: async (prefix, tagValue) => {
    const reply = await attempt({ operation: 'ListSecrets', subject: `${prefix} tagged ${tagValue}` }, () =>
      client.send(
        new ListSecretsCommand({
          Filters: [
            { Key: 'name', Values: [prefix] },
            { Key: 'tag-value', Values: [tagValue] },
          ],
          MaxResults: PAGE_SIZE,
        }),
      ),
    )
    return (reply.SecretList ?? [])
      .map((entry) => toSecret(entry, prefix))
      .filter(({ name }) => name.startsWith(prefix))
  },
})
