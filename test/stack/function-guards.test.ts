// What binds roles to functions and functions to their callers, over the stack with everything in it: a role is of no use outside of its
// function, a function in a VPC may do what AWS's own policy allows Lambda and its code may not, and one kind of policy stands on each
// function.
import type { Template } from 'aws-cdk-lib/assertions'
import { beforeAll, describe, expect, test } from 'vitest'
import { evaluateAccess } from '../../lambda/local/iam/evaluate.ts'
import type { RequestContext } from '../../lambda/local/iam/pattern.ts'
import type { Caller } from '../../lambda/local/iam/principal.ts'
import { resourcePoliciesOf } from '../../lambda/local/stack/policies.ts'
import { type ReadTemplate, readDeployedTemplate, type Template as Synthesised } from '../../scripts/rights/template.ts'
import { everything } from './everything.ts'
import { ACCOUNT, REGION, resourcesOf, type Statement, synthStack } from './synth.ts'

let template: Template
let deployed: ReadTemplate
beforeAll(() => {
  template = synthStack(everything).template()
  const place = { partition: 'aws', account: ACCOUNT, region: REGION, stackName: 'm2m-prod' }
  deployed = readDeployedTemplate(template.toJSON() as Synthesised, place)
})

const text = (value: unknown): string => JSON.stringify(value)
const ofType = (type: string) => Object.entries(resourcesOf(template)).filter(([, { Type }]) => Type === type)
const list = (value: unknown): readonly string[] => [value].flat().map(String)

/** Logical ids of the functions' roles, with the function's name. */
const functionRoles = (): readonly (readonly [role: string, name: string])[] =>
  ofType('AWS::Lambda::Function').map(([, { Properties }]) => {
    const { 'Fn::GetAtt': [role = ''] = [] } = Properties.Role as { 'Fn::GetAtt'?: readonly string[] }
    return [role, String(Properties.FunctionName)]
  })

const statementsOf = (role: string): readonly Statement[] =>
  ofType('AWS::IAM::Policy')
    .filter(([, { Properties }]) => text(Properties.Roles).includes(`"${role}"`))
    .flatMap(([, { Properties }]) => (Properties.PolicyDocument as { Statement: Statement[] }).Statement)

describe('a function’s role', () => {
  test('is of no use outside of its function, for secrets, events, evidence and records', () => {
    const roles = functionRoles()

    expect(roles.length).toBeGreaterThanOrEqual(12)
    for (const [role, name] of roles) {
      const [bound] = statementsOf(role).filter(({ Sid }) => Sid === 'OnlyFromTheFunction')
      expect(bound).toMatchObject({
        Effect: 'Deny',
        Action: ['secretsmanager:*', 'events:PutEvents', 's3:*', 'dynamodb:*', 'kms:Sign'],
        Resource: '*',
      })
      expect(Object.keys(bound?.Condition ?? {})).toEqual(['ArnNotLike', 'BoolIfExists'])
      // Its own function, unqualified and qualified, and no other: `:*` begins after the whole name.
      expect(text(bound?.Condition?.ArnNotLike)).toMatch(new RegExp(`:function:${name}".*:function:${name}:\\*"`))
      expect(bound?.Condition?.BoolIfExists).toEqual({ 'aws:ViaAWSService': 'false' })
    }
  })

  test('is denied nothing that Lambda does with it outside of the function', () => {
    for (const [role] of functionRoles()) {
      const denied = statementsOf(role).filter(({ Effect }) => Effect === 'Deny')
      const actions = denied.filter(({ Sid }) => Sid !== 'NotByTheCodeItself').flatMap(({ Action }) => list(Action))
      // Lambda signs nothing. Settings are decrypted, destinations written to, logs and traces sent: some of it without the function's ARN.
      expect(actions.filter((action) => /^(kms:(?!Sign$)|sqs|sns|logs|xray|lambda|ec2|\*)/.test(action))).toEqual([])
    }
  })

  test('in a VPC may do what AWS’s own managed policy allows, and the code may not', () => {
    // https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSLambdaVPCAccessExecutionRole.html, version 3, without logs
    const needed = [
      'ec2:CreateNetworkInterface',
      'ec2:DescribeNetworkInterfaces',
      'ec2:DescribeSubnets',
      'ec2:DeleteNetworkInterface',
      'ec2:AssignPrivateIpAddresses',
      'ec2:UnassignPrivateIpAddresses',
    ]
    const actionsOf = (statements: readonly Statement[]) => statements.flatMap(({ Action }) => list(Action))
    for (const [role] of functionRoles()) {
      const statements = statementsOf(role)
      expect(actionsOf(statements.filter(({ Effect }) => Effect === 'Allow'))).toEqual(expect.arrayContaining(needed))
      expect(actionsOf(statements.filter(({ Sid }) => Sid === 'NotByTheCodeItself'))).toEqual(
        expect.arrayContaining(needed),
      )
    }
  })
})

const roleCaller = (name: string) => ({
  arn: `arn:aws:sts::${ACCOUNT}:assumed-role/${name}/x`,
  principalArn: `arn:aws:iam::${ACCOUNT}:role/${name}`,
})

const partArn = (part: string): string => `arn:aws:lambda:${REGION}:${ACCOUNT}:function:m2m-prod-${part}`

const policyStatements = (arn: string): readonly Statement[] =>
  deployed.resources
    .flatMap(({ type, properties }) =>
      resourcePoliciesOf(
        { type, properties, arn: String(properties.$arn), name: String(properties.$ref) },
        { account: ACCOUNT, region: REGION, name: 'm2m-prod' },
      ),
    )
    .filter((one) => one.arn === arn)
    .flatMap(({ statements }) => statements as readonly Statement[])

