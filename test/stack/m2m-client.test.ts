// The client construct in somebody else's stack, and its consumers, of the same account and of another: what has to stand in which
// template for a read to work, and for nobody else's to.
import { App, Stack } from 'aws-cdk-lib'
import { Match, Template } from 'aws-cdk-lib/assertions'
import { AccountPrincipal, ArnPrincipal, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { describe, expect, test } from 'vitest'
import { M2mClient, type M2mClientProps } from '../../lib/m2m-client.ts'
import { ACCOUNT, makeRegistrar, REGION, resourcesOf } from './synth.ts'

const OTHER_ACCOUNT = '222222222222'
const SECRET = `:secretsmanager:${REGION}:${ACCOUNT}:secret:m2m/prod/billing-??????`

const makeClient = (app: App, props: Partial<M2mClientProps> = {}) => {
  const platform = makeRegistrar(app)
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
  const app = new App()
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

  test('the key lets that role decrypt that one secret, through Secrets Manager', () => {
    platform.hasResourceProperties('AWS::KMS::Key', {
      KeyPolicy: {
        Statement: Match.arrayWith([
          Match.objectLike({
            Sid: 'Consumer1',
            Action: 'kms:Decrypt',
            Condition: {
              StringEquals: { 'kms:ViaService': Match.anyValue() },
              StringLike: {
                'kms:EncryptionContext:SecretARN': [{ 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, SECRET]] }],
              },
              ArnEquals: { 'aws:PrincipalArn': [readerArn] },
            },
          }),
        ]),
      },
    })
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
        { Sid: 'KeyOfM2mSecret', Action: 'kms:Decrypt' },
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
    const { stack, client } = makeClient(new App())
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
    const { stack, client } = makeClient(new App())
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
    const { client } = makeClient(new App())

    expect(() => client.grantRead(grantee)).toThrow(/role/)
  })
})

test('what a client is, is in its declaration and nowhere else', () => {
  const { stack } = makeClient(new App(), {
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
  const { stack, registrar } = makeClient(new App())

  const [resource] = Object.values(Template.fromStack(stack).findResources('Custom::M2mClient'))

  expect(resource?.Properties.Stage).toEqual(stack.resolve(registrar.stageRevision))
})
