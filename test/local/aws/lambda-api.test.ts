// Lambda's Invoke on the AWS stand-in, asked by the AWS SDK.

import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type AwsStandIn, createAwsStandIn } from '../../../lambda/local/aws/aws-stand-in.ts'
import type { Invocation, InvocationResult } from '../../../lambda/local/aws/functions.ts'
import { createWorld } from '../../../lambda/local/stand-in/world.ts'

const arnOf = (name: string): string => `arn:aws:lambda:us-east-1:000000000000:function:${name}`

/** An event runs once its caller has a reply, and a busy machine takes its time. */
const PATIENT = { timeout: 30_000 }

let standIn: AwsStandIn
let client: LambdaClient
let invocations: Invocation[]
let waits: number[]
let answer: (invocation: Invocation) => InvocationResult

beforeAll(async () => {
  standIn = createAwsStandIn({
    world: createWorld(),
    functions: {
      exists: (arn) => arn === arnOf('greeter'),
      invoke: async (invocation) => {
        invocations.push(invocation)
        return answer(invocation)
      },
    },
    sleep: async (ms) => {
      waits.push(ms)
    },
  })
  client = new LambdaClient({
    endpoint: await standIn.listen(0),
    region: 'us-east-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  })
})
afterAll(() => standIn.close())
beforeEach(() => {
  invocations = []
  waits = []
  answer = () => ({ ok: true, value: { hello: 'world' } })
})

const invoke = (input: Partial<ConstructorParameters<typeof InvokeCommand>[0]>) =>
  client.send(new InvokeCommand({ FunctionName: 'greeter', ...input }))

describe('Invoke', () => {
  it.each([
    ['a name', 'greeter', undefined, '$LATEST'],
    ['a name with an alias', 'greeter:live', 'live', '1'],
    ['an ARN', arnOf('greeter'), undefined, '$LATEST'],
    ['an ARN with an alias', `${arnOf('greeter')}:live`, 'live', '1'],
  ])('finds the function by %s', async (_, FunctionName, qualifier, version) => {
    const reply = await invoke({ FunctionName, Payload: JSON.stringify({ a: 1 }) })

    expect(JSON.parse(reply.Payload?.transformToString() ?? '')).toEqual({ hello: 'world' })
    expect(reply.FunctionError).toBeUndefined()
    expect(invocations).toEqual([{ functionArn: arnOf('greeter'), qualifier, version, event: { a: 1 } }])
    expect(reply.ExecutedVersion).toBe(version)
  })

  it('tells a failure as Lambda does', async () => {
    answer = () => ({ ok: false, errorType: 'Fault', errorMessage: 'It failed.' })

    const reply = await invoke({})

    expect(reply.FunctionError).toBe('Unhandled')
    expect(JSON.parse(reply.Payload?.transformToString() ?? '')).toMatchObject({ errorType: 'Fault' })
  })

  it('refuses a function that is not there', async () => {
    await expect(invoke({ FunctionName: 'nobody' })).rejects.toMatchObject({ name: 'ResourceNotFoundException' })
  })

  it('takes an event and runs it once when it succeeds', async () => {
    const reply = await invoke({ InvocationType: 'Event' })
    await expect.poll(() => invocations.length, PATIENT).toBe(1)

    expect(reply.StatusCode).toBe(202)
    expect(standIn.deadLetters()).toEqual([])
  })

  it('tries an event that fails three times, then keeps it with the dead letters', async () => {
    answer = () => ({ ok: false, errorType: 'Fault', errorMessage: 'It failed.' })

    await invoke({ InvocationType: 'Event' })
    await expect.poll(() => standIn.deadLetters().length, PATIENT).toBe(1)

    expect(invocations).toHaveLength(3)
    expect(waits).toEqual([60_000, 120_000])
    expect(standIn.deadLetters()[0]).toMatchObject({ functionArn: arnOf('greeter'), errorType: 'Fault' })
  })
})

describe('a ClientContext', () => {
  const ClientContext = Buffer.from(JSON.stringify({ Custom: { a: 1 } })).toString('base64')

  it('comes with a synchronous invocation', async () => {
    await invoke({ ClientContext })

    expect(invocations[0]?.clientContext).toEqual({ Custom: { a: 1 } })
  })

  it('does not come with an event', async () => {
    await invoke({ ClientContext, InvocationType: 'Event' })

    expect(invocations).toHaveLength(1)
    expect(invocations[0]).not.toHaveProperty('clientContext')
  })

  it.each([undefined, 'not base64 of JSON'])('is absent when it is %j', async (text) => {
    await invoke(text === undefined ? {} : { ClientContext: text })

    expect(invocations[0]).not.toHaveProperty('clientContext')
  })
})
