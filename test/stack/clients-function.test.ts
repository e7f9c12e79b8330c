// The clients function and the operators in the stack, statement by statement: what it may do, who may call it and as what, and what a person
// who runs the command line may do beside. Nobody but functions gets at the project secret, and no operator at a value.
import { Match, type Template } from 'aws-cdk-lib/assertions'
import { beforeAll, describe, expect, test } from 'vitest'
import { BREAK_GLASS_ALIAS } from '../../lambda/core/clients/clients-api.ts'
import { flat, functionArn, list, MANAGED, rights, role } from './read-template.ts'
import {
  ACCOUNT,
  BREAK_GLASS,
  bySid,
  functionPolicy,
  REGION,
  resourcesOf,
  roleStatements,
  type Statement,
  synthStack,
} from './synth.ts'

const OPERATOR = `arn:aws:iam::${ACCOUNT}:role/operator`
const ROOT = `arn:aws:iam::${ACCOUNT}:root`
let template: Template
beforeAll(() => {
  template = synthStack({ operators: [OPERATOR] }).template()
})

const shown = (statement: Statement) => ({ sid: statement.Sid, ...rights(statement) })

const propertiesOf = (type: string, name: string, value: string): Readonly<Record<string, unknown>> => {
  const found = Object.values(resourcesOf(template)).find(
    ({ Type, Properties }) => Type === type && Properties[name] === value,
  )
  if (found === undefined) throw new Error(`no ${type} with ${name} ${value}`)
  return found.Properties
}
const settingsOf = (part: string): Readonly<Record<string, string>> => {
  const { Variables } = propertiesOf('AWS::Lambda::Function', 'FunctionName', `m2m-prod-${part}`).Environment as {
    Variables: Record<string, unknown>
  }
  return Object.fromEntries(Object.entries(Variables).map(([name, value]) => [name, flat(value)]))
}
const operatorStatements = (): readonly Statement[] =>
  (
    propertiesOf('AWS::IAM::ManagedPolicy', 'ManagedPolicyName', `m2m-prod-operator-${REGION}`).PolicyDocument as {
      Statement: Statement[]
    }
  ).Statement