/** Whether the function's policy lets somebody call whose own policies allow to call every function of the account. */
const isCalledBy = (caller: Caller, part: string, context: RequestContext = {}, version = ''): boolean => {
  const Statement = policyStatements(partArn(part))
  const all = {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: 'lambda:InvokeFunction', Resource: '*' }],
  }
  const { decision } = evaluateAccess({
    caller,
    ...('service' in caller ? {} : { policies: { identityPolicies: [all] } }),
    action: 'lambda:InvokeFunction',
    resource: `${partArn(part)}${version}`,
    resourcePolicy: { Version: '2012-10-17', Statement },
    context,
  })
  return decision === 'allowed'
}

describe('who has the right to call every function of the account', () => {
  const believing = [
    'archive',
    'campaign',
    'campaign:live',
    'clients',
    'identify',
    'incident',
    'reads',
    'registrar',
    'vendor',
  ]

  test.each(believing)('may not call %s, which believes of its caller what the event says', (part) => {
    expect(isCalledBy(roleCaller('jobs'), part)).toBe(false)
  })

  test.each(believing.filter((part) => !part.includes(':')))('may not call a version of %s', (part) => {
    expect(isCalledBy(roleCaller('jobs'), part, {}, ':$LATEST')).toBe(false)
    expect(isCalledBy(roleCaller('jobs'), part, {}, ':1')).toBe(false)
  })

  test.each(['rotation', 'project-rotation', 'sweep', 'intake'])(
    'may call %s, which believes no such thing',
    (part) => {
      expect(isCalledBy(roleCaller('jobs'), part)).toBe(true)
    },
  )

  test('calls, where CloudFormation deploys by it, or the schedule starts campaigns', () => {
    expect(isCalledBy(roleCaller(`cdk-hnb659fds-cfn-exec-role-${ACCOUNT}-${REGION}`), 'registrar')).toBe(true)
    expect(isCalledBy(roleCaller(`m2m-prod-campaign-schedule-${REGION}`), 'campaign:live')).toBe(true)
    expect(isCalledBy(roleCaller('operator'), 'campaign:live')).toBe(true)
  })

  test.each([
    ['incident', 'events'],
    ['archive', 'events'],
    ['reads', 'events'],
    ['vendor', 'apigateway'],
  ])('is no service: %s is called by %s, for a rule or an API of the stage', (part, service) => {
    const [by] = policyStatements(partArn(part)).filter(({ Effect }) => Effect === 'Allow')
    const source = String([by?.Condition?.ArnLike?.['aws:SourceArn']].flat()[0]).replaceAll('*', 'x')
    const of = (arn: string) => ({ 'aws:SourceArn': arn })

    expect(isCalledBy({ service: `${service}.amazonaws.com` }, part, of(source))).toBe(true)
    expect(isCalledBy({ service: `${service}.amazonaws.com` }, part, of(`${source}-other`))).toBe(false)
    expect(isCalledBy({ service: `${service}.amazonaws.com` }, part, of(source.replace(ACCOUNT, '999999999999')))).toBe(
      false,
    )
    expect(isCalledBy({ service: 's3.amazonaws.com' }, part, of(source))).toBe(false)
  })
})

describe('a function’s policy', () => {
  test('is of one kind on each function: the newer replaces what the older wrote', () => {
    const guarded = ofType('AWS::Lambda::ResourcePolicy').map(([, { Properties }]) => text(Properties.ResourceArn))
    const permitted = ofType('AWS::Lambda::Permission').map(([, { Properties }]) => text(Properties.FunctionName))
    const names = new Map(
      ofType('AWS::Lambda::Function').map(([id, { Properties }]) => [id, String(Properties.FunctionName)]),
    )

    const functions = new Set(guarded.map((arn) => /:function:([\w-]+)/.exec(arn)?.[1]))
    expect([...functions].sort()).toEqual(
      ['archive', 'campaign', 'clients', 'identify', 'incident', 'reads', 'registrar', 'vendor'].map(
        (part) => `m2m-prod-${part}`,
      ),
    )
    const both = [...names].filter(
      ([id, name]) =>
        guarded.some((arn) => new RegExp(`:function:${name}[:"]`).test(arn)) &&
        permitted.some((one) => one.includes(`"${id}"`)),
    )
    expect(both).toEqual([])
  })

  test('grows with roles, not with clients, and stays far below 20 KB', () => {
    for (const [, { Properties }] of ofType('AWS::Lambda::ResourcePolicy')) {
      expect(text(Properties.PolicyDocument).length).toBeLessThan(4096)
    }
  })
})

test('the deploy role changes no secret and uses no key: CloudFormation makes none, and administers what it deploys', () => {
  const [registrar] = ofType('AWS::Lambda::Function').filter(
    ([, { Properties }]) => Properties.FunctionName === 'm2m-prod-registrar',
  )
  const uses = ofType('AWS::KMS::Key')
    .flatMap(([, { Properties }]) => (Properties.KeyPolicy as { readonly Statement: readonly Statement[] }).Statement)
    .filter(({ Action }) => /Decrypt|GenerateDataKey|Encrypt/.test(text(Action)))

  expect(text(registrar)).not.toContain('cfn-exec-role')
  expect(uses.length).toBeGreaterThan(0)
  expect(text(uses)).not.toContain('cfn-exec-role')
})
