// Who may assume a role of the stack, beside the service that uses it.
import { expect, test } from 'vitest'
import { roleTrust } from '../../scripts/judge/rules/role-trust.ts'
import { planted, saidOf, statementsIn, withStatement } from './everything.ts'

const trusting = (Principal: object | string, role = 'RotationFnRole') =>
  planted(role, 'AWS::IAM::Role', ({ AssumeRolePolicyDocument }) =>
    withStatement(AssumeRolePolicyDocument, { Effect: 'Allow', Action: 'sts:AssumeRole', Principal }),
  )

test.each([
  ['everybody', { AWS: '*' }, '*'],
  ['everything', '*', '*'],
  ['an account', { AWS: '999999999999' }, '999999999999'],
  ['a service without need', { Service: 'ec2.amazonaws.com' }, 'ec2.amazonaws.com'],
  ['an identity provider', { Federated: 'accounts.google.com' }, 'accounts.google.com'],
])("a function's role that trusts %s is found", async (_what, principal, who) => {
  expect(await saidOf(roleTrust, trusting(principal))).toEqual([
    expect.stringContaining(`may be assumed by ${who}, for which nothing in the stack uses the role`),
  ])
})

test('a service beside the right one, in one statement, is found', async () => {
  const faulty = planted('RotationFnRole', 'AWS::IAM::Role', ({ AssumeRolePolicyDocument }) => {
    const [statement] = statementsIn(AssumeRolePolicyDocument)
    if (statement !== undefined) statement.Principal = { Service: ['lambda.amazonaws.com', 'edgelambda.amazonaws.com'] }
  })

  expect(await saidOf(roleTrust, faulty)).toEqual([expect.stringContaining('edgelambda.amazonaws.com')])
})

test("a schedule's role that trusts Lambda as well is found", async () => {
  const faulty = trusting({ Service: 'lambda.amazonaws.com' }, 'SweepScheduleRole')

  expect(await saidOf(roleTrust, faulty)).toEqual([expect.stringContaining('lambda.amazonaws.com')])
})
