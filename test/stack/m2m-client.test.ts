// The client construct in somebody else's stack, and its consumers, of the same account and of another: what has to stand in which
// template for a read to work, and for nobody else's to.
import { App, Stack } from 'aws-cdk-lib'
import { Match, Template } from 'aws-cdk-lib/assertions'
import { AccountPrincipal, ArnPrincipal, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { describe, expect, test } from 'vitest'
import { M2mClient, type M2mClientProps } from '../../lib/clients/m2m-client.ts'
import { Registrar } from '../../lib/clients/registrar.ts'
import { ACCOUNT, lean, makeRegistrar, REGION, resourcesOf } from './synth.ts'

const OTHER_ACCOUNT = '222222222222'
const SECRET = `:secretsmanager:${REGION}:${ACCOUNT}:secret:m2m/prod/billing-??????`

const makeClient = (app: App, props: Partial<M2mClientProps> = {}) => {
  const platform = makeRegistrar(app, { readerAccounts: [OTHER_ACCOUNT] })
  const { registrar, stack } = platform
  const client = new M2mClient(stack, 'Billing', {
    registrar,
    clientName: 'billing',
    description: 'Reads invoices',
    scopes: ['read:invoices'],
    ...props,
  })
  return { ...platform, client }
}

const makeRole = (stack: Stack) =>
  new Role(stack, 'Reader', { roleName: 'billing-job', assumedBy: new ServicePrincipal('ecs-tasks.amazonaws.com') })

describe('in a template of two accounts', () => {
  const app = new App(lean)
  const { stack, client } = makeClient(app)
  const consumerStack = new Stack(app, 'Consumer', { env: { account: OTHER_ACCOUNT, region: REGION } })
  client.grantRead(makeRole(consumerStack))
  const platform = Template.fromStack(stack)
  const consumer = Template.fromStack(consumerStack)
  const readerArn = Match.objectLike({
    'Fn::Join': ['', ['arn:', Match.anyValue(), `:iam::${OTHER_ACCOUNT}:role/billing-job`]],
  })

  test("the secret's policy will name the consumer's role", () => {
    platform.hasResourceProperties('Custom::M2mClient', { Consumers: [readerArn] })
  })

  test('the key admits that account, and knows nothing of the role', () => {
    const [key] = Object.values(platform.findResources('AWS::KMS::Key'))
    const policy = JSON.stringify(key?.Properties.KeyPolicy)

    expect(policy).toContain(`"kms:CallerAccount":["${ACCOUNT}","${OTHER_ACCOUNT}"]`)
    expect(policy).not.toContain('billing')
  })

  test("the consumer's own policy reads that secret only", () => {
    const policies = Object.values(resourcesOf(consumer)).filter(({ Type }) => Type === 'AWS::IAM::Policy')

    expect(policies).toHaveLength(1)
    expect(policies[0]?.Properties.PolicyDocument).toMatchObject({
      Statement: [
        {
          Sid: 'ReadM2mSecret',
          Action: ['secretsmanager:GetSecretValue', 'secretsmanager:DescribeSecret'],
          Resource: { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, SECRET]] },
        },
        {
          Sid: 'KeyOfM2mSecret',
          Action: 'kms:Decrypt',
          Resource: {
            'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, `:kms:${REGION}:${ACCOUNT}:key/*`]],
          },
          Condition: {
            StringEquals: {
              'kms:ViaService': { 'Fn::Join': ['', [`secretsmanager.${REGION}.`, { Ref: 'AWS::URLSuffix' }]] },
            },
            StringLike: {
              'kms:EncryptionContext:SecretARN': { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, SECRET]] },
            },
          },
        },
      ],
    })
  })

  test('nothing of one account is imported into the other', () => {
    expect(JSON.stringify(consumer.toJSON())).not.toMatch(/Fn::ImportValue/)
    expect(JSON.stringify(platform.toJSON())).not.toMatch(/Fn::ImportValue/)
  })
})

describe('a grant', () => {
  test('to a role of the same account names it, and gives it the right to read', () => {
    const { stack, client } = makeClient(new App(lean))
    client.grantRead(makeRole(stack))

    const template = Template.fromStack(stack)

    template.hasResourceProperties('Custom::M2mClient', {
      Consumers: [{ 'Fn::GetAtt': [Match.stringLikeRegexp('^Reader'), 'Arn'] }],
    })
    template.hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: { Statement: Match.arrayWith([Match.objectLike({ Sid: 'ReadM2mSecret' })]) },
    })
  })

  test('given twice is one', () => {
    const { stack, client } = makeClient(new App(lean))
    const role = makeRole(stack)
    client.grantRead(role)
    client.grantRead(role)

    const [resource] = Object.values(Template.fromStack(stack).findResources('Custom::M2mClient'))

    expect(resource?.Properties.Consumers).toHaveLength(1)
  })

  test.each([
    ['a whole account', new AccountPrincipal(OTHER_ACCOUNT)],
    ['a service', new ServicePrincipal('ecs-tasks.amazonaws.com')],
    ['everybody', new ArnPrincipal('*')],
    ['all roles of an account', new ArnPrincipal(`arn:aws:iam::${OTHER_ACCOUNT}:role/*`)],
  ])('to %s is refused: the policy must name one role', (_what, grantee) => {
    const { client } = makeClient(new App(lean))

    expect(() => client.grantRead(grantee)).toThrow(/role/)
  })
})

describe('a reader of another account', () => {
  const strange = 'arn:aws:iam::333333333333:role/job'

  test('that the key does not admit is refused, with the setting to add', () => {
    const { client } = makeClient(new App(lean))

    expect(() => client.allow(strange)).toThrow(/add "333333333333" to "readerAccounts"/)
  })

  test('may be of any account of the organization', () => {
    const { registrar, stack } = makeRegistrar(new App(lean), { readerOrganizationId: 'o-a1b2c3d4e5' })
    const client = new M2mClient(stack, 'Billing', { registrar, clientName: 'billing', description: '', scopes: [] })

    expect(() => client.allow(strange)).not.toThrow()
  })
})