describe('the clients function', () => {
  test('may do what the registrar may, and end the claim of what is given back', () => {
    const ofClients = roleStatements(template, 'ClientsFnRole').map(shown)
    const ofRegistrar = roleStatements(template, 'RegistrarFnRole').map(shown)
    const sids = ofClients.flatMap(({ sid }) => sid ?? [])

    expect(sids).toEqual([
      'ReadProjectSecret',
      'RegisterBelowThePrefix',
      'NoPublicPolicy',
      'RotateByOurFunctionOnly',
      'WhatRotateSecretDemands',
      'KeyThroughSecretsManager',
      'Claim',
      'EndClaims',
    ])
    for (const sid of sids.filter((one) => one !== 'EndClaims')) {
      expect(ofClients.find((one) => one.sid === sid)).toEqual(ofRegistrar.find((one) => one.sid === sid))
    }
    expect(ofClients.filter(({ sid }) => sid === undefined).map(({ actions }) => actions.join())).toEqual([
      'logs:CreateLogStream,logs:PutLogEvents',
      'xray:PutTraceSegments,xray:PutTelemetryRecords',
    ])
  })

  test('has the registrar’s own settings, so that what both register is the same', () => {
    const {
      M2M_BACKSTOP,
      M2M_PERIOD_HOURS,
      M2M_OVERLAP_HOURS,
      M2M_LONGEST_HOLD_HOURS,
      M2M_SWEEP_EVERY_MINUTES,
      M2M_EVIDENCE_BUCKET,
      M2M_HAND_MADE_SECRETS,
      M2M_CAMPAIGN_EVERY_HOURS,
      ...rest
    } = settingsOf('clients')

    expect(rest).toEqual(settingsOf('registrar'))
    expect([M2M_BACKSTOP, M2M_PERIOD_HOURS, M2M_OVERLAP_HOURS]).toEqual(['rate(60 days) 1h', '720', '24'])
    expect(M2M_LONGEST_HOLD_HOURS).toBe('168')
    expect(M2M_SWEEP_EVERY_MINUTES).toBe('15')
    expect(M2M_CAMPAIGN_EVERY_HOURS).toBe('24')
    expect(M2M_HAND_MADE_SECRETS).toMatch(/^projectSecret=/)
    expect(rest.M2M_RECORDS_TABLE).toMatch(/^<RecordsTable/)
    // Said to whoever may use it.
    expect(M2M_EVIDENCE_BUCKET).toMatch(/^<EvidenceBucket/)
  })

  test('writes the schedule of a maintenance window as it is', () => {
    const rotation = { period: '30d', maintenanceWindow: { cron: 'cron(0 2 1 1/3 ? *)', durationHours: 4 } }

    synthStack({ rotation })
      .template()
      .hasResourceProperties('AWS::Lambda::Function', {
        FunctionName: 'm2m-prod-clients',
        Environment: { Variables: Match.objectLike({ M2M_BACKSTOP: 'cron(0 2 1 1/3 ? *) 4h' }) },
      })
  })

  test('is among those who read and change secrets, and may let Secrets Manager try the key', () => {
    expect(settingsOf('registrar').M2M_READERS).toContain(role('clients'))
    expect(settingsOf('registrar').M2M_CHANGERS).toContain(role('clients'))
    const [key] = Object.values(template.findResources('AWS::KMS::Key'))
    const statements: readonly Statement[] = key?.Properties.KeyPolicy.Statement ?? []
    expect(shown(bySid(statements, 'TryForCreators')).conditions.at(-1)).toContain(role('clients'))
  })

  test('stops before the command line does', () => {
    template.hasResourceProperties('AWS::Lambda::Function', { FunctionName: 'm2m-prod-clients', Timeout: 120 })
  })

  const denial = (sid: string, qualifier: string, ...allowed: readonly string[]) => ({
    sid,
    actions: ['lambda:InvokeFunction', 'lambda:InvokeFunctionUrl'],
    resources: [`${functionArn('clients')}${qualifier}`],
    conditions: [`ArnNotEquals aws:PrincipalArn ${[...allowed, ROOT].join(' ')}`],
  })

  test('is called by its aliases alone, by operators and break-glass, whatever other policies allow', () => {
    expect(functionPolicy(template, 'function:m2m-prod-clients').map(shown)).toEqual([
      denial('OnlyItsCallers', ''),
      denial('QualifiedByFewer', ':*', OPERATOR, BREAK_GLASS),
      denial('OnlyLook', ':look', OPERATOR, BREAK_GLASS),
      denial('OnlyOperate', ':operate', OPERATOR, BREAK_GLASS),
      denial('OnlyDefault', ':default', OPERATOR, BREAK_GLASS),
      denial('OnlyBreakGlass', ':break-glass', BREAK_GLASS),
    ])
  })

  describe('with sets', () => {
    const PAYMENTS = `arn:aws:iam::${ACCOUNT}:role/payments`
    const rule = { readers: [`arn:aws:iam::${ACCOUNT}:role/payments-*`], scopes: ['read:*'], names: 'payments-*' }
    let withSets: Template
    beforeAll(() => {
      withSets = synthStack({
        operators: [OPERATOR],
        sets: { payments: { operators: [PAYMENTS], ...rule } },
      }).template()
    })

    test('each has an alias that its operators alone invoke, and no alias takes any client', () => {
      expect(functionPolicy(withSets, 'function:m2m-prod-clients').map(shown)).toEqual([
        denial('OnlyItsCallers', ''),
        denial('QualifiedByFewer', ':*', OPERATOR, PAYMENTS, BREAK_GLASS),
        denial('OnlyLook', ':look', OPERATOR, PAYMENTS, BREAK_GLASS),
        denial('OnlyOperate', ':operate', OPERATOR, PAYMENTS, BREAK_GLASS),
        denial('OnlySetpayments', ':payments', PAYMENTS),
        denial('OnlyBreakGlass', ':break-glass', BREAK_GLASS),
      ])
      const [only, letIn] = functionPolicy(withSets, 'function:m2m-prod-clients:payments')
      expect(only && shown(only)).toEqual(denial('OnlyItsCallers', ':payments', PAYMENTS))
      expect(letIn).toMatchObject({ Effect: 'Allow', Principal: { AWS: PAYMENTS } })
      expect(
        Object.values(withSets.findResources('AWS::Lambda::Alias')).map(({ Properties }) => Properties.Name),
      ).not.toContain('default')
    })

    test('the function knows what each allows, and of no operator', () => {
      withSets.hasResourceProperties('AWS::Lambda::Function', {
        FunctionName: 'm2m-prod-clients',
        Environment: { Variables: Match.objectLike({ M2M_SETS: JSON.stringify({ payments: rule }) }) },
      })
    })

    test('no AWS::Lambda::Permission stands beside the policy', () => {
      expect(JSON.stringify(withSets.findResources('AWS::Lambda::Permission'))).not.toContain('ClientsFn')
    })
  })

  test('is called by the alias that switches clients by the break-glass role alone', () => {
    const [only, letIn, ...more] = functionPolicy(template, 'function:m2m-prod-clients:break-glass')

    expect(only).toMatchObject({ Effect: 'Deny', Principal: '*' })
    expect(only && shown(only).conditions).toEqual([`ArnNotEquals aws:PrincipalArn ${BREAK_GLASS} ${ROOT}`])
    expect(letIn).toMatchObject({ Effect: 'Allow', Principal: { AWS: BREAK_GLASS }, Action: 'lambda:InvokeFunction' })
    expect(more).toEqual([])
    template.hasResourceProperties('AWS::Lambda::Alias', { Name: 'break-glass', FunctionVersion: '$LATEST' })
    expect(BREAK_GLASS_ALIAS).toBe('break-glass')
  })

  test('without a break-glass role nobody is let in by the alias', () => {
    const without = synthStack({ breakGlass: { noneBecause: 'the root removes the policies' } }).template()

    const statements = functionPolicy(without, 'function:m2m-prod-clients:break-glass')
    expect(statements.map((one) => [one.Effect, ...shown(one).conditions])).toEqual([
      ['Deny', `ArnNotEquals aws:PrincipalArn ${ROOT}`],
    ])
  })
})

