// What each function calls at AWS: the one list that its role is held against, both ways. A call that is missing from the role fails on
// the day it is first made; a right that no call needs is one for whoever takes the function over. Kept by hand, since bundles hold
// more SDK commands than their function sends; a test holds each row against the bundle.

import {
  CLAIM_KEYS,
  GATE_KEYS,
  LEASE_KEYS,
  READ_KEYS,
  REPORT_KEYS,
  VERSION_KEYS,
} from '../../lambda/core/rotation/record-keys.ts'

export interface NeededCalls {
  /** The bundle of the function, lambda/handlers/<name>.ts. */
  readonly bundle: string
  /** Calls of its code, as IAM names them. */
  readonly calls: readonly string[]
  /** What AWS asks of the caller of one of these calls, although the code never sends it. */
  readonly demanded?: readonly string[]
  /** Calls that only some configurations lead to: allowed where they do, and not missed elsewhere. */
  readonly optional?: readonly string[]
  /** The source of the events that it puts on the stage's bus. */
  readonly publishes?: string
  /** Whoever may invoke it stands by name in its own policy, which denies everybody else. */
  readonly hasNamedCallers?: true
  /** Where the partition keys begin that its calls to DynamoDB name. */
  readonly records?: Readonly<Record<string, string>>
  /** Its calls to Secrets Manager are about secrets of its own, and not about those of the stage's clients. */
  readonly ownSecrets?: true
}

/** Secrets Manager decrypts and encrypts in the name of its caller; RotateSecret asks for lambda:InvokeFunction. */
const reading = ['kms:Decrypt']
const writing = ['kms:Decrypt', 'kms:GenerateDataKey']

const registering: Omit<NeededCalls, 'bundle'> = {
  calls: [
    'secretsmanager:CreateSecret',
    'secretsmanager:DescribeSecret',
    'secretsmanager:GetSecretValue',
    'secretsmanager:PutSecretValue',
    'secretsmanager:PutResourcePolicy',
    'secretsmanager:RotateSecret',
    'secretsmanager:CancelRotateSecret',
    'secretsmanager:DeleteSecret',
    'secretsmanager:UpdateSecret',
    'secretsmanager:TagResource',
    'secretsmanager:UntagResource',
  ],
  demanded: [...writing, 'lambda:InvokeFunction'],
  optional: ['secretsmanager:ReplicateSecretToRegions', 'kms:Encrypt'],
}

const askingForRotations = [
  'secretsmanager:ListSecrets',
  'secretsmanager:DescribeSecret',
  'secretsmanager:RotateSecret',
  'lambda:InvokeFunction',
]

/** What a rotation remembers, signs and stores. */
const keeping = [
  'dynamodb:PutItem',
  'dynamodb:DeleteItem',
  'dynamodb:UpdateItem',
  'dynamodb:Query',
  'kms:Sign',
  's3:PutObject',
]

/** What writing the list of revocations takes, where the stage has a vendor. */
const publishing = ['s3:GetObject', 's3:PutObject', 's3:ListBucket', 'kms:Sign', 'kms:GetPublicKey']

const ofRotations = {
  'dynamodb:PutItem': LEASE_KEYS,
  'dynamodb:DeleteItem': LEASE_KEYS,
  'dynamodb:UpdateItem': VERSION_KEYS,
  'dynamodb:Query': VERSION_KEYS,
}

const claiming = { 'dynamodb:GetItem': CLAIM_KEYS, 'dynamodb:PutItem': CLAIM_KEYS }

