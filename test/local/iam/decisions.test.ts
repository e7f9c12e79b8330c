// What has to allow a call: the caller's own policies, what limits them, the resource's policy, and both sides across accounts.
import { describe, expect, test } from 'vitest'
import {
  ACCOUNT,
  allow,
  allowTo,
  caller,
  callerAbroad,
  decide,
  deny,
  denyTo,
  KEY,
  OTHER,
  policy,
  READ,
  ROLE,
  SECRET,
  SESSION,
} from './ask.ts'

const everything = policy(allow())
const nothing = policy(allow({ Action: 's3:*' }))
const root = (account = ACCOUNT): object => ({ AWS: `arn:aws:iam::${account}:root` })
const byRole = (Principal: unknown = '*', role: string | readonly string[] = ROLE) =>
  policy(allowTo(Principal, { Condition: { ArnEquals: { 'aws:PrincipalArn': role } } }))

describe('an explicit denial is final, whichever policy has it', () => {
  test.each([
    ['identity', { identityPolicies: [everything, policy(deny())] }],
    ['boundary', { identityPolicies: [everything], boundary: policy(allow(), deny()) }],
    ['session', { identityPolicies: [everything], sessionPolicies: [policy(allow(), deny())] }],
    ['scp', { identityPolicies: [everything], serviceControlPolicies: [policy(allow(), deny())] }],
    ['resource', { identityPolicies: [everything], resourcePolicy: policy(denyTo('*')) }],
  ])('%s', (type, given) => {
    expect(decide({ resourcePolicy: policy(allowTo('*')), ...given })).toBe(`explicitDeny: ${type}`)
  })

  test('also of a boundary or a session where the resource names the session itself', () => {
    const resourcePolicy = policy(allowTo({ AWS: SESSION }))

    expect(decide({ resourcePolicy, boundary: policy(deny()) })).toBe('explicitDeny: boundary')
    expect(decide({ resourcePolicy, sessionPolicies: [policy(deny())] })).toBe('explicitDeny: session')
  })
})

describe('within one account', () => {
  test('nothing is allowed unless something allows it', () => {
    expect(decide({})).toBe('implicitDeny: identity')
  })

  test('the identity policy is enough, and so is the resource policy that names the role', () => {
    expect(decide({ identityPolicies: [everything] })).toBe('allowed')
    expect(decide({ resourcePolicy: policy(allowTo({ AWS: ROLE })) })).toBe('allowed')
  })

  test('a boundary, a session policy and an SCP limit what identity policies allow', () => {
    const identityPolicies = [everything]

    expect(decide({ identityPolicies, boundary: nothing })).toBe('implicitDeny: boundary')
    expect(decide({ identityPolicies, sessionPolicies: [nothing] })).toBe('implicitDeny: session')
    expect(decide({ identityPolicies, serviceControlPolicies: [nothing] })).toBe('implicitDeny: scp')
    expect(decide({ identityPolicies, boundary: everything, sessionPolicies: [everything] })).toBe('allowed')
  })

  test('neither a boundary nor a session policy allows anything by itself', () => {
    expect(decide({ boundary: everything, sessionPolicies: [everything] })).toBe('implicitDeny: identity')
  })

  test('they limit what a resource policy gives to the role, and not what it gives to the session', () => {
    const toRole = policy(allowTo({ AWS: ROLE }))
    const toSession = policy(allowTo({ AWS: SESSION }))

    expect(decide({ resourcePolicy: toRole, boundary: nothing })).toBe('implicitDeny: boundary')
    expect(decide({ resourcePolicy: toRole, sessionPolicies: [nothing] })).toBe('implicitDeny: session')
    expect(decide({ resourcePolicy: toSession, boundary: nothing, sessionPolicies: [nothing] })).toBe('allowed')
  })

  // IAM JSON policy elements: Principal, "IAM role principals". The independent evaluator limits it.
  test('they do not limit what a resource policy gives to everybody with that PrincipalArn', () => {
    expect(decide({ resourcePolicy: byRole(), boundary: nothing, sessionPolicies: [nothing] })).toBe('allowed')
  })

  test('an SCP limits what a resource policy allows as well', () => {
    expect(decide({ resourcePolicy: policy(allowTo({ AWS: SESSION })), serviceControlPolicies: [nothing] })).toBe(
      'implicitDeny: scp',
    )
  })

  test('an account as principal delegates: its own policies decide', () => {
    for (const Principal of [root(), { AWS: ACCOUNT }]) {
      expect(decide({ resourcePolicy: policy(allowTo(Principal)) })).toBe('implicitDeny: identity')
      expect(decide({ resourcePolicy: policy(allowTo(Principal)), identityPolicies: [everything] })).toBe('allowed')
    }
  })

  test('a denial to the account is one to all of its principals', () => {
    expect(decide({ identityPolicies: [everything], resourcePolicy: policy(denyTo(root())) })).toBe(
      'explicitDeny: resource',
    )
  })
})