describe('an operator', () => {
  test('may do exactly this by the command line’s own part of the policy', () => {
    expect(operatorStatements().slice(0, 6).map(shown)).toEqual([
      {
        sid: 'Look',
        actions: [
          'secretsmanager:DescribeSecret',
          'secretsmanager:ListSecretVersionIds',
          'secretsmanager:GetResourcePolicy',
        ],
        resources: [MANAGED],
        conditions: [],
      },
      {
        sid: 'List',
        actions: ['secretsmanager:ListSecrets', 'cloudwatch:DescribeAlarms', 'events:ListRules'],
        resources: ['*'],
        conditions: [],
      },
      {
        sid: 'AskForRotations',
        actions: ['secretsmanager:RotateSecret'],
        resources: [MANAGED],
        conditions: [
          `ArnEqualsIfExists secretsmanager:RotationLambdaARN ${functionArn('rotation')}`,
          'BoolIfExists secretsmanager:ModifyRotationRules false',
        ],
      },
      {
        sid: 'ClearWhatIsStuck',
        actions: ['secretsmanager:UpdateSecretVersionStage'],
        resources: [MANAGED],
        conditions: ['StringEquals secretsmanager:VersionStage AWSPENDING'],
      },
      {
        sid: 'CallFunctions',
        actions: ['lambda:InvokeFunction'],
        // By the aliases that are for every operator: neither break-glass's nor a set's.
        resources: [
          ...['look', 'operate', 'default'].map((alias) => `${functionArn('clients')}:${alias}`),
          functionArn('rotation'),
        ],
        conditions: [],
      },
      {
        sid: 'SetParameters',
        actions: ['ssm:GetParameter', 'ssm:GetParameterHistory', 'ssm:PutParameter'],
        resources: ['freeze', 'drill', 'campaigns'].map(
          (name) => `arn:aws:ssm:${REGION}:${ACCOUNT}:parameter/m2m/prod/${name}`,
        ),
        conditions: [],
      },
    ])
  })

  test('reads no value, decrypts nothing, and changes no secret', () => {
    const actions = operatorStatements().flatMap(({ Action }) => list(Action))

    for (const action of actions)
      expect(action).not.toMatch(/GetSecretValue|PutSecretValue|UpdateSecret$|DeleteSecret|kms:(?!Get|Describe)|\*/)
  })

  test('looks at the stage’s own topic, key and schedules, for doctor', () => {
    const looks = operatorStatements().filter(({ Sid }) => Sid?.startsWith('LookAt'))

    expect(looks.map(shown).map(({ sid, actions, resources }) => [sid, actions, resources])).toEqual([
      [
        'LookAtTheStage',
        [
          'sns:ListSubscriptionsByTopic',
          'kms:DescribeKey',
          'kms:GetKeyPolicy',
          'kms:GetKeyRotationStatus',
          'scheduler:GetSchedule',
        ],
        [
          expect.stringMatching(/^<NotificationsTopic/),
          expect.stringMatching(/^<Key/),
          ...['sweep', 'campaign'].map(
            (part) => `arn:aws:scheduler:${REGION}:${ACCOUNT}:schedule/default/m2m-prod-${part}`,
          ),
        ],
      ],
    ])
  })

  test('may ask for rotations by the policy on every secret, and nothing else there', () => {
    const { M2M_READERS, M2M_CHANGERS, M2M_OPERATORS } = settingsOf('registrar')

    expect(M2M_OPERATORS).toContain(OPERATOR)
    expect(M2M_READERS).not.toContain(OPERATOR)
    expect(M2M_CHANGERS).not.toContain(OPERATOR)
  })

  test('gets a policy that IAM takes, in an output to attach it by', () => {
    expect(JSON.stringify(operatorStatements()).length).toBeLessThan(6144)
    expect(Object.keys(template.findOutputs('OperatorPolicyArn'))).toEqual(['OperatorPolicyArn'])
  })

  test('who joins or leaves asks every declared client anew', () => {
    const [client] = Object.values(template.findResources('Custom::M2mClient'))

    expect(client?.Properties.Stage.Operators).toContain(OPERATOR)
  })
})
