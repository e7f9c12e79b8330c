// Secrets Manager's calls, and those that it makes to KMS and Lambda with its caller's rights. Clauses: service authorization reference, "Secrets
// Manager"; KMS developer guide, "How Secrets Manager uses KMS"; the API reference's required permissions.

import type { RequestContext } from '../../iam/pattern.ts'
import type { PolicyDocument } from '../../iam/policy.ts'
import { AwsFault } from '../aws-fault.ts'
import type { KmsKey } from '../kms-operations.ts'
import type { Secret, SecretStore } from '../secret-store.ts'
import type { AwsSettings } from '../settings.ts'
import { CURRENT, versionWith } from '../versions.ts'
import {
  arnFor,
  type Demand,
  type Demands,
  flagOf,
  keysOf,
  type Place,
  placeOf,
  type SignedCall,
  tagContext,
  textOf,
  textsIn,
} from './demand.ts'

export interface GuardedKey extends KmsKey {
  readonly policy: PolicyDocument
}

export interface SecretsDemandsInput {
  readonly place: Place
  readonly store: SecretStore
  readonly settings: Readonly<AwsSettings>
  /** By id, ARN or alias. @returns undefined: there is no such key */
  readonly keyOf: (keyId: string) => GuardedKey | undefined
}

/** Its secrets have their own policies, given as texts. */
const policies = new Map<string, PolicyDocument>()

const policyOf = ({ policy }: Secret): PolicyDocument | undefined => {
  if (policy === undefined) return undefined
  const read = policies.get(policy) ?? (JSON.parse(policy) as PolicyDocument)
  policies.set(policy, read)
  return read
}

const AWS_MANAGED = 'alias/aws/secretsmanager'

/** Of the key that Secrets Manager has in every account (KMS developer guide, "AWS managed keys"). */
const managedKeyPolicy = ({ region, accountId }: Place): PolicyDocument => ({
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { AWS: '*' },
      Action: [
        'kms:Encrypt',
        'kms:Decrypt',
        'kms:ReEncrypt*',
        'kms:GenerateDataKey*',
        'kms:CreateGrant',
        'kms:DescribeKey',
      ],
      Resource: '*',
      Condition: {
        StringEquals: { 'kms:CallerAccount': accountId, 'kms:ViaService': `secretsmanager.${region}.amazonaws.com` },
      },
    },
  ],
})

/** Secrets Manager says no more of its caller's rights on the key. */
const keyRefused = (): AwsFault => new AwsFault('AccessDeniedException', 'Access to KMS is not allowed')

const notFromAbroad = (): AwsFault =>
  new AwsFault(
    'InvalidRequestException',
    "You can't access a secret from a different AWS account if you encrypt the secret with the default KMS service key.",
  )

type KeyUse = 'Decrypt' | 'GenerateDataKey' | 'Encrypt'

const writing: readonly KeyUse[] = ['GenerateDataKey', 'Decrypt']

