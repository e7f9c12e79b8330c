// What the policy of a key of a stage's secrets says, as plain JSON: for the stack's own key, for a customer's (docs/deploying.md shows
// it to be pasted), and for a replica's in its Region. The key trusts Secrets Manager; who may read a secret is its own policy's to say.
// So nothing here grows with clients.
import { prefixesOf, type StageSecrets } from '../../lambda/core/secret/stage-secrets.ts'

export interface KeyPlace {
  readonly partition: string
  readonly region: string
  /** `amazonaws.com` */
  readonly urlSuffix: string
  /** Of the stage. */
  readonly account: string
}

export interface KeyTrust extends KeyPlace, StageSecrets {
  /** Other accounts that readers may be of. */
  readonly readerAccounts: readonly string[]
  readonly readerOrganizationId?: string | undefined
  /** Roles that store values in secrets. */
  readonly writerRoleArns: readonly string[]
  /** Roles that create secrets too, hence let Secrets Manager try the key. */
  readonly creatorRoleArns: readonly string[]
}

export interface JsonStatement {
  readonly Sid: string
  readonly Effect: 'Allow'
  readonly Principal?: { readonly AWS: string }
  readonly Action: string | readonly string[]
  readonly Resource: string
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>
}

/** What Secrets Manager encrypts when it tries a key before the secret exists (secrets-manager §3). */
export const KEY_PROBE = 'RequestToValidateKeyAccess'

/** Whoever names a role by condition need not wait for it to exist, and it stays the same role when it is made anew. */
const ANYBODY = { AWS: '*' }

export const secretsManagerOf = ({ region, urlSuffix }: Pick<KeyPlace, 'region' | 'urlSuffix'>): string =>
  `secretsmanager.${region}.${urlSuffix}`

/** ARN pattern of the secrets with this name, or that begin so when it ends in an asterisk. */
const secretsNamed = ({ partition, region, account }: KeyPlace, name: string): string =>
  `arn:${partition}:secretsmanager:${region}:${account}:secret:${name}`

/** The same for every prefix of a stage. */
const secretsBelow = (place: KeyPlace & StageSecrets): readonly string[] =>
  prefixesOf(place).map((prefix) => secretsNamed(place, `${prefix}*`))

/** For whom the key works: Secrets Manager, for whom its secrets' policies let in. */
export const useStatements = (trust: KeyTrust): readonly JsonStatement[] => {
  const { account, readerAccounts, readerOrganizationId, writerRoleArns, creatorRoleArns } = trust
  const through = { 'kms:ViaService': secretsManagerOf(trust) }
  const [own = '', ...extra] = secretsBelow(trust)
  const below = { 'kms:EncryptionContext:SecretARN': extra.length === 0 ? own : [own, ...extra] }
  const decrypt = (Sid: string, callers: Readonly<Record<string, string | readonly string[]>>): JsonStatement => ({
    Sid,
    Effect: 'Allow',
    Principal: ANYBODY,
    Action: 'kms:Decrypt',
    Resource: '*',
    Condition: { StringEquals: { ...through, ...callers }, StringLike: below },
  })
  return [
    decrypt('DecryptForReaders', { 'kms:CallerAccount': [account, ...readerAccounts] }),
    ...(readerOrganizationId === undefined
      ? []
      : [decrypt('DecryptForReadersOfTheOrganization', { 'aws:PrincipalOrgID': readerOrganizationId })]),
    {
      Sid: 'EncryptForWriters',
      Effect: 'Allow',
      Principal: ANYBODY,
      Action: 'kms:GenerateDataKey',
      Resource: '*',
      Condition: {
        StringEquals: through,
        StringLike: below,
        ArnEquals: { 'aws:PrincipalArn': [...writerRoleArns, ...creatorRoleArns] },
      },
    },
    {
      Sid: 'TryForCreators',
      Effect: 'Allow',
      Principal: ANYBODY,
      Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
      Resource: '*',
      Condition: {
        StringEquals: { ...through, 'kms:EncryptionContext:SecretARN': KEY_PROBE },
        ArnEquals: { 'aws:PrincipalArn': creatorRoleArns },
      },
    },
  ]
}

/**
 * A replica's key, in its Region: the same readers; and whoever stores a value or makes a replica encrypts it there, perhaps after a
 * trial. `trust` names the replica's Region.
 */
