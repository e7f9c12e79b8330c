// The policy on every managed secret, judged by a small evaluator of IAM: who reads, who changes, and that nobody can be locked out
// for good, whatever roles are named.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Fault } from '../../lambda/core/base/fault.ts'
import {
  consumersThatFit,
  LABELLING,
  LOOKING,
  MAX_POLICY_CHARACTERS,
  OPENING,
  type PolicyRoles,
  type PolicyStatement,
  policyFault,
  policyFingerprint,
  policyForm,
  policyRevision,
  READING,
  ROTATING,
  secretPolicy,
  TAGGING,
} from '../../lambda/core/clients/secret-policy.ts'

/** The last is none that AWS has: whatever it adds is denied until somebody says otherwise. */
const CHANGING = [
  'PutSecretValue',
  'UpdateSecret',
  'DeleteSecret',
  'RestoreSecret',
  'CancelRotateSecret',
  'ReplicateSecretToRegions',
  'RemoveRegionsFromReplication',
  'StopReplicationToReplica',
  'CopySecretToAccount',
].map((action) => `secretsmanager:${action}`)

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
  /** Absent: a service that acts for itself, which has no role. */
  readonly by?: string
  readonly isService?: boolean
  readonly stage?: string
  readonly tagKeys?: readonly string[]
}

type Keys = Readonly<Record<string, readonly string[] | undefined>>

const keysOf = ({ by, isService = false, stage, tagKeys }: Asked): Keys => ({
  'aws:PrincipalArn': by === undefined ? undefined : [by],
  'aws:PrincipalAccount': by === undefined ? undefined : [by.split(':')[4] ?? ''],
  'aws:PrincipalIsAWSService': [String(isService)],
  'secretsmanager:VersionStage': stage === undefined ? undefined : [stage],
  'aws:TagKeys': tagKeys,
})

const like = (pattern: string, value: string): boolean =>
  new RegExp(`^${pattern.replaceAll(/[.+^$()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`).test(value)

/** The operators that the policy uses: a negated one holds for an absent key, ForAnyValue and the plain ones never do. */
const operators: Readonly<
  Record<string, (found: readonly string[] | undefined, wanted: readonly string[]) => boolean>
> = {
  ArnEquals: (found = [], wanted) => found.some((one) => wanted.includes(one)),
  StringEquals: (found = [], wanted) => found.some((one) => wanted.includes(one)),
  ArnNotEquals: (found, wanted) => found === undefined || !found.some((one) => wanted.includes(one)),
  StringNotEquals: (found, wanted) => found === undefined || !found.some((one) => wanted.includes(one)),
  BoolIfExists: (found, wanted) => found === undefined || found.some((one) => wanted.includes(one)),
  'ForAnyValue:StringLike': (found = [], wanted) => found.some((one) => wanted.some((pattern) => like(pattern, one))),
  'ForAnyValue:StringNotEquals': (found = [], wanted) => found.some((one) => !wanted.includes(one)),
}

const matches = ({ Action, NotAction, Condition }: PolicyStatement, asked: Asked): boolean => {
  const isMeant = Action?.includes(asked.action) ?? !NotAction?.includes(asked.action)
  return (
    isMeant &&
    Object.entries(Condition).every(([name, keys]) =>
      Object.entries(keys).every(([key, wanted]) => {
        const operator = operators[name]
        if (operator === undefined) throw new Error(`the evaluator knows no ${name}`)
        return operator(keysOf(asked)[key], typeof wanted === 'string' ? [wanted] : wanted)
      }),
    )
  )
}

type Policy = ReturnType<typeof secretPolicy>

/** Whether the policy denies it; what it allows is another question. */
const denies = (policy: Policy, asked: Asked): boolean =>
  policy.Statement.some((statement) => statement.Effect === 'Deny' && matches(statement, asked))

/** The principals that an Allow names for this request. */
const allows = (policy: Policy, asked: Asked): readonly PolicyStatement['Principal'][] =>
  policy.Statement.filter((one) => one.Effect === 'Allow' && matches(one, asked)).map(({ Principal }) => Principal)

