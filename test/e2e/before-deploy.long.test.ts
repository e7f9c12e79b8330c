// `m2m doctor --before-deploy` as a process, over HTTP, in an account that lacks everything, and in one that lacks nothing; what it says of
// what it may not look at; and that no value of a secret is ever shown.
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import type { CheckResult } from '../../bin/before-deploy/check.ts'
import { type AwsStandIn, createAwsStandIn } from '../../lambda/local/aws/aws-stand-in.ts'
import { createWorld, type World } from '../../lambda/local/stand-in/world.ts'
import { childEnv } from '../child-env.ts'
import { type AccountApi, startAccountApi } from '../fakes/account-api.ts'
import { repository } from './spawned.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const ACCOUNT = '111122223333'
const REGION = 'eu-west-1'
const CANARY = 'canary-project-secret'
const place = mkdtempSync(join(tmpdir(), 'm2m-before-'))
const config = {
  stage: 'prod',
  stytch: { projectId: 'project-live-1', projectSecretName: 'stytch/m2m-prod' },
  alarms: { email: 'oncall@example.com' },
  breakGlass: { roleArn: `arn:aws:iam::${ACCOUNT}:role/break-glass` },
  environment: { account: ACCOUNT, region: REGION },
  vendor: { endpoint: 'regional' },
  incidents: { intake: { signingSecretName: 'm2m-intake/prod/signing' } },
  clients: [
    {
      name: 'billing',
      description: 'Reads invoices',
      scopes: ['read:invoices'],
      readers: [`arn:aws:iam::${ACCOUNT}:role/billing-job`],
    },
  ],
}

let world: World
let aws: AwsStandIn
let api: AccountApi
let origin = ''
let secrets: SecretsManagerClient
let parameters: SSMClient

beforeAll(async () => {
  world = createWorld()
  aws = createAwsStandIn({ world, region: REGION, accountId: ACCOUNT })
  origin = await aws.listen(0)
  api = await startAccountApi()
  const settings = { endpoint: origin, region: REGION, credentials: { accessKeyId: 'any', secretAccessKey: 'any' } }
  secrets = new SecretsManagerClient(settings)
  parameters = new SSMClient(settings)
})
beforeEach(() => {
  world.reset()
  Object.assign(api.state, { taken: new Set(), denied: new Set(), stack: undefined, logRole: undefined })
})
afterAll(async () => {
  secrets.destroy()
  parameters.destroy()
  await aws.close()
  await api.close()
  rmSync(place, { recursive: true })
})

interface Ran {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

const doctor = async (settings: object, ...more: readonly string[]): Promise<Ran> => {
  const file = join(place, 'config.json')
  writeFileSync(file, JSON.stringify(settings, undefined, 2))
  const child = spawn(
    process.execPath,
    [join(repository, 'bin/m2m.ts'), 'doctor', '--before-deploy', '--config', file, ...more],
    {
      cwd: place,
      env: childEnv({
        AWS_ENDPOINT_URL: origin,
        ...api.environment,
        AWS_ACCESS_KEY_ID: 'any',
        AWS_SECRET_ACCESS_KEY: 'any',
      }),
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  const said = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      said[name] += text
    })
  }
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
  expect(`${said.stdout}${said.stderr}`).not.toContain(CANARY)
  return { code, ...said }
}

const checksOf = ({ stdout }: Ran): readonly CheckResult[] =>
  (JSON.parse(stdout) as { checks: readonly CheckResult[] }).checks
const stateOf = (checks: readonly CheckResult[], check: string) => checks.filter((one) => one.check === check)

const store = (name: string, value: object) =>
  secrets.send(new CreateSecretCommand({ Name: name, SecretString: JSON.stringify(value) }))

const prepare = async (): Promise<void> => {
  api.state.taken.add('iam break-glass')
  await store('stytch/m2m-prod', { project_id: 'project-live-1', secret: CANARY })
  await store('m2m-intake/prod/signing', { plain: { current: `${CANARY}-signing-key` } })
  await parameters.send(
    new PutParameterCommand({ Name: '/cdk-bootstrap/hnb659fds/version', Value: '27', Type: 'String' }),
  )
  api.state.logRole = `arn:aws:iam::${ACCOUNT}:role/api-gateway-logs`
}

describe('an account that has everything', () => {
  test('is fine, line by line, and exit 0', async () => {
    await prepare()

    const ran = await doctor(config, '--json')

    expect(checksOf(ran).filter(({ state }) => state !== 'ok')).toEqual([])
    expect(ran.code).toBe(0)
    expect(checksOf(ran).map(({ check }) => check)).toEqual([
      'account',
      'bootstrap',
      'stack',
      'roles',
      'stytch/m2m-prod',
      'm2m-intake/prod/signing',
      'secret policy',
      'concurrency',
      'durable functions',
      'resource types',
      'API Gateway logs',
      'names',
    ])
  })

  test('whose own stack is deployed already is fine as well', async () => {
    await prepare()
    api.state.taken.add('iam m2m-prod-rotation-eu-west-1')
    api.state.stack = {
      status: 'UPDATE_COMPLETE',
      resources: [
        ['AWS::Logs::LogGroup', '/aws/lambda/m2m-prod-rotation', 'CREATE_COMPLETE'],
        ['AWS::IAM::Role', 'm2m-prod-rotation-eu-west-1', 'UPDATE_COMPLETE'],
      ],
    }

    expect(await doctor(config, '--json')).toMatchObject({ code: 0 })
  })
})

