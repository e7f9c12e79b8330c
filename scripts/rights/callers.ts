// Who asks: each function's role, the people that a deployment names, readers of both kinds in both accounts, and those whom nobody named.
// The policies of roles that the stack does not make are the widest that such a role would have: what then is refused, our policies refuse.
import { ADMINISTRATOR_ACCESS, POWER_USER_ACCESS } from '../../lambda/local/iam/managed-policies.ts'
import { readsAbroad, reportsLeaks } from '../../lambda/local/iam/people.ts'
import { ACCOUNT, apiArn, type Deployment, type PolicyDocument, place, roles, secrets } from './deployment.ts'

export interface RightsCaller {
  /** Never changes; recorded decisions and tests name it. */
  readonly id: string
  /** As the table says it. */
  readonly name: string
  readonly account: string
  /** Of the session, as resource policies see it. */
  readonly principal: string
  readonly identityPolicies: readonly PolicyDocument[]
  /** Condition keys that come with whoever asks. */
  readonly context: Readonly<Record<string, string>>
}

interface RoleCaller {
  readonly id: string
  readonly name: string
  readonly roleArn: string
  readonly identityPolicies?: readonly PolicyDocument[]
  /** Where its code runs, for a function's role. */
  readonly functionArn?: string
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html: PrincipalArn is the role, path and all. */
const roleCaller = ({ id, name, roleArn, identityPolicies = [], functionArn }: RoleCaller): RightsCaller => {
  const account = roleArn.split(':')[4] ?? ''
  return {
    id,
    name,
    account,
    principal: `arn:aws:sts::${account}:assumed-role/${roleArn.split('/').at(-1)}/session`,
    identityPolicies,
    context: {
      'aws:PrincipalAccount': account,
      'aws:PrincipalArn': roleArn,
      'aws:PrincipalIsAWSService': 'false',
      'aws:SecureTransport': 'true',
      ...(functionArn === undefined ? {} : { 'lambda:SourceFunctionArn': functionArn }),
    },
  }
}

const abroad = (secretArn: string, keyArn: string): PolicyDocument =>
  readsAbroad({ secretArns: [secretArn], keyArns: [keyArn], region: place.region })

const policy = (...Statement: readonly unknown[]): PolicyDocument => ({ Version: '2012-10-17', Statement })

/** What `grantVend` writes, and what docs/vending.md asks of another account. */
const vends = ({ template }: Deployment, client: string): PolicyDocument =>
  policy({
    Effect: 'Allow',
    Action: 'execute-api:Invoke',
    Resource: template
      .ofType('AWS::ApiGateway::RestApi')
      .map(({ properties }) => `${apiArn(String(properties.$ref))}/v1/POST/clients/${client}/token`),
  })

const functionCallers = ({ functions, identityPolicies }: Deployment): readonly RightsCaller[] =>
  [...functions].map(([part, { arn, roleArn }]) =>
    roleCaller({
      id: part,
      name: `\`${part}\``,
      roleArn,
      identityPolicies: identityPolicies.get(roleArn) ?? [],
      functionArn: arn,
    }),
  )

const borrowed = ({ functions, identityPolicies }: Deployment): RightsCaller => {
  const { roleArn, arn } = functions.get('rotation') ?? { roleArn: '', arn: '' }
  return roleCaller({
    id: 'rotation-borrowed',
    name: "another function with `rotation`'s role",
    roleArn,
    identityPolicies: identityPolicies.get(roleArn) ?? [],
    functionArn: arn.replace(/[^:]+$/, 'somebody-elses'),
  })
}

const people = (deployment: Deployment): readonly RightsCaller[] => {
  const { keyArn, operatorPolicies, functions } = deployment
  const bus = `arn:aws:events:${place.region}:${ACCOUNT}:event-bus/m2m-prod`
  const reports = reportsLeaks(bus, [functions.get('identify')?.arn ?? ''])
  return [
    { id: 'operator', name: 'operator', roleArn: roles.operator, identityPolicies: operatorPolicies },
    { id: 'payments', name: 'operator of set `payments`', roleArn: roles.payments, identityPolicies: operatorPolicies },
    { id: 'security', name: 'security', roleArn: roles.security, identityPolicies: [reports] },
    {
      id: 'break-glass',
      name: 'break-glass',
      roleArn: roles.breakGlass,
      identityPolicies: [ADMINISTRATOR_ACCESS],
    },
    {
      id: 'deploy',
      name: 'deploy role',
      roleArn: roles.deploy,
      identityPolicies: [ADMINISTRATOR_ACCESS],
    },
    // Listed, and nothing more.
    { id: 'reader', name: 'reader of `billing`', roleArn: roles.billingJob },
    {
      id: 'reader-abroad',
      name: 'reader of `billing` abroad',
      roleArn: roles.billingAbroad,
      identityPolicies: [abroad(secrets.billing, keyArn)],
    },
    { id: 'applied-reader', name: 'reader of `reports`', roleArn: roles.reportsJob },
    {
      id: 'applied-reader-abroad',
      name: 'reader of `reports` abroad',
      roleArn: roles.reportsAbroad,
      identityPolicies: [abroad(secrets.reports, keyArn)],
    },
    {
      id: 'vended',
      name: 'service with `grantVend`',
      roleArn: roles.vended,
      identityPolicies: [vends(deployment, 'billing')],
    },
    {
      id: 'vended-abroad',
      name: 'service in `vendor.admits`',
      roleArn: roles.vendedAbroad,
      // Its own policy says more than it is admitted to.
      identityPolicies: [vends(deployment, '*')],
    },
    {
      id: 'power-user',
      name: 'power user',
      roleArn: `arn:aws:iam::${ACCOUNT}:role/power-user`,
      identityPolicies: [POWER_USER_ACCESS],
    },
    {
      id: 'administrator',
      name: 'administrator',
      roleArn: `arn:aws:iam::${ACCOUNT}:role/administrator`,
      identityPolicies: [ADMINISTRATOR_ACCESS],
    },
    { id: 'stranger', name: 'role without rights', roleArn: `arn:aws:iam::${ACCOUNT}:role/stranger` },
    {
      id: 'stranger-abroad',
      name: 'administrator of another account',
      roleArn: 'arn:aws:iam::333333333333:role/administrator',
      identityPolicies: [ADMINISTRATOR_ACCESS],
    },
  ].map(roleCaller)
}

/** No identity policy binds the root user, which comes to the same as one that allows everything. */
const root: RightsCaller = {
  id: 'root',
  name: 'root',
  account: ACCOUNT,
  principal: `arn:aws:iam::${ACCOUNT}:root`,
  identityPolicies: [ADMINISTRATOR_ACCESS],
  context: {
    'aws:PrincipalAccount': ACCOUNT,
    'aws:PrincipalArn': `arn:aws:iam::${ACCOUNT}:root`,
    'aws:PrincipalIsAWSService': 'false',
    'aws:SecureTransport': 'true',
  },
}

export const callersOf = (deployment: Deployment): readonly RightsCaller[] => [
  ...functionCallers(deployment),
  borrowed(deployment),
  ...people(deployment),
  root,
]
