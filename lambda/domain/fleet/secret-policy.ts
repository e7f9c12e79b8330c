// The resource policy on every managed secret, whoever registered it: nobody but named roles reads or changes it, however wide their
// own policies are. Pure. A policy that would lock its owner out, or let everybody in, cannot be made: the account's root may
// always remove the policy, the registrar always stands among those who may change it, and a wildcard is refused.
import { createHash } from 'node:crypto'
import { Fault } from '../failures.ts'

export interface PolicyRoles {
  /** Roles that may read the value: rotation, registrar, break-glass; later vendor and others. */
  readonly readers: readonly string[]
  /** Roles that may change secret, labels, rotation and policy: rotation, registrar, deploy, break-glass. */
  readonly changers: readonly string[]
  /** Roles that may ask for rotations and move labels, and nothing else of it: sweep, campaign, incident, operators. */
  readonly rotators?: readonly string[]
  /** Declared consumers, of whatever account: they may read the secret, AWSCURRENT only. */
  readonly consumers: readonly string[]
}

export interface PolicyStatement {
  readonly Sid: string
  readonly Effect: 'Allow' | 'Deny'
  readonly Principal: '*' | { readonly AWS: readonly string[] }
  readonly Action: readonly string[]
  readonly Resource: '*'
  readonly Condition: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>
}

export interface SecretPolicy {
  readonly Version: '2012-10-17'
  readonly Statement: readonly PolicyStatement[]
}

/** What copies a value out. BatchGetSecretValue asks for this action on each secret. */
export const READING = ['secretsmanager:GetSecretValue'] as const

/** What a rotation function decides about, however it is asked: so that asking is not yet changing. */
export const ROTATING = [
  'secretsmanager:RotateSecret',
  'secretsmanager:CancelRotateSecret',
  'secretsmanager:UpdateSecretVersionStage',
] as const

export const CHANGING = [
  'secretsmanager:PutSecretValue',
  'secretsmanager:UpdateSecret',
  'secretsmanager:DeleteSecret',
  // A replica is a copy of the value in another Region.
  'secretsmanager:ReplicateSecretToRegions',
] as const

export const OPENING = ['secretsmanager:PutResourcePolicy', 'secretsmanager:DeleteResourcePolicy'] as const

const ROLE = /^arn:([a-z-]+):iam::(\d{12}):role\/[\w+=,.@/-]+$/

const unique = (arns: readonly string[]): readonly string[] => [...new Set(arns)].sort()

/** Services that act for themselves (replication, the rotation's own book-keeping) have no role. */
const exceptRoles = (roles: readonly string[]): PolicyStatement['Condition'] => ({
  ArnNotEquals: { 'aws:PrincipalArn': unique(roles) },
  Bool: { 'aws:PrincipalIsAWSService': 'false' },
})

const deny = (Sid: string, Action: readonly string[], roles: readonly string[]): PolicyStatement => ({
  Sid,
  Effect: 'Deny',
  Principal: '*',
  Action,
  // In a secret's own policy `*` is that secret.
  Resource: '*',
  Condition: exceptRoles(roles),
})

/** The root of the account in an ARN. The one that owns the secret is the way back in when every named role is gone. */
const rootOf = (arn: string): string => {
  const [, partition, , , account] = arn.split(':')
  return `arn:${partition}:iam::${account}:root`
}

const malformed = (secretArn: string, what: string): Fault =>
  new Fault({
    code: 'INPUT_MALFORMED',
    retryable: false,
    message: `The policy for ${secretArn} was not made: ${what}.`,
  })

/** @throws Fault INPUT_MALFORMED when a role is not one role, or nobody could change the secret. */
export const secretPolicy = (
  secretArn: string,
  { readers, changers, rotators = [], consumers }: PolicyRoles,
): SecretPolicy => {
  for (const arn of [...readers, ...changers, ...rotators, ...consumers]) {
    if (!ROLE.test(arn)) throw malformed(secretArn, `${JSON.stringify(arn)} is not the ARN of one role`)
  }
  if (changers.length === 0) throw malformed(secretArn, 'it names no role that may change the secret')
  const consumption: readonly PolicyStatement[] =
    consumers.length === 0
      ? []
      : [
          {
            Sid: 'ConsumersReadCurrent',
            Effect: 'Allow',
            // A role as principal must exist, and becomes an id when it is deleted: its account with a condition does neither.
            Principal: { AWS: unique(consumers.map(rootOf)) },
            Action: READING,
            Resource: '*',
            // A call that names no stage asks for AWSCURRENT, and is taken as naming it.
            Condition: {
              ArnEquals: { 'aws:PrincipalArn': unique(consumers) },
              'ForAnyValue:StringEquals': { 'secretsmanager:VersionStage': 'AWSCURRENT' },
            },
          },
        ]
  return {
    Version: '2012-10-17',
    Statement: [
      ...consumption,
      deny('OnlyNamedRolesRead', READING, [...readers, ...consumers]),
      deny('OnlyNamedRolesChange', CHANGING, changers),
      deny('OnlyNamedRolesRotate', ROTATING, [...changers, ...rotators]),
      deny('OnlyNamedRolesOpen', OPENING, [...changers, rootOf(secretArn)]),
    ],
  }
}

const fingerprint = (what: unknown): string =>
  createHash('sha256').update(JSON.stringify(what)).digest('hex').slice(0, 16)

const ANY_SECRET = 'arn:aws:secretsmanager:any:000000000000:secret:any'

/** Changes with the stage's roles and Regions, and with what this file makes of them. */
export const policyRevision = (roles: Omit<PolicyRoles, 'consumers'>, replicaRegions: readonly string[]): string =>
  fingerprint([secretPolicy(ANY_SECRET, { ...roles, consumers: [] }), unique(replicaRegions)])

/** What is noted on a secret once policy and replicas stand as this says. */
export const policyFingerprint = (revision: string, consumers: readonly string[]): string =>
  fingerprint([revision, unique(consumers)])
