// What is named in the configuration and lies in another Region or account than the stage, or is more than AWS takes: refused at synth,
// where the deployment would fail half way.
import { App } from 'aws-cdk-lib'
import { describe, expect, test } from 'vitest'
import { DeployConfigFault, readDeployConfig } from '../../lib/config/deploy-config.ts'
import { M2mStack } from '../../lib/m2m-stack.ts'
import { exampleConfig } from './synth.ts'

const { stage, stytch, alarms, breakGlass } = exampleConfig
const environment = { account: '111111111111', region: 'eu-west-1' }

const faultsOf = (changes: Readonly<Record<string, unknown>>): readonly string[] => {
  try {
    readDeployConfig({ stage, stytch, alarms, breakGlass, environment, ...changes })
  } catch (error) {
    if (error instanceof DeployConfigFault) return error.faults
    throw error
  }
  return []
}

const keyIn = (region: string): string => `arn:aws:kms:${region}:111111111111:key/1`
const roleOf = (account: string): string => `arn:aws:iam::${account}:role/someone`
const elsewhere = keyIn('us-east-1')
const projectRotation = {
  projectSlug: 'acme',
  environmentSlug: 'live',
  workspaceKeySecretName: 'stytch/workspace',
  workspaceKeySecretKeyArn: elsewhere,
}

describe('a key of another Region is refused', () => {
  test.each([
    ['keyArn', { keyArn: elsewhere }],
    ['monitoringKey', { monitoringKey: elsewhere }],
    ['stytch.projectSecretKeyArn', { stytch: { ...stytch, projectSecretKeyArn: elsewhere } }],
    ['stytch.projectRotation.workspaceKeySecretKeyArn', { stytch: { ...stytch, projectRotation } }],
    [
      'incidents.intake.secretsKeyArn',
      { incidents: { intake: { signingSecretName: 'leaks/signing', secretsKeyArn: elsewhere } } },
    ],
  ])('as %s', (at, changes) => {
    expect(faultsOf(changes)).toEqual([`m2m.${at} is a key of us-east-1: expected one of eu-west-1, where it is used`])
  })

  test("as a replica's, whatever the stage's own is", () => {
    const replicas = [{ region: 'eu-north-1', keyArn: keyIn('eu-west-1') }]
    const says = 'm2m.replicas[0].keyArn is a key of eu-west-1: expected one of eu-north-1, where it is used'

    expect(faultsOf({ replicas })).toEqual([says])
    expect(faultsOf({ replicas, environment: undefined })).toEqual([says])
  })

  test('and one of its own Region is taken, of whatever account', () => {
    const keyArn = 'arn:aws:kms:eu-west-1:222222222222:key/1'

    expect(faultsOf({ keyArn, replicas: [{ region: 'eu-north-1', keyArn: keyIn('eu-north-1') }] })).toEqual([])
    expect(faultsOf({ monitoringKey: 'create' })).toEqual([])
  })
})

test("a replica in the stage's own Region is refused", () => {
  expect(faultsOf({ replicas: [{ region: 'eu-west-1' }] })).toEqual([
    "m2m.replicas[0].region is the stage's own, eu-west-1: expected another Region",
  ])
})

test.each([
  ['operators[1]', { operators: [roleOf('111111111111'), roleOf('222222222222')] }],
  ['deployRoleArn', { deployRoleArn: roleOf('222222222222') }],
  ['permissionsBoundaryArn', { permissionsBoundaryArn: 'arn:aws:iam::222222222222:policy/boundary' }],
])('%s of another account is refused, since nothing would let it in', (at, changes) => {
  expect(faultsOf(changes)).toEqual([
    `m2m.${at} belongs to account 222222222222: expected one of 111111111111, the stage's own`,
  ])
})

test('a topic of another Region and account is refused, with everything else that is wrong', () => {
  const topicArn = 'arn:aws:sns:us-east-1:222222222222:oncall'

  expect(faultsOf({ alarms: { topicArn }, deployRoleArn: roleOf('222222222222') })).toEqual([
    'm2m.alarms.topicArn is a topic of us-east-1: expected one of eu-west-1, where the alarms are',
    "m2m.alarms.topicArn belongs to account 222222222222: expected one of 111111111111, the stage's own",
    "m2m.deployRoleArn belongs to account 222222222222: expected one of 111111111111, the stage's own",
  ])
  expect(faultsOf({ alarms: { topicArn: 'arn:aws:sns:eu-west-1:111111111111:oncall', chat: true } })).toEqual([])
})

test('a break-glass role of another account is refused, since no secret would let it in', () => {
  const fault =
    "m2m.breakGlass.roleArn belongs to account 222222222222: expected one of 111111111111, the stage's own; make a role there that people of the other account may assume, and name that one"

  expect(faultsOf({ breakGlass: { roleArn: roleOf('222222222222') } })).toEqual([fault])
  expect(faultsOf({ breakGlass: { roleArn: roleOf('111111111111') } })).toEqual([])
})

test("a boundary that is AWS's own is taken", () => {
  expect(faultsOf({ permissionsBoundaryArn: 'arn:aws:iam::aws:policy/PowerUserAccess' })).toEqual([])
})

test('more subnets, security groups or tags than AWS takes are refused', () => {
  const ids = (prefix: string, count: number) =>
    Array.from({ length: count }, (_, at) => `${prefix}-${String(at).padStart(17, '0')}`)
  const tags = Object.fromEntries(Array.from({ length: 51 }, (_, at) => [`tag${at}`, 'x']))

  expect(
    faultsOf({ network: { subnetIds: ids('subnet', 17), securityGroupIds: ids('sg', 6) }, tags: { ...tags } }),
  ).toEqual([
    'm2m.network.subnetIds are 17: expected at most 16, as Lambda takes',
    'm2m.network.securityGroupIds are 6: expected at most 5, as Lambda takes',
    'm2m.tags are 51: expected at most 50, as AWS takes on a resource',
  ])
  expect(faultsOf({ network: { subnetIds: ids('subnet', 16), securityGroupIds: ids('sg', 5) } })).toEqual([])
})

test("a tag's value that AWS would refuse is refused", () => {
  expect(faultsOf({ tags: { team: 'a<b' } })).toEqual([
    'm2m.tags.team is malformed: "a<b"; expected at most 256 letters, digits, spaces and _ . : / = + - @',
  ])
})

test('names as long as they may be make a stack', () => {
  const long = (letter: string) => letter.repeat(256)
  const config = readDeployConfig({
    stage: 'abcdefghijklmn12',
    namePrefix: 'p'.repeat(32),
    alarms,
    breakGlass,
    environment: { account: '111111111111', region: 'ap-southeast-2' },
    stytch: {
      ...stytch,
      projectSecretName: long('s'),
      projectRotation: { projectSlug: 'x', environmentSlug: 'y', workspaceKeySecretName: long('w') },
    },
    incidents: { intake: { signingSecretName: long('z'), githubAppSecretName: long('g') } },
    vendor: { endpoint: 'regional' },
  })

  expect(() => new M2mStack(new App(), 'M2m', { config })).not.toThrow()
})
