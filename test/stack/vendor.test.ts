// The token vendor in the stack, statement by statement: who reaches the API, who may ask for which client, what the function may do, and
// that nobody but the API may call it. Policies are held against a small evaluator of IAM's rules for REST APIs.

import { Stack, Validations } from 'aws-cdk-lib'
import { Match, Template } from 'aws-cdk-lib/assertions'
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag'
import { beforeAll, describe, expect, test } from 'vitest'
import { VENDOR_SOURCE } from '../../lambda/core/base/event-types.ts'
import { readDeployConfig } from '../../lib/config/deploy-config.ts'
import { asSource, createReader, MANAGED, role } from './read-template.ts'
import {
  ACCOUNT,
  busStatements,
  bySid,
  exampleConfig,
  REGION,
  resourcesOf,
  roleStatements,
  type Statement,
  synthStack,
} from './synth.ts'

const vendor = { endpoint: 'regional' }
const withVendor = (more: Readonly<Record<string, unknown>> = {}, changes: Readonly<Record<string, unknown>> = {}) =>
  synthStack({ vendor: { ...vendor, ...more }, ...changes })

/** What callers and policies rest on. */
const routes = [
  { method: 'POST', resource: '/clients/{client}/token' },
  { method: 'GET', resource: '/revocations' },
  { method: 'GET', resource: '/.well-known/oauth-authorization-server' },
] as const
/** By the function. */
const served = routes.filter(({ resource }) => resource !== '/revocations')

const { flat, list, rights } = createReader((logicalId) => {
  if (/^VendorApi[0-9A-F]{8}$/.test(logicalId)) return '<api>'
  return logicalId.startsWith('VendorApiDeploymentStage') ? 'v1' : undefined
})
const shown = (statement: Statement) => {
  const { Sid, Effect, Principal } = statement
  return {
    ...(Sid === undefined ? {} : { sid: Sid }),
    effect: Effect,
    principal:
      typeof Principal === 'string' ? Principal : list((Principal as Record<string, unknown> | undefined)?.AWS ?? []),
    ...rights(statement),
  }
}

/** The key that signs proofs is none of those that encrypt. */
const only = (template: Template, type: string) => {
  const found = Object.values(resourcesOf(template)).filter(
    ({ Type, Properties }) => Type === type && Properties.KeyUsage !== 'SIGN_VERIFY',
  )
  if (found.length !== 1 || found[0] === undefined) throw new Error(`there are ${found.length} ${type}`)
  return found[0].Properties
}
const policyOf = (template: Template): readonly Statement[] =>
  (only(template, 'AWS::ApiGateway::RestApi').Policy as { Statement: Statement[] }).Statement

let template: Template
beforeAll(() => {
  template = withVendor().template()
})

describe('what API Gateway answers by itself', () => {
  test.each([
    ['THROTTLED', '429'],
    ['INTEGRATION_FAILURE', '503'],
    ['INTEGRATION_TIMEOUT', '503'],
  ])('of %s is %s, in the shape of the vendor’s own, with when to come back', (type, status) => {
    const found = Object.values(template.findResources('AWS::ApiGateway::GatewayResponse')).filter(
      ({ Properties }) => Properties.ResponseType === type,
    )

    expect(found).toHaveLength(1)
    const [{ Properties } = { Properties: {} }] = found
    expect(Properties.StatusCode).toBe(status)
    expect(Properties.ResponseParameters).toEqual({
      'gatewayresponse.header.Retry-After': "'1'",
      'gatewayresponse.header.Cache-Control': "'no-store'",
    })
    expect(JSON.parse(Properties.ResponseTemplates['application/json'])).toMatchObject({
      error: 'temporarily_unavailable',
    })
  })
})

