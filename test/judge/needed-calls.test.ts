// A role that allows too little, too much, or denies what it allows; and the list of calls against the bundles.
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { eventSources } from '../../lambda/core/base/event-types.ts'
import { type BundleName, bundleDirectory } from '../../lib/base/function-bundle.ts'
import { neededBy, neededCalls } from '../../scripts/judge/needed-calls.ts'
import { neededCallsRule } from '../../scripts/judge/rules/needed-calls.ts'
import { ACCOUNT, arn, policy, REGION, ref, resource, said, stackOf } from './plant.ts'

const allow = (Action: string | readonly string[], Resource: unknown = '*') => ({ Effect: 'Allow', Action, Resource })

const spoken = (functionName: string, ...statements: readonly object[]) =>
  said(
    neededCallsRule,
    stackOf({
      Role: resource('AWS::IAM::Role', { RoleName: 'role' }),
      Fn: resource('AWS::Lambda::Function', { FunctionName: functionName, Role: arn('Role') }),
      Rights: resource('AWS::IAM::Policy', {
        PolicyName: 'rights',
        Roles: [ref('Role')],
        PolicyDocument: policy(...statements),
      }),
    }),
  )

describe("a function's role", () => {
  test('allows what the function calls, and what Lambda needs', async () => {
    expect(await spoken('m2m-prod-archive', allow('s3:PutObject'), allow('logs:PutLogEvents'))).toEqual([])
  })

  test('that lacks a call is found', async () => {
    expect(await spoken('m2m-prod-archive', allow('logs:PutLogEvents'))).toEqual([
      'planted/Fn: calls s3:PutObject, which Role does not allow',
    ])
  })

  test('that allows a call which is never made is found', async () => {
    expect(await spoken('m2m-prod-archive', allow(['s3:PutObject', 's3:DeleteObject']))).toEqual([
      'planted/Fn: Role allows s3:DeleteObject, which it never calls',
    ])
  })

  test.each(['s3:*', 's3:Put*', '*'])('that allows %s, whatever that comes to mean, is found', async (pattern) => {
    expect(await spoken('m2m-prod-archive', allow(pattern))).toContain(
      `planted/Fn: Role allows ${pattern}, which it never calls`,
    )
  })

  test('that allows all but some calls is found', async () => {
    const most = { Effect: 'Allow', NotAction: 'iam:*', Resource: '*' }

    expect(await spoken('m2m-prod-archive', allow('s3:PutObject'), most)).toEqual([
      'planted/Fn: Role allows all but iam:*',
    ])
  })

  test('may deny its calls outside of the function, and not inside', async () => {
    const unless = (operator: string) => ({
      Effect: 'Deny',
      Action: 's3:*',
      Resource: '*',
      Condition: { [operator]: { 'lambda:SourceFunctionArn': arn('Fn') } },
    })

    expect(await spoken('m2m-prod-archive', allow('s3:PutObject'), unless('ArnNotEquals'))).toEqual([])
    expect(await spoken('m2m-prod-archive', allow('s3:PutObject'), unless('ArnEquals'))).toHaveLength(1)
  })

  test('that denies the calls of any function but another is found, whoever the call goes through', async () => {
    const elsewhere = {
      Effect: 'Deny',
      Action: 's3:*',
      Resource: '*',
      Condition: {
        ArnNotLike: { 'lambda:SourceFunctionArn': `arn:aws:lambda:${REGION}:${ACCOUNT}:function:m2m-prod-sweep` },
        BoolIfExists: { 'aws:ViaAWSService': 'false' },
      },
    }

    expect(await spoken('m2m-prod-archive', allow('s3:PutObject'), elsewhere)).toEqual([
      'planted/Fn: calls s3:PutObject, which Role does not allow',
    ])
  })

  test("that allows a call for the project's secret, and not for those of the stage's clients, is found", async () => {
    const secret = (name: string) => `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:${name}`
    const read = 'secretsmanager:GetSecretValue'
    const says = `planted/Fn: calls ${read}, which Role does not allow`

    expect(await spoken('m2m-prod-rotation', allow(read, secret('stytch/m2m-prod-??????')))).toContain(says)
    expect(await spoken('m2m-prod-rotation', allow(read, secret('m2m/staging/*')))).toContain(says)
    expect(await spoken('m2m-prod-rotation', allow(read, secret('m2m/prod/*')))).not.toContain(says)
    expect(await spoken('m2m-prod-intake', allow(read, secret('leaks/signing-??????')))).not.toContain(says)
  })

  test('of a function that is not listed is found', async () => {
    expect(await spoken('m2m-prod-unheard-of')).toEqual([
      'planted/Fn: the calls of this function are not listed in needed-calls.ts',
    ])
  })

  test('names no function that the stack does not have', async () => {
    const invoke = (name: string) =>
      allow('lambda:InvokeFunction', `arn:aws:lambda:${REGION}:${ACCOUNT}:function:${name}:live`)

    expect(await spoken('m2m-prod-archive', allow('s3:PutObject'), invoke('m2m-prod-campaign'))).toContain(
      'planted/Rights: allows calls to the function m2m-prod-campaign, which the stack does not have',
    )
  })
})

test('a function is known by the longest end of its name', () => {
  expect(neededBy('m2m-prod-project-rotation')?.bundle).toBe('on-project-rotation')
  expect(neededBy('m2m-prod-rotation')?.bundle).toBe('on-rotation')
})

describe.each(Object.entries(neededCalls))('the calls of %s', (_name, { bundle, calls, publishes }) => {
  const text = readFileSync(`${bundleDirectory(bundle as BundleName)}/index.mjs`, 'utf8')
  /** IAM's name of the action is that of the call, but for Lambda's. */
  const operation = (action: string): string => action.replace(/^.*:/, '').replace('InvokeFunction', 'Invoke')

  test('stand in its bundle', () => {
    expect(calls.filter((action) => !text.includes(operation(action)))).toEqual([])
  })

  test.runIf(calls.includes('events:PutEvents'))('include events of the source that its bundle names', () => {
    expect(eventSources).toContain(publishes)
    expect(text).toContain(`"${publishes}"`)
  })
})
