// Why AWS denied a call, in sentences: the statement that denies, whom it leaves out, or that nothing allows it.
import { describe, expect, test } from 'vitest'
import { secretPolicy } from '../../../lambda/core/clients/secret-policy.ts'
import { POWER_USER_ACCESS } from '../../../lambda/local/iam/managed-policies.ts'
import { roleIdentity } from '../../../lambda/local/iam/people.ts'
import { createRights } from '../../../lambda/local/iam/rights.ts'
import { explainDenial, watched, withDenial } from '../../../lambda/local/page/denials.ts'

const roleOf = (name: string): string => `arn:aws:iam::000000000000:role/${name}`
const secret = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:m2m/laptop/reports-AbCdEf'
const resourcePolicy = secretPolicy(secret, {
  readers: [roleOf('rotation'), roleOf('break-glass')],
  changers: [roleOf('rotation')],
  operators: [roleOf('operator')],
  consumers: [roleOf('reader')],
})
const identities = [
  roleIdentity({ accessKeyId: 'power-user', roleArn: roleOf('power-user'), identityPolicies: [POWER_USER_ACCESS] }),
  roleIdentity({ accessKeyId: 'stranger', roleArn: roleOf('stranger') }),
]

const deny = (who: string, action: string, policy: typeof resourcePolicy | undefined = resourcePolicy) => {
  const rights = createRights({ identities })
  const { message = '' } = rights.authorize({
    caller: rights.identify(who),
    action,
    resource: secret,
    resourcePolicy: policy,
  })
  return explainDenial(rights, who, message)
}

describe('an explicit deny', () => {
  test('names the statement of the secret’s policy, and the roles that it leaves out', () => {
    expect(deny('power-user', 'secretsmanager:GetSecretValue')).toEqual({
      message: `User: arn:aws:sts::000000000000:assumed-role/power-user/power-user is not authorized to perform: secretsmanager:GetSecretValue on resource: ${secret} with an explicit deny in a resource-based policy`,
      why: 'The policy on the secret denies secretsmanager:GetSecretValue to every role that it does not name, whatever the role’s own policies allow.',
      statement: 'OnlyNamedRolesRead',
      named: ['break-glass', 'reader', 'rotation'],
    })
    expect(deny('power-user', 'secretsmanager:RotateSecret')).toMatchObject({
      statement: 'OnlyNamedRolesRotate',
      named: ['operator', 'rotation'],
    })
  })
})

describe('without an allow', () => {
  test('it says whose policies are missing, and that the resource’s does not help', () => {
    expect(deny('stranger', 'secretsmanager:DescribeSecret')).toMatchObject({
      why: 'No policy of stranger allows secretsmanager:DescribeSecret, and neither does the policy on the secret.',
      statement: null,
      named: [],
    })
  })

  test('words that no decision had are shown without a reason', () => {
    expect(explainDenial(undefined, 'stranger', 'Access to KMS is not allowed')).toEqual({
      message: 'Access to KMS is not allowed',
      why: '',
      statement: null,
      named: [],
    })
  })
})

describe('what is watched', () => {
  const failing = (name: string) => () => Promise.reject(Object.assign(new Error('User: x is not'), { name }))

  test('a denial is caught with AWS’s words, though an adapter hides them', async () => {
    const adapter = (): Promise<string> =>
      watched(failing('AccessDeniedException')).catch(() => {
        throw new Error('it failed')
      })

    expect(await withDenial(adapter, (message) => message)).toBe('User: x is not')
  })

  test('any other failure goes on as it is', async () => {
    await expect(
      withDenial(
        () => watched(failing('ThrottlingException')),
        () => 'denied',
      ),
    ).rejects.toThrow('User: x')
  })

  test('what is denied outside of an act is nobody’s', async () => {
    await expect(watched(failing('AccessDeniedException'))).rejects.toThrow('User: x')
  })
})
