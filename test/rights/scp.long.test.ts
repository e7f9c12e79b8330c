// The service control policy: it fits, it denies and never allows, everything of the stage falls under it, and it binds nobody who deploys.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { MAX_SCP_CHARACTERS, type ScpProps, serviceControlPolicy } from '../../lib/base/scp.ts'
import { readDeployConfig } from '../../lib/config/deploy-config.ts'
import { ACCOUNT, readDeployment, settings, synthesiseDeployment } from '../../scripts/rights/deployment.ts'
import { exampleScp } from '../../scripts/rights/recording.ts'
import { scpOfConfig } from '../../scripts/rights/scp-of-config.ts'

const role = (name: string, account = ACCOUNT): string => `arn:aws:iam::${account}:role/${name}`

const props: ScpProps = {
  partition: 'aws',
  account: ACCOUNT,
  region: 'eu-west-1',
  stage: 'prod',
  secretNamePrefix: 'm2m/prod/',
  deployRoleArn: role(`cdk-hnb659fds-cfn-exec-role-${ACCOUNT}-eu-west-1`),
  deployers: [role('pipeline')],
  breakGlass: [role('break-glass')],
  operators: [role('operator')],
  foreignSecretNames: ['stytch/m2m-prod'],
}

const statementOf = (policy: ReturnType<typeof serviceControlPolicy>, sid: string) => {
  const found = policy.Statement.find(({ Sid }) => Sid === sid)
  if (found === undefined) throw new Error(`no statement ${sid}`)
  return found
}

const exemptIn = ({ Condition }: ReturnType<typeof statementOf>): readonly string[] =>
  [Condition.ArnNotLike?.['aws:PrincipalArn'] ?? []].flat()

