// Incidents in the stack, statement by statement: who may speak as which source, what reaches the incident function, what identify and
// intake may do, and who may call them.

import { App, Stack } from 'aws-cdk-lib'
import { Match, Template } from 'aws-cdk-lib/assertions'
import { EventBus } from 'aws-cdk-lib/aws-events'
import { beforeAll, describe, expect, test } from 'vitest'
import { leakSources } from '../../lambda/core/base/event-types.ts'
import { campaignEndRule, leakReportRule } from '../../lambda/env/leak-rules.ts'
import { matchesPattern } from '../../lambda/local/aws/event-pattern.ts'
import { readDeployConfig } from '../../lib/config/deploy-config.ts'
import { addIncidentRules } from '../../lib/incident/leak-rules.ts'
import { asSource, flat, functionArn, list, rights, role } from './read-template.ts'
import {
  ACCOUNT,
  BREAK_GLASS,
  busStatements,
  bySid,
  exampleConfig,
  functionPolicy,
  lean,
  REGION,
  resourcesOf,
  roleStatements,
  type Statement,
  synthStack,
} from './synth.ts'

const SECURITY = `arn:aws:iam::222222222222:role/security-desk`
const intake = { signingSecretName: 'm2m-intake/prod/signing', githubAppSecretName: 'm2m-intake/prod/github-app' }
const incidents = { security: { roleArns: [SECURITY] }, intake }

const shown = (statement: Statement) => ({ effect: statement.Effect, ...rights(statement) })

const secret = (name: string) => `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:${name}`
const IDENTIFY = functionArn('identify')

let template: Template
let without: Template
beforeAll(() => {
  template = synthStack({ incidents }).template()
  without = synthStack({ breakGlass: { noneBecause: 'the root removes the policy' } }).template()
})

const onTheBus = (of: Template) => busStatements(of).map((statement) => ({ id: statement.Sid, ...shown(statement) }))

describe("the bus's policy", () => {
  test.each([
    ['M2mLeakIntakeBySpeakersOnly', leakSources.intake, role('intake')],
    ['M2mSecurityBySpeakersOnly', leakSources.security, SECURITY],
    ['M2mBreakGlassBySpeakersOnly', leakSources.breakGlass, BREAK_GLASS],
  ])('%s: as %s speaks nobody else', (id, source, speaker) => {
    expect(onTheBus(template).find((statement) => statement.id === id)).toMatchObject({
      effect: 'Deny',
      actions: ['events:PutEvents'],
      conditions: [`ForAnyValue:StringEquals events:source ${source}`, `ArnNotEquals aws:PrincipalArn ${speaker}`],
    })
  })

  test.each([
    ['M2mSecurityFromItsAccount', leakSources.security, SECURITY, '222222222222'],
    ['M2mBreakGlassFromItsAccount', leakSources.breakGlass, BREAK_GLASS, ACCOUNT],
  ])('%s: the role may belong to another account', (id, source, speaker, account) => {
    const statement = onTheBus(template).find((one) => one.id === id)
    const principal = busStatements(template).find(({ Sid }) => Sid === id)?.Principal

    expect(statement).toMatchObject({
      effect: 'Allow',
      actions: ['events:PutEvents'],
      conditions: [...asSource(source), `ArnEquals aws:PrincipalArn ${speaker}`],
    })
    expect(principal).toEqual({ AWS: [`arn:aws:iam::${account}:root`] })
  })

  test('lets nobody speak as a source that nobody may use', () => {
    const statements = onTheBus(without)
    const [noOther] = statements.filter(({ id }) => id === 'KnownSourcesOnly')

    for (const source of Object.values(leakSources)) expect(noOther?.conditions.join()).not.toContain(source)
    expect(statements.filter(({ id }) => /LeakIntake|Security|BreakGlass/.test(String(id)))).toEqual([])
  })

  test('calls the sources as docs and reporters do', () => {
    expect(Object.values(leakSources)).toEqual(['m2m.leak-intake', 'm2m.security', 'm2m.break-glass'])
  })

  test('lets no source of evidence in but the rotation function', () => {
    const evidence = onTheBus(template).find(({ id }) => id === 'M2mRotationBySpeakersOnly')

    expect(evidence?.conditions).toContain(`ArnNotEquals aws:PrincipalArn ${role('rotation')}`)
  })
})

