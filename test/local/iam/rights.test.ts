// Identities by their key ids, the words of a denial, and the record of what was evaluated.
import { expect, test } from 'vitest'
import { createRights, evaluateAgain, type Identity } from '../../../lambda/local/iam/rights.ts'
import { ACCOUNT, allow, allowTo, deny, denyTo, policy, READ, ROLE, SECRET, SESSION } from './ask.ts'

const reader: Identity = {
  accessKeyId: 'reader',
  arn: SESSION,
  principalArn: ROLE,
  account: ACCOUNT,
  identityPolicies: [policy(allow({ Action: READ }))],
}

const read = { action: READ, resource: SECRET }

test('a key id names its identity, and one that is nobody’s a stranger without rights', () => {
  const rights = createRights({ account: ACCOUNT, identities: [reader] })

  expect(rights.identify('reader')).toBe(reader)
  const stranger = rights.identify('../role/deploy key')
  expect(stranger.principalArn).toBe(`arn:aws:iam::${ACCOUNT}:role/stranger`)
  expect(stranger.arn).toBe(`arn:aws:sts::${ACCOUNT}:assumed-role/stranger/..-role-deploy-key`)
  expect(rights.authorize({ ...read, caller: stranger }).decision).toBe('implicitDeny')
  rights.remove('reader')
  expect(rights.identify('reader').principalArn).toBe(`arn:aws:iam::${ACCOUNT}:role/stranger`)
  rights.add(reader)
  expect(rights.identify('reader')).toBe(reader)
})

test('denials are worded as AWS words them', () => {
  const worded = (given: Partial<Identity>, resourcePolicy?: ReturnType<typeof policy>, action = READ) =>
    createRights({ account: ACCOUNT, identities: [] }).authorize({
      caller: { ...reader, ...given },
      action,
      resource: SECRET,
      resourcePolicy,
    }).message
  const start = `User: ${SESSION} is not authorized to perform: ${READ} on resource: ${SECRET}`
  const nothing = policy(allow({ Action: 's3:*' }))

  expect(worded({ identityPolicies: [] })).toBe(`${start} because no identity-based policy allows the ${READ} action`)
  expect(worded({ boundary: nothing })).toBe(`${start} because no permissions boundary allows the ${READ} action`)
  expect(worded({ sessionPolicies: [nothing] })).toBe(`${start} because no session policy allows the ${READ} action`)
  expect(worded({ serviceControlPolicies: [nothing] })).toBe(
    `${start} because no service control policy allows the ${READ} action`,
  )
  expect(worded({}, policy(denyTo('*')))).toBe(`${start} with an explicit deny in a resource-based policy`)
  expect(worded({ identityPolicies: [policy(allow(), deny())] })).toBe(
    `${start} with an explicit deny in an identity-based policy`,
  )
  expect(worded({ identityPolicies: [policy(allow())] }, undefined, 'sts:AssumeRole')).toContain(
    'because no role trust policy allows the sts:AssumeRole action',
  )
  expect(worded({})).toBeUndefined()
})

test("a resource's policy is set and taken away, and the one that guards it may be another's", () => {
  const bucket = 'arn:aws:s3:::bucket'
  const rights = createRights({
    account: ACCOUNT,
    identities: [],
    resourcePolicies: new Map([[bucket, policy(denyTo('*'))]]),
  })
  const get = { caller: reader, action: READ, resource: `${bucket}/key`, guardedBy: bucket }

  expect(rights.authorize(get).decision).toBe('explicitDeny')
  rights.setResourcePolicy(bucket, undefined)
  expect(rights.authorize(get).decision).toBe('allowed')
  rights.setResourcePolicy(bucket, policy(denyTo('*')))
  expect(rights.authorize(get).decision).toBe('explicitDeny')
})

test('what comes with an identity is in all of its requests, and the setting of many-valued keys is the evaluation’s', () => {
  const identityPolicies = [
    policy(
      allow({
        Condition: { ArnEquals: { 'lambda:SourceFunctionArn': 'arn:f' }, StringEquals: { 'events:source': 'a' } },
      }),
    ),
  ]
  const rights = createRights({ account: ACCOUNT, identities: [] })
  const caller = { ...reader, identityPolicies, context: { 'lambda:SourceFunctionArn': 'arn:f' } }
  const say = { caller, action: 'events:PutEvents', resource: '*', context: { 'events:source': ['a'] } }
  const elsewhere = { ...say, caller: { ...caller, context: {} } }

  expect(rights.authorize(say).decision).toBe('implicitDeny')
  rights.configure({ multiValuedSource: 'lenient' })
  expect(rights.authorize(say).decision).toBe('allowed')
  expect(rights.authorize(elsewhere).decision).toBe('implicitDeny')
})

test('each different question is recorded once, and can be evaluated again with other policies', () => {
  const rights = createRights({ account: ACCOUNT, identities: [reader] })
  rights.authorize({ ...read, caller: reader })
  rights.authorize({ ...read, caller: reader })
  rights.authorize({ ...read, caller: { service: 'events.amazonaws.com' }, resourcePolicy: policy(allowTo('*')) })

  const [first, second, ...others] = rights.evaluations()
  expect(others).toEqual([])
  expect(first).toMatchObject({ action: READ, resource: SECRET, resourceAccount: ACCOUNT, decision: 'allowed' })
  expect(second?.decision).toBe('allowed')
  if (first === undefined) throw new Error('nothing was recorded')
  expect(evaluateAgain({ ...first, caller: { ...reader, identityPolicies: [] } })).toEqual({
    decision: 'implicitDeny',
    because: 'identity',
  })
})