describe('of everybody in the account, however wide their own policy', () => {
  const policy = secretPolicy(SECRET, roles)
  const administrator = role('administrator')

  test.each([...READING, ...CHANGING, ...ROTATING, ...LABELLING, ...OPENING])(
    'an administrator is denied %s',
    (action) => {
      expect(denies(policy, { action, by: administrator })).toBe(true)
    },
  )

  test.each(LOOKING)('an administrator may look: %s', (action) => {
    expect(denies(policy, { action, by: administrator })).toBe(false)
  })

  test('readers and consumers read, and nobody else', () => {
    const mayRead = [role('rotation'), role('registrar'), role('billing', '222222222222')]

    for (const by of mayRead) expect(denies(policy, { action: READING[0], by })).toBe(false)
    for (const by of [role('deploy'), ROOT]) expect(denies(policy, { action: READING[0], by })).toBe(true)
  })

  test.each([...CHANGING, ...ROTATING, ...LABELLING, ...OPENING])('a consumer is denied %s', (action) => {
    expect(denies(policy, { action, by: role('billing', '222222222222') })).toBe(true)
  })

  test('a role of the same name in another account is somebody else', () => {
    expect(denies(policy, { action: READING[0], by: role('rotation', '333333333333') })).toBe(true)
  })

  test('Secrets Manager itself is not in the way of its own replication', () => {
    expect(denies(policy, { action: 'secretsmanager:PutSecretValue', isService: true })).toBe(false)
    expect(denies(policy, { action: 'secretsmanager:PutSecretValue' })).toBe(true)
  })

  test('a role is named with its path, and one of the same name without it is somebody else', () => {
    const reader =
      'arn:aws:iam::111111111111:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Reader_0123456789abcdef'
    const withPath = secretPolicy(SECRET, { ...roles, consumers: [reader] })

    expect(denies(withPath, { action: READING[0], by: reader })).toBe(false)
    expect(denies(withPath, { action: READING[0], by: role('AWSReservedSSO_Reader_0123456789abcdef') })).toBe(true)
  })

  test('tags that say whose a client is are for changers; all others are their owner’s', () => {
    for (const action of TAGGING) {
      expect(denies(policy, { action, by: administrator, tagKeys: ['m2m:client-id'] })).toBe(true)
      expect(denies(policy, { action, by: administrator, tagKeys: ['team', 'm2m:held'] })).toBe(true)
      expect(denies(policy, { action, by: administrator, tagKeys: ['team'] })).toBe(false)
      expect(denies(policy, { action, by: role('registrar'), tagKeys: ['m2m:client-id'] })).toBe(false)
    }
  })
})

describe('a declared reader', () => {
  const own = role('job')
  const other = role('billing', '222222222222')
  const policy = secretPolicy(SECRET, { ...roles, consumers: [own, other] })
  const plain = { action: READING[0] }

  test('of the same account is let in by the list alone, whatever stage is named or none', () => {
    for (const stage of [undefined, 'AWSCURRENT']) {
      expect(allows(policy, { ...plain, by: own, ...(stage === undefined ? {} : { stage }) })).toEqual(['*'])
    }
    expect(allows(policy, { action: 'secretsmanager:DescribeSecret', by: own })).toEqual(['*'])
    expect(denies(policy, { ...plain, by: own })).toBe(false)
  })

  test('of another account is let in through that account, whose policy has to allow it as well', () => {
    expect(allows(policy, { ...plain, by: other })).toEqual([{ AWS: ['arn:aws:iam::222222222222:root'] }])
    expect(denies(policy, { ...plain, by: other })).toBe(false)
  })

  test.each([
    ['another role', role('somebody')],
    ['a role of its name in another account', role('job', '333333333333')],
    ['another role of the other account', role('somebody', '222222222222')],
    ['nobody', undefined],
  ])('lets %s in as little as before', (_what, by) => {
    expect(allows(policy, { ...plain, ...(by === undefined ? {} : { by }) })).toEqual([])
  })

  test('may do nothing else', () => {
    for (const action of [...CHANGING, ...ROTATING, ...LABELLING, ...OPENING, ...TAGGING]) {
      expect(allows(policy, { action, by: own })).toEqual([])
    }
  })

  test('without one, nobody is let in', () => {
    const { Statement } = secretPolicy(SECRET, { ...roles, consumers: [] })

    expect(Statement.filter(({ Effect }) => Effect === 'Allow')).toEqual([])
  })
})