describe('PrincipalArn', () => {
  test('is the role with its path, and never the session', () => {
    expect(decide({ resourcePolicy: byRole('*', ROLE) })).toBe('allowed')
    expect(decide({ resourcePolicy: byRole('*', ROLE.replace('jobs/nightly/', '')) })).toBe('implicitDeny: identity')
    expect(decide({ resourcePolicy: byRole('*', SESSION) })).toBe('implicitDeny: identity')
  })

  test('cannot be set by the request', () => {
    const resourcePolicy = byRole('*', 'arn:aws:iam::111111111111:role/other')

    expect(decide({ resourcePolicy, context: { 'aws:PrincipalArn': 'arn:aws:iam::111111111111:role/other' } })).toBe(
      'implicitDeny: identity',
    )
  })

  test('no service has one: a denial by a negated operator is for services as well, and an allowance by PrincipalArn for none', () => {
    const events = { service: 'events.amazonaws.com' }
    const toService = allowTo({ Service: 'events.amazonaws.com' })
    const butRole = denyTo('*', { Condition: { ArnNotEquals: { 'aws:PrincipalArn': ROLE } } })

    expect(decide({ caller: events, resourcePolicy: policy(toService) })).toBe('allowed')
    expect(decide({ caller: events, resourcePolicy: policy(toService, butRole) })).toBe('explicitDeny: resource')
    expect(decide({ caller: events, resourcePolicy: byRole() })).toBe('implicitDeny: resource')
  })

  test('a session is not the role in a principal of another path', () => {
    expect(decide({ resourcePolicy: policy(allowTo({ AWS: `arn:aws:iam::${ACCOUNT}:role/reports` })) })).toBe(
      'implicitDeny: identity',
    )
  })
})

describe('across accounts', () => {
  const asked = { caller: callerAbroad }

  test('both sides have to allow it', () => {
    const resourcePolicy = policy(allowTo({ AWS: callerAbroad.principalArn }))

    expect(decide({ ...asked, identityPolicies: [everything] })).toBe('implicitDeny: resource')
    expect(decide({ ...asked, resourcePolicy })).toBe('implicitDeny: identity')
    expect(decide({ ...asked, resourcePolicy, identityPolicies: [everything] })).toBe('allowed')
  })

  test.each([
    ['its root', policy(allowTo(root(OTHER)))],
    ['its number', policy(allowTo({ AWS: OTHER }))],
    ['everybody with its PrincipalArn', byRole('*', callerAbroad.principalArn)],
    ['its root with its PrincipalArn', byRole(root(OTHER), callerAbroad.principalArn)],
  ])('%s is its side of the resource, and its own policy is needed too', (_name, resourcePolicy) => {
    expect(decide({ ...asked, resourcePolicy })).toBe('implicitDeny: identity')
    expect(decide({ ...asked, resourcePolicy, identityPolicies: [everything] })).toBe('allowed')
  })

  test('its boundary and its session policy limit it, however the resource names it', () => {
    const given = {
      ...asked,
      resourcePolicy: policy(allowTo({ AWS: callerAbroad.arn })),
      identityPolicies: [everything],
    }

    expect(decide({ ...given, boundary: nothing })).toBe('implicitDeny: boundary')
    expect(decide({ ...given, sessionPolicies: [nothing] })).toBe('implicitDeny: session')
  })

  test("the other account's root is not this account's", () => {
    expect(decide({ ...asked, resourcePolicy: policy(allowTo(root())), identityPolicies: [everything] })).toBe(
      'implicitDeny: resource',
    )
  })

  test('a bucket names no account: whose it is has to be given', () => {
    const bucket = {
      ...asked,
      resource: 'arn:aws:s3:::bucket/key',
      action: 's3:GetObject',
      identityPolicies: [everything],
    }

    expect(decide({ ...bucket, resourceAccount: ACCOUNT })).toBe('implicitDeny: resource')
    expect(decide({ ...bucket, resourceAccount: OTHER })).toBe('allowed')
  })
})