/** By the end of the function's name, `m2m-<stage>-<end>`. */
export const neededCalls: Readonly<Record<string, NeededCalls>> = {
  rotation: {
    bundle: 'on-rotation',
    calls: [
      'secretsmanager:DescribeSecret',
      'secretsmanager:GetSecretValue',
      'secretsmanager:PutSecretValue',
      'secretsmanager:UpdateSecretVersionStage',
      'events:PutEvents',
      'ssm:GetParameter',
      // Who holds a Connected App or a SCIM connection.
      'dynamodb:GetItem',
      ...keeping,
    ],
    demanded: writing,
    optional: ['secretsmanager:ListSecretVersionIds', 'kms:Encrypt', ...publishing],
    records: { ...ofRotations, 'dynamodb:GetItem': CLAIM_KEYS },
    publishes: 'm2m.rotation',
  },
  'project-rotation': {
    bundle: 'on-project-rotation',
    calls: [
      'secretsmanager:DescribeSecret',
      'secretsmanager:GetSecretValue',
      'secretsmanager:PutSecretValue',
      'secretsmanager:UpdateSecretVersionStage',
      'events:PutEvents',
      'ssm:GetParameter',
      ...keeping,
    ],
    optional: ['secretsmanager:ListSecretVersionIds', ...writing],
    records: ofRotations,
    publishes: 'm2m.rotation',
    ownSecrets: true,
  },
  registrar: {
    bundle: 'on-client-resource',
    ...registering,
    calls: [...registering.calls, 'secretsmanager:ListSecrets', 'dynamodb:GetItem', 'dynamodb:PutItem'],
    records: claiming,
    hasNamedCallers: true,
  },
  clients: {
    bundle: 'on-clients-request',
    ...registering,
    calls: [...registering.calls, 'dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:DeleteItem'],
    records: { ...claiming, 'dynamodb:DeleteItem': CLAIM_KEYS },
    // Of a secret that is adopted where it is, its owner's policy statements stay.
    optional: [
      ...(registering.optional ?? []),
      'secretsmanager:GetResourcePolicy',
      'secretsmanager:DeleteResourcePolicy',
      'secretsmanager:CancelRotateSecret',
      ...publishing,
    ],
    hasNamedCallers: true,
  },
  archive: { bundle: 'on-archive', calls: ['s3:PutObject'], hasNamedCallers: true },
  identify: {
    bundle: 'on-identify',
    calls: ['secretsmanager:ListSecrets', 'secretsmanager:GetSecretValue', 'secretsmanager:ListSecretVersionIds'],
    demanded: reading,
    // The table that counts its searches, where it reserves nothing.
    optional: ['dynamodb:UpdateItem'],
    hasNamedCallers: true,
  },
  intake: {
    bundle: 'on-leak-report',
    calls: [
      'secretsmanager:GetSecretValue',
      'dynamodb:GetItem',
      'dynamodb:PutItem',
      'lambda:InvokeFunction',
      'events:PutEvents',
    ],
    optional: reading,
    records: { 'dynamodb:GetItem': GATE_KEYS, 'dynamodb:PutItem': GATE_KEYS },
    publishes: 'm2m.leak-intake',
    ownSecrets: true,
  },
  incident: {
    bundle: 'on-incident',
    calls: [...askingForRotations, 'events:PutEvents', 'ssm:GetParameter'],
    optional: ['secretsmanager:ListSecretVersionIds'],
    publishes: 'm2m.incident',
    hasNamedCallers: true,
  },
  campaign: {
    bundle: 'on-campaign',
    calls: [...askingForRotations, 'events:PutEvents', 'ssm:GetParameter'],
    demanded: ['lambda:CheckpointDurableExecution', 'lambda:GetDurableExecutionState'],
    optional: ['secretsmanager:ListSecretVersionIds', 'dynamodb:Query'],
    records: { 'dynamodb:Query': VERSION_KEYS },
    publishes: 'm2m.campaign',
    hasNamedCallers: true,
  },
  sweep: {
    bundle: 'on-sweep',
    calls: [
      ...askingForRotations,
      'events:PutEvents',
      'ssm:GetParameter',
      's3:ListBucket',
      'dynamodb:PutItem',
      'dynamodb:DeleteItem',
      'secretsmanager:GetResourcePolicy',
      'events:DescribeRule',
    ],
    demanded: ['lambda:InvokeFunction'],
    // What the stage stands on: not every one has a schedule of campaigns, a subscription, a key of its own.
    optional: [
      'secretsmanager:ListSecretVersionIds',
      'dynamodb:Query',
      'scheduler:GetSchedule',
      'sns:ListSubscriptionsByTopic',
      'kms:DescribeKey',
      ...publishing,
    ],
    // It asks for what it has reported as well, and where the stage asks for proof of adoption, for reads.
    records: { 'dynamodb:Query': VERSION_KEYS, 'dynamodb:PutItem': REPORT_KEYS, 'dynamodb:DeleteItem': REPORT_KEYS },
    publishes: 'm2m.sweep',
  },
  reads: {
    bundle: 'on-read',
    calls: ['dynamodb:UpdateItem'],
    records: { 'dynamodb:UpdateItem': READ_KEYS },
    hasNamedCallers: true,
  },
  vendor: {
    bundle: 'on-vend',
    calls: ['secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue', 'events:PutEvents'],
    // A GET of the object names no operation, and S3 says that one is missing to whoever may list alone.
    demanded: ['s3:GetObject', 's3:ListBucket', ...reading],
    publishes: 'm2m.vendor',
    hasNamedCallers: true,
  },
}

/** What a function's role has for Lambda's sake: logs, traces, network, and the queue for what failed. */
export const ofLambda = /^(logs|xray|ec2|sqs):/

const endOf = (functionName: string): string =>
  Object.keys(neededCalls)
    .filter((one) => functionName.endsWith(`-${one}`))
    .sort((one, other) => other.length - one.length)[0] ?? ''

/** The row of a function's name: the longest end that fits. */
export const neededBy = (functionName: string): NeededCalls | undefined => neededCalls[endOf(functionName)]

/** Secrets Manager knows no resource for it. */
const ofNoSecret = ['secretsmanager:ListSecrets']

/** Whether a statement's resource is one that the function calls this for: the secrets of all of its stage's clients, or any. */
export const isMeant = (functionName: string, action: string, resource: string): boolean => {
  const isOfClients = action.startsWith('secretsmanager:') && !ofNoSecret.includes(action)
  if (!isOfClients || neededBy(functionName)?.ownSecrets === true) return true
  const stage = functionName.slice('m2m-'.length, -`-${endOf(functionName)}`.length)
  return resource === '*' || (resource.includes(':secret:') && resource.endsWith(`/${stage}/*`))
}
