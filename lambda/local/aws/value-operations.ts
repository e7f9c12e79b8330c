// Operations on a secret's versions: read a value, put one, move a label, list versions. These carry the semantics that
// rotation rests on: a token is used once, RemoveFromVersionId is a compare-and-swap, a placeholder is filled once.
import { type AwsFault, alreadyExists, invalidParameter, invalidRequest, notFound } from './aws-fault.ts'
import { type Body, type Input, readInput, readRequestToken, readSecretId } from './input.ts'
import { type AwsContext, type AwsOperations, checkNotDeleted } from './operations.ts'
import { pageOf, tokenClock } from './paging.ts'
import type { Secret, SecretValue, SecretVersion } from './secret-store.ts'
import {
  addVersion,
  CURRENT,
  checkLabelCount,
  isSameValue,
  moveLabel,
  pruneVersions,
  sortedStages,
  versionWith,
} from './versions.ts'
import { dayOf, describeVersion, identity, seconds } from './wire.ts'

const MAX_VALUE_BYTES = 65_536

/** Reads SecretString or SecretBinary. */
export const readValue = (input: Input): SecretValue | undefined => {
  const text = input.text('SecretString')
  const binary = input.text('SecretBinary')
  if (text !== undefined && binary !== undefined) {
    throw invalidParameter("You can't specify both a binary secret value and a string secret value in the same secret.")
  }
  // The model counts characters; the quota is one of bytes (User Guide, "Quotas").
  if (Buffer.byteLength(text ?? '') > MAX_VALUE_BYTES) {
    throw invalidParameter(`The secret value is longer than ${MAX_VALUE_BYTES} bytes.`)
  }
  if (text !== undefined) return { kind: 'string', text }
  return binary === undefined ? undefined : { kind: 'binary', text: binary }
}

/** A version's value never changes: the same token with another one is refused, whichever operation brings it. */
export const tokenInUse = (secret: Secret, token: string): AwsFault =>
  alreadyExists(
    `You can't use ClientRequestToken ${token} because that value is already in use for a version of secret ${secret.arn}.`,
  )

/**
 * Stores a value under a token and moves the labels onto it, or finds that it is stored already and does nothing.
 * @throws ResourceExistsException if the token's version holds something else
 */
export const putVersion = (
  context: AwsContext,
  secret: Secret,
  put: { readonly token: string; readonly value: SecretValue; readonly stages: readonly string[] },
): SecretVersion => {
  const { token, value } = put
  const existing = secret.versions.get(token)
  if (existing?.value !== undefined) {
    if (isSameValue(existing.value, value)) return existing
    throw tokenInUse(secret, token)
  }
  // A secret's first version always becomes AWSCURRENT.
  const stages = secret.versions.size === 0 ? [...new Set([...put.stages, CURRENT])] : put.stages
  checkLabelCount(secret, stages)
  context.countVersion(secret)
  const previous = versionWith(secret, CURRENT)
  const version = existing ?? addVersion(secret, token, { value, at: context.now() })
  version.value = value
  for (const stage of stages) moveLabel(secret, stage, version)
  if (previous !== version && version.stages.has(CURRENT)) {
    const isByHand = !context.driver.isDriving(secret, token)
    if (isByHand) secret.lastManualAt = context.now()
    context.driver.abandon(secret, token)
  }
  pruneVersions(secret, context.now())
  context.store.changed(secret)
  return version
}

const noValue = (asked: { readonly versionId?: string | undefined; readonly stage?: string | undefined }): AwsFault =>
  notFound(
    `Secrets Manager can't find the specified secret value for ${
      asked.stage === undefined && asked.versionId !== undefined
        ? `VersionId: ${asked.versionId}`
        : `staging label: ${asked.stage ?? CURRENT}`
    }`,
  )

const noteAccess = ({ store, now }: AwsContext, arn: string, versionId: string): void => {
  const secret = store.find(arn)
  if (secret === undefined) return
  const today = dayOf(now())
  const version = secret.versions.get(versionId)
  if (version !== undefined) version.lastAccessedAt = today
  secret.lastAccessedAt = today
  store.touched(secret)
}

export interface ValueRequest {
  readonly versionId?: string | undefined
  readonly stage?: string | undefined
}

/**
 * One value on the wire, from the secret as this read sees it; notes the access. Labels are what goes stale: asked for by label, or by
 * version and label, a stale view is judged by its own labels, as a cache or a replica would, so it may give the value that had the label
 * then, or refuse a label that a version has by now. A version's value never changes: asked for by version alone it is the stored one,
 * under the view's labels, or it is not there yet.
 * @throws ResourceNotFoundException, InvalidRequestException
 */
