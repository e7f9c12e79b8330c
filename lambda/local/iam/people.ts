// Those who call besides the functions, each by an access key id of its name: people, consumers and strangers. A role that no stack makes has the
// widest policies that such a role would have: what then is refused, the policies of the stack refuse.
import { ADMINISTRATOR_ACCESS, POWER_USER_ACCESS } from './managed-policies.ts'
import { accountOf } from './pattern.ts'
import type { PolicyDocument, WrittenPolicy } from './policy.ts'
import type { Identity } from './rights.ts'

/** Access key ids of those whom every stage has. */
export type Person =
  | 'admin'
  | 'break-glass'
  | 'operator'
  | 'security'
  | 'power-user'
  | 'reader'
  | 'other-account-reader'
  | 'stranger'

/** One of those, or a function of the laptop's stage by the name of its role. */
export type Caller = Person | `m2m-laptop-${string}`

/** As an SDK takes them: at the AWS stand-in any secret key will do. */
export const credentialsOf = (accessKeyId: Caller) => ({ accessKeyId, secretAccessKey: 'x' })

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

/** Roles that a deployment's configuration names, by what they are to the stage. */
export interface StagePeople {
  readonly breakGlass: readonly string[]
  readonly operators: readonly string[]
  readonly security: readonly string[]
  /** Of its clients. */
  readonly readers: readonly string[]
}

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
  /** @default - roles that are called like the key ids */
  readonly roles?: StagePeople
}

const NOBODY: StagePeople = { breakGlass: [], operators: [], security: [], readers: [] }

interface Known {
  readonly accessKeyId: string
  readonly roleArn: string
  readonly identityPolicies: readonly PolicyDocument[]
}

const nameOf = (roleArn: string): string => roleArn.slice(roleArn.lastIndexOf('/') + 1)

/** The first of a kind has the kind's name, the others their roles'. */
const kindOf = (kind: Person, roles: readonly string[], identityPolicies: readonly PolicyDocument[]) =>
  roles.map((roleArn, at): Known => ({ accessKeyId: at === 0 ? kind : nameOf(roleArn), roleArn, identityPolicies }))

const personsOf = (input: PeopleInput): readonly Known[] => {
  const { account, operatorPolicies, busArn, identifyArns, roles = NOBODY } = input
  const called = (name: string, at = account): string => `arn:aws:iam::${at}:role/${name}`
  const some = (named: readonly string[], kind: string): readonly string[] =>
    named.length > 0 ? named : [called(kind)]
  const breakGlass = some(roles.breakGlass, 'break-glass')
  const operators = some(roles.operators, 'operator').filter((one) => !breakGlass.includes(one))
  // Whoever operates reports leaks as well.
  const known = [...breakGlass, ...operators]
  const security = some(
    roles.security.filter((one) => !known.includes(one)),
    'security',
  )
  const readers = roles.readers.filter((one) => ![...known, ...security].includes(one))
  const own = readers.filter((one) => accountOf(one) === account)
  const others = readers.filter((one) => accountOf(one) !== account)
  const abroad = others.length > 0 ? others : [called('other-account-reader', READER_ACCOUNT)]
  return [
    ...kindOf('admin', [called('admin')], [ADMINISTRATOR_ACCESS]),
    ...kindOf('break-glass', breakGlass, [ADMINISTRATOR_ACCESS]),
    ...kindOf('operator', operators, operatorPolicies),
    ...kindOf('security', security, [reportsLeaks(busArn, identifyArns)]),
    ...kindOf('power-user', [called('power-user')], [POWER_USER_ACCESS]),
    // Listed at a secret, and nothing more.
    ...kindOf('reader', some(own, 'reader'), []),
    ...kindOf('other-account-reader', abroad, [readsAbroad(input)]),
    ...kindOf('stranger', [called('stranger')], []),
  ]
}

/**
 * By key id: `admin`, `break-glass`, `operator`, `security`, `power-user`, `reader`, `other-account-reader`, `stranger`, and by the names of their
 * roles whoever else a stage names. Of several stages the first has those key ids; a role that several name may what each lets it.
 */
export const people = (...stages: readonly PeopleInput[]): readonly Identity[] => {
  const found = new Map<string, Known>()
  const keys = new Set<string>()
  for (const { accessKeyId, roleArn, identityPolicies } of stages.flatMap(personsOf)) {
    const before = found.get(roleArn)
    if (before !== undefined) {
      found.set(roleArn, { ...before, identityPolicies: [...before.identityPolicies, ...identityPolicies] })
      continue
    }
    const names = [accessKeyId, nameOf(roleArn), `${nameOf(roleArn)}-${accountOf(roleArn)}`]
    const key = names.find((one) => !keys.has(one)) ?? roleArn
    keys.add(key)
    found.set(roleArn, { accessKeyId: key, roleArn, identityPolicies })
  }
  return [...found.values()].map(roleIdentity)
}

/** Key id of whoever deploys: CloudFormation, with the role that `cdk bootstrap` makes for it. */
export const DEPLOYER = 'cloudformation'

export const deployer = ({ account, region }: Pick<PeopleInput, 'account' | 'region'>): Identity =>
  roleIdentity({
    accessKeyId: DEPLOYER,
    roleArn: `arn:aws:iam::${account}:role/cdk-hnb659fds-cfn-exec-role-${account}-${region}`,
    identityPolicies: [ADMINISTRATOR_ACCESS],
  })

export interface ApiUserInput {
  readonly accessKeyId: string
  readonly account: string
  readonly region: string
}

/** Who calls the vendor with an access key of his own: he may have tokens of every client, and read what verifiers read. */
export const apiUser = ({ accessKeyId, account, region }: ApiUserInput): Identity => {
  const arn = `arn:aws:iam::${account}:user/laptop`
  const api = `arn:aws:execute-api:${region}:${account}:*/*`
  const Resource = ['POST/clients/*/token', 'GET/revocations', 'GET/.well-known/*'].map((path) => `${api}/${path}`)
  const identityPolicies = [policy({ Effect: 'Allow', Action: 'execute-api:Invoke', Resource })]
  return { accessKeyId, arn, principalArn: arn, account, identityPolicies }
}
