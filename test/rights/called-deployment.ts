// The deployment of the table, as a stand-in plays it: its secrets, keys, bus, table, bucket and functions, its policies and everybody who calls.
// What one ability's way asks of IAM is here a call over HTTP, and the answer is whether it was denied.
import { randomUUID } from 'node:crypto'
import { type AwsStandIn, createAwsStandIn } from '../../lambda/local/aws/aws-stand-in.ts'
import type { AwsSettings } from '../../lambda/local/aws/settings.ts'
import { ADMINISTRATOR_ACCESS } from '../../lambda/local/iam/managed-policies.ts'
import { createRights, type Rights } from '../../lambda/local/iam/rights.ts'
import { createWorld } from '../../lambda/local/stand-in/world.ts'
import type { RightsCaller } from '../../scripts/rights/callers.ts'
import { ACCOUNT, type Deployment, place, secrets } from '../../scripts/rights/deployment.ts'
import type { RecordedRequest } from '../../scripts/rights/requests.ts'
import { type Sent, signedSender, targets } from '../local/aws/signed-as.ts'

/** As abilities.ts asks for a version by its id. */
const SOME_VERSION = 'rotate-00000000-0000-4000-8000-000000000000'

const nameOf = (arn: string): string => (arn.split(':secret:')[1] ?? '').replace(/-.{6}$/, '')

const json = (service: string, operation: string, body: object): Sent => ({
  service,
  region: place.region,
  headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': `${targets[service]}.${operation}` },
  body: JSON.stringify(body),
})

const rest = (service: string, method: string, path: string, body?: object | string): Sent => ({
  service,
  region: place.region,
  method,
  path,
  ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
})

type Send = (request: RecordedRequest) => Sent

const one = (value: unknown): string | undefined =>
  Array.isArray(value) ? String(value[0]) : typeof value === 'string' ? value : undefined

const secret =
  (operation: string, more: (request: RecordedRequest) => object = () => ({})): Send =>
  (request) =>
    json('secretsmanager', operation, { SecretId: request.resource, ...more(request) })