const matches = (pattern: string, arn: string): boolean =>
  new RegExp(
    `^${pattern
      .replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
  ).test(arn)

const exceptForDeployers = (policy: ReturnType<typeof serviceControlPolicy>) =>
  policy.Statement.filter(({ Sid }) => Sid !== 'RootCallsNoFunction')

test('it denies, and lets somebody deploy in every statement but the one about root', () => {
  const policy = serviceControlPolicy(props)

  expect(new Set(policy.Statement.map(({ Effect }) => Effect))).toEqual(new Set(['Deny']))
  for (const statement of exceptForDeployers(policy)) {
    expect(exemptIn(statement)).toEqual(
      expect.arrayContaining([role('cdk-hnb659fds-*'), role('pipeline'), role('break-glass')]),
    )
  }
})

test('everything of the stack that could be changed falls under it', () => {
  const { template } = readDeployment(synthesiseDeployment())
  const { Resource } = statementOf(serviceControlPolicy(props), 'OnlyDeploymentChangesTheStage')
  const arns = template
    .ofType(
      'AWS::IAM::Role',
      'AWS::IAM::ManagedPolicy',
      'AWS::Lambda::Function',
      'AWS::Lambda::Alias',
      'AWS::Events::EventBus',
      'AWS::Events::Rule',
      'AWS::Scheduler::Schedule',
      'AWS::SNS::Topic',
      'AWS::SQS::Queue',
      'AWS::CloudWatch::Alarm',
      'AWS::DynamoDB::Table',
      'AWS::DynamoDB::GlobalTable',
      'AWS::S3::Bucket',
    )
    .map(({ properties }) => String(properties.$arn))

  expect(arns.length).toBeGreaterThan(50)
  expect(arns.filter((arn) => ![Resource].flat().some((pattern) => matches(pattern, arn)))).toEqual([])
})

test('the roles of the stage may not be made anew by anybody, so that their names can be exempt', () => {
  const { Resource, NotAction = [] } = statementOf(serviceControlPolicy(props), 'OnlyDeploymentChangesTheStage')

  expect(Resource).toContain(role('m2m-prod-*'))
  expect(NotAction.filter((action) => action.startsWith('iam:')).sort()).toEqual([
    'iam:Generate*',
    'iam:Get*',
    'iam:List*',
    'iam:Simulate*',
  ])
})

describe('whom it names', () => {
  test('operators freeze, and do nothing else that it stops', () => {
    const { Statement } = serviceControlPolicy(props)

    expect(
      Statement.filter((statement) => exemptIn(statement).includes(role('operator'))).map(({ Sid }) => Sid),
    ).toEqual(['OnlyOperatorsFreeze'])
  })

  test('roles of other accounts are left out, since it does not bind them', () => {
    const abroad = role('break-glass', '999999999999')

    expect(JSON.stringify(serviceControlPolicy({ ...props, breakGlass: [abroad] }))).not.toContain(abroad)
  })

  test('a deploy role outside of the bootstrap stands beside its roles', () => {
    const policy = serviceControlPolicy({ ...props, deployRoleArn: role('deploy') })

    for (const statement of exceptForDeployers(policy)) expect(exemptIn(statement)).toContain(role('deploy'))
  })

  test('a key that the stack did not make is named itself', () => {
    const keyArn = `arn:aws:kms:eu-west-1:${ACCOUNT}:key/1`
    const { Resource, Condition } = statementOf(serviceControlPolicy({ ...props, keyArn }), 'OnlyDeploymentOpensKeys')

    expect(Resource).toEqual([keyArn])
    expect(Condition).not.toHaveProperty('ForAnyValue:StringLike')
  })
})

describe('its size', () => {
  test('leaves room in what the page shows', () => {
    expect(JSON.stringify(exampleScp()).length).toBeLessThan(MAX_SCP_CHARACTERS - 340)
  })

  test('is refused with what to do, before AWS refuses it', () => {
    const operators = Array.from({ length: 40 }, (_, at) => role(`operators/team-${at}`))

    expect(() => serviceControlPolicy({ ...props, operators })).toThrow(
      /has \d+ of 5120 characters: name fewer operators/,
    )
  })
})

describe('by a configuration', () => {
  const config = (changes: Readonly<Record<string, unknown>> = {}) => readDeployConfig({ ...settings, ...changes })
  const pipeline = { deployers: [role('pipeline')], guardedRoles: [] }

  test('it keeps the project secret, the workspace key and the keys of the intake', () => {
    const made = scpOfConfig(config(), pipeline)
    if (!made.ok) throw new Error(made.faults.join())

    expect(statementOf(made.policy, 'OnlyTheStageReadsWhatStytchTrusts').Resource).toEqual(
      ['stytch/m2m-prod', 'stytch/workspace-key', 'leaks/signing'].map(
        (name) => `arn:aws:secretsmanager:eu-west-1:${ACCOUNT}:secret:${name}-??????`,
      ),
    )
  })

  test("it keeps the vendor's API: the one that is named, or every one while its id is not known", () => {
    const apisIn = (roles: Parameters<typeof scpOfConfig>[1], changes = {}) => {
      const made = scpOfConfig(config(changes), roles)
      if (!made.ok) throw new Error(made.faults.join())
      const { Resource } = statementOf(made.policy, 'OnlyDeploymentChangesTheStage')
      return [Resource].flat().filter((arn) => arn.includes(':apigateway:'))
    }

    expect(apisIn(pipeline)).toEqual(['arn:aws:apigateway:eu-west-1::/restapis/*'])
    expect(apisIn({ ...pipeline, restApi: 'a1b2c3d4e5' })).toEqual([
      'arn:aws:apigateway:eu-west-1::/restapis/a1b2c3d4e5*',
    ])
    expect(apisIn(pipeline, { vendor: undefined })).toEqual([])
    expect(scpOfConfig(config(), { ...pipeline, restApi: 'https://x' })).toEqual({
      ok: false,
      faults: [expect.stringContaining('--api https://x is no REST API')],
    })
  })

  test('it takes the partition of the Region', () => {
    const made = scpOfConfig(config({ environment: { account: ACCOUNT, region: 'us-gov-west-1' } }), {
      deployers: [`arn:aws-us-gov:iam::${ACCOUNT}:role/pipeline`],
      guardedRoles: [],
    })

    expect(JSON.stringify(made)).toContain(`arn:aws-us-gov:lambda:us-gov-west-1:${ACCOUNT}:function:m2m-prod-*`)
  })

  test('roles that are none, or of another account, are refused together', () => {
    const made = scpOfConfig(config(), { deployers: ['pipeline'], guardedRoles: [role('x', '999999999999')] })

    expect(made).toEqual({
      ok: false,
      faults: [
        expect.stringContaining('--deployer pipeline is not the ARN of a role'),
        expect.stringContaining('--guard arn:aws:iam::999999999999:role/x is not the ARN of a role'),
      ],
    })
  })

  test('it is that of another file than cdk.json, with the roles and the API of the command line', () => {
    const directory = mkdtempSync(join(tmpdir(), 'm2m-scp-'))
    const file = join(directory, 'prod.json')
    try {
      writeFileSync(file, JSON.stringify(settings))
      const options = ['--scp', '--config', file, '--deployer', role('pipeline'), '--api', 'a1b2c3d4e5']
      const { stdout, stderr } = spawnSync(process.execPath, ['scripts/rights/main.ts', ...options], {
        cwd: new URL('../../', import.meta.url),
        encoding: 'utf8',
      })
      const made = scpOfConfig(config(), { ...pipeline, restApi: 'a1b2c3d4e5' })

      expect(stderr).toBe('')
      expect({ ok: true, policy: JSON.parse(stdout) }).toEqual(made)
    } finally {
      rmSync(directory, { recursive: true })
    }
  })

  test('a file that is not there is a fault, and nothing of our code', () => {
    const { status, stderr } = spawnSync(
      process.execPath,
      ['scripts/rights/main.ts', '--scp', '--config', 'none.json'],
      {
        cwd: new URL('../../', import.meta.url),
        encoding: 'utf8',
      },
    )

    expect(status).toBe(1)
    expect(stderr).toMatch(/^none\.json cannot be read \(ENOENT\): .+\n$/)
  })

  test('without an account it says what to add', () => {
    expect(scpOfConfig(config({ environment: undefined }), pipeline)).toEqual({
      ok: false,
      faults: [expect.stringContaining('m2m.environment is missing')],
    })
  })
})