describe('as many readers as fit', () => {
  const readers = (count: number, account?: string) =>
    Array.from({ length: count }, (_, at) => role(`service-number-${String(at).padStart(4, '0')}-task-role`, account))
  const fits = (consumers: readonly string[]) => JSON.stringify(secretPolicy(SECRET, { ...roles, consumers })).length

  test('are taken, and one more is refused with their number', () => {
    const many = readers(500)
    const count = consumersThatFit(SECRET, { ...roles, consumers: many })

    expect(fits(many.slice(0, count))).toBeLessThanOrEqual(MAX_POLICY_CHARACTERS)
    expect(policyFault(SECRET, { ...roles, consumers: many.slice(0, count) })).toBeUndefined()
    expect(policyFault(SECRET, { ...roles, consumers: many.slice(0, count + 1) })).toContain(
      `of ${count + 1} readers ${count} fit`,
    )
    expect(count).toBeGreaterThan(100)
  })

  test('the property: whatever fits by the count fits by the size, and no more does', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 300 }),
        fc.constantFrom('111111111111', '222222222222'),
        (more, account) => {
          const consumers = readers(more, account)
          const count = consumersThatFit(SECRET, { ...roles, consumers })
          expect(policyFault(SECRET, { ...roles, consumers }) === undefined).toBe(count === consumers.length)
        },
      ),
      { numRuns: 20 },
    )
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

describe('whoever may only start rotations', () => {
  const sweep = role('sweep')
  const policy = secretPolicy(SECRET, { ...roles, rotators: [sweep] })

  test.each(ROTATING)('may do so: %s', (action) => {
    expect(denies(policy, { action, by: sweep, stage: 'AWSPENDING' })).toBe(false)
  })

  test.each(['AWSPENDING', 'AWSCURRENT', 'AWSPREVIOUS', undefined])('moves no label: %s', (stage) => {
    const asked = { action: 'secretsmanager:UpdateSecretVersionStage', ...(stage === undefined ? {} : { stage }) }

    expect(denies(policy, { ...asked, by: sweep })).toBe(true)
    expect(denies(policy, { ...asked, by: role('rotation') })).toBe(false)
  })

  test.each(TAGGING)('writes no tag that decides something: %s', (action) => {
    for (const key of ['m2m:held', 'm2m:client-id', 'm2m:anything-new', 'vend:scopes', 'vend:scopes.2']) {
      expect(denies(policy, { action, by: sweep, tagKeys: [key] })).toBe(true)
      expect(denies(policy, { action, by: sweep, tagKeys: ['team', key] })).toBe(true)
    }
    expect(denies(policy, { action, by: sweep, tagKeys: ['team'] })).toBe(false)
  })

  test.each([...READING, ...CHANGING, ...OPENING])('is denied %s', (action) => {
    expect(denies(policy, { action, by: sweep })).toBe(true)
  })
})

describe('an operator', () => {
  const [operator, sweep] = [role('operator'), role('sweep')]
  const policy = secretPolicy(SECRET, { ...roles, rotators: [sweep], operators: [operator] })

  test.each(ROTATING)('starts rotations: %s', (action) => {
    expect(denies(policy, { action, by: operator })).toBe(false)
  })

  test.each(LABELLING)('takes AWSPENDING away and moves no other label: %s', (action) => {
    expect(denies(policy, { action, by: operator, stage: 'AWSPENDING' })).toBe(false)
    for (const stage of ['AWSCURRENT', 'AWSPREVIOUS']) {
      expect(denies(policy, { action, by: operator, stage })).toBe(true)
    }
    expect(denies(policy, { action, by: operator })).toBe(true)
  })

  test.each(TAGGING)('writes no tag that decides something: %s', (action) => {
    for (const key of ['m2m:held', 'm2m:client-id', 'm2m:anything-new', 'vend:scopes', 'vend:scopes.2']) {
      expect(denies(policy, { action, by: operator, tagKeys: [key] })).toBe(true)
      expect(denies(policy, { action, by: operator, tagKeys: ['team', key] })).toBe(true)
    }
    expect(denies(policy, { action, by: operator, tagKeys: ['team'] })).toBe(false)
  })

  test.each([...READING, ...CHANGING, ...OPENING])('is denied %s', (action) => {
    expect(denies(policy, { action, by: operator })).toBe(true)
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

  test('is of what is made of any roles, too: a declaration carries that part', () => {
    expect(policyForm()).toMatch(/^[0-9a-f]{16}$/)
    expect(policyForm()).not.toBe(revision)
  })

  test('changes with the consumers', () => {
    const [one, other] = [role('one'), role('other')]

    expect(policyFingerprint(revision, [one, other])).toBe(policyFingerprint(revision, [other, one]))
    expect(policyFingerprint(revision, [one])).not.toBe(policyFingerprint(revision, []))
    expect(policyFingerprint(revision, [one])).toMatch(/^[0-9a-f]{16}$/)
  })
})
