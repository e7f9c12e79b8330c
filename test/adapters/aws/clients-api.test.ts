// The clients function by Lambda's Invoke, over HTTP: what goes out, what comes back, and how each way of failing reads. A value that is
// sent is in no fault.

import { inspect } from 'node:util'
import { LambdaClient } from '@aws-sdk/client-lambda'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createClientsApi, mayCall } from '../../../lambda/adapters/aws/clients-api.ts'
import type { ClientsRequest } from '../../../lambda/core/clients/clients-api.ts'
import { createClientSecret } from '../../../lambda/core/secret/client-secret.ts'
import { type AwsStandIn, createAwsStandIn } from '../../../lambda/local/aws/aws-stand-in.ts'
import type { Invocation, InvocationResult } from '../../../lambda/local/aws/functions.ts'
import { createWorld } from '../../../lambda/local/stand-in/world.ts'

const NAME = 'm2m-prod-clients'
const ARN = `arn:aws:lambda:us-east-1:000000000000:function:${NAME}`
const seen: Invocation[] = []
let result: InvocationResult
let standIn: AwsStandIn
let client: LambdaClient

beforeAll(async () => {
  standIn = createAwsStandIn({
    world: createWorld(),
    functions: {
      exists: (arn) => arn === ARN,
      invoke: async (invocation) => {
        seen.push(invocation)
        return result
      },
    },
  })
  client = new LambdaClient({
    endpoint: await standIn.listen(0),
    region: 'us-east-1',
    maxAttempts: 1,
    credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
  })
})
beforeEach(() => {
  seen.length = 0
  result = { ok: true, value: { ok: true, value: 'answer' } }
})
afterAll(async () => {
  client.destroy()
  await standIn.close()
})

const clientsApi = () => createClientsApi(client, NAME)
const faultOf = async (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  )

test('what is asked goes out as it is, and the value of the answer comes back', async () => {
  expect(await clientsApi().whoami()).toBe('answer')
  await clientsApi().list({ clientIds: ['a'], page: 'p' })
  await clientsApi().retire({ secretName: 's', owner: { stackId: 'cli', resource: 'default' } })
  await clientsApi().discard('c')

  expect(seen.map(({ event, qualifier }) => ({ event, qualifier }))).toEqual([
    { event: { action: 'whoami' }, qualifier: 'look' },
    { event: { action: 'list', clientIds: ['a'], page: 'p' }, qualifier: 'look' },
    { event: { action: 'stage' }, qualifier: 'look' },
    {
      event: { action: 'retire', secretName: 's', owner: { stackId: 'cli', resource: 'default' } },
      qualifier: 'default',
    },
    { event: { action: 'stage' }, qualifier: 'look' },
    { event: { action: 'discard', clientId: 'c' }, qualifier: 'default' },
  ])
})

describe('in a stage with sets', () => {
  const owner = (resource: string) => ({ secretName: 's', owner: { stackId: 'cli', resource } })
  const qualifiers = () => seen.map(({ qualifier }) => qualifier)
  const withSets = (...sets: readonly string[]) => {
    result = { ok: true, value: { ok: true, value: { sets } } }
  }

  test('what names its set goes to that alias', async () => {
    withSets('payments', 'reports')
    await createClientsApi(client, NAME).retire(owner('reports'))

    expect(qualifiers()).toEqual(['look', 'reports'])
  })

  test('what names none goes to the set that was chosen, or to the only one', async () => {
    withSets('payments', 'reports')
    await createClientsApi(client, NAME, 'payments').discard('c')
    withSets('payments')
    await createClientsApi(client, NAME).discard('c')

    expect(qualifiers()).toEqual(['look', 'payments', 'look', 'payments'])
  })

  test('what could go to several, or to none, goes to nobody', async () => {
    withSets('payments', 'reports')

    expect(await faultOf(createClientsApi(client, NAME).discard('c'))).toMatchObject({ code: 'INPUT_MALFORMED' })
    expect(await faultOf(createClientsApi(client, NAME).retire(owner('others')))).toMatchObject({
      message: expect.stringMatching(/sets payments, reports, and others is none of them/),
    })
    expect(qualifiers()).toEqual(['look', 'look'])
  })

  test('break-glass, where it is chosen, has every set', async () => {
    await createClientsApi(client, NAME, 'break-glass').retire(owner('others'))

    expect(qualifiers()).toEqual(['break-glass'])
  })
})