export const createSecretsDemands = ({ place, store, settings, keyOf }: SecretsDemandsInput): Demands => {
  const managed = new Map<string, PolicyDocument>()
  const managedPolicy = (region: string): PolicyDocument => {
    const policy = managed.get(region) ?? managedKeyPolicy({ ...place, region })
    managed.set(region, policy)
    return policy
  }

  const regionOf = (secret: Secret | undefined, { region }: SignedCall): string =>
    secret?.replicas.has(region) === true ? region : place.region

  const find = (secretId: string, { caller, region }: SignedCall): Secret | undefined => {
    const isName = !secretId.startsWith('arn:')
    if (isName && caller.account !== place.accountId) return undefined
    return store.find(secretId.replace(`:${region}:`, `:${place.region}:`))
  }

  const ofSecret = (secret: Secret | undefined, secretId: string): RequestContext => {
    const tags = Object.fromEntries(
      [...(secret?.tags ?? [])].flatMap(([key, value]) => [
        [`aws:ResourceTag/${key}`, value],
        [`secretsmanager:ResourceTag/${key}`, value],
      ]),
    )
    return {
      ...tags,
      ...keysOf({
        'secretsmanager:SecretId': secretId,
        'secretsmanager:resource/AllowRotationLambdaArn': secret?.rotation?.lambdaArn,
        'secretsmanager:SecretPrimaryRegion': secret?.primaryRegion,
      }),
    }
  }

  const onSecret = (call: SignedCall, secretId: string, context: RequestContext, op = call.op): Demand => {
    const secret = find(secretId, call)
    const named = secretId.startsWith('arn:') ? secretId : arnFor(placeOf(call), 'secretsmanager', `secret:${secretId}`)
    const resource = secret?.arn.replace(`:${place.region}:`, `:${regionOf(secret, call)}:`) ?? named
    return {
      action: `secretsmanager:${op}`,
      resource,
      // Said as it was asked for.
      shown: secretId,
      context: { ...ofSecret(secret, secretId), ...context },
      resourcePolicy: secret === undefined ? undefined : policyOf(secret),
    }
  }

  /** With its caller's rights, in the Region of the secret or of a replica. */
  const onKey = (
    call: SignedCall,
    use: KeyUse,
    {
      keyId,
      arn,
      versionId,
      region,
    }: {
      readonly keyId: string | undefined
      readonly arn: string
      readonly versionId?: string
      readonly region: string
    },
  ): Demand => {
    const isManaged = keyId === undefined || keyId === AWS_MANAGED || keyId === 'DefaultEncryptionKey'
    const key = isManaged ? undefined : keyOf(keyId)
    const there = { ...place, region }
    const named = keyId?.startsWith('arn:') === true ? keyId : arnFor(there, 'kms', `key/${keyId ?? ''}`)
    const isFromAbroad = isManaged && call.caller.account !== place.accountId
    return {
      action: `kms:${use}`,
      resource: isManaged ? arnFor(there, 'kms', 'key/aws-secretsmanager') : (key?.arn ?? named),
      // Of a key that is not among the stand-in's, such as a replica's, the policy that was given for its ARN.
      ...(isManaged
        ? { resourcePolicy: managedPolicy(region) }
        : key === undefined
          ? {}
          : { resourcePolicy: key.policy }),
      refusal: isFromAbroad ? notFromAbroad() : keyRefused(),
      context: keysOf({
        'aws:ViaAWSService': 'true',
        'aws:CalledVia': ['secretsmanager.amazonaws.com'],
        'kms:ViaService': `secretsmanager.${region}.amazonaws.com`,
        'kms:CallerAccount': call.caller.account,
        'kms:EncryptionContext:SecretARN': arn.replace(`:${place.region}:`, `:${region}:`),
        'kms:EncryptionContext:SecretVersionId': versionId,
        'kms:EncryptionContextKeys': ['SecretARN', 'SecretVersionId'],
        'kms:ResourceAliases': key === undefined ? undefined : [key.alias],
      }),
    }
  }

  const onKeyOf = (call: SignedCall, use: KeyUse, secret: Secret, versionId?: string): Demand => {
    const region = regionOf(secret, call)
    const keyId = region === place.region ? secret.kmsKeyId : secret.replicas.get(region)?.kmsKeyId
    return onKey(call, use, { keyId, arn: secret.arn, region, ...(versionId === undefined ? {} : { versionId }) })
  }

  /** A value goes to every replica, under the key that it has there. */
  const storing = (call: SignedCall, secret: Secret, versionId: string | undefined): readonly Demand[] => [
    ...writing.map((use) => onKeyOf(call, use, secret, versionId)),
    ...[...secret.replicas.values()].flatMap(({ region, kmsKeyId: keyId }) =>
      (['GenerateDataKey', 'Encrypt'] as const).map((use) => onKey(call, use, { keyId, arn: secret.arn, region })),
    ),
  ]

  /** The version that a read is about; undefined: it has no value to decrypt. */
  const versionRead = (secret: Secret, { body }: SignedCall): string | undefined => {
    const versionId = textOf(body.VersionId) ?? versionWith(secret, textOf(body.VersionStage) ?? CURRENT)?.id
    return versionId === undefined || secret.versions.get(versionId)?.value === undefined ? undefined : versionId
  }

  const stageOf = ({ body }: SignedCall): string | undefined => {
    const isPlain = textOf(body.VersionId) === undefined && textOf(body.VersionStage) === undefined
    return isPlain && settings.absentStage === 'current' ? CURRENT : textOf(body.VersionStage)
  }

  const reading = (call: SignedCall, secretId: string): readonly Demand[] => {
    const context = keysOf({
      'secretsmanager:VersionId': textOf(call.body.VersionId),
      'secretsmanager:VersionStage': stageOf(call),
    })
    const secret = find(secretId, call)
    const versionId = secret === undefined ? undefined : versionRead(secret, call)
    const asked = onSecret(call, secretId, context, 'GetSecretValue')
    return secret === undefined || versionId === undefined
      ? [asked]
      : [asked, onKeyOf(call, 'Decrypt', secret, versionId)]
  }

  const hasValue = ({ body }: SignedCall): boolean =>
    textOf(body.SecretString) !== undefined || textOf(body.SecretBinary) !== undefined

  const putting = (call: SignedCall, secretId: string): readonly Demand[] => {
    const { body } = call
    const secret = find(secretId, call)
    const context = keysOf({
      'secretsmanager:Description': textOf(body.Description),
      'secretsmanager:KmsKeyId': textOf(body.KmsKeyId),
      'secretsmanager:KmsKeyArn': keyOf(textOf(body.KmsKeyId) ?? '')?.arn,
    })
    const asked = onSecret(call, secretId, call.op === 'UpdateSecret' ? context : {})
    if (secret === undefined) return [asked]
    return hasValue(call) ? [asked, ...storing(call, secret, textOf(body.ClientRequestToken))] : [asked]
  }

  const regionsIn = (value: unknown): readonly string[] =>
    (Array.isArray(value) ? value : []).flatMap((one: { readonly Region?: unknown }) => textOf(one?.Region) ?? [])

  const creating = (call: SignedCall): readonly Demand[] => {
    const { body } = call
    const name = textOf(body.Name)
    if (name === undefined) return []
    const keyId = textOf(body.KmsKeyId)
    const regions = regionsIn(body.AddReplicaRegions)
    // Six characters more, which nobody knows yet.
    const resource = arnFor(placeOf(call), 'secretsmanager', `secret:${name}-??????`)
    const asked = { resource, shown: name }
    const context = {
      ...tagContext(body.Tags),
      ...keysOf({
        'secretsmanager:Name': name,
        'secretsmanager:Description': textOf(body.Description),
        'secretsmanager:KmsKeyId': keyId,
        'secretsmanager:KmsKeyArn': keyOf(keyId ?? '')?.arn,
        'secretsmanager:AddReplicaRegions': regions.length === 0 ? undefined : regions,
        'secretsmanager:ForceOverwriteReplicaSecret': flagOf(body.ForceOverwriteReplicaSecret),
      }),
    }
    const arn = resource
    return [
      { ...asked, action: 'secretsmanager:CreateSecret', context },
      ...(textsIn(context['aws:TagKeys']).length === 0
        ? []
        : [{ ...asked, action: 'secretsmanager:TagResource', context: tagContext(body.Tags) }]),
      ...(regions.length === 0 ? [] : [{ ...asked, action: 'secretsmanager:ReplicateSecretToRegions', context }]),
      ...(hasValue(call) ? writing.map((use) => onKey(call, use, { keyId, arn, region: place.region })) : []),
    ]
  }

  const rotating = (call: SignedCall, secretId: string): readonly Demand[] => {
    const { body } = call
    const given = textOf(body.RotationLambdaARN)
    const functionArn = given ?? find(secretId, call)?.rotation?.lambdaArn
    const context = keysOf({
      'secretsmanager:RotationLambdaARN': settings.rotationLambdaArnKey === 'filled' ? functionArn : given,
      // Whether the key is there when no rules are is undocumented as well; without it, what asks for `false` is denied.
      'secretsmanager:ModifyRotationRules': body.RotationRules === undefined ? undefined : 'true',
      'secretsmanager:RotateImmediately': flagOf(body.RotateImmediately),
    })
    const asked = onSecret(call, secretId, context)
    if (functionArn === undefined) return [asked]
    const invoke = { action: 'lambda:InvokeFunction', resource: functionArn, context: { 'aws:ViaAWSService': 'true' } }
    return [asked, { ...invoke, context: { ...invoke.context, 'aws:CalledVia': ['secretsmanager.amazonaws.com'] } }]
  }

  const replicating = (call: SignedCall, secretId: string): readonly Demand[] => {
    const { body } = call
    const secret = find(secretId, call)
    const asked = onSecret(
      call,
      secretId,
      keysOf({
        'secretsmanager:AddReplicaRegions': regionsIn(body.AddReplicaRegions),
        'secretsmanager:ForceOverwriteReplicaSecret': flagOf(body.ForceOverwriteReplicaSecret),
      }),
    )
    const hasValues = [...(secret?.versions.values() ?? [])].some(({ value }) => value !== undefined)
    if (secret === undefined || !hasValues) return [asked]
    const added = (Array.isArray(body.AddReplicaRegions) ? body.AddReplicaRegions : []) as readonly Readonly<
      Record<string, unknown>
    >[]
    return [
      asked,
      onKeyOf(call, 'Decrypt', secret),
      ...added.flatMap(({ Region, KmsKeyId }) =>
        (['GenerateDataKey', 'Encrypt'] as const).map((use) =>
          onKey(call, use, { keyId: textOf(KmsKeyId), arn: secret.arn, region: textOf(Region) ?? place.region }),
        ),
      ),
    ]
  }

  const plain: Readonly<Record<string, (call: SignedCall) => RequestContext>> = {
    DescribeSecret: () => ({}),
    ListSecretVersionIds: () => ({}),
    GetResourcePolicy: () => ({}),
    DeleteResourcePolicy: () => ({}),
    CancelRotateSecret: () => ({}),
    RestoreSecret: () => ({}),
    RemoveRegionsFromReplication: () => ({}),
    StopReplicationToReplica: () => ({}),
    ValidateResourcePolicy: () => ({}),
    UpdateSecretVersionStage: ({ body }) => keysOf({ 'secretsmanager:VersionStage': textOf(body.VersionStage) }),
    PutResourcePolicy: ({ body }) => keysOf({ 'secretsmanager:BlockPublicPolicy': flagOf(body.BlockPublicPolicy) }),
    DeleteSecret: ({ body }) =>
      keysOf({
        'secretsmanager:ForceDeleteWithoutRecovery': flagOf(body.ForceDeleteWithoutRecovery),
        'secretsmanager:RecoveryWindowInDays':
          typeof body.RecoveryWindowInDays === 'number' ? String(body.RecoveryWindowInDays) : undefined,
      }),
    TagResource: ({ body }) => tagContext(body.Tags),
    UntagResource: ({ body }) => keysOf({ 'aws:TagKeys': textsIn(body.TagKeys) }),
  }

  const withoutResource = ['ListSecrets', 'GetRandomPassword', 'BatchGetSecretValue']

  return (call) => {
    const { op, body } = call
    if (withoutResource.includes(op)) return [{ action: `secretsmanager:${op}`, resource: '*' }]
    if (op === 'CreateSecret') return creating(call)
    const secretId = textOf(body.SecretId)
    if (secretId === undefined) {
      // Of no secret, or malformed: the operation refuses it.
      return op === 'ValidateResourcePolicy' ? [{ action: `secretsmanager:${op}`, resource: '*' }] : []
    }
    switch (op) {
      case 'GetSecretValue':
        return reading(call, secretId)
      case 'PutSecretValue':
      case 'UpdateSecret':
        return putting(call, secretId)
      case 'RotateSecret':
        return rotating(call, secretId)
      case 'ReplicateSecretToRegions':
        return replicating(call, secretId)
      default: {
        const context = plain[op]
        return context === undefined ? undefined : [onSecret(call, secretId, context(call))]
      }
    }
  }
}
