// The policy on every managed secret, judged by a small evaluator of IAM: who reads, who changes, and that nobody can be locked out
// for good, whatever roles are named.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Fault } from '../../lambda/domain/failures.ts'
import {
  CHANGING,
  OPENING,
  type PolicyRoles,
  policyFingerprint,
  policyRevision,
  READING,
  ROTATING,
  secretPolicy,
} from '../../lambda/domain/fleet/secret-policy.ts'

const SECRET = 'arn:aws:secretsmanager:eu-west-1:111111111111:secret:m2m/prod/billing-AbCdEf'
const ROOT = 'arn:aws:iam::111111111111:root'
const role = (name: string, account = '111111111111') => `arn:aws:iam::${account}:role/${name}`
const roles: PolicyRoles = {
  readers: [role('rotation'), role('registrar')],
  changers: [role('rotation'), role('registrar'), role('deploy')],
  consumers: [role('billing', '222222222222')],
}

interface Asked {
  readonly action: string
  readonly by: string
  readonly isService?: boolean
}

/** Whether the policy denies it; what it allows is another question. */
const denies = (policy: ReturnType<typeof secretPolicy>, { action, by, isService = false }: Asked): boolean =>
  policy.Statement.some(({ Effect, Action, Condition }) => {
    if (Effect !== 'Deny' || !Action.includes(action)) return false
    const exempt = Condition.ArnNotEquals?.['aws:PrincipalArn'] ?? []
    return !exempt.includes(by) && Condition.Bool?.['aws:PrincipalIsAWSService'] === String(isService)
  })

describe('of everybody in the account, however wide their own policy', () => {
  const policy = secretPolicy(SECRET, roles)
  const administrator = role('administrator')

  test.each([...READING, ...CHANGING, ...ROTATING, ...OPENING])('an administrator is denied %s', (action) => {
    expect(denies(policy, { action, by: administrator })).toBe(true)
  })

  test('readers and consumers read, and nobody else', () => {
    const mayRead = [role('rotation'), role('registrar'), role('billing', '222222222222')]

    for (const by of mayRead) expect(denies(policy, { action: READING[0], by })).toBe(false)
    for (const by of [role('deploy'), ROOT]) expect(denies(policy, { action: READING[0], by })).toBe(true)
  })

  test.each([...CHANGING, ...ROTATING, ...OPENING])('a consumer is denied %s', (action) => {
    expect(denies(policy, { action, by: role('billing', '222222222222') })).toBe(true)
  })

  test('a role of the same name in another account is somebody else', () => {
    expect(denies(policy, { action: READING[0], by: role('rotation', '333333333333') })).toBe(true)
  })

  test('Secrets Manager itself is not in the way of its own replication', () => {
    expect(denies(policy, { action: CHANGING[0], by: '', isService: true })).toBe(false)
  })

  test('a consumer is allowed AWSCURRENT only', () => {
    const [allow] = policy.Statement

    expect(allow).toMatchObject({
      Effect: 'Allow',
      Principal: { AWS: ['arn:aws:iam::222222222222:root'] },
      Action: READING,
      Condition: {
        ArnEquals: { 'aws:PrincipalArn': [role('billing', '222222222222')] },
        'ForAnyValue:StringEquals': { 'secretsmanager:VersionStage': 'AWSCURRENT' },
      },
    })
    expect(policy.Statement.filter(({ Effect }) => Effect === 'Allow')).toHaveLength(1)
  })
})

const arbitraryRole = fc
  .tuple(fc.constantFrom('111111111111', '222222222222'), fc.stringMatching(/^[A-Za-z0-9_-]{1,20}$/))
  .map(([account, name]) => role(name, account))

test('whatever roles are named, the root of the owning account can still remove the policy', () => {
  const arbitraryRoles = fc.record({
    readers: fc.array(arbitraryRole),
    changers: fc.array(arbitraryRole, { minLength: 1 }),
    consumers: fc.array(arbitraryRole),
  })

  fc.assert(
    fc.property(arbitraryRoles, (named) => {
      const policy = secretPolicy(SECRET, named)
      for (const action of OPENING) {
        expect(denies(policy, { action, by: ROOT })).toBe(false)
        for (const by of named.changers) expect(denies(policy, { action, by })).toBe(false)
      }
    }),
  )
})

test.each([
  ['nobody who may change it', { ...roles, changers: [] }],
  ['a wildcard', { ...roles, consumers: ['arn:aws:iam::222222222222:role/*'] }],
  ['an account', { ...roles, consumers: ['arn:aws:iam::222222222222:root'] }],
  ['everybody', { ...roles, consumers: ['*'] }],
  ['a user', { ...roles, readers: ['arn:aws:iam::111111111111:user/eve'] }],
])('a policy is refused that names %s', (_what, named) => {
  expect(() => secretPolicy(SECRET, named)).toThrow(Fault)
})

describe('whoever may only ask for rotations', () => {
  const sweep = role('sweep')
  const policy = secretPolicy(SECRET, { ...roles, rotators: [sweep] })

  test.each(ROTATING)('may ask: %s', (action) => {
    expect(denies(policy, { action, by: sweep })).toBe(false)
  })

  test.each([...READING, ...CHANGING, ...OPENING])('is denied %s', (action) => {
    expect(denies(policy, { action, by: sweep })).toBe(true)
  })
})

describe('the fingerprint of a policy', () => {
  const { readers, changers } = roles
  const revision = policyRevision({ readers, changers, rotators: [] }, ['eu-north-1'])

  test('is the same for the same roles in another order, and for no other', () => {
    expect(policyRevision({ readers: [...readers].reverse(), changers }, ['eu-north-1'])).toBe(revision)
    expect(policyRevision({ readers, changers, rotators: [role('sweep')] }, ['eu-north-1'])).not.toBe(revision)
    expect(policyRevision({ readers, changers: [role('deploy')] }, ['eu-north-1'])).not.toBe(revision)
    expect(policyRevision({ readers, changers }, [])).not.toBe(revision)
  })

  test('changes with the consumers', () => {
    const [one, other] = [role('one'), role('other')]

    expect(policyFingerprint(revision, [one, other])).toBe(policyFingerprint(revision, [other, one]))
    expect(policyFingerprint(revision, [one])).not.toBe(policyFingerprint(revision, []))
    expect(policyFingerprint(revision, [one])).toMatch(/^[0-9a-f]{16}$/)
  })
})