test('a client is switched by the alias of break-glass', async () => {
  await clientsApi().setActive({ secretName: 's', isActive: false })

  expect(seen[0]).toMatchObject({ qualifier: 'break-glass', event: { action: 'setActive', isActive: false } })
})

describe('a value to be adopted', () => {
  const wish = {
    secretName: 's',
    clientId: 'c',
    clientSecret: createClientSecret('canary-value-0123'),
    description: '',
    consumers: [],
    rules: { everyDays: 60 },
    tags: {},
    heldBy: 'ada',
  }

  test('is sent, and left out when it is lost', async () => {
    await clientsApi().adopt(wish)
    await clientsApi().adopt({ ...wish, clientSecret: undefined })

    const [adopted, lost] = seen.filter(({ event }) => (event as ClientsRequest).action === 'adopt')
    expect(adopted).toMatchObject({ qualifier: 'default', event: { clientSecret: 'canary-value-0123' } })
    // Nothing proves whose the client is.
    expect(lost?.qualifier).toBe('break-glass')
    expect(lost?.event).not.toHaveProperty('clientSecret')
  })

  test.each<readonly [string, () => void]>([
    [
      'a refusal',
      () => {
        result = { ok: true, value: { ok: false, code: 'INPUT_MALFORMED', retryable: false, message: 'no' } }
      },
    ],
    [
      'a function that breaks off',
      () => {
        result = { ok: false, errorType: 'Error', errorMessage: 'canary-value-0123' }
      },
    ],
    [
      'an answer that is none',
      () => {
        result = { ok: true, value: 'canary-value-0123' }
      },
    ],
    [
      'a dropped reply',
      () => {
        standIn.faults.add({ op: 'Invoke', kind: 'drop_reply' })
      },
    ],
    [
      'a garbled reply',
      () => {
        standIn.faults.add({ op: 'Invoke', kind: 'garble' })
      },
    ],
    [
      'a gateway',
      () => {
        standIn.faults.add({ op: 'Invoke', kind: 'html' })
      },
    ],
  ])('is in no fault: %s', async (_what, prepare) => {
    prepare()

    const fault = await faultOf(clientsApi().adopt(wish))

    expect(fault).toMatchObject({ name: 'Fault' })
    expect(inspect(fault, { depth: null, showHidden: true })).not.toContain('canary')
  })
})

test('the function’s own words and code are the fault’s', async () => {
  result = { ok: true, value: { ok: false, code: 'STYTCH_RATE_LIMITED', retryable: true, message: 'Slower.' } }

  expect(await faultOf(clientsApi().stage())).toMatchObject({
    code: 'STYTCH_RATE_LIMITED',
    retryable: true,
    message: 'Slower.',
  })
})

test.each([
  [
    'a change may have been made: look first',
    () => createClientsApi(client, NAME, 'break-glass').discard('c'),
    'discard',
    'look (m2m status), then run the command again',
  ],
  ['a look changed nothing', () => clientsApi().stage(), 'stage', 'nothing was changed'],
] as const)('of a function that broke off, %s', async (_, ask, action, advice) => {
  result = { ok: false, errorType: 'Sandbox.Timedout', errorMessage: 'too late' }

  expect(await faultOf(ask())).toMatchObject({
    code: 'FUNCTION_NOT_ANSWERED',
    retryable: true,
    message: `${NAME} broke off at ${action}: see its log group, whose name begins with /aws/lambda/${NAME}; ${advice}.`,
  })
})

test('a function that is not there is a refusal, with what to look at', async () => {
  expect(await faultOf(createClientsApi(client, 'm2m-dev-clients').stage())).toMatchObject({
    code: 'FUNCTION_REFUSED',
    retryable: false,
    message: expect.stringMatching(/ResourceNotFoundException; see whether the stage is right, and deployed/),
  })
})

test('a call is sent once, whatever becomes of it', async () => {
  standIn.faults.add({ op: 'Invoke', kind: 'error', status: 500, count: 3 })

  await faultOf(clientsApi().stage())
  standIn.faults.clear()

  expect(standIn.calls().filter(({ op, status }) => op === 'Invoke' && status === 500)).toHaveLength(1)
})

test('whether it may be called is asked without running anything', async () => {
  expect(await mayCall(client, NAME)).toBe('yes')
  expect(await mayCall(client, 'm2m-dev-clients')).toBe('ResourceNotFoundException')
  expect(seen).toEqual([])
})