test('every action that it takes stands in the documentation', async () => {
  await prepare()
  api.state.asked.clear()
  api.state.stack = { status: 'UPDATE_COMPLETE', resources: [] }
  const prepared = aws.calls().length
  // With an archive of reads and a key of the account's own, so that nothing is left out.
  await doctor({
    ...config,
    rotation: { adoptionProof: {} },
    keyArn: `arn:aws:kms:${REGION}:${ACCOUNT}:key/1`,
  })

  const documented = readFileSync(join(repository, 'docs/deploying.md'), 'utf8')
  const own = aws
    .calls()
    .slice(prepared)
    .map(({ op }) => `\`(secretsmanager|ssm|lambda):${op}\``)
  const others = [...api.state.asked].map((action) => `\`${action.replace('monitoring:', 'cloudwatch:')}\``)
  expect([...new Set([...own, ...others])].filter((action) => !new RegExp(action).test(documented))).toEqual([])
  expect(others).toContain('`kms:GetKeyPolicy`')
})

describe('an account that lacks everything', () => {
  test('has each problem listed, with what to type, and exit 1', async () => {
    aws.configure({ concurrentExecutions: 10 })
    api.state.taken.add('iam m2m-prod-sweep-eu-west-1')
    api.state.taken.add('kms alias/m2m-prod')
    api.state.stack = {
      status: 'ROLLBACK_COMPLETE',
      resources: [['AWS::KMS::Alias', 'alias/m2m-prod', 'DELETE_SKIPPED']],
    }

    const ran = await doctor(config, '--json')
    const checks = checksOf(ran)

    expect(ran.code).toBe(1)
    expect(stateOf(checks, 'bootstrap')).toMatchObject([
      { state: 'problem', todo: `npx cdk bootstrap aws://${ACCOUNT}/${REGION}` },
    ])
    expect(stateOf(checks, 'stytch/m2m-prod')).toMatchObject([
      {
        state: 'problem',
        what: 'the Stytch project secret stytch/m2m-prod does not exist',
        todo: expect.stringContaining('aws secretsmanager create-secret --name stytch/m2m-prod '),
      },
    ])
    expect(stateOf(checks, 'm2m-intake/prod/signing')).toMatchObject([{ state: 'problem' }])
    expect(stateOf(checks, 'concurrency')).toMatchObject([
      { state: 'problem', todo: expect.stringMatching(/--quota-code L-B99A9384 --desired-value \d{3}; /) },
    ])
    expect(stateOf(checks, 'API Gateway logs')).toMatchObject([
      { state: 'problem', todo: expect.stringContaining('"accountLogRole": "create"') },
    ])
    expect(stateOf(checks, 'names').map(({ state, todo }) => `${state} ${todo?.split(': ').at(-1)}`)).toEqual([
      'problem aws kms delete-alias --alias-name alias/m2m-prod',
      'problem aws iam delete-role --role-name m2m-prod-sweep-eu-west-1',
      expect.stringMatching(/^ok /),
    ])
  })

  test('reads the same for people, problems and what is fine alike', async () => {
    const { code, stdout } = await doctor(config)

    expect(code).toBe(1)
    expect(stdout).toMatch(/^ok +account +111122223333, eu-west-1, as arn:aws:iam::111122223333:role\/ada$/m)
    expect(stdout).toMatch(/^problem +bootstrap +there is no \/cdk-bootstrap/m)
    expect(stdout).toMatch(/→ npx cdk bootstrap/)
    expect(stdout).toMatch(/^m2m-prod in eu-west-1: \d problems, 0 not checked, \d ok$/m)
  })
})

describe('what the caller may not look at', () => {
  test('is named with the action, hides nothing else, and is exit 3 when all else is fine', async () => {
    await prepare()
    for (const action of ['cloudformation:DescribeStacks', 'iam:GetRole', 'apigateway:GET']) {
      api.state.denied.add(action)
    }
    // By the stand-in: a role that may not read the project secret.
    aws.faults.add({ op: 'GetSecretValue', kind: 'error', status: 403 })

    const ran = await doctor(config, '--json')
    const open = checksOf(ran).filter(({ state }) => state === 'notChecked')

    expect(ran.code).toBe(3)
    expect(checksOf(ran).filter(({ state }) => state === 'problem')).toEqual([])
    expect(open.map(({ check }) => check)).toEqual([
      'stack',
      'roles',
      expect.stringMatching(/^(stytch\/m2m-prod|m2m-intake\/prod\/signing)$/),
      'API Gateway logs',
      'names',
    ])
    expect(open.map(({ what }) => what).join('\n')).toContain('m2m-prod-rotation-eu-west-1')
    for (const { what } of open) expect(what).toMatch(/(is denied|is denied to you)$/)
  })
})

describe('a command line that is not in order', () => {
  test.each([
    [
      'a configuration with faults',
      { ...config, stage: 'x', alarms: undefined },
      [],
      /m2m\.stage is malformed[\s\S]+m2m\.alarms is missing/,
    ],
    ['another stage', config, ['--stage', 'test'], /--stage is test, and the configuration's stage is prod/],
  ])('%s: exit 2, before AWS is asked anything', async (_what, settings, more, message) => {
    const { code, stdout, stderr } = await doctor(settings, ...more)

    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(message)
    expect(stderr).not.toMatch(/^\s+at /m)
    expect(aws.calls()).toEqual([])
  })
})
