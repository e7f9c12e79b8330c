// The resource policy on every managed secret, whoever registered it: its readers are let in, and everybody else is kept from reading or
// changing it, however wide their own policies are. Pure. A policy that would lock its owner out, or let everybody in, cannot be made:
// the account's root may always remove the policy, the registrar always stands among those who may change it, a wildcard is refused.
import { createHash } from 'node:crypto'
import { Fault } from '../base/fault.ts'
import { GUARDED_TAG_KEYS } from '../secret/secret-tags.ts'
import { accountOf } from './reader-admission.ts'

export interface PolicyRoles {
  /** Roles that may read the value: rotation, registrar, break-glass; later vendor and others. */
  readonly readers: readonly string[]
  /** Roles that may change secret, labels, rotation and policy: rotation, registrar, deploy, break-glass. */
  readonly changers: readonly string[]
  /** Roles that may start rotations, and nothing else: sweep, campaign, incident. */
  readonly rotators?: readonly string[]
  /** Roles that may do the same, and take AWSPENDING away: people, when nothing else helps. */
  readonly operators?: readonly string[]
  /** Declared consumers, of whatever account: they may read the secret. */
  readonly consumers: readonly string[]
}

export interface PolicyStatement {
  readonly Sid: string
  readonly Effect: 'Allow' | 'Deny'
  readonly Principal: '*' | { readonly AWS: readonly string[] }
  readonly Action?: readonly string[]
  readonly NotAction?: readonly string[]
  readonly Resource: '*'
  readonly Condition: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>
}

export interface SecretPolicy {
  readonly Version: '2012-10-17'
  readonly Statement: readonly PolicyStatement[]
}

/** Secrets Manager's limit for a resource policy (PutResourcePolicy: ResourcePolicy, at most 20,480 characters). */
export const MAX_POLICY_CHARACTERS = 20_480

/** What copies a value out. BatchGetSecretValue asks for this action on each secret. */
export const READING = ['secretsmanager:GetSecretValue'] as const

/** What shows no value; who may, is a matter of his own policies. */
export const LOOKING = [
  'secretsmanager:DescribeSecret',
  'secretsmanager:ListSecretVersionIds',
  'secretsmanager:GetResourcePolicy',
  'secretsmanager:ValidateResourcePolicy',
] as const

/** What a rotation function decides about, however it is started. */
export const ROTATING = ['secretsmanager:RotateSecret'] as const

/** Which version is the one in force, and whether a rotation is open. */
export const LABELLING = ['secretsmanager:UpdateSecretVersionStage'] as const

export const TAGGING = ['secretsmanager:TagResource', 'secretsmanager:UntagResource'] as const

export const OPENING = ['secretsmanager:PutResourcePolicy', 'secretsmanager:DeleteResourcePolicy'] as const

/**
 * Everything else changes the secret, what AWS adds later included. As of 2026: PutSecretValue, UpdateSecret, DeleteSecret, RestoreSecret,
 * CancelRotateSecret, ReplicateSecretToRegions, RemoveRegionsFromReplication, StopReplicationToReplica.
 */
const NOT_CHANGING = [...READING, ...LOOKING, ...ROTATING, ...LABELLING, ...TAGGING, ...OPENING]

/** AWS's caches describe a secret before they read a version of it by its id. */
const CONSUMING = ['secretsmanager:GetSecretValue', 'secretsmanager:DescribeSecret'] as const

/** The statement that keeps everybody else from reading. */
export const READING_DENIAL = 'OnlyNamedRolesRead'

const ROLE = /^arn:([a-z-]+):iam::(\d{12}):role\/[\w+=,.@/-]+$/

type Condition = PolicyStatement['Condition']

const unique = (arns: readonly string[]): readonly string[] => [...new Set(arns)].sort()

/**
 * A role is named with its path. Services that act for themselves (replication, the rotation's own book-keeping) have no role and are
 * exempt; a service that acts for a caller, or by a service-linked role, is not.
 */
const exceptRoles = (roles: readonly string[]): Condition => ({
  ArnNotEquals: { 'aws:PrincipalArn': unique(roles) },
  BoolIfExists: { 'aws:PrincipalIsAWSService': 'false' },
})

type What = Pick<PolicyStatement, 'Action'> | Pick<PolicyStatement, 'NotAction'>

const deny = (Sid: string, what: What, roles: readonly string[], also: Condition = {}): PolicyStatement => ({
  Sid,
  Effect: 'Deny',
  Principal: '*',
  ...what,
  // In a secret's own policy `*` is that secret.
  Resource: '*',
  Condition: { ...exceptRoles(roles), ...also },
})

/** The root of the account in an ARN. The one that owns the secret is the way back in when every named role is gone. */
const rootOf = (arn: string): string => `arn:${arn.split(':')[1]}:iam::${accountOf(arn)}:root`

/**
 * Whom the policy itself lets read. It names no version stage: the key is absent from a request that names none (aws-cli#5031), and who
 * may name a version by its id reads every one.
 */
