// What the API models of the services played here say of each operation's input: which members are required, how long they may be, what
// they match. Taken from the models that AWS's own SDKs are made of (botocore 1.43.11, service-2.json), of every operation played. Rules
// that are not in a model – duplicate tags, a name's characters, which members exclude each other – are the operations' own.
import { type ApiModel, bytes, flag, integer, list, map, required, structure, text, time } from './api-shape.ts'

const secretId = text({ min: 1, max: 2048 })
const ofSecret = { SecretId: required(secretId) }
const requestToken = text({ min: 32, max: 64 })
const versionId = text({ min: 32, max: 64 })
const stage = text({ min: 1, max: 256 })
const description = text({ max: 2048 })
const kmsKeyId = text({ max: 2048 })
const nextToken = text({ min: 1, max: 4096 })
const region = text({ min: 1, max: 128, pattern: /^([a-z]+-)+\d+$/ })
const policyText = required(text({ min: 1, max: 20_480 }))
const tags = list(structure({ Key: text({ min: 1, max: 128 }), Value: text({ max: 256 }) }))
const replicaRegions = list(structure({ Region: region, KmsKeyId: kmsKeyId }), { min: 1 })
const value = {
  SecretBinary: bytes({ min: 1, max: 65_536, isSensitive: true }),
  SecretString: text({ min: 1, max: 65_536, isSensitive: true }),
}
const filters = list(
  structure({
    Key: text({
      oneOf: ['description', 'name', 'tag-key', 'tag-value', 'primary-region', 'owning-service', 'all'],
    }),
    Values: list(text({ max: 512, pattern: /^!?[a-zA-Z0-9 :_@/+=.\-!]*$/ }), { min: 1, max: 10 }),
  }),
  { max: 10 },
)

