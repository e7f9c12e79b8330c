// The token vendor's own policy: who reaches the API at all, and who from outside of this account's own policies may ask for what. For a
// caller of this account, one word is enough, an identity policy's or this one's; so it never allows this account as a whole, which
// would let every role of it ask for every client. For a caller of another account, both must say so.
import { Stack, Token } from 'aws-cdk-lib'
import { AccountPrincipal, AnyPrincipal, Effect, PolicyDocument, PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { RegionInfo } from 'aws-cdk-lib/region-info'
import type { Construct } from 'constructs'
import type { Admission, VendorConfig } from '../config/vendor-config.ts'

/** What verifiers read; it names no secret. */
export const READ_PATHS = ['GET/revocations', 'GET/.well-known/oauth-authorization-server'] as const

/** `POST/clients/orders/token` */
export const tokenPath = (client: string): string => `POST/clients/${client}/token`

/** In an API's own policy: API Gateway puts the rest of the ARN before it. */
const resources = (stage: string, paths: readonly string[]): string[] =>
  paths.map((path) => `execute-api:/${stage}/${path}`)

const accountOf = (roleArn: string): string => roleArn.split(':')[4] ?? ''

const pathsFor = ({ clients }: Admission): readonly string[] => [...clients.map(tokenPath), ...READ_PATHS]

const allow = (scope: Construct, stage: string, admission: Admission): PolicyStatement => {
  const { who } = admission
  const common = { actions: ['execute-api:Invoke'], resources: resources(stage, pathsFor(admission)) }
  switch (who.kind) {
    case 'account':
      return new PolicyStatement({ ...common, principals: [new AccountPrincipal(who.account)] })
    case 'organization':
      return new PolicyStatement({
        ...common,
        principals: [new AnyPrincipal()],
        conditions: {
          StringEquals: { 'aws:PrincipalOrgID': who.organization },
          // This account's own roles need an identity policy that names the client.
          StringNotEquals: { 'aws:PrincipalAccount': Stack.of(scope).account },
        },
      })
    case 'role':
      // A role as a principal must exist when the policy is stored, and turns into an id when it is deleted.
      return new PolicyStatement({
        ...common,
        principals: [new AnyPrincipal()],
        conditions: { ArnEquals: { 'aws:PrincipalArn': who.roleArn } },
      })
  }
}

/** Whoever is of no named account or organization, however wide their own policies; and for a private API, from anywhere else. */
const denials = (scope: Construct, { endpoint, admits }: VendorConfig): readonly PolicyStatement[] => {
  const deny = (sid: string, conditions: Record<string, Record<string, string | readonly string[]>>): PolicyStatement =>
    new PolicyStatement({
      sid,
      effect: Effect.DENY,
      principals: [new AnyPrincipal()],
      actions: ['execute-api:Invoke'],
      resources: ['execute-api:/*'],
      conditions,
    })
  const accounts = admits.flatMap(({ who }) => {
    if (who.kind === 'organization') return []
    return [who.kind === 'account' ? who.account : accountOf(who.roleArn)]
  })
  const organizations = admits.flatMap(({ who }) => (who.kind === 'organization' ? [who.organization] : []))
  const strangers = deny('NobodyElse', {
    StringNotEquals: {
      'aws:PrincipalAccount': [Stack.of(scope).account, ...new Set(accounts)],
      // Both must be foreign; a caller without an organization has none that fits.
      ...(organizations.length === 0 ? {} : { 'aws:PrincipalOrgID': [...new Set(organizations)] }),
    },
  })
  if (endpoint.kind === 'regional') return [strangers]
  return [
    strangers,
    deny('OnlyByOurEndpoints', { StringNotEquals: { 'aws:SourceVpce': [...endpoint.vpcEndpointIds] } }),
  ]
}

export const fillVendorPolicy = (
  policy: PolicyDocument,
  scope: Construct,
  stage: string,
  config: VendorConfig,
): void => {
  policy.addStatements(...denials(scope, config), ...config.admits.map((admission) => allow(scope, stage, admission)))
}

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html */
const MAX_POLICY_BYTES = 8192

/** As CloudFormation will write it: partition and account filled in, which the template only refers to. */
const written = (value: unknown, { region, account }: Stack): unknown => {
  const pseudo: Readonly<Record<string, string>> = {
    'AWS::Partition': RegionInfo.get(region).partition ?? 'aws',
    'AWS::AccountId': Token.isUnresolved(account) ? '000000000000' : account,
  }
  const fill = (_: string, inner: unknown): unknown => {
    if (typeof inner !== 'object' || inner === null) return inner
    if ('Ref' in inner) return pseudo[String(inner.Ref)] ?? inner
    const [separator, parts] = 'Fn::Join' in inner && Array.isArray(inner['Fn::Join']) ? inner['Fn::Join'] : []
    if (!Array.isArray(parts)) return inner
    return parts.map((part: unknown) => fill('', part)).join(String(separator))
  }
  return JSON.parse(JSON.stringify(value, fill))
}

/** @returns what is wrong with who is admitted; undefined when the policy is no longer than API Gateway takes. */
export const admissionFault = (scope: Construct, stage: string, config: VendorConfig): string | undefined => {
  const { admits } = config
  const stack = Stack.of(scope)
  const bytesWith = (count: number): number => {
    const policy = new PolicyDocument()
    fillVendorPolicy(policy, scope, stage, { ...config, admits: admits.slice(0, count) })
    return Buffer.byteLength(JSON.stringify(written(stack.resolve(policy), stack)))
  }
  const bytes = bytesWith(admits.length)
  if (bytes <= MAX_POLICY_BYTES) return undefined
  let fitting = admits.length - 1
  while (fitting > 0 && bytesWith(fitting) > MAX_POLICY_BYTES) fitting -= 1
  return `are ${admits.length}: in the policy of the API they have ${bytes} bytes, and API Gateway takes ${MAX_POLICY_BYTES}: the first ${fitting} fit; admit their account or organization, or let several services share a role`
}