export const valueEntry = (context: AwsContext, secret: Secret, asked: ValueRequest): object => {
  checkNotDeleted(secret)
  const { versionId, stage } = asked
  const version = versionId === undefined ? versionWith(secret, stage ?? CURRENT) : secret.versions.get(versionId)
  if (version === undefined) throw noValue(asked)
  if (versionId !== undefined && stage !== undefined && !version.stages.has(stage)) {
    throw invalidRequest('You provided a VersionStage that is not associated to the provided VersionId.')
  }
  if (version.value === undefined) throw noValue(asked)
  noteAccess(context, secret.arn, version.id)
  return {
    ...identity(secret),
    VersionId: version.id,
    [version.value.kind === 'string' ? 'SecretString' : 'SecretBinary']: version.value.text,
    VersionStages: version.stages.size === 0 ? undefined : sortedStages(version),
    CreatedDate: seconds(version.createdAt),
  }
}

const readVersionId = (input: Input, name: string): string | undefined => input.text(name)

const notAttached = (stage: string, versionId: string): AwsFault =>
  invalidParameter(`Staging label ${stage} isn't currently attached to version ${versionId}.`)

export const valueOperations = (context: AwsContext): AwsOperations => {
  const { store, now, views } = context

  const putSecretValue = (body: Body): object => {
    const input = readInput(body)
    const secretId = readSecretId(input)
    const token = readRequestToken(input)
    const stages = input.texts('VersionStages')
    const value = readValue(input)
    if (value === undefined) throw invalidRequest('You must provide either SecretString or SecretBinary.')
    const secret = checkNotDeleted(store.get(secretId))
    const version = putVersion(context, secret, { token, value, stages: stages ?? [CURRENT] })
    return { ...identity(secret), VersionId: version.id, VersionStages: sortedStages(version) }
  }

  const updateSecretVersionStage = (body: Body): object => {
    const input = readInput(body)
    const secretId = readSecretId(input)
    const stage = input.requiredText('VersionStage')
    const removeFrom = readVersionId(input, 'RemoveFromVersionId')
    const moveTo = readVersionId(input, 'MoveToVersionId')
    const secret = checkNotDeleted(store.get(secretId))
    if (removeFrom === undefined && moveTo === undefined) {
      throw invalidParameter('You must specify RemoveFromVersionId, MoveToVersionId or both.')
    }
    if (moveTo === undefined && stage === CURRENT) {
      throw invalidParameter(
        'You can only move staging label AWSCURRENT to a different secret version. It can’t be completely removed.',
      )
    }
    const target = moveTo === undefined ? undefined : secret.versions.get(moveTo)
    if (moveTo !== undefined && target === undefined) throw notFound(`Secrets Manager can't find version ${moveTo}.`)
    const holder = versionWith(secret, stage)
    if (removeFrom !== undefined && removeFrom !== holder?.id) throw notAttached(stage, removeFrom)
    if (removeFrom === undefined && holder !== undefined && holder !== target) {
      throw invalidParameter(
        `The parameter RemoveFromVersionId can't be empty. Staging label ${stage} is currently attached to version ${holder.id}, so you must explicitly reference that version in RemoveFromVersionId.`,
      )
    }
    if (stage === CURRENT && target?.value === undefined) {
      throw invalidRequest(`You can't move AWSCURRENT to version ${moveTo} because it has no value.`)
    }
    if (target !== undefined) {
      checkLabelCount(secret, [stage])
      moveLabel(secret, stage, target)
    } else holder?.stages.delete(stage)
    pruneVersions(secret, now())
    store.changed(secret)
    return identity(secret)
  }

  return {
    GetSecretValue: (body) => {
      const input = readInput(body)
      const secretId = readSecretId(input)
      const versionId = readVersionId(input, 'VersionId')
      const stage = input.text('VersionStage')
      const secret = views.read({ op: 'GetSecretValue', secretId, versionId, stage })
      return valueEntry(context, secret, { versionId, stage })
    },
    PutSecretValue: putSecretValue,
    UpdateSecretVersionStage: updateSecretVersionStage,
    ListSecretVersionIds: (body) => {
      const input = readInput(body)
      const secretId = readSecretId(input)
      const includeDeprecated = input.flag('IncludeDeprecated') === true
      const maxResults = input.integer('MaxResults')
      const nextToken = input.text('NextToken')
      const secret = views.read({ op: 'ListSecretVersionIds', secretId })
      const versions = [...secret.versions.values()].filter((version) => includeDeprecated || version.stages.size > 0)
      const page = pageOf(versions, {
        keyOf: (version) => [version.createdAt, version.id],
        request: `${secret.arn} ${includeDeprecated}`,
        maxResults: maxResults ?? 100,
        nextToken,
        isDescending: false,
        tokens: tokenClock(context),
      })
      return {
        ...identity(secret),
        Versions: page.items.map((version) => describeVersion(secret, version)),
        NextToken: page.nextToken,
      }
    },
  }
}