const token = () => ({ ClientRequestToken: randomUUID() })
const value = () => ({ ...token(), SecretString: '{}' })
const somePolicy = JSON.stringify({
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` },
      Action: 'secretsmanager:DescribeSecret',
      Resource: '*',
    },
  ],
})

const item = ({ context }: RecordedRequest) => ({ S: one(context['dynamodb:LeadingKeys']) ?? '' })

const functionPath = (arn: string, what: string): string => `/2015-03-31/functions/${encodeURIComponent(arn)}/${what}`

/** By IAM's name of the action: the call that asks for it. What no stand-in plays is not here, and is left to the evaluator. */
const calls: Readonly<Record<string, Send>> = {
  'secretsmanager:GetSecretValue': secret('GetSecretValue', ({ context }) => ({
    VersionId: one(context['secretsmanager:VersionId']),
    VersionStage: one(context['secretsmanager:VersionStage']),
  })),
  'secretsmanager:PutSecretValue': secret('PutSecretValue', value),
  'secretsmanager:UpdateSecret': secret('UpdateSecret', value),
  'secretsmanager:DeleteSecret': secret('DeleteSecret'),
  'secretsmanager:ReplicateSecretToRegions': secret('ReplicateSecretToRegions', ({ context }) => ({
    AddReplicaRegions: [{ Region: one(context['secretsmanager:AddReplicaRegions']) }],
  })),
  'secretsmanager:CreateSecret': ({ context }) =>
    json('secretsmanager', 'CreateSecret', { Name: one(context['secretsmanager:Name']), ...token() }),
  'secretsmanager:RotateSecret': secret('RotateSecret', ({ context }) => ({
    ...token(),
    RotationLambdaARN: one(context['secretsmanager:RotationLambdaARN']),
    ...(context['secretsmanager:ModifyRotationRules'] === 'true'
      ? { RotationRules: { AutomaticallyAfterDays: 30 } }
      : {}),
  })),
  'secretsmanager:CancelRotateSecret': secret('CancelRotateSecret'),
  'secretsmanager:UpdateSecretVersionStage': secret('UpdateSecretVersionStage', ({ context }) => ({
    VersionStage: one(context['secretsmanager:VersionStage']),
    MoveToVersionId: SOME_VERSION,
  })),
  'secretsmanager:TagResource': secret('TagResource', ({ context }) => ({
    Tags: [{ Key: one(context['aws:TagKeys']), Value: 'x' }],
  })),
  'secretsmanager:UntagResource': secret('UntagResource', ({ context }) => ({
    TagKeys: [one(context['aws:TagKeys'])],
  })),
  'secretsmanager:PutResourcePolicy': secret('PutResourcePolicy', ({ context }) => ({
    ResourcePolicy: somePolicy,
    BlockPublicPolicy: context['secretsmanager:BlockPublicPolicy'] === 'true',
  })),
  'secretsmanager:DeleteResourcePolicy': secret('DeleteResourcePolicy'),
  'kms:Sign': ({ resource, context }) =>
    json('kms', 'Sign', {
      KeyId: resource,
      MessageType: one(context['kms:MessageType']),
      SigningAlgorithm: one(context['kms:SigningAlgorithm']),
      Message: Buffer.alloc(32).toString('base64'),
    }),
  'events:PutEvents': ({ resource, context }) =>
    json('events', 'PutEvents', {
      Entries: [
        {
          EventBusName: resource,
          Source: one(context['events:source']),
          DetailType: one(context['events:detail-type']),
          Detail: '{}',
        },
      ],
    }),
  'events:DisableRule': ({ resource }) => {
    const [, EventBusName, Name] = (resource.split(':')[5] ?? '').split('/')
    return json('events', 'DisableRule', { EventBusName, Name })
  },
  'ssm:PutParameter': ({ resource }) =>
    json('ssm', 'PutParameter', { Name: resource.replace(/^.*:parameter/, ''), Value: 'on', Type: 'String' }),
  'dynamodb:PutItem': (request) =>
    json('dynamodb', 'PutItem', { TableName: request.resource, Item: { pk: item(request), sk: { S: 'x' } } }),
  'dynamodb:DeleteItem': (request) =>
    json('dynamodb', 'DeleteItem', { TableName: request.resource, Key: { pk: item(request), sk: { S: 'x' } } }),
  'dynamodb:UpdateItem': (request) =>
    json('dynamodb', 'UpdateItem', {
      TableName: request.resource,
      Key: { pk: item(request), sk: { S: 'x' } },
      UpdateExpression: 'SET #a = :a',
      ExpressionAttributeNames: { '#a': 'a' },
      ExpressionAttributeValues: { ':a': { S: 'x' } },
    }),
  'lambda:InvokeFunction': ({ resource }) => rest('lambda', 'POST', functionPath(resource, 'invocations'), '{}'),
  'lambda:AddPermission': ({ resource }) =>
    rest('lambda', 'POST', functionPath(resource, 'policy'), {
      StatementId: randomUUID(),
      Action: 'lambda:InvokeFunction',
      Principal: 'events.amazonaws.com',
    }),
  's3:PutObject': ({ resource, context }) => ({
    ...rest('s3', 'PUT', `/${resource.replace('arn:aws:s3:::', '')}`, 'x'),
    headers: {
      ...(context['s3:if-none-match'] === undefined ? {} : { 'if-none-match': '*' }),
      ...(context['s3:if-match'] === undefined ? {} : { 'if-match': one(context['s3:if-match']) ?? '' }),
    },
  }),
}

/** Of several questions about one call, the one that somebody sends; the rest is asked on the way. */
export const sentOf = (requests: readonly RecordedRequest[]): Sent | undefined => {
  const [first, ...others] = requests
  // A call whose every question is one of its own is no single one.
  const isOneCall = others.every(({ context }) => context['aws:ViaAWSService'] === 'true')
  return first === undefined || !isOneCall ? undefined : calls[first.action]?.(first)
}

export interface CalledDeployment {
  readonly rights: Rights
  readonly standIn: AwsStandIn
  /** @returns whether the call was denied, by whichever policy */
  isDenied(callerId: string, sent: Sent): Promise<boolean>
  configure(settings: Partial<AwsSettings>): void
  close(): Promise<void>
}

const SETUP = 'setup'

export const startCalledDeployment = async (
  deployment: Deployment,
  callers: readonly RightsCaller[],
): Promise<CalledDeployment> => {
  const world = createWorld()
  const { resourcePolicies, functions, keyArn, proofKeyArn, bucketName, revocations, template } = deployment
  const rights = createRights({ account: ACCOUNT, identities: [] })
  const keyId = (arn: string): string => arn.split('/').at(-1) ?? ''
  const functionArns = new Set([...functions.values()].map(({ arn }) => arn))
  const standIn = createAwsStandIn({
    world,
    rights,
    region: place.region,
    accountId: ACCOUNT,
    secretSuffix: () => 'AbCdEf',
    keys: [
      { alias: 'alias/m2m-prod', keyId: keyId(keyArn), usage: 'ENCRYPT_DECRYPT' },
      { alias: 'alias/m2m-prod-proofs', keyId: keyId(proofKeyArn) },
      { alias: 'alias/m2m-prod-revocations', keyId: keyId(revocations.keyArn) },
    ],
    buckets: [bucketName, revocations.bucketName],
    tables: template.ofType('AWS::DynamoDB::Table', 'AWS::DynamoDB::GlobalTable').map(({ properties }) => ({
      name: String(properties.$arn).split('/').at(-1) ?? '',
      partitionKey: 'pk',
      sortKey: 'sk',
    })),
    watching: { rules: { 'm2m-prod': ['m2m-prod-AlarmsDrift'] } },
    settings: { redriveCount: 0 },
    invoke: async () => ({ ok: false, errorType: 'None', errorMessage: 'nothing is rotated' }),
    functions: {
      exists: (arn) => functionArns.has(arn),
      settingsOf: () => ({ aliases: Object.values(deployment.qualifiers).flat().map(String) }),
      invoke: async () => ({ ok: true }),
    },
  })
  const origin = await standIn.listen(0)
  const send = signedSender(() => origin)

  /** Of a function that is not the deployment's: whoever made it lets Secrets Manager invoke it. */
  const elsewhere = `arn:aws:lambda:${place.region}:${ACCOUNT}:function:somebody-elses`
  const letsSecretsManager = {
    Version: '2012-10-17',
    Statement: {
      Effect: 'Allow',
      Principal: { Service: 'secretsmanager.amazonaws.com' },
      Action: 'lambda:InvokeFunction',
    },
  }

  const setPolicies = (): void => {
    rights.setResourcePolicy(elsewhere, letsSecretsManager)
    for (const [arn, policy] of resourcePolicies) rights.setResourcePolicy(arn, policy)
  }
  const setup = async (operation: string, body: object): Promise<void> => {
    const { status, message } = await send(SETUP, json('secretsmanager', operation, body))
    if (status !== 200) throw new Error(`${operation} of the deployment's own secrets failed: ${message}`)
  }
  /** Everything as it is after a deployment. */
  const furnish = async (): Promise<void> => {
    standIn.stopDrives()
    world.reset()
    rights.setResourcePolicy(keyArn, undefined)
    const arn = `arn:aws:iam::${ACCOUNT}:root`
    rights.add({
      accessKeyId: SETUP,
      arn,
      principalArn: arn,
      account: ACCOUNT,
      identityPolicies: [ADMINISTRATOR_ACCESS],
    })
    for (const [at, secretArn] of [secrets.billing, secrets.reports, secrets.project].entries()) {
      const KmsKeyId = secretArn === secrets.project ? undefined : keyArn
      await setup('CreateSecret', {
        Name: nameOf(secretArn),
        KmsKeyId,
        ClientRequestToken: SOME_VERSION,
        SecretString: `${at}`,
      })
      const policy = resourcePolicies.get(secretArn)
      if (policy !== undefined)
        await setup('PutResourcePolicy', { SecretId: secretArn, ResourcePolicy: JSON.stringify(policy) })
    }
    rights.remove(SETUP)
    setPolicies()
  }

  for (const { id, principal, account, identityPolicies, context } of callers) {
    const principalArn = String(context['aws:PrincipalArn'])
    rights.add({ accessKeyId: id, arn: principal, principalArn, account, identityPolicies, context })
  }
  await furnish()

  return {
    rights,
    standIn,
    configure: standIn.configure,
    isDenied: async (callerId, sent) => {
      const { status, type = '', message = '' } = await send(callerId, sent)
      if (status === 500) throw new Error(`${callerId}: ${JSON.stringify(sent)}: ${message}`)
      const isAbroad = rights.identify(callerId).account !== ACCOUNT
      // By a name, another account's caller means what is its own.
      const isElsewhere = isAbroad && /NotFound/.test(type)
      const isDenied = isElsewhere || /^(AccessDenied(Exception)?|AuthorizationError)$/.test(type)
      // What it did must not decide what comes after it.
      if (!isDenied) await furnish()
      return isDenied
    },
    close: async () => {
      standIn.stopDrives()
      await standIn.close()
    },
  }
}