describe('the rules', () => {
  const event = (source: string, selector: unknown, more: object = {}) => ({
    source,
    'detail-type': 'Secret Leak Reported',
    detail: { incidentId: 'INC-1', selector, reason: 'r', requestedBy: 'a', ...more },
  })
  const reaching = (one: object): readonly string[] =>
    [leakReportRule, campaignEndRule].filter(({ pattern }) => matchesPattern(pattern, one)).map(({ id }) => id)

  // Whether it is carried out, the function decides (test/core/incident/leak-report.test.ts).
  test.each<[string, object]>([
    ['a client by its id, from the intake', event(leakSources.intake, { clientIds: ['a'] })],
    ['all, from the intake', event(leakSources.intake, { all: true, expectedCount: 1 })],
    ['with grace, from the intake', event(leakSources.intake, { clientIds: ['a'] }, { graceSeconds: 60 })],
    ['all, from security', event(leakSources.security, { all: true, expectedCount: 1 })],
    ['all, from break-glass', event(leakSources.breakGlass, { all: true, expectedCount: 1 })],
    ['what is due, from break-glass', event(leakSources.breakGlass, { due: true })],
    ['no selector', event(leakSources.security, undefined)],
    ['another source', event('m2m.somebody', { clientIds: ['a'] })],
    ['no incident', { ...event(leakSources.security, {}), detail: {} }],
  ])('take every report to the incident function: %s', (_, one) => {
    expect(reaching(one)).toEqual(['LeakReports'])
  })

  test('take the end of an incident’s campaign there, and of no other', () => {
    const end = (detail: object) => ({ source: 'm2m.campaign', 'detail-type': 'Campaign Completed', detail })

    expect(reaching(end({ intent: 'revoke', incidentId: 'INC-1' }))).toEqual(['CampaignEnds'])
    expect(reaching(end({ intent: 'rotate' }))).toEqual([])
    expect(reaching({ ...event(leakSources.breakGlass, { all: true }), 'detail-type': 'Secret Revoked' })).toEqual([])
  })

  test('go to the target on that bus, and not for what is replayed', () => {
    const stack = new Stack(new App(lean), 'S')
    const target = { bind: () => ({ arn: 'arn:target' }) }

    addIncidentRules(stack, { bus: new EventBus(stack, 'Bus'), rules: [leakReportRule, campaignEndRule], target })

    const rules = Template.fromStack(stack)
    rules.resourceCountIs('AWS::Events::Rule', 2)
    rules.hasResourceProperties('AWS::Events::Rule', {
      EventBusName: { Ref: Match.stringLikeRegexp('^Bus') },
      EventPattern: { 'detail-type': ['Secret Leak Reported'], 'replay-name': [{ exists: false }] },
      Targets: [Match.objectLike({ Arn: 'arn:target' })],
    })
  })
})

const functionNamed = (of: Template, name: string) => {
  const found = Object.values(resourcesOf(of)).find(
    ({ Type, Properties }) => Type === 'AWS::Lambda::Function' && Properties.FunctionName === name,
  )
  if (found === undefined) throw new Error(`no function ${name}`)
  return found.Properties
}

/** Who may call a function by its own policy. */
const callersOf = (of: Template, logicalId: string) =>
  Object.values(resourcesOf(of))
    .filter(({ Type }) => Type === 'AWS::Lambda::Permission')
    .filter(({ Properties }) => JSON.stringify(Properties.FunctionName).includes(logicalId))
    .map(({ Properties }) => ({
      principal: Properties.Principal,
      source: Properties.SourceArn && flat(Properties.SourceArn),
    }))