const consumption = (secretArn: string, consumers: readonly string[]): readonly PolicyStatement[] => {
  const account = accountOf(secretArn)
  const own = unique(consumers.filter((arn) => accountOf(arn) === account))
  const others = unique(consumers.filter((arn) => accountOf(arn) !== account))
  const allow = (Sid: string, Principal: PolicyStatement['Principal'], Condition: Condition): PolicyStatement => ({
    Sid,
    Effect: 'Allow',
    Principal,
    Action: CONSUMING,
    Resource: '*',
    Condition,
  })
  return [
    // Everybody, narrowed to named roles: that needs no policy of theirs, and neither must such a role exist nor does it become an id
    // when it is deleted. The account's root as principal would only delegate to their own policies.
    ...(own.length === 0
      ? []
      : [
          allow('ReadersOfThisAccount', '*', {
            ArnEquals: { 'aws:PrincipalArn': own },
            StringEquals: { 'aws:PrincipalAccount': account },
          }),
        ]),
    // Across accounts the role's own policy has to allow it as well, whatever stands here.
    ...(others.length === 0
      ? []
      : [
          allow(
            'ReadersOfOtherAccounts',
            { AWS: unique(others.map(rootOf)) },
            { ArnEquals: { 'aws:PrincipalArn': others } },
          ),
        ]),
  ]
}

const policyOf = (
  secretArn: string,
  { readers, changers, rotators = [], operators = [], consumers }: PolicyRoles,
): SecretPolicy => {
  const rotating = [...changers, ...rotators, ...operators]
  return {
    Version: '2012-10-17',
    Statement: [
      ...consumption(secretArn, consumers),
      deny(READING_DENIAL, { Action: READING }, [...readers, ...consumers]),
      deny('OnlyNamedRolesChange', { NotAction: NOT_CHANGING }, changers),
      deny('OnlyNamedRolesRotate', { Action: ROTATING }, rotating),
      // Whether a pending value may be let go only the rotation function can see; an operator's word stands beside it.
      deny('OnlyNamedRolesMoveLabels', { Action: LABELLING }, [...changers, ...operators]),
      deny('OthersMoveAwspendingOnly', { Action: LABELLING }, changers, {
        StringNotEquals: { 'secretsmanager:VersionStage': 'AWSPENDING' },
      }),
      // Holds are among them, so that operators ask the clients function for those. A tag of the owner's own is his.
      deny('OnlyNamedRolesTag', { Action: TAGGING }, changers, {
        'ForAnyValue:StringLike': { 'aws:TagKeys': GUARDED_TAG_KEYS },
      }),
      deny('OnlyNamedRolesOpen', { Action: OPENING }, [...changers, rootOf(secretArn)]),
    ],
  }
}

const sizeOf = (secretArn: string, roles: PolicyRoles): number => JSON.stringify(policyOf(secretArn, roles)).length

/** How many of these consumers, the first ones, fit beside the stage's roles. */
export const consumersThatFit = (secretArn: string, roles: PolicyRoles): number => {
  const { consumers } = roles
  let [fits, tooMany] = [0, consumers.length + 1]
  while (tooMany - fits > 1) {
    const middle = Math.floor((fits + tooMany) / 2)
    const size = sizeOf(secretArn, { ...roles, consumers: consumers.slice(0, middle) })
    if (size <= MAX_POLICY_CHARACTERS) fits = middle
    else tooMany = middle
  }
  return fits
}

/** Why a policy with these roles cannot be made; undefined when it can. */
export const policyFault = (secretArn: string, roles: PolicyRoles): string | undefined => {
  const { readers, changers, rotators = [], operators = [], consumers } = roles
  const unfit = [...readers, ...changers, ...rotators, ...operators, ...consumers].find((arn) => !ROLE.test(arn))
  if (unfit !== undefined) return `${JSON.stringify(unfit)} is not the ARN of one role`
  if (changers.length === 0) return 'it names no role that may change the secret'
  const size = sizeOf(secretArn, roles)
  if (size <= MAX_POLICY_CHARACTERS) return undefined
  return `it would have ${size} characters, and Secrets Manager takes ${MAX_POLICY_CHARACTERS}: of ${consumers.length} readers ${consumersThatFit(secretArn, roles)} fit; let some of them share a role`
}

/** @throws Fault INPUT_MALFORMED when a role is not one role, nobody could change the secret, or it has too many readers. */
export const secretPolicy = (secretArn: string, roles: PolicyRoles): SecretPolicy => {
  const fault = policyFault(secretArn, roles)
  if (fault === undefined) return policyOf(secretArn, roles)
  throw new Fault({
    code: 'INPUT_MALFORMED',
    retryable: false,
    message: `The policy for ${secretArn} was not made: ${fault}.`,
  })
}

const fingerprint = (what: unknown): string =>
  createHash('sha256').update(JSON.stringify(what)).digest('hex').slice(0, 16)

const ANY_SECRET = 'arn:aws:secretsmanager:any:000000000000:secret:any'
/** One of each kind, so that the fingerprint covers what is made of either. */
const ANY_CONSUMERS = ['000000000000', '111111111111'].map((account) => `arn:aws:iam::${account}:role/any`)

/** Of every statement that stands in a policy of ours: whatever else stands beside them is somebody's own. */
export const statementIds: ReadonlySet<string> = new Set(
  policyOf(ANY_SECRET, { readers: [], changers: [], consumers: ANY_CONSUMERS }).Statement.map(({ Sid }) => Sid),
)

/** Changes with the stage's roles and Regions, and with what this file makes of them. */
export const policyRevision = (roles: Omit<PolicyRoles, 'consumers'>, replicaRegions: readonly string[]): string =>
  fingerprint([policyOf(ANY_SECRET, { ...roles, consumers: ANY_CONSUMERS }), unique(replicaRegions)])

/** Changes with what this file makes of any roles: a declaration that carries it is asked for again when that changes. */
export const policyForm = (): string => policyRevision({ readers: [], changers: [], rotators: [] }, [])

/** What is noted on a secret once policy and replicas stand as this says. */
export const policyFingerprint = (revision: string, consumers: readonly string[]): string =>
  fingerprint([revision, unique(consumers)])
