// The question as the sweep and the command line ask it: what is sent, and that only an answer counts as one.
import { expect, test } from 'vitest'
import { QUESTION_TIMEOUT_MS } from '../../../lambda/adapters/aws/ask-function.ts'
import type { FunctionCall, InvokeReply } from '../../../lambda/adapters/aws/invoke.ts'
import { createProofQuestions } from '../../../lambda/adapters/aws/proof-questions.ts'

const FUNCTION = 'arn:aws:lambda:eu-central-1:123456789012:function:m2m-test-rotation'
const SECRET = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:m2m/test/orders-AbCdEf'

const asking = (reply: InvokeReply | Error) => {
  const calls: FunctionCall[] = []
  const questions = createProofQuestions(async (call) => {
    calls.push(call)
    if (reply instanceof Error) throw reply
    return reply
  }, FUNCTION)
  return { calls, answer: questions.prove(SECRET) }
}

test('it waits for longer than the function can run, and hands the answer on', async () => {
  const answer = { outcome: 'alive', code: 'STILL_ACCEPTED', message: 'text' }
  const asked = asking({ taken: true, failed: false, body: JSON.stringify(answer) })

  expect(await asked.answer).toEqual(answer)
  expect(asked.calls).toEqual([
    {
      functionName: FUNCTION,
      type: 'RequestResponse',
      payload: { Ask: 'prove', SecretId: SECRET },
      timeoutMs: QUESTION_TIMEOUT_MS,
    },
  ])
  expect(QUESTION_TIMEOUT_MS).toBeGreaterThan(60_000)
})

test.each<[string, InvokeReply | Error, RegExp]>([
  ['is throttled', { taken: false, why: 'TooManyRequestsException', isThrottled: true }, /TooManyRequestsException/],
  ['throws', { taken: true, failed: true, body: '{"errorMessage":"canary"}' }, /it failed/],
  ['is of an earlier release', { taken: true, failed: false, body: 'null' }, /no answer/],
  ['says what nobody knows', { taken: true, failed: false, body: '{"outcome":"canary"}' }, /no answer/],
  ['is not reached', new TypeError('canary'), /TypeError/],
])('a function that %s has not answered', async (_what, reply, why) => {
  const error = await asking(reply).answer.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )

  expect(error).toMatchObject({ code: 'PROOF_NOT_ANSWERED', retryable: true })
  expect(String(error)).toMatch(why)
  expect(String(error)).toContain(SECRET)
  expect(String(error)).not.toContain('canary')
})
