// The check as the sweep and the command line ask it: what is sent, and that only an answer counts as one.
import { expect, test } from 'vitest'
import { QUESTION_TIMEOUT_MS } from '../../../lambda/adapters/aws/ask-function.ts'
import { createCheckQuestions } from '../../../lambda/adapters/aws/check-questions.ts'
import type { FunctionCall, InvokeReply } from '../../../lambda/adapters/aws/invoke.ts'

const FUNCTION = 'arn:aws:lambda:eu-central-1:123456789012:function:m2m-test-rotation'
const secrets = ['orders', 'billing'].map((name) => ({
  secretArn: `arn:aws:secretsmanager:eu-central-1:123456789012:secret:m2m/test/${name}-AbCdEf`,
  versionId: '5f3f2a10-0000-4000-8000-000000000001',
  isSettled: false,
}))

const asking = (reply: InvokeReply | Error) => {
  const calls: FunctionCall[] = []
  const questions = createCheckQuestions(async (call) => {
    calls.push(call)
    if (reply instanceof Error) throw reply
    return reply
  }, FUNCTION)
  return { calls, answer: questions.check({ secrets, at: 7 }) }
}

test('it is one call, and the findings come in the order of the secrets', async () => {
  const findings = [{ found: 'dead', since: 5 }, { found: 'fits' }]
  const { calls, answer } = asking({ taken: true, failed: false, body: JSON.stringify({ findings }) })

  expect(await answer).toEqual(findings)
  expect(calls).toEqual([
    {
      functionName: FUNCTION,
      type: 'RequestResponse',
      payload: {
        Ask: 'check',
        At: 7,
        Secrets: secrets.map(({ secretArn, versionId }) => ({
          SecretId: secretArn,
          VersionId: versionId,
          IsSettled: false,
        })),
      },
      timeoutMs: QUESTION_TIMEOUT_MS,
    },
  ])
})

test.each<[string, InvokeReply | Error, RegExp]>([
  ['is throttled', { taken: false, why: 'TooManyRequestsException', isThrottled: true }, /TooManyRequestsException/],
  ['throws', { taken: true, failed: true, body: '{"errorMessage":"canary"}' }, /it failed/],
  ['is of an earlier release', { taken: true, failed: false, body: 'null' }, /no answer/],
  ['says too little', { taken: true, failed: false, body: '{"findings":[{"found":"fits"}]}' }, /no answer/],
  ['is not reached', new TypeError('canary'), /TypeError/],
])('a function that %s has not answered', async (_what, reply, why) => {
  const error = await asking(reply).answer.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )

  expect(error).toMatchObject({ code: 'CHECK_NOT_ANSWERED', retryable: true })
  expect(String(error)).toMatch(why)
  expect(String(error)).not.toContain('canary')
})