export const secretsManagerModel: ApiModel = {
  BatchGetSecretValue: {
    SecretIdList: list(secretId, { min: 1, max: 20 }),
    Filters: filters,
    MaxResults: integer({ min: 1, max: 20 }),
    NextToken: nextToken,
  },
  CancelRotateSecret: ofSecret,
  CreateSecret: {
    Name: required(text({ min: 1, max: 512 })),
    ClientRequestToken: requestToken,
    Description: description,
    KmsKeyId: kmsKeyId,
    ...value,
    Tags: tags,
    AddReplicaRegions: replicaRegions,
    ForceOverwriteReplicaSecret: flag,
    Type: text({ max: 256 }),
  },
  DeleteResourcePolicy: ofSecret,
  DeleteSecret: { ...ofSecret, RecoveryWindowInDays: integer(), ForceDeleteWithoutRecovery: flag },
  DescribeSecret: ofSecret,
  GetRandomPassword: {
    PasswordLength: integer({ min: 1, max: 4096 }),
    ExcludeCharacters: text({ max: 4096 }),
    ExcludeNumbers: flag,
    ExcludePunctuation: flag,
    ExcludeUppercase: flag,
    ExcludeLowercase: flag,
    IncludeSpace: flag,
    RequireEachIncludedType: flag,
  },
  GetResourcePolicy: ofSecret,
  GetSecretValue: { ...ofSecret, VersionId: versionId, VersionStage: stage },
  ListSecretVersionIds: {
    ...ofSecret,
    MaxResults: integer({ min: 1, max: 100 }),
    NextToken: nextToken,
    IncludeDeprecated: flag,
  },
  ListSecrets: {
    IncludePlannedDeletion: flag,
    MaxResults: integer({ min: 1, max: 100 }),
    NextToken: nextToken,
    Filters: filters,
    SortOrder: text({ oneOf: ['asc', 'desc'] }),
    SortBy: text({ oneOf: ['created-date', 'last-accessed-date', 'last-changed-date', 'name'] }),
  },
  PutResourcePolicy: { ...ofSecret, ResourcePolicy: policyText, BlockPublicPolicy: flag },
  PutSecretValue: {
    ...ofSecret,
    ClientRequestToken: requestToken,
    ...value,
    VersionStages: list(stage, { min: 1, max: 20 }),
    RotationToken: text({ min: 36, max: 256, pattern: /^[a-zA-Z0-9-]+$/, isSensitive: true }),
  },
  RemoveRegionsFromReplication: { ...ofSecret, RemoveReplicaRegions: required(list(region, { min: 1 })) },
  ReplicateSecretToRegions: {
    ...ofSecret,
    AddReplicaRegions: required(replicaRegions),
    ForceOverwriteReplicaSecret: flag,
  },
  RestoreSecret: ofSecret,
  RotateSecret: {
    ...ofSecret,
    ClientRequestToken: requestToken,
    RotationLambdaARN: text({ max: 2048 }),
    RotationRules: structure({
      AutomaticallyAfterDays: integer({ min: 1, max: 1000 }),
      Duration: text({ min: 2, max: 3, pattern: /[0-9]+h/ }),
      ScheduleExpression: text({ min: 1, max: 256, pattern: /[0-9A-Za-z()#?*\-/, ]+/ }),
    }),
    ExternalSecretRotationMetadata: list(
      structure({ Key: text({ min: 1, max: 256 }), Value: text({ min: 1, max: 2048 }) }),
    ),
    ExternalSecretRotationRoleArn: text({ min: 20, max: 2048 }),
    RotateImmediately: flag,
  },
  TagResource: { ...ofSecret, Tags: required(tags) },
  UntagResource: { ...ofSecret, TagKeys: required(list(text({ min: 1, max: 128 }))) },
  UpdateSecret: {
    ...ofSecret,
    ClientRequestToken: requestToken,
    Description: description,
    KmsKeyId: kmsKeyId,
    ...value,
    Type: text({ max: 256 }),
  },
  UpdateSecretVersionStage: {
    ...ofSecret,
    VersionStage: required(stage),
    RemoveFromVersionId: versionId,
    MoveToVersionId: versionId,
  },
  ValidateResourcePolicy: { SecretId: secretId, ResourcePolicy: policyText },
}

const parameterName = required(text({ min: 1, max: 2048 }))
const parameterTag = /^([\p{L}\p{Z}\p{N}_.:/=+\-@]*)$/u

export const systemsManagerModel: ApiModel = {
  DeleteParameter: { Name: parameterName },
  GetParameter: { Name: parameterName, WithDecryption: flag },
  GetParameterHistory: {
    Name: parameterName,
    WithDecryption: flag,
    MaxResults: integer({ min: 1, max: 50 }),
    NextToken: text(),
  },
  GetParametersByPath: {
    Path: parameterName,
    Recursive: flag,
    ParameterFilters: list(
      structure({
        Key: required(text({ min: 1, max: 132, pattern: /tag:.+|Name|Type|KeyId|Path|Label|Tier|DataType/ })),
        Option: text({ min: 1, max: 10 }),
        Values: list(text({ min: 1, max: 1024 }), { min: 1, max: 50 }),
      }),
    ),
    WithDecryption: flag,
    MaxResults: integer({ min: 1, max: 10 }),
    NextToken: text(),
  },
  PutParameter: {
    Name: parameterName,
    Description: text({ max: 1024 }),
    // The model gives no length; the service refuses an empty value all the same.
    Value: required(text({ min: 1, isSensitive: true })),
    Type: text({ oneOf: ['String', 'StringList', 'SecureString'] }),
    KeyId: text({ min: 1, max: 256, pattern: /^([a-zA-Z0-9:/_-]+)$/ }),
    Overwrite: flag,
    AllowedPattern: text({ max: 1024 }),
    Tags: list(
      structure({
        Key: required(text({ min: 1, max: 128, pattern: parameterTag })),
        Value: required(text({ max: 256, pattern: parameterTag })),
      }),
      { max: 1000 },
    ),
    Tier: text({ oneOf: ['Standard', 'Advanced', 'Intelligent-Tiering'] }),
    Policies: text({ min: 1, max: 4096 }),
    DataType: text({ max: 128 }),
  },
}

const ofKey = { KeyId: required(text({ min: 1, max: 2048 })) }
const grantTokens = list(text({ min: 1, max: 8192 }), { max: 10 })

export const kmsModel: ApiModel = {
  DescribeKey: { ...ofKey, GrantTokens: grantTokens },
  GetKeyPolicy: { ...ofKey, PolicyName: text({ min: 1, max: 128, pattern: /[\w]+/ }) },
  GetKeyRotationStatus: ofKey,
  GetPublicKey: { ...ofKey, GrantTokens: grantTokens },
  ListAliases: {
    KeyId: text({ min: 1, max: 2048 }),
    Limit: integer({ min: 1, max: 1000 }),
    Marker: text({ min: 1, max: 1024, pattern: /[\u0020-\u00FF]*/ }),
  },
  Sign: {
    ...ofKey,
    Message: required(bytes({ min: 1, max: 4096, isSensitive: true })),
    MessageType: text({ oneOf: ['RAW', 'DIGEST', 'EXTERNAL_MU'] }),
    GrantTokens: grantTokens,
    SigningAlgorithm: required(
      text({
        oneOf: [
          ...['RSASSA_PSS_SHA_256', 'RSASSA_PSS_SHA_384', 'RSASSA_PSS_SHA_512', 'RSASSA_PKCS1_V1_5_SHA_256'],
          ...['RSASSA_PKCS1_V1_5_SHA_384', 'RSASSA_PKCS1_V1_5_SHA_512', 'ECDSA_SHA_256', 'ECDSA_SHA_384'],
          ...['ECDSA_SHA_512', 'SM2DSA', 'ML_DSA_SHAKE_256', 'ED25519_SHA_512', 'ED25519_PH_SHA_512'],
        ],
      }),
    ),
    DryRun: flag,
  },
}

const ruleName = required(text({ min: 1, max: 64, pattern: /[.\-_A-Za-z0-9]+/ }))
const busName = text({
  min: 1,
  max: 1600,
  pattern: /(arn:aws[\w-]*:events:[a-z]+-[a-z]+-[\w-]+:[0-9]{12}:event-bus\/)?[/.\-_A-Za-z0-9]+/,
})

export const eventBridgeModel: ApiModel = {
  DisableRule: { Name: ruleName, EventBusName: busName },
  EnableRule: { Name: ruleName, EventBusName: busName },
  ListRules: {
    NamePrefix: text({ min: 1, max: 64, pattern: /[.\-_A-Za-z0-9]+/ }),
    EventBusName: busName,
    NextToken: text({ min: 1, max: 2048 }),
    Limit: integer({ min: 1, max: 100 }),
  },
  PutEvents: {
    Entries: required(
      list(
        structure({
          Time: time,
          Source: text(),
          Resources: list(text({ max: 2048 })),
          DetailType: text(),
          Detail: text(),
          EventBusName: text({
            min: 1,
            max: 1600,
            pattern: /(arn:aws[\w-]*:events:[a-z]+-[a-z]+-[\w-]+:[0-9]{12}:event-bus\/)?[.\-_A-Za-z0-9]+/,
          }),
          TraceHeader: text({ min: 1, max: 500 }),
        }),
        { min: 1, max: 10 },
      ),
    ),
    EndpointId: text({ min: 1, max: 50, pattern: /^[A-Za-z0-9-]+[.][A-Za-z0-9-]+$/ }),
  },
}

const tableName = required(text({ min: 1, max: 1024 }))
const placeholders = { ExpressionAttributeNames: map, ExpressionAttributeValues: map }
const ofWrite = {
  TableName: tableName,
  ReturnValues: text({ oneOf: ['NONE', 'ALL_OLD', 'UPDATED_OLD', 'ALL_NEW', 'UPDATED_NEW'] }),
  ConditionExpression: text(),
  ReturnValuesOnConditionCheckFailure: text({ oneOf: ['ALL_OLD', 'NONE'] }),
  ...placeholders,
}

/** What an attribute may hold is read by attributes.ts; members that are not played are refused by table-operations.ts. */
export const dynamoDbModel: ApiModel = {
  DeleteItem: { ...ofWrite, Key: required(map) },
  GetItem: {
    TableName: tableName,
    Key: required(map),
    ConsistentRead: flag,
    ProjectionExpression: text(),
    ExpressionAttributeNames: map,
  },
  PutItem: { ...ofWrite, Item: required(map) },
  Query: {
    TableName: tableName,
    KeyConditionExpression: text(),
    FilterExpression: text(),
    ProjectionExpression: text(),
    Limit: integer({ min: 1 }),
    ConsistentRead: flag,
    ScanIndexForward: flag,
    ExclusiveStartKey: map,
    ...placeholders,
  },
  UpdateItem: { ...ofWrite, Key: required(map), UpdateExpression: text() },
}
