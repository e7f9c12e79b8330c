// The identify function, invoked over HTTP by Lambda's own API: synchronously and so marked; throttled, failing, answering nonsense.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createIdentifier, SYNCHRONOUS_CONTEXT } from '../../../lambda/adapters/aws/identifier.ts'
import { createInvoke } from '../../../lambda/adapters/aws/invoke.ts'
import { createSignedCall } from '../../../lambda/adapters/aws/signed-call.ts'
import { type LeakFinding, NOTHING_SEARCHED } from '../../../lambda/core/intake/leak-finding.ts'
import { readProof } from '../../../lambda/core/intake/leak-proof.ts'
import { createAwsStandIn } from '../../../lambda/local/aws/aws-stand-in.ts'
import type { Invocation, InvocationResult } from '../../../lambda/local/aws/functions.ts'
import type { Fault } from '../../../lambda/local/stand-in/faults.ts'
import { createWorld } from '../../../lambda/local/stand-in/world.ts'
import { createFakeTiming } from '../../fakes/fake-timing.ts'
import { useAws } from '../../fakes/stand-ins.ts'

const VALUE = 'canary-leaked-value'
const owner = { secretArn: 'arn:x', secretName: 'n', clientId: 'c', versionId: 'v' }
const aws = useAws()
const world = createWorld()
let invocations: Invocation[]
const answered: LeakFinding = {
  ...NOTHING_SEARCHED,
  found: [{ kind: 'secret', state: 'alive', owner, requestId: 'r' }],
}
let result: InvocationResult
const lambda = createAwsStandIn({
  world,
  functions: {
    exists: (arn) => arn.endsWith(':m2m-test-identify'),
    invoke: async (invocation) => {
      invocations.push(invocation)
      return result
    },
  },
})
let endpoint = ''
beforeAll(async () => {
  endpoint = await lambda.listen(0)
})
beforeEach(() => {
  world.reset()
  invocations = []
  result = { ok: true, value: answered }
})
afterAll(() => lambda.close())

const identify = async (functionName = 'm2m-test-identify', remainingMs = 300_000) => {
  const timing = createFakeTiming()
  timing.restart(remainingMs)
  const invoke = createInvoke(createSignedCall(aws.sdk().secrets, { service: 'lambda', endpoint }))
  const proof = readProof(VALUE, undefined)
  if (!proof.ok) throw new Error(proof.refusal)
  const finding = createIdentifier({ invoke, functionName, timing }).identify({ proof: proof.value, clientId: 'c' })
  return { finding: await finding, waits: timing.waits }
}
const failureOf = (work: Promise<unknown>): Promise<Error> =>
  work.then(
    () => new Error('no failure'),
    (error: unknown) => error as Error,
  )

describe('the function', () => {
  test('is invoked synchronously, and told so in a way that no event could', async () => {
    const { finding } = await identify()

    expect(finding).toEqual(answered)
    expect(invocations).toEqual([
      expect.objectContaining({ event: { value: VALUE, clientId: 'c' }, clientContext: SYNCHRONOUS_CONTEXT }),
    ])
    expect(JSON.stringify(invocations[0]?.clientContext)).not.toContain(VALUE)
  })

  test('that is throttled is waited for', async () => {
    lambda.faults.add({ op: 'Invoke', kind: 'throttle', count: 3 })

    const { finding, waits } = await identify()

    expect(finding.found[0]?.state).toBe('alive')
    expect(waits).toEqual([2000, 2000, 2000])
  })

  test('that stays throttled is a fault, while there is time left to tell it', async () => {
    lambda.faults.add({ op: 'Invoke', kind: 'throttle', count: 20 })

    const failure = await failureOf(identify('m2m-test-identify', 25_000))

    expect(failure).toMatchObject({ code: 'IDENTIFY_FAILED' })
    expect(failure.message).toMatch(/Throttl|TooManyRequests/)
  })

  test.each<[string, InvocationResult]>([
    ['fails', { ok: false, errorType: 'Fault', errorMessage: `canary ${VALUE}` }],
    ['answers nonsense', { ok: true, value: { outcome: VALUE } }],
    ['answers nothing', { ok: true }],
  ])('that %s is a fault that repeats nothing', async (_, answer) => {
    result = answer

    const failure = await failureOf(identify())

    expect(failure).toMatchObject({ code: 'IDENTIFY_FAILED' })
    expect(failure.message).not.toMatch(/canary/)
  })

  test.each<[string, Fault['kind']]>([
    ['is down', 'error'],
    ['hangs up', 'reset'],
    ['is behind a gateway that answers HTML', 'html'],
  ])('that %s is a fault', async (_, kind) => {
    lambda.faults.add({ op: 'Invoke', kind })

    const failure = await failureOf(identify())

    expect(failure).toMatchObject({ code: 'IDENTIFY_FAILED' })
    expect(failure.message).not.toMatch(/canary/)
  })

  test('that is not there is a fault', async () => {
    expect((await failureOf(identify('another'))).message).toContain('ResourceNotFoundException')
  })
})
