// What IAM leaves undocumented and the policies have to hold for, asked of one secret by its own policy: a statement denies a call under the
// condition in question, and whether the call is then denied is the answer. Nothing else of the account is changed. A second statement, without a
// condition, shows when the policy is in force; where it never is, rights are not enforced and nothing is learned.
import { randomUUID } from 'node:crypto'
import {
  GetSecretValueCommand,
  ListSecretVersionIdsCommand,
  PutResourcePolicyCommand,
  RotateSecretCommand,
  type SecretsManagerClient,
  TagResourceCommand,
  ValidateResourcePolicyCommand,
} from '@aws-sdk/client-secrets-manager'
import type { AwsChecks } from './aws-checks.ts'
import { CheckBrokeOff, type CheckGroup } from './finding.ts'
import { until } from './run.ts'

type Found = Parameters<CheckGroup['run']>[0]

export interface RightsChecks extends AwsChecks {
  readonly client: SecretsManagerClient
  /** The function that rotates. */
  readonly probeArn: () => Promise<string>
  /** Whose secret it is. */
  readonly accountId: string
}

export const RIGHTS_GROUP = 'what IAM leaves open'

/** Of a policy that is in force. */
const MARK = 'secretsmanager:ListSecretVersionIds'
const TAG = 'm2m-verify'

const isDenied = async (call: Promise<unknown>): Promise<boolean> => {
  try {
    await call
    return false
  } catch (error) {
    if (error instanceof Error && error.name === 'AccessDeniedException') return true
    throw error
  }
}

const denying = (action: string, Condition?: object) => ({
  Effect: 'Deny',
  Principal: '*',
  Action: action,
  Resource: '*',
  ...(Condition === undefined ? {} : { Condition }),
})

const written = (...Statement: readonly object[]): string => JSON.stringify({ Version: '2012-10-17', Statement })

/** @returns whether `ask` is denied by the condition; undefined: the policy never came into force */
const isDeniedBy = async (
  { client, run }: RightsChecks,
  secretId: string,
  denial: { readonly action: string; readonly condition: object; readonly ask: () => Promise<unknown> },
): Promise<boolean | undefined> => {
  const ResourcePolicy = written(denying(denial.action, denial.condition), denying(MARK))
  await client.send(new PutResourcePolicyCommand({ SecretId: secretId, ResourcePolicy }))
  const look = () => client.send(new ListSecretVersionIdsCommand({ SecretId: secretId }))
  const inForce = await until(run, run.pace.shortWaitMs, async () => ((await isDenied(look())) ? true : undefined))
  return inForce === undefined ? undefined : isDenied(denial.ask())
}

const NOT_IN_FORCE = 'the policy of the secret denied nothing'

const answer = <Answer extends string>(
  denied: boolean | undefined,
  { yes, no }: { readonly yes: Answer; readonly no: Answer },
): Answer | undefined => (denied === undefined ? undefined : denied ? yes : no)

const absentStage = async (checks: RightsChecks, secretId: string, found: Found): Promise<void> => {
  const denied = await isDeniedBy(checks, secretId, {
    action: 'secretsmanager:GetSecretValue',
    condition: { StringEquals: { 'secretsmanager:VersionStage': 'AWSCURRENT' } },
    ask: () => checks.client.send(new GetSecretValueCommand({ SecretId: secretId })),
  })
  found({
    check: 'secretsmanager:VersionStage of a read that names no label',
    expected: checks.expected.absentStage,
    seen: answer(denied, { yes: 'current', no: 'absent' }),
    why: NOT_IN_FORCE,
    setting: 'absentStage',
  })
}

const rotationKey = async (checks: RightsChecks, secretId: string, found: Found): Promise<void> => {
  const { client, calls, run } = checks
  const asked = await calls.rotate(secretId, randomUUID(), false)
  if (asked !== 'done') throw new CheckBrokeOff(`RotateSecret met ${asked}`)
  const ended = await until(run, run.pace.stepWaitMs, async () => {
    const { labels } = await calls.labels(secretId)
    return Object.values(labels).flat().includes('AWSPENDING') ? undefined : true
  })
  if (ended === undefined) throw new CheckBrokeOff('the dry run did not end')
  const denied = await isDeniedBy(checks, secretId, {
    action: 'secretsmanager:RotateSecret',
    condition: { StringEquals: { 'secretsmanager:RotationLambdaARN': await checks.probeArn() } },
    ask: () =>
      client.send(
        new RotateSecretCommand({ SecretId: secretId, ClientRequestToken: randomUUID(), RotateImmediately: false }),
      ),
  })
  found({
    check: 'secretsmanager:RotationLambdaARN of a RotateSecret that names no function',
    expected: checks.expected.rotationLambdaArnKey,
    seen: answer(denied, { yes: 'filled', no: 'absent' }),
    why: NOT_IN_FORCE,
    setting: 'rotationLambdaArnKey',
  })
}

/** Of the keys with many values, the one that a secret's own policy can ask about. */
const manyValues = async (checks: RightsChecks, secretId: string, found: Found): Promise<void> => {
  const denied = await isDeniedBy(checks, secretId, {
    action: 'secretsmanager:TagResource',
    condition: { StringEquals: { 'aws:TagKeys': TAG } },
    ask: () => checks.client.send(new TagResourceCommand({ SecretId: secretId, Tags: [{ Key: TAG, Value: 'x' }] })),
  })
  found({
    check: 'StringEquals on a key with many values (aws:TagKeys; events:source is another)',
    expected: checks.expected.multiValuedSource,
    seen: answer(denied, { yes: 'lenient', no: 'strict' }),
    why: NOT_IN_FORCE,
    setting: 'multiValuedSource',
  })
}

const isTaken = async ({ client }: RightsChecks, SecretId: string, Condition: object): Promise<boolean> => {
  const Action = 'secretsmanager:DescribeSecret'
  const ResourcePolicy = written({ Effect: 'Allow', Principal: '*', Action, Resource: '*', Condition })
  const reply = await client.send(new ValidateResourcePolicyCommand({ SecretId, ResourcePolicy }))
  return reply.PolicyValidationPassed === true
}

const publicPolicy = async (checks: RightsChecks, secretId: string, found: Found): Promise<void> => {
  const role = `arn:${secretId.split(':')[1]}:iam::${checks.accountId}:role/m2m-verify`
  found({
    check: 'a policy for everybody with a condition that names nobody is public',
    expected: checks.expected.publicPolicy,
    seen: (await isTaken(checks, secretId, { Bool: { 'aws:SecureTransport': 'true' } }))
      ? 'anyCondition'
      : 'fixedValues',
    setting: 'publicPolicy',
  })
  found({
    check: 'a policy for everybody with the aws:PrincipalArn of one role, as readers have it',
    expected: 'taken',
    seen: (await isTaken(checks, secretId, { ArnEquals: { 'aws:PrincipalArn': role } })) ? 'taken' : 'public',
  })
}

export const rightsGroup = (checks: RightsChecks): CheckGroup => ({
  name: RIGHTS_GROUP,
  service: 'AWS',
  run: async (found) => {
    const { secretId } = await checks.calls.create('rights', 'rotate')
    await publicPolicy(checks, secretId, found)
    await absentStage(checks, secretId, found)
    await manyValues(checks, secretId, found)
    await rotationKey(checks, secretId, found)
  },
})