describe('identify', () => {
  test('may read every secret below the prefix, compare with the project’s own, and do nothing else', () => {
    const statements = roleStatements(template, 'IdentifyFnRole').slice(2)

    expect(statements.map(({ Sid, ...rest }) => [Sid, shown(rest as Statement)])).toEqual([
      ['ListSecrets', { effect: 'Allow', actions: ['secretsmanager:ListSecrets'], resources: ['*'], conditions: [] }],
      [
        'ReadManagedSecrets',
        {
          effect: 'Allow',
          actions: ['secretsmanager:GetSecretValue', 'secretsmanager:ListSecretVersionIds'],
          resources: [secret('m2m/prod/*')],
          conditions: [],
        },
      ],
      [
        'KeyThroughSecretsManager',
        {
          effect: 'Allow',
          actions: ['kms:Decrypt'],
          resources: [expect.stringMatching(/^<Key.*\.Arn>$/)],
          conditions: [
            `StringEquals kms:ViaService secretsmanager.${REGION}.amazonaws.com`,
            `StringLike kms:EncryptionContext:SecretARN ${secret('m2m/prod/*')}`,
          ],
        },
      ],
      [
        'ReadProjectSecret',
        {
          effect: 'Allow',
          actions: ['secretsmanager:GetSecretValue', 'secretsmanager:ListSecretVersionIds'],
          resources: [secret(`${exampleConfig.stytch.projectSecretName}-??????`)],
          conditions: [],
        },
      ],
    ])
  })

  test('knows the project secret by name alone, and has two executions', () => {
    expect(functionNamed(template, 'm2m-prod-identify')).toMatchObject({
      ReservedConcurrentExecutions: 2,
      Timeout: 300,
      Environment: {
        Variables: {
          STYTCH_PROJECT_ID: exampleConfig.stytch.projectId,
          M2M_SECRET_PREFIX: 'm2m/prod/',
          M2M_SEARCHES_PER_MINUTE: '10',
          M2M_PROJECT_SECRET: exampleConfig.stytch.projectSecretName,
          M2M_REFUSED: '3 over 1000',
        },
      },
    })
    expect(JSON.stringify(functionNamed(template, 'm2m-prod-identify'))).not.toContain('STYTCH_PROJECT_SECRET_ID')
  })

  test('keeps an asynchronous question nowhere', () => {
    template.hasResourceProperties('AWS::Lambda::EventInvokeConfig', {
      FunctionName: { Ref: Match.stringLikeRegexp('^IdentifyFn') },
      MaximumRetryAttempts: 0,
      MaximumEventAgeInSeconds: 60,
      DestinationConfig: Match.absent(),
    })
    expect(functionNamed(template, 'm2m-prod-identify')).not.toHaveProperty('DeadLetterConfig')
  })

  test('may be called by break-glass and security, beside the intake and the operators', () => {
    const [only, qualified, letIn] = functionPolicy(template, 'function:m2m-prod-identify')
    expect(only && shown(only)).toMatchObject({
      effect: 'Deny',
      conditions: [
        `ArnNotEquals aws:PrincipalArn ${BREAK_GLASS} ${SECURITY} ${role('intake')} arn:aws:iam::${ACCOUNT}:root`,
      ],
    })
    expect(qualified && shown(qualified)).toMatchObject({
      effect: 'Deny',
      resources: [`${IDENTIFY}:*`],
      conditions: [`ArnNotEquals aws:PrincipalArn arn:aws:iam::${ACCOUNT}:root`],
    })
    expect(letIn).toMatchObject({ Effect: 'Allow', Principal: { AWS: [BREAK_GLASS, SECURITY] } })
    expect(callersOf(template, 'IdentifyFn')).toEqual([])
    const { resources } = shown(bySid(roleStatements(template, 'IntakeFnRole'), 'AskWhoseValueLeaked'))
    expect(resources).toEqual([IDENTIFY])
  })

  test('stands among the readers of every secret, and of the key', () => {
    const [client] = Object.values(resourcesOf(template)).filter(({ Type }) => Type === 'Custom::M2mClient')
    const { Readers: readers, Changers: changers } = (client?.Properties.Stage ?? {}) as Record<string, unknown[]>

    expect(list(readers)).toContain(role('identify'))
    expect(list(changers)).not.toContain(role('identify'))
  })

  test('is there without an intake as well: people ask it', () => {
    expect(functionNamed(without, 'm2m-prod-identify')).toBeDefined()
    expect(functionPolicy(without, 'function:m2m-prod-identify').map(({ Effect }) => Effect)).toEqual(['Deny', 'Deny'])
  })
})

