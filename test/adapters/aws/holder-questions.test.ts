// Which secret holds a client, as an incident asks for it: once, for a few seconds, and a holder that cannot be read keeps no other from being known.
import { expect, test } from 'vitest'
import { QUESTION_TIMEOUT_MS } from '../../../lambda/adapters/aws/ask-function.ts'
import { createHolderQuestions, HOLDERS_WAIT_MS } from '../../../lambda/adapters/aws/holder-questions.ts'
import type { FunctionCall, InvokeReply } from '../../../lambda/adapters/aws/invoke.ts'

const FUNCTION = 'arn:aws:lambda:eu-central-1:123456789012:function:m2m-test-rotation'
const SECRET = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:m2m/test/orders-AbCdEf'

const asking = (reply: InvokeReply | Error, timeoutMs?: number) => {
  const calls: FunctionCall[] = []
  const questions = createHolderQuestions(
    async (call) => {
      calls.push(call)
      if (reply instanceof Error) throw reply
      return reply
    },
    FUNCTION,
    timeoutMs,
  )
  return { calls, answer: questions.holders(['one', 'two']) }
}

test('an incident waits for a few seconds, and sends it once', async () => {
  const holders = [{ state: 'held', secretArn: SECRET }, { state: 'canary' }]
  const asked = asking({ taken: true, failed: false, body: JSON.stringify({ holders }) }, HOLDERS_WAIT_MS)

  expect(await asked.answer).toEqual([{ state: 'held', secretArn: SECRET }, { state: 'unknown' }])
  expect(asked.calls).toEqual([
    {
      functionName: FUNCTION,
      type: 'RequestResponse',
      payload: { Ask: 'holders', ClientIds: ['one', 'two'] },
      timeoutMs: HOLDERS_WAIT_MS,
    },
  ])
  expect(HOLDERS_WAIT_MS).toBeLessThanOrEqual(5000)
})

test('who has time waits for as long as the function may run', async () => {
  const asked = asking({ taken: true, failed: false, body: '{"holders":[{"state":"gone"},{"state":"unheld"}]}' })

  expect(await asked.answer).toEqual([{ state: 'gone' }, { state: 'unheld' }])
  expect(asked.calls).toMatchObject([{ timeoutMs: QUESTION_TIMEOUT_MS }])
})

test('a function that hangs has not answered, and is not asked a second time', async () => {
  const asked = asking(Object.assign(new Error('canary'), { name: 'TimeoutError' }), HOLDERS_WAIT_MS)

  await expect(asked.answer).rejects.toMatchObject({
    code: 'HOLDERS_NOT_ANSWERED',
    message: expect.stringContaining('TimeoutError'),
  })
  expect(asked.calls).toHaveLength(1)
})
