// The identify function in a process of its own, invoked by Lambda's API: refused when it is asked asynchronously, too often, or for
// something else; and the value in none of what it leaves.
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { SYNCHRONOUS_CONTEXT } from '../../lambda/adapters/aws/identifier.ts'
import { NOTHING_SEARCHED } from '../../lambda/core/intake/leak-finding.ts'
import { credentialsOf } from '../../lambda/local/iam/people.ts'
import { type Desk, openDesk } from '../e2e/desk.ts'
import { laptopFunctionArn } from '../fakes/laptop-names.ts'

vi.setConfig({ testTimeout: 60_000 })

const IDENTIFY = 'm2m-laptop-identify'
const VALUE = 'canary-value-canary-value-canary-value-canary'
const ClientContext = Buffer.from(JSON.stringify(SYNCHRONOUS_CONTEXT)).toString('base64')

let clientsApi: Desk
let client: LambdaClient
beforeAll(async () => {
  clientsApi = await openDesk()
  const { aws: endpoint, region } = clientsApi.laptop.address
  client = new LambdaClient({ endpoint, region, credentials: credentialsOf('operator') })
})
afterAll(async () => {
  client.destroy()
  await clientsApi.close()
})

const invoke = async (
  event: unknown,
  more: Partial<ConstructorParameters<typeof InvokeCommand>[0]> = { ClientContext },
) => {
  const reply = await client.send(
    new InvokeCommand({ FunctionName: IDENTIFY, Payload: JSON.stringify(event), ...more }),
  )
  return {
    error: reply.FunctionError,
    answer: JSON.parse(reply.Payload?.transformToString() || 'null') as Record<string, unknown>,
  }
}

describe('asked synchronously', () => {
  test('it finds whose value it is', async () => {
    const subject = await clientsApi.register()

    const { answer } = await invoke({ value: clientsApi.valueUnder(subject, 'AWSCURRENT') })

    expect(answer).toMatchObject({
      found: [{ kind: 'secret', state: 'alive', owner: { clientId: subject.clientId, label: 'AWSCURRENT' } }],
    })
  })

  test.each([
    [{ value: VALUE, more: VALUE }, 'a field is unknown'],
    [{ value: VALUE, hmslHash: 'ab'.repeat(32) }, 'expected either value or hmslHash'],
    [{ value: VALUE, prefix: 'other/' }, 'prefix is malformed'],
    [{ value: VALUE, tags: {} }, 'tags is malformed'],
    [{ value: VALUE, clientId: '' }, 'clientId is malformed'],
    [VALUE, 'expected a JSON object'],
  ])('it refuses %j, and quotes nothing', async (event, expected) => {
    const { error, answer } = await invoke(event)

    expect(error).toBe('Unhandled')
    expect(answer.errorMessage).toContain(expected)
    expect(JSON.stringify(answer)).not.toContain(VALUE)
  })
})

describe('asked asynchronously', () => {
  test('it refuses, though the caller marks the question as synchronous', async () => {
    await invoke({ value: VALUE }, { ClientContext, InvocationType: 'Event' })

    await vi.waitFor(() => expect(clientsApi.log.join()).toContain('Asked asynchronously'), { timeout: 20_000 })
    expect(clientsApi.log.join()).not.toContain(VALUE)
    expect(JSON.stringify(clientsApi.laptop.aws.deadLetters())).not.toContain(VALUE)
  })

  test('it refuses what a rule hands over', async () => {
    const before = clientsApi.log.length
    clientsApi.laptop.aws.sendToFunction(laptopFunctionArn('identify'), { value: VALUE })

    await vi.waitFor(() => expect(clientsApi.log.slice(before).join()).toContain('Asked asynchronously'), {
      timeout: 20_000,
    })
  })

  test('without the mark it refuses a synchronous caller, too', async () => {
    expect((await invoke({ value: VALUE }, {})).answer.errorMessage).toContain('Asked asynchronously')
  })
})

test('asked too often, it searches no more', async () => {
  const outcomes = []
  // The laptop's function may search sixty times a minute.
  for (let times = 0; times < 62; times += 1) outcomes.push((await invoke({ value: VALUE })).answer)

  expect(outcomes.at(-1)).toEqual({ ...NOTHING_SEARCHED, notSearched: 'rateLimited' })
  expect(clientsApi.log.join()).not.toContain(VALUE)
})