describe('the intake', () => {
  test('may read its keys, pass its gate, ask identify, and tell the bus about leaks', () => {
    const statements = roleStatements(template, 'IntakeFnRole').slice(2)

    expect(statements.map(({ Sid, ...rest }) => [Sid, shown(rest as Statement)])).toEqual([
      [
        'ReadKeys',
        {
          effect: 'Allow',
          actions: ['secretsmanager:GetSecretValue'],
          resources: [secret('m2m-intake/prod/signing-??????'), secret('m2m-intake/prod/github-app-??????')],
          conditions: [],
        },
      ],
      [
        'PassTheGate',
        {
          effect: 'Allow',
          actions: ['dynamodb:GetItem', 'dynamodb:PutItem'],
          resources: [expect.stringMatching(/^<RecordsTable.*\.Arn>$/)],
          conditions: [
            'ForAllValues:StringLike dynamodb:LeadingKeys gate#*',
            'Null dynamodb:LeadingKeys false',
            `StringEquals aws:ResourceAccount ${ACCOUNT}`,
          ],
        },
      ],
      [
        'ReadTheFormerGate',
        {
          effect: 'Allow',
          actions: ['secretsmanager:GetSecretValue'],
          resources: [secret('m2m-intake/prod/gate-??????'), secret('m2m-intake/prod/gate')],
          conditions: [],
        },
      ],
      [
        'AskWhoseValueLeaked',
        { effect: 'Allow', actions: ['lambda:InvokeFunction'], resources: [IDENTIFY], conditions: [] },
      ],
      [
        'PublishOnTheBus',
        {
          effect: 'Allow',
          actions: ['events:PutEvents'],
          resources: [expect.stringMatching(/^<EventsBus.*\.Arn>$/)],
          conditions: asSource('m2m.leak-intake'),
        },
      ],
    ])
  })

  test('may be called by its API alone, for its one route', () => {
    expect(callersOf(template, 'IntakeFn')).toEqual([
      { principal: 'apigateway.amazonaws.com', source: expect.stringMatching(/:<IntakeApi.*>\/\*\/\*\/leaks$/) },
    ])
    template.resourceCountIs('AWS::Lambda::Url', 0)
    template.resourcePropertiesCountIs('AWS::ApiGatewayV2::Route', { RouteKey: 'POST /leaks' }, 1)
    template.resourceCountIs('AWS::ApiGatewayV2::Route', 1)
  })

  test('is throttled at the door, and what is logged there holds neither headers nor body', () => {
    template.hasResourceProperties('AWS::ApiGatewayV2::Stage', {
      DefaultRouteSettings: { ThrottlingRateLimit: 100, ThrottlingBurstLimit: 20 },
      AccessLogSettings: { DestinationArn: Match.anyValue(), Format: Match.anyValue() },
    })
    const [stage] = Object.values(template.findResources('AWS::ApiGatewayV2::Stage'))
    const format = JSON.parse(String(stage?.Properties.AccessLogSettings.Format)) as Record<string, string>
    for (const field of Object.values(format)) expect(field).not.toMatch(/body|header|authorizer|querystring/i)
  })

  describe('behind a firewall', () => {
    const behind = (firewall: object) => synthStack({ incidents: { intake: { ...intake, ...firewall } } }).template()
    const webAclArn = `arn:aws:wafv2:${REGION}:${ACCOUNT}:regional/webacl/ours/11111111-1111-4111-8111-111111111111`
    const addresses = (of: Template) =>
      Object.entries(of.findOutputs('*', { Description: Match.stringLikeRegexp('report leaks') }))
        .map(([name, { Description }]) => [name, String(Description)] as const)
        .toSorted()

    test('has a REST API of one route, whose stage counts each address, and answers at the former address as well', () => {
      const both = behind({ requestsPerAddress: 300 })

      both.hasResourceProperties('AWS::WAFv2::WebACL', {
        Scope: 'REGIONAL',
        DefaultAction: { Allow: {} },
        Rules: [
          {
            Action: { Block: {} },
            Statement: { RateBasedStatement: { AggregateKeyType: 'IP', Limit: 300, EvaluationWindowSec: 300 } },
          },
        ],
      })
      both.resourceCountIs('AWS::WAFv2::WebACLAssociation', 1)
      both.resourcePropertiesCountIs('AWS::ApiGateway::Method', { HttpMethod: 'POST', AuthorizationType: 'NONE' }, 1)
      both.resourceCountIs('AWS::ApiGateway::Method', 1)
      both.hasResourceProperties('AWS::ApiGateway::RestApi', { BinaryMediaTypes: ['*/*'] })
      both.hasResourceProperties('AWS::ApiGateway::Stage', {
        MethodSettings: [Match.objectLike({ ThrottlingRateLimit: 100, ThrottlingBurstLimit: 20 })],
      })
      expect(callersOf(both, 'IntakeFn').map(({ source }) => source)).toEqual([
        expect.stringMatching(/<IntakeApi.*>\/\*\/\*\/leaks$/),
        expect.stringMatching(/<IntakeFirewallApi.*\/POST\/leaks$/),
      ])
      expect(addresses(both)).toEqual([
        [
          expect.stringMatching(/FormerUrl/),
          'Where detectors report leaks without AWS WAF, until formerAddress is false',
        ],
        [expect.stringMatching(/^IntakeUrl/), 'Where detectors report leaks, behind AWS WAF'],
      ])
    })

    test('leaves to detectors’ known addresses half of what the API takes, from however many addresses the rest comes', () => {
      const known = behind({ requestsPerAddress: 300, detectorAddresses: ['192.30.252.0/22', '2a0a:a440::/29'] })

      known.hasResourceProperties('AWS::WAFv2::WebACL', {
        Rules: [
          Match.objectLike({ Priority: 0 }),
          {
            Priority: 1,
            Action: { Block: {} },
            Statement: {
              RateBasedStatement: {
                AggregateKeyType: 'CONSTANT',
                Limit: 3000,
                EvaluationWindowSec: 60,
                ScopeDownStatement: {
                  NotStatement: { Statement: { OrStatement: { Statements: [Match.anyValue(), Match.anyValue()] } } },
                },
              },
            },
          },
        ],
      })
      known.hasResourceProperties('AWS::WAFv2::IPSet', { IPAddressVersion: 'IPV4', Addresses: ['192.30.252.0/22'] })
      known.hasResourceProperties('AWS::WAFv2::IPSet', { IPAddressVersion: 'IPV6', Addresses: ['2a0a:a440::/29'] })
    })

    test('takes a web ACL of the account’s, and gives the former address up when it is told to', () => {
      const alone = behind({ webAclArn, formerAddress: false })

      alone.hasResourceProperties('AWS::WAFv2::WebACLAssociation', { WebACLArn: webAclArn })
      alone.resourceCountIs('AWS::WAFv2::WebACL', 0)
      alone.resourceCountIs('AWS::ApiGatewayV2::Api', 0)
      expect(addresses(alone)).toEqual([[expect.stringMatching(/^IntakeUrl/), expect.stringContaining('AWS WAF')]])
    })

    test.each([
      [{ webAclArn, requestsPerAddress: 300 }, 'requestsPerAddress is for the web ACL that is made'],
      [{ requestsPerAddress: 5 }, 'requestsPerAddress is malformed: 5; expected an integer from 10'],
      [{ detectorAddresses: ['192.0.2.0/24'] }, 'detectorAddresses is for the web ACL that requestsPerAddress makes'],
      [{ requestsPerAddress: 300, detectorAddresses: ['192.0.2.0'] }, 'detectorAddresses[0] is malformed'],
      [{ requestsPerAddress: 300, detectorAddresses: ['192.0.2.0/33'] }, 'detectorAddresses[0] is malformed'],
      [{ requestsPerAddress: 300, detectorAddresses: ['0.0.0.0/0'] }, 'detectorAddresses[0] is malformed'],
      [{ webAclArn: 'arn:aws:wafv2:x' }, 'webAclArn is malformed'],
      [{ formerAddress: false }, 'formerAddress is false without a firewall'],
      [{ formerAddress: 'no', webAclArn }, 'formerAddress is malformed: expected true or false'],
    ])('is refused as %j', (firewall, fault) => {
      expect(() => behind(firewall)).toThrow(fault)
    })
  })

  test('knows its settings, and no key', () => {
    expect(functionNamed(template, 'm2m-prod-intake')).toMatchObject({
      ReservedConcurrentExecutions: 10,
      Environment: {
        Variables: {
          M2M_INTAKE_SIGNING_SECRET: 'm2m-intake/prod/signing',
          M2M_GITHUB_APP_SECRET: 'm2m-intake/prod/github-app',
          M2M_RECORDS_TABLE: { Ref: expect.stringMatching(/^RecordsTable/) },
          M2M_INTAKE_FORMER_GATE: 'm2m-intake/prod/gate',
          M2M_INTAKE_PER_HOUR: '10',
          M2M_INTAKE_WATCHED: 'stytch_m2m_client_secret stytch_m2m_client_secret_before_id',
          M2M_IDENTIFY_FUNCTION: 'm2m-prod-identify',
        },
      },
    })
  })

  test('makes no secret: its gate is in the records table', () => {
    template.resourceCountIs('AWS::SecretsManager::Secret', 0)
  })

  test('reads keys that are encrypted with a key of the operator’s, through Secrets Manager', () => {
    const secretsKeyArn = `arn:aws:kms:${REGION}:${ACCOUNT}:key/2222`
    const keyed = synthStack({ incidents: { ...incidents, intake: { ...intake, secretsKeyArn } } }).template()

    expect(shown(bySid(roleStatements(keyed, 'IntakeFnRole'), 'DecryptKeys'))).toMatchObject({
      actions: ['kms:Decrypt'],
      resources: [secretsKeyArn],
      conditions: [
        `StringEquals kms:ViaService secretsmanager.${REGION}.amazonaws.com`,
        expect.stringContaining('m2m-intake/prod/signing-??????'),
      ],
    })
  })

  test('is not there unless it is configured', () => {
    without.resourceCountIs('AWS::ApiGatewayV2::Api', 0)
    without.resourceCountIs('AWS::SecretsManager::Secret', 0)
    expect(JSON.stringify(without.toJSON())).not.toContain('m2m-prod-intake')
  })
})