describe('a key', () => {
  const decrypt = { action: 'kms:Decrypt', resource: KEY, identityPolicies: [everything] }

  test("needs its own policy's word, even within one account", () => {
    expect(decide(decrypt)).toBe('implicitDeny: resource')
    expect(decide({ ...decrypt, action: 'kms:ListAliases', resource: '*' })).toBe('allowed')
    expect(decide({ ...decrypt, resourcePolicy: policy(allowTo(root())) })).toBe('allowed')
    expect(decide({ ...decrypt, identityPolicies: [], resourcePolicy: policy(allowTo(root())) })).toBe(
      'implicitDeny: identity',
    )
  })

  test('its policy is enough where it names the role, or everybody who comes by a service', () => {
    const byService = { Condition: { StringEquals: { 'kms:ViaService': 'secretsmanager.eu-west-1.amazonaws.com' } } }
    const given = { ...decrypt, identityPolicies: [], resourcePolicy: policy(allowTo({ AWS: '*' }, byService)) }

    expect(decide({ ...decrypt, identityPolicies: [], resourcePolicy: policy(allowTo({ AWS: ROLE })) })).toBe('allowed')
    expect(decide(given)).toBe('implicitDeny: resource')
    expect(decide({ ...given, context: { 'kms:ViaService': 'secretsmanager.eu-west-1.amazonaws.com' } })).toBe(
      'allowed',
    )
  })
})

describe('assuming a role', () => {
  const assume = {
    action: 'sts:AssumeRole',
    resource: `arn:aws:iam::${ACCOUNT}:role/target`,
    identityPolicies: [everything],
  }

  test("needs its trust policy's word", () => {
    expect(decide(assume)).toBe('implicitDeny: resource')
    expect(decide({ ...assume, resourcePolicy: policy(allowTo(root())) })).toBe('allowed')
    expect(decide({ ...assume, identityPolicies: [], resourcePolicy: policy(allowTo({ AWS: ROLE })) })).toBe('allowed')
  })

  test('a trust policy that names a service is for that one', () => {
    const resourcePolicy = policy(allowTo({ Service: 'lambda.amazonaws.com' }))

    expect(decide({ ...assume, resourcePolicy })).toBe('implicitDeny: resource')
    expect(decide({ ...assume, caller: { service: 'lambda.amazonaws.com' }, resourcePolicy })).toBe('allowed')
    expect(decide({ ...assume, caller: { service: 'scheduler.amazonaws.com' }, resourcePolicy })).toBe(
      'implicitDeny: resource',
    )
  })
})

describe('NotPrincipal', () => {
  const denied = (AWS: readonly string[]) =>
    decide({ identityPolicies: [everything], resourcePolicy: policy(deny({ NotPrincipal: { AWS } })) })
  const rootArn = `arn:aws:iam::${ACCOUNT}:root`

  test('of a denial excepts a session whose account, role and session are all named, and nobody of whom less is', () => {
    expect(denied([rootArn, ROLE, SESSION])).toBe('allowed')
    expect(denied([ROLE, SESSION])).toBe('explicitDeny: resource')
    expect(denied([rootArn, ROLE])).toBe('explicitDeny: resource')
    expect(denied([])).toBe('explicitDeny: resource')
  })

  test('of an allowance leaves out whoever is named in any way', () => {
    const allowed = (AWS: readonly string[]) => decide({ resourcePolicy: policy(allow({ NotPrincipal: { AWS } })) })

    expect(allowed(['arn:aws:iam::111111111111:role/other'])).toBe('allowed')
    expect(allowed([ROLE])).toBe('implicitDeny: identity')
    expect(allowed([rootArn])).toBe('implicitDeny: identity')
  })
})

describe("the account's root user", () => {
  const rootArn = `arn:aws:iam::${ACCOUNT}:root`
  const asked = { caller: { arn: rootArn, principalArn: rootArn }, identityPolicies: [everything] }

  test('is named by the account, is bound by its SCPs, and has a PrincipalArn of its own', () => {
    expect(decide({ ...asked, identityPolicies: [], resourcePolicy: policy(allowTo(root())) })).toBe('allowed')
    expect(decide({ ...asked, serviceControlPolicies: [nothing] })).toBe('implicitDeny: scp')
    expect(decide({ ...asked, identityPolicies: [], resourcePolicy: byRole('*', rootArn) })).toBe('allowed')
  })
})

test('a service is bound by the policy of the resource, and by nothing else', () => {
  const secretsManager = { service: 'secretsmanager.amazonaws.com' }
  const invoke = {
    caller: secretsManager,
    action: 'lambda:InvokeFunction',
    resource: 'arn:aws:lambda:eu-west-1:1:function:f',
  }
  const resourcePolicy = policy(
    allowTo(
      { Service: 'secretsmanager.amazonaws.com' },
      { Condition: { StringEquals: { 'aws:SourceAccount': ACCOUNT } } },
    ),
  )

  expect(decide(invoke)).toBe('implicitDeny: resource')
  expect(decide({ ...invoke, resourcePolicy })).toBe('implicitDeny: resource')
  expect(decide({ ...invoke, resourcePolicy, context: { 'aws:SourceAccount': ACCOUNT } })).toBe('allowed')
  expect(decide({ caller, action: READ, resource: SECRET, resourcePolicy })).toBe('implicitDeny: identity')
})