describe('a service in a stack of its own', () => {
  const env = { account: ACCOUNT, region: REGION }
  const unnamedRole = (stack: Stack) =>
    new Role(stack, 'Reader', { assumedBy: new ServicePrincipal('ecs-tasks.amazonaws.com') })
  const dependencies = (app: App) =>
    Object.fromEntries(
      app.synth().stacks.map(({ stackName, dependencies: on }) => [stackName, on.map(({ id }) => id)] as const),
    )

  test('reads a client of the platform’s stack: that one refers to the role, and nothing refers back', () => {
    const app = new App(lean)
    const { client } = makeClient(app)
    const service = new Stack(app, 'Service', { env })
    client.grantRead(unnamedRole(service))

    const found = dependencies(app)

    expect(found.Service).not.toContain('Platform')
    expect(found.Platform).toContain('Service')
    expect(JSON.stringify(Template.fromStack(service).toJSON())).not.toContain('Fn::ImportValue')
  })

  test('declares a client with the registrar of the same app: it refers to the platform, and nothing refers back', () => {
    const app = new App(lean)
    const { registrar } = makeRegistrar(app)
    const service = new Stack(app, 'Service', { env })
    const client = new M2mClient(service, 'Client', { registrar, clientName: 'billing', description: '', scopes: [] })
    client.grantRead(unnamedRole(service))

    const found = dependencies(app)

    expect(found.Service).toContain('Platform')
    expect(found.Platform).not.toContain('Service')
  })

  test('declares a client and its readers against a stage by name: neither stack refers to the other', () => {
    const app = new App(lean)
    makeRegistrar(app)
    const service = new Stack(app, 'Service', { env })
    const client = new M2mClient(service, 'Client', {
      registrar: Registrar.fromStage(service, { stage: 'prod', period: '10d' }),
      clientName: 'billing',
      description: 'Reads invoices',
      scopes: ['read:invoices'],
    })
    client.grantRead(unnamedRole(service))

    const found = dependencies(app)

    expect(found.Service).not.toContain('Platform')
    expect(found.Platform).not.toContain('Service')
    const template = Template.fromStack(service)
    template.hasResourceProperties('Custom::M2mClient', {
      ServiceToken: {
        'Fn::Join': [
          '',
          ['arn:', { Ref: 'AWS::Partition' }, `:lambda:${REGION}:${ACCOUNT}:function:m2m-prod-registrar`],
        ],
      },
      SecretName: 'm2m/prod/billing',
      Consumers: [{ 'Fn::GetAtt': [Match.stringLikeRegexp('^Reader'), 'Arn'] }],
      Rotation: { EveryDays: 20 },
      Stage: { Form: Match.stringLikeRegexp('^[0-9a-f]{16}$') },
    })
    template.hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: { Statement: Match.arrayWith([Match.objectLike({ Sid: 'ReadM2mSecret' })]) },
    })
  })

  test('asks for its clients again when it says that the stage has changed', () => {
    const stageOf = (revision?: string) => {
      const service = new Stack(new App(lean), 'Service', { env })
      const more = revision === undefined ? {} : { revision }
      return Registrar.fromStage(service, { stage: 'prod', ...more }).stageRevision
    }

    expect(stageOf('2')).toEqual({ ...stageOf(), Revision: '2' })
  })

  test('refuses a period that is none', () => {
    const service = new Stack(new App(lean), 'Service', { env })

    expect(() => Registrar.fromStage(service, { stage: 'prod', period: 'monthly' })).toThrow(/monthly is no period/)
  })

  test('of another account writes its role’s policy for a client that the hub declares', () => {
    const service = new Stack(new App(lean), 'Service', { env: { account: OTHER_ACCOUNT, region: REGION } })
    const billing = {
      stage: 'prod',
      clientName: 'billing',
      account: ACCOUNT,
      keyArn: `arn:aws:kms:${REGION}:${ACCOUNT}:key/1`,
    }
    const client = M2mClient.fromStage(service, billing)
    client.grantRead(makeRole(service))

    expect(client.secretName).toBe('m2m/prod/billing')
    Template.fromStack(service).hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: {
        Statement: [
          Match.objectLike({
            Action: ['secretsmanager:GetSecretValue', 'secretsmanager:DescribeSecret'],
            Resource: { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, SECRET]] },
          }),
          Match.objectLike({ Action: 'kms:Decrypt', Resource: billing.keyArn }),
        ],
      },
    })
    expect(() => client.grantRead(new AccountPrincipal(OTHER_ACCOUNT))).toThrow(/role/)
  })
})

test('what a client is, is in its declaration and nowhere else', () => {
  const { stack } = makeClient(new App(lean), {
    displayName: 'Billing job',
    onRemoval: 'deactivate',
    rotation: { schedule: 'cron(0 2 1 1/3 ? *)', durationHours: 4 },
  })

  Template.fromStack(stack).hasResourceProperties('Custom::M2mClient', {
    DisplayName: 'Billing job',
    OnRemoval: 'deactivate',
    Rotation: { Schedule: 'cron(0 2 1 1/3 ? *)', DurationHours: 4 },
  })
})

test('a role that joins the policies asks every client anew, so that none keeps the old one', () => {
  const { stack, registrar } = makeClient(new App(lean))

  const [resource] = Object.values(Template.fromStack(stack).findResources('Custom::M2mClient'))

  expect(resource?.Properties.Stage).toEqual(stack.resolve(registrar.stageRevision))
})