describe('whoever is told', () => {
  test.each([
    ['Leak Unresolved', undefined],
    ['Incident Held', { first: [true] }],
    ['Incident Held', { remembered: [false] }],
  ])('%s pages a person: %j', (type, detail) => {
    template.hasResourceProperties('AWS::Events::Rule', {
      EventPattern: {
        source: ['m2m.leak-intake'],
        'detail-type': [type],
        ...(detail === undefined ? {} : { detail }),
      },
      Targets: [Match.objectLike({ Arn: { Ref: Match.stringLikeRegexp('^NotificationsTopic') } })],
    })
  })

  test.each(['IdentifyThrottles', 'IntakeFailures', 'IntakeRefusals'])('%s has an alarm', (id) => {
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      AlarmName: Match.stringLikeRegexp(`^m2m-prod-.*-${id}$`),
      AlarmDescription: Match.stringLikeRegexp('Runbook: docs/runbook\\.md#[a-z-]+$'),
    })
  })
})

describe('the configuration', () => {
  const faultsOf = (changes: object): string => {
    try {
      readDeployConfig({ ...exampleConfig, ...changes })
    } catch (error) {
      return String(error)
    }
    return 'no fault'
  }

  test('says nothing, and there is no intake and no security role', () => {
    expect(readDeployConfig(exampleConfig).incidents).toEqual({ security: { roleArns: [], maxClients: 25 } })
  })

  test('says all that can be said', () => {
    const all = {
      security: { roleArns: [SECURITY], maxClients: 50 },
      intake: {
        ...intake,
        secretsKeyArn: `arn:aws:kms:${REGION}:${ACCOUNT}:key/2222`,
        githubUrl: 'https://github.example.com/api/v3',
        detectors: ['stytch_m2m_client_secret', 'generic_high_entropy_secret'],
        maxPerHour: 5,
        requestsPerAddress: 300,
        formerAddress: false,
      },
    }
    const { detectors, requestsPerAddress, formerAddress, ...rest } = all.intake

    expect(readDeployConfig({ ...exampleConfig, incidents: all }).incidents).toEqual({
      security: all.security,
      intake: {
        ...rest,
        watched: detectors,
        firewall: { kind: 'perAddress', requestsPerAddress, detectorAddresses: [] },
        keepsFormerAddress: formerAddress,
      },
    })
  })

  test.each([
    [{ incidents: { intake: {} } }, /incidents\.intake\.signingSecretName is missing/],
    [{ incidents: { intake: { signingSecretName: 'm2m/prod/signing' } } }, /signingSecretName lies below m2m\/prod\//],
    [{ incidents: { intake: { ...intake, githubAppSecretName: 'm2m/prod/app' } } }, /githubAppSecretName lies below/],
    [{ incidents: { intake: { ...intake, maxPerHour: 41 } } }, /maxPerHour is malformed/],
    [{ incidents: { intake: { ...intake, githubUrl: 'http://github.example.com' } } }, /githubUrl is malformed/],
    [{ incidents: { intake: { ...intake, githubUrl: 'https://github.example.com/' } } }, /githubUrl ends in a slash/],
    [{ incidents: { intake: { ...intake, detectors: ['Stytch M2M'] } } }, /detectors\[0\] is malformed/],
    [{ incidents: { intake: { ...intake, signingKey: 'x' } } }, /signingKey is unknown/],
    [{ incidents: { security: { roleArns: ['arn:aws:iam::222222222222:root'] } } }, /roleArns\[0\] is malformed/],
    [{ incidents: { breakGlass: {} } }, /incidents\.breakGlass is unknown/],
  ])('%j is refused', (changes, expected) => {
    expect(faultsOf(changes)).toMatch(expected)
  })
})