describe('the function', () => {
  test('may do exactly this: read secrets below the prefix and the list of revocations, decrypt, and publish; the project secret is not its', () => {
    expect(roleStatements(template, 'VendorFnRole').map(shown)).toEqual([
      expect.objectContaining({ actions: ['logs:CreateLogStream', 'logs:PutLogEvents'] }),
      expect.objectContaining({ actions: ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'] }),
      {
        sid: 'ReadManagedSecrets',
        effect: 'Allow',
        principal: [],
        actions: ['secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue'],
        resources: [MANAGED],
        conditions: [],
      },
      expect.objectContaining({
        sid: 'KeyThroughSecretsManager',
        actions: ['kms:Decrypt'],
        conditions: [
          `StringEquals kms:ViaService secretsmanager.${REGION}.amazonaws.com`,
          `StringLike kms:EncryptionContext:SecretARN ${MANAGED}`,
        ],
      }),
      expect.objectContaining({
        sid: 'ReadRevocations',
        actions: ['s3:GetObject'],
        resources: [expect.stringMatching(/\/revocations\.jws$/)],
      }),
      expect.objectContaining({ sid: 'SeeWhetherThereAreRevocations', actions: ['s3:ListBucket'] }),
      expect.objectContaining({
        sid: 'PublishOnTheBus',
        actions: ['events:PutEvents'],
        conditions: asSource('m2m.vendor'),
      }),
    ])
  })

  test('has memory, time and executions of its own, and no secret in its settings', () => {
    template.hasResourceProperties('AWS::Lambda::Function', {
      FunctionName: 'm2m-prod-vendor',
      MemorySize: 1024,
      Timeout: 15,
      ReservedConcurrentExecutions: 20,
      Environment: {
        Variables: {
          STYTCH_PROJECT_ID: 'project-live-00000000-0000-4000-8000-000000000000',
          STYTCH_VERTICAL: 'consumer',
          M2M_SECRET_PREFIX: 'm2m/prod/',
          M2M_CHECK_SECONDS: '30',
          M2M_EVENT_BUS: Match.anyValue(),
          M2M_API_ID: { Ref: Match.stringLikeRegexp('^VendorApi') },
          M2M_API_URL: Match.anyValue(),
        },
      },
    })
  })

  test('is called by this API alone, on its two routes', () => {
    const [policy, ...others] = Object.entries(resourcesOf(template)).filter(
      ([id, { Type }]) =>
        Type.startsWith('AWS::Lambda::') && /P(ermission|olicy)$/.test(Type) && id.startsWith('Vendor'),
    )
    const { Statement } = (policy?.[1].Properties.PolicyDocument ?? { Statement: [] }) as {
      readonly Statement: readonly Statement[]
    }
    const admitting = Statement.filter(({ Effect }) => Effect === 'Allow')

    expect(others).toEqual([])
    expect(admitting.map((one) => [one.Principal, list(one.Condition?.ArnLike?.['aws:SourceArn']).map(flat)])).toEqual([
      [
        { Service: 'apigateway.amazonaws.com' },
        served.map(
          ({ method, resource }) =>
            `arn:aws:execute-api:${REGION}:${ACCOUNT}:<api>/v1/${method}${resource.replace('{client}', '*')}`,
        ),
      ],
    ])
  })

  test('may be invoked by no role of this stack', () => {
    const policies = Object.values(resourcesOf(template)).filter(({ Type }) =>
      /^AWS::IAM::(Managed)?Policy$/.test(Type),
    )
    const statements = policies.flatMap(
      ({ Properties }) => (Properties.PolicyDocument as { Statement: Statement[] }).Statement,
    )
    const invoking = statements.filter(({ Action }) =>
      list(Action).some((action) => /lambda:(Invoke|\*)|^\*$/.test(action)),
    )

    expect(invoking.length).toBeGreaterThan(0)
    for (const { Resource } of invoking) expect(list(Resource).join()).not.toMatch(/vendor|Vendor|^\*$|function:\*/)
  })

  test('is called m2m.vendor on the bus, which consumers match', () => {
    expect(VENDOR_SOURCE).toBe('m2m.vendor')
    const denials = busStatements(template).map(shown)
    expect(denials.flatMap(({ conditions }) => conditions)).toEqual(
      expect.arrayContaining([
        'ForAnyValue:StringEquals events:source m2m.vendor',
        `ArnNotEquals aws:PrincipalArn ${role('vendor')}`,
      ]),
    )
  })

  test('stands in the policy of every secret as one that reads, and not in the key’s, which lets it decrypt as any reader', () => {
    const registrar = Object.values(resourcesOf(template)).find(
      ({ Type, Properties }) => Type === 'AWS::Lambda::Function' && Properties.FunctionName === 'm2m-prod-registrar',
    )
    const { Variables } = (registrar?.Properties.Environment ?? { Variables: {} }) as {
      Variables: Record<string, unknown>
    }
    expect(flat(Variables.M2M_READERS).split(' ')).toContain(role('vendor'))
    expect(flat(Variables.M2M_CHANGERS).split(' ')).not.toContain(role('vendor'))
    const { Statement } = only(template, 'AWS::KMS::Key').KeyPolicy as { Statement: Statement[] }
    expect(Statement.flatMap((one) => shown(one).conditions).join()).not.toContain(role('vendor'))
    expect(shown(bySid(Statement, 'DecryptForReaders')).actions).toEqual(['kms:Decrypt'])
  })
})

describe('the API', () => {
  test('has three routes, each with IAM auth, of which one needs no function', () => {
    const methods = Object.values(resourcesOf(template)).filter(({ Type }) => Type === 'AWS::ApiGateway::Method')

    expect(methods).toHaveLength(routes.length)
    expect(methods.map(({ Properties }) => Properties.AuthorizationType)).toEqual(routes.map(() => 'AWS_IAM'))
    const types = methods.map(({ Properties }) => (Properties.Integration as { Type: string }).Type)
    expect(types.sort()).toEqual(['AWS', 'AWS_PROXY', 'AWS_PROXY'])
  })

  test('answers GET /revocations from S3, with a role that reads that one object, and 304 for whoever has it', () => {
    const methods = Object.values(resourcesOf(template)).filter(({ Type }) => Type === 'AWS::ApiGateway::Method')
    const found = methods.find(({ Properties }) => (Properties.Integration as { Type: string }).Type === 'AWS')
    const integration = found?.Properties.Integration as {
      Uri: unknown
      RequestParameters: object
      IntegrationResponses: readonly { SelectionPattern?: string; StatusCode: string }[]
    }

    expect(found?.Properties.HttpMethod).toBe('GET')
    expect(JSON.stringify(integration.Uri)).toContain(':s3:path/')
    expect(integration.RequestParameters).toEqual({
      'integration.request.header.If-None-Match': 'method.request.header.If-None-Match',
    })
    expect(
      integration.IntegrationResponses.map(({ SelectionPattern, StatusCode }) => [SelectionPattern, StatusCode]),
    ).toEqual([
      [undefined, '200'],
      ['304', '304'],
      ['4\\d{2}', '503'],
      ['5\\d{2}', '503'],
    ])
    expect(roleStatements(template, 'VendorRevocationsRole').map((one) => shown(one).actions)).toEqual([
      ['s3:GetObject'],
      ['s3:ListBucket'],
    ])
  })

  test('has its list written by those who know who is revoked, over what they have read, and by no one else', () => {
    const policies = Object.values(resourcesOf(template)).filter(
      ({ Type, Properties }) =>
        Type === 'AWS::S3::BucketPolicy' && JSON.stringify(Properties).includes('NothingElseIsHere'),
    )
    const [document] = policies.map(({ Properties }) => Properties.PolicyDocument as { Statement: Statement[] })
    const statements = document?.Statement ?? []
    const conditionsOf = (sid: string) =>
      statements.filter(({ Sid }) => Sid === sid).map((one) => shown(one).conditions)

    expect(conditionsOf('OnlyWritersWrite')).toEqual([
      [`ArnNotEquals aws:PrincipalArn ${['rotation', 'sweep', 'clients'].map((part) => role(part)).join(' ')}`],
    ])
    expect(conditionsOf('WrittenOverWhatWasRead')).toEqual([['Null s3:if-match true', 'Null s3:if-none-match true']])
    expect(statements.map(({ Sid }) => Sid)).toEqual(expect.arrayContaining(['NothingElseIsHere', 'NobodyDeletes']))
  })

  test('has its first list written with the deployment, by the sweep, once it may', () => {
    const list = Object.values(template.findResources('Custom::M2mRevocations'))
    const [{ Properties = {}, DependsOn = [] } = {}] = list

    expect(list).toHaveLength(1)
    expect(flat(Properties.ServiceToken)).toContain('SweepFn')
    expect([flat(Properties.Key), flat(Properties.Bucket)]).toEqual([
      expect.stringContaining('RevocationsKey'),
      expect.stringContaining('RevocationsBucket'),
    ])
    expect(DependsOn).toEqual(
      expect.arrayContaining([
        expect.stringContaining('RevocationsBucketPolicy'),
        expect.stringMatching(/^SweepFnRole\w*Policy/),
      ]),
    )
  })

  test('is throttled, traced, and logged without headers and bodies', () => {
    const stage = only(template, 'AWS::ApiGateway::Stage')

    expect(stage).toMatchObject({
      StageName: 'v1',
      TracingEnabled: true,
      MethodSettings: [
        {
          HttpMethod: '*',
          ResourcePath: '/*',
          ThrottlingRateLimit: 50,
          ThrottlingBurstLimit: 200,
          LoggingLevel: 'ERROR',
          DataTraceEnabled: false,
          CachingEnabled: false,
          MetricsEnabled: true,
        },
        {
          HttpMethod: 'GET',
          ResourcePath: '/~1revocations',
          ThrottlingRateLimit: 500,
          ThrottlingBurstLimit: 1000,
          LoggingLevel: 'ERROR',
          DataTraceEnabled: false,
          CachingEnabled: false,
          MetricsEnabled: true,
        },
      ],
    })
    const { Format } = stage.AccessLogSetting as { Format: string }
    expect(JSON.parse(Format)).toMatchObject({ caller: '$context.identity.userArn', path: '$context.path' })
    expect(Format).not.toMatch(/header|body|authorization|accessKey/i)
  })

  test("makes no role for the account's logs unless it is told to", () => {
    template.resourceCountIs('AWS::ApiGateway::Account', 0)
    withVendor({ accountLogRole: 'create' }).template().resourceCountIs('AWS::ApiGateway::Account', 1)
  })

  test('is reached over VPC endpoints alone when it is private', () => {
    const endpoint = { endpoint: 'private', vpcEndpointIds: ['vpce-0123456789abcdef0'] }
    const inside = withVendor(endpoint).template()

    expect(only(inside, 'AWS::ApiGateway::RestApi').EndpointConfiguration).toEqual({
      Types: ['PRIVATE'],
      VpcEndpointIds: ['vpce-0123456789abcdef0'],
    })
    expect(policyOf(inside).map(shown)).toContainEqual({
      sid: 'OnlyByOurEndpoints',
      effect: 'Deny',
      principal: ['*'],
      actions: ['execute-api:Invoke'],
      resources: ['execute-api:/*'],
      conditions: ['StringNotEquals aws:SourceVpce vpce-0123456789abcdef0'],
    })
  })

  test('stands behind a firewall when one is named', () => {
    const webAclArn = `arn:aws:wafv2:${REGION}:${ACCOUNT}:regional/webacl/ours/11111111-1111-4111-8111-111111111111`

    withVendor({ webAclArn })
      .template()
      .hasResourceProperties('AWS::WAFv2::WebACLAssociation', { WebACLArn: webAclArn })
    template.resourceCountIs('AWS::WAFv2::WebACLAssociation', 0)
  })

  test('has its alarms, and each a page of the runbook', () => {
    const alarms = Object.values(resourcesOf(template)).filter(({ Type }) => Type === 'AWS::CloudWatch::Alarm')
    const names = alarms.map(({ Properties }) => String(Properties.AlarmName)).filter((name) => /Vend/.test(name))

    expect(names.sort()).toEqual([
      'm2m-prod-vends-fail-VendErrors',
      'm2m-prod-vends-fail-VendFailures',
      'm2m-prod-vends-fail-VendKeepsFailing',
    ])
  })

  test('mails no refused value itself, every quarter of an hour and for each client: the sweep names it once', () => {
    const rules = Object.values(resourcesOf(template)).filter(({ Type }) => Type === 'AWS::Events::Rule')

    expect(rules.length).toBeGreaterThan(0)
    expect(rules.filter(({ Properties }) => JSON.stringify(Properties).includes('Credential Refused'))).toEqual([])
  })
})

interface Caller {
  readonly account: string
  readonly organization?: string
  readonly roleArn: string
  readonly vpce?: string
}

/** IAM's rules for REST APIs with IAM auth: one account: either allows; two: both must; a denial always wins. */
const mayInvoke = (policy: readonly Statement[], caller: Caller, path: string, identityAllows: boolean): boolean => {
  const key: Readonly<Record<string, string | undefined>> = {
    'aws:PrincipalAccount': caller.account,
    'aws:PrincipalOrgID': caller.organization,
    'aws:PrincipalArn': caller.roleArn,
    'aws:SourceVpce': caller.vpce,
  }
  const holds = (condition: string): boolean => {
    const [operator = '', name = '', ...values] = condition.split(' ')
    const isOne = values.includes(key[name] ?? '')
    return operator.includes('Not') ? !isOne : isOne
  }
  const matches = (pattern: string): boolean =>
    new RegExp(`^${pattern.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`).test(
      `execute-api:/v1/${path}`,
    )
  const applying = policy
    .map(shown)
    .filter(({ principal, resources, conditions }) => {
      const isPrincipal = [principal].flat().some((one) => one === '*' || one === `arn:aws:iam::${caller.account}:root`)
      return isPrincipal && resources.some(matches) && conditions.every(holds)
    })
    .map(({ effect }) => effect)
  if (applying.includes('Deny')) return false
  const policyAllows = applying.includes('Allow')
  return caller.account === ACCOUNT ? policyAllows || identityAllows : policyAllows && identityAllows
}

describe("the API's own policy", () => {
  const home: Caller = { account: ACCOUNT, organization: 'o-0123456789', roleArn: `arn:aws:iam::${ACCOUNT}:role/any` }
  const foreign: Caller = {
    account: '222222222222',
    organization: 'o-0123456789',
    roleArn: 'arn:aws:iam::222222222222:role/ci',
  }
  const stranger: Caller = {
    account: '333333333333',
    organization: 'o-9999999999',
    roleArn: 'arn:aws:iam::333333333333:role/eve',
  }
  const orders = 'POST/clients/orders/token'
  const billing = 'POST/clients/billing/token'

  test("alone lets in nobody: this account's roles need a policy that names the client", () => {
    const policy = policyOf(template)

    expect(policy.map(shown)).toEqual([
      {
        sid: 'NobodyElse',
        effect: 'Deny',
        principal: ['*'],
        actions: ['execute-api:Invoke'],
        resources: ['execute-api:/*'],
        conditions: [`StringNotEquals aws:PrincipalAccount ${ACCOUNT}`],
      },
    ])
    expect(mayInvoke(policy, home, orders, false)).toBe(false)
    expect(mayInvoke(policy, home, orders, true)).toBe(true)
    expect(mayInvoke(policy, foreign, orders, true)).toBe(false)
    expect(mayInvoke(policy, { account: '', roleArn: '' }, orders, true)).toBe(false)
  })

  test('admits another account to the clients that are named, and only with its own consent', () => {
    const policy = policyOf(withVendor({ admits: [{ account: '222222222222', clients: ['orders'] }] }).template())

    expect(mayInvoke(policy, foreign, orders, true)).toBe(true)
    expect(mayInvoke(policy, foreign, orders, false)).toBe(false)
    expect(mayInvoke(policy, foreign, billing, true)).toBe(false)
    expect(mayInvoke(policy, foreign, 'GET/revocations', true)).toBe(true)
    expect(mayInvoke(policy, stranger, orders, true)).toBe(false)
    expect(mayInvoke(policy, home, orders, false)).toBe(false)
  })

  test("admits an organization, and does not thereby let this account's own roles in without a policy", () => {
    const policy = policyOf(withVendor({ admits: [{ organization: 'o-0123456789', clients: ['*'] }] }).template())

    expect(mayInvoke(policy, foreign, orders, true)).toBe(true)
    expect(mayInvoke(policy, foreign, orders, false)).toBe(false)
    expect(mayInvoke(policy, stranger, orders, true)).toBe(false)
    expect(mayInvoke(policy, home, orders, false)).toBe(false)
    expect(mayInvoke(policy, { ...home, organization: '' }, orders, true)).toBe(true)
  })

  test('admits one role, of this account or another, and no other of it', () => {
    const own = `arn:aws:iam::${ACCOUNT}:role/github-deploy`
    const policy = policyOf(
      withVendor({
        admits: [
          { role: own, clients: ['orders'] },
          { role: foreign.roleArn, clients: ['billing'] },
        ],
      }).template(),
    )

    expect(mayInvoke(policy, { ...home, roleArn: own }, orders, false)).toBe(true)
    expect(mayInvoke(policy, { ...home, roleArn: own }, billing, false)).toBe(false)
    expect(mayInvoke(policy, home, orders, false)).toBe(false)
    expect(mayInvoke(policy, foreign, billing, true)).toBe(true)
    expect(mayInvoke(policy, { ...foreign, roleArn: 'arn:aws:iam::222222222222:role/other' }, billing, true)).toBe(
      false,
    )
  })

  test('of a private API lets in nobody from elsewhere, whatever else allows it', () => {
    const vpce = 'vpce-0123456789abcdef0'
    const admits = [{ account: '222222222222', clients: ['*'] }]
    const policy = policyOf(withVendor({ endpoint: 'private', vpcEndpointIds: [vpce], admits }).template())

    expect(mayInvoke(policy, { ...home, vpce }, orders, true)).toBe(true)
    expect(mayInvoke(policy, { ...foreign, vpce }, orders, true)).toBe(true)
    for (const caller of [home, foreign, { ...home, vpce: 'vpce-ffffffffffffffff0' }]) {
      expect(mayInvoke(policy, caller, orders, true)).toBe(false)
    }
  })
})

describe('grants', () => {
  const grantTo = (
    grant: (vend: NonNullable<ReturnType<typeof synthStack>['stack']['vendor']>, role: Role) => void,
  ) => {
    const { app, stack } = withVendor()
    const other = new Stack(app, 'Service', { env: { account: ACCOUNT, region: REGION } })
    const service = new Role(other, 'Service', { assumedBy: new ServicePrincipal('ecs-tasks.amazonaws.com') })
    if (stack.vendor === undefined) throw new Error('there is no vendor')
    grant(stack.vendor, service)
    return roleStatements(Template.fromStack(other), 'Service').map(shown)
  }
  const arn = (path: string) => expect.stringMatching(new RegExp(`:execute-api:${REGION}:${ACCOUNT}:<.*>/v1/${path}$`))

  test('of a client let a role ask for that client alone', () => {
    expect(grantTo((vend, service) => vend.grantVend(service, 'orders'))).toEqual([
      expect.objectContaining({
        sid: 'VendTokens',
        actions: ['execute-api:Invoke'],
        resources: [arn('POST/clients/orders/token')],
      }),
    ])
  })

  test('by session tag let a session ask for the client that its tag names', () => {
    const [statement] = grantTo((vend, service) => vend.grantVendByTag(service))

    expect(statement?.resources[0]).toContain(`/v1/POST/clients/$\{aws:PrincipalTag/stytch-client}/token`)
  })

  test('of verifying let a role read what verifiers need', () => {
    expect(grantTo((vend, service) => vend.grantVerify(service))[0]?.resources).toEqual([
      arn('GET/revocations'),
      arn('GET/.well-known/oauth-authorization-server'),
    ])
  })

  test.each(['orders/token', '../orders', 'a b', '', 'ord?rs'])('of %j, which is no name, are refused', (client) => {
    expect(() => grantTo((vend, service) => vend.grantVend(service, client))).toThrow(/is no client's name/)
  })
})

describe('the configuration', () => {
  const faultsOf = (settings: unknown): readonly string[] => {
    try {
      readDeployConfig({ ...exampleConfig, vendor: settings })
      return []
    } catch (fault) {
      return (fault as { faults: readonly string[] }).faults
    }
  }

  test('without a vendor makes none', () => {
    const without = synthStack().template()

    without.resourceCountIs('AWS::ApiGateway::RestApi', 0)
    expect(JSON.stringify(without.toJSON())).not.toMatch(/m2m-prod-vendor/)
  })

  test.each<[unknown, readonly RegExp[]]>([
    [{}, [/^m2m\.vendor\.endpoint is missing: expected "private" or "regional"/]],
    [{ endpoint: 'edge' }, [/endpoint is malformed/]],
    [{ endpoint: 'private' }, [/vpcEndpointIds is missing/]],
    [{ endpoint: 'regional', vpcEndpointIds: ['vpce-01234567'] }, [/vpcEndpointIds are for a private endpoint only/]],
    [
      { endpoint: 'regional', admits: [{ clients: ['a'] }] },
      [/admits\[0\] is malformed: expected exactly one of/, /role/],
    ],
    [
      { endpoint: 'regional', admits: [{ account: '222222222222', organization: 'o-0123456789', clients: ['a'] }] },
      [/expected exactly one of account, organization, role/],
    ],
    [{ endpoint: 'regional', admits: [{ account: '222222222222' }] }, [/clients is missing/]],
    [{ endpoint: 'regional', admits: [{ account: '222222222222', clients: ['a/b'] }] }, [/clients\[0\] is malformed/]],
    [{ endpoint: 'regional', admits: [{ role: 'arn:aws:iam::1:role/*', clients: ['a'] }] }, [/role is malformed/]],
    [{ endpoint: 'regional', checkSeconds: 0 }, [/checkSeconds is malformed/]],
    [{ endpoint: 'regional', webAclArn: 'arn:aws:wafv2:x' }, [/webAclArn is malformed/]],
    [{ endpoint: 'regional', throttle: 1 }, [/throttle is unknown/]],
  ])('%j is refused, and told where and why', (settings, expected) => {
    const faults = faultsOf(settings)

    for (const pattern of expected) expect(faults.some((fault) => pattern.test(fault))).toBe(true)
    expect(faults.length).toBeGreaterThan(0)
  })
})

test.each<[string, Readonly<Record<string, unknown>>]>([
  ['regional', {}],
  [
    'private, with others admitted',
    {
      endpoint: 'private',
      vpcEndpointIds: ['vpce-0123456789abcdef0'],
      admits: [{ account: '222222222222', clients: ['*'] }],
    },
  ],
  ["that makes the role for the account's logs", { accountLogRole: 'create' }],
])("AWS's rule packs find nothing unexplained in a vendor that is %s", (_what, settings) => {
  const { app } = withVendor(settings)
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app, { verbose: true }), new ServerlessChecks(app))

  expect(() => app.synth()).not.toThrow()
})

test('the vendor is what it was', () => {
  const all = resourcesOf(withVendor({}, { environment: undefined }).template())
  const own = Object.entries(all).filter(([id]) => id.startsWith('Vendor'))
  const scrub = (text: string) =>
    text.replaceAll(/[0-9a-f]{64}/g, '<hash>').replaceAll(/(VendorApiDeployment)[0-9A-Fa-f]+/g, '$1')

  expect(JSON.parse(scrub(JSON.stringify(Object.fromEntries(own))))).toMatchSnapshot()
})
