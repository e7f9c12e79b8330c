// Those who call besides the functions, each by an access key id of its name: people, consumers and strangers. A role that no stack makes has the
// widest policies that such a role would have: what then is refused, the policies of the stack refuse.
import { ADMINISTRATOR_ACCESS, POWER_USER_ACCESS } from './managed-policies.ts'
import { accountOf } from './pattern.ts'
import type { PolicyDocument, WrittenPolicy } from './policy.ts'
import type { Identity } from './rights.ts'

export interface RoleIdentityInput {
  readonly accessKeyId: string
  /** With its path. */
  readonly roleArn: string
  readonly identityPolicies?: readonly PolicyDocument[]
}

/** A session of a role, called like the key. */
export const roleIdentity = ({ accessKeyId, roleArn, identityPolicies = [] }: RoleIdentityInput): Identity => {
  const account = accountOf(roleArn)
  return {
    accessKeyId,
    arn: `arn:aws:sts::${account}:assumed-role/${roleArn.split('/').at(-1)}/${accessKeyId}`,
    principalArn: roleArn,
    account,
    identityPolicies,
  }
}

const policy = (...Statement: readonly object[]): WrittenPolicy => ({ Version: '2012-10-17', Statement })

export interface ReadsAbroadInput {
  readonly secretArns: readonly string[]
  readonly keyArns: readonly string[]
  readonly region: string
}

/** What docs/multi-account.md asks of a reader's own account. */
export const readsAbroad = ({ secretArns, keyArns, region }: ReadsAbroadInput): WrittenPolicy =>
  policy(
    {
      Effect: 'Allow',
      Action: ['secretsmanager:GetSecretValue', 'secretsmanager:DescribeSecret'],
      Resource: secretArns,
    },
    {
      Effect: 'Allow',
      Action: 'kms:Decrypt',
      Resource: keyArns,
      Condition: { StringEquals: { 'kms:ViaService': `secretsmanager.${region}.amazonaws.com` } },
    },
  )

/** What those who report leaks have of their own: the bus, and the search for a leaked value. */
export const reportsLeaks = (busArn: string, identifyArns: readonly string[]): WrittenPolicy =>
  policy(
    { Effect: 'Allow', Action: 'events:PutEvents', Resource: busArn },
    { Effect: 'Allow', Action: 'lambda:InvokeFunction', Resource: identifyArns },
  )

export const READER_ACCOUNT = '111111111111'

export interface PeopleInput {
  readonly account: string
  readonly region: string
  /** What an operator attaches. */
  readonly operatorPolicies: readonly PolicyDocument[]
  readonly busArn: string
  /** By every name by which it may be called. */
  readonly identifyArns: readonly string[]
  /** Patterns of the secrets that readers of another account may read by their own policies. */
  readonly secretArns: readonly string[]
  /** Patterns of the keys that those are under. */
  readonly keyArns: readonly string[]
}

/** By key id: `admin`, `break-glass`, `operator`, `security`, `power-user`, `reader`, `other-account-reader`, `stranger`. */
export const people = (input: PeopleInput): readonly Identity[] => {
  const { account, operatorPolicies, busArn, identifyArns } = input
  const own = (accessKeyId: string, ...identityPolicies: readonly PolicyDocument[]): Identity =>
    roleIdentity({ accessKeyId, roleArn: `arn:aws:iam::${account}:role/${accessKeyId}`, identityPolicies })
  return [
    own('admin', ADMINISTRATOR_ACCESS),
    own('break-glass', ADMINISTRATOR_ACCESS),
    own('operator', ...operatorPolicies),
    own('security', reportsLeaks(busArn, identifyArns)),
    own('power-user', POWER_USER_ACCESS),
    // Listed at a secret, and nothing more.
    own('reader'),
    roleIdentity({
      accessKeyId: 'other-account-reader',
      roleArn: `arn:aws:iam::${READER_ACCOUNT}:role/other-account-reader`,
      identityPolicies: [readsAbroad(input)],
    }),
    own('stranger'),
  ]
}