export const replicaKeyStatements = (trust: KeyTrust): readonly JsonStatement[] => {
  const { writerRoleArns, creatorRoleArns } = trust
  return [
    ...useStatements(trust).filter(({ Sid }) => Sid.startsWith('DecryptFor')),
    {
      Sid: 'EncryptReplicas',
      Effect: 'Allow',
      Principal: ANYBODY,
      Action: REPLICATING,
      Resource: '*',
      Condition: {
        StringEquals: { 'kms:ViaService': secretsManagerOf(trust) },
        StringLike: { 'kms:EncryptionContext:SecretARN': replicaContexts(trust) },
        ArnEquals: { 'aws:PrincipalArn': [...writerRoleArns, ...creatorRoleArns] },
      },
    },
  ]
}

const REPLICATING = ['kms:Encrypt', 'kms:GenerateDataKey', 'kms:Decrypt']

const replicaContexts = (place: KeyPlace & StageSecrets): readonly string[] => [...secretsBelow(place), KEY_PROBE]

/** The same for the identity policy of a role that stores values in secrets with replicas, or makes those. */
export const replicaKeyUse = (place: KeyPlace & StageSecrets, keyArn: string): Omit<JsonStatement, 'Sid'> => ({
  Effect: 'Allow',
  Action: REPLICATING,
  Resource: keyArn,
  Condition: {
    StringEquals: { 'kms:ViaService': secretsManagerOf(place) },
    StringLike: { 'kms:EncryptionContext:SecretARN': replicaContexts(place) },
  },
})

const LOOKING = [
  'kms:DescribeKey',
  'kms:GetKeyPolicy',
  'kms:GetKeyRotationStatus',
  'kms:ListResourceTags',
  'kms:ListKeyPolicies',
  'kms:ListGrants',
  'kms:ListKeyRotations',
]

/** Nobody is allowed kms:CreateGrant: a grant would let its holder decrypt whatever this policy says. */
const ADMINISTERING = [
  'kms:PutKeyPolicy',
  'kms:EnableKey',
  'kms:DisableKey',
  'kms:EnableKeyRotation',
  'kms:DisableKeyRotation',
  'kms:RotateKeyOnDemand',
  'kms:UpdateKeyDescription',
  'kms:CreateAlias',
  'kms:UpdateAlias',
  'kms:DeleteAlias',
  'kms:TagResource',
  'kms:UntagResource',
  'kms:RevokeGrant',
  'kms:ScheduleKeyDeletion',
  'kms:CancelKeyDeletion',
]

/** The account looks; the named roles and the account's root itself, which is the way back in, change. */
export const administrationStatements = (
  { partition, account }: Pick<KeyPlace, 'partition' | 'account'>,
  administratorRoleArns: readonly string[],
): readonly JsonStatement[] => {
  const root = `arn:${partition}:iam::${account}:root`
  return [
    { Sid: 'LookNotUse', Effect: 'Allow', Principal: { AWS: root }, Action: LOOKING, Resource: '*' },
    {
      Sid: 'AdministerNotUse',
      Effect: 'Allow',
      Principal: { AWS: root },
      Action: ADMINISTERING,
      Resource: '*',
      Condition: { ArnEquals: { 'aws:PrincipalArn': [...administratorRoleArns, root] } },
    },
  ]
}

/** What a reader's own policy says: needed in another account, harmless in the same one. */
export const readerStatements = (
  place: KeyPlace,
  { secretName, keyArn }: { readonly secretName: string; readonly keyArn: string },
): readonly [secret: JsonStatement, key: JsonStatement] => {
  // Secrets Manager adds a hyphen and six characters to a name.
  const secret = secretsNamed(place, `${secretName}-??????`)
  return [
    {
      Sid: 'ReadM2mSecret',
      Effect: 'Allow',
      Action: ['secretsmanager:GetSecretValue', 'secretsmanager:DescribeSecret'],
      Resource: secret,
    },
    {
      Sid: 'KeyOfM2mSecret',
      Effect: 'Allow',
      Action: 'kms:Decrypt',
      Resource: keyArn,
      Condition: {
        StringEquals: { 'kms:ViaService': secretsManagerOf(place) },
        StringLike: { 'kms:EncryptionContext:SecretARN': secret },
      },
    },
  ]
}
