// The registrar as CloudFormation meets it: the handler with its own settings, both stand-ins, and an address that takes answers.
// It answers whatever happens, and neither answer nor log holds a secret or the address.
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Context } from 'aws-lambda'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { PROJECT_ID, PROJECT_SECRET, useAws, useStytch } from '../fakes/stand-ins.ts'

const stytchPlace = useStytch()
const awsPlace = useAws()

interface CloudFormationAnswer {
  readonly Status: string
  readonly Reason?: string
  readonly PhysicalResourceId: string
  readonly Data?: Readonly<Record<string, string>>
}

let server: Server
let url = ''
const answers: string[] = []
const statuses: number[] = []
const logged: string[] = []
let handler: (event: unknown, context: Context) => Promise<void>

beforeAll(async () => {
  server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      answers.push(Buffer.concat(chunks).toString())
      response.writeHead(statuses.shift() ?? 200).end()
    })
  })
  const { promise, resolve } = Promise.withResolvers<void>()
  server.listen(0, '127.0.0.1', resolve)
  await promise
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/canary-signature`
  const endpoint = await awsPlace.sdk().secrets.config.endpoint?.()
  vi.stubEnv('AWS_ENDPOINT_URL', `http://127.0.0.1:${endpoint?.port}`)
  vi.stubEnv('AWS_REGION', 'us-east-1')
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'any')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'any')
  vi.stubEnv('STYTCH_PROJECT_ID', PROJECT_ID)
  vi.stubEnv('STYTCH_SECRET', PROJECT_SECRET)
  vi.stubEnv('STYTCH_BASE_URL', stytchPlace.origin())
  vi.stubEnv('M2M_SECRET_PREFIX', 'm2m/prod/')
  vi.stubEnv('M2M_ROTATION_FUNCTION', 'arn:aws:lambda:us-east-1:111111111111:function:m2m-prod-rotation')
  vi.stubEnv('M2M_READERS', 'arn:aws:iam::111111111111:role/rotation')
  vi.stubEnv('M2M_CHANGERS', 'arn:aws:iam::111111111111:role/registrar')
  ;({ handler } = await import('../../lambda/handlers/on-client-resource.ts'))
})
afterAll(() => {
  vi.unstubAllEnvs()
  server.close()
})
beforeEach(() => {
  answers.length = 0
  statuses.length = 0
  logged.length = 0
  vi.spyOn(process.stdout, 'write').mockImplementation((line) => logged.push(String(line)) > 0)
})
afterEach(() => {
  vi.restoreAllMocks()
  const value = awsPlace.standIn.peek('m2m/prod/billing')?.versions[0]?.value
  const secret = /"client_secret":"([^"]+)"/.exec(value ?? '')?.[1]
  for (const text of [...answers, ...logged]) {
    if (secret !== undefined) expect(text).not.toContain(secret)
    expect(text).not.toContain(PROJECT_SECRET)
    expect(text).not.toContain('canary-signature')
  }
})

const context = { awsRequestId: 'aws-request', getRemainingTimeInMillis: () => 60_000 } as Context
const properties = {
  ServiceToken: 'arn:aws:lambda:us-east-1:111111111111:function:m2m-prod-registrar',
  SecretName: 'm2m/prod/billing',
  DisplayName: 'Billing',
  Description: 'Reads invoices',
  Scopes: ['read:invoices'],
  Consumers: [],
  // CloudFormation turns every number into text.
  Rotation: { EveryDays: '60' },
  OnRemoval: 'retain',
}
const eventOf = (more: Readonly<Record<string, unknown>> = {}) => ({
  RequestType: 'Create',
  ResponseURL: url,
  StackId: 'arn:aws:cloudformation:us-east-1:111111111111:stack/m2m/1',
  RequestId: 'request-1',
  LogicalResourceId: 'ClientBilling',
  ResourceType: 'Custom::M2mClient',
  ResourceProperties: properties,
  ...more,
})
const lastAnswer = (): CloudFormationAnswer => JSON.parse(answers.at(-1) ?? '{}') as CloudFormationAnswer

describe('the survey of claims', () => {
  const survey = (type: string) =>
    handler(
      eventOf({
        RequestType: type,
        LogicalResourceId: 'Claims',
        ResourceType: 'Custom::M2mClaims',
        ResourceProperties: {},
      }),
      context,
    )

  test('answers CloudFormation, and makes no client', async () => {
    await survey('Create')

    expect(lastAnswer()).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: 'claims' })
    expect(JSON.parse(logged.at(-1) ?? '{}')).toMatchObject({
      request: 'Create',
      outcome: 'surveyed',
      noted: 0,
      left: 0,
    })
    expect(stytchPlace.stytch.clientIds()).toEqual([])
  })

  test('takes nothing back with its resource', async () => {
    awsPlace.standIn.faults.add({ op: 'ListSecrets', kind: 'error', status: 400, count: 9 })

    await survey('Delete')

    expect(lastAnswer()).toMatchObject({ Status: 'SUCCESS' })
  })

  test('that cannot see the secrets fails the deployment, in words', async () => {
    awsPlace.standIn.faults.add({ op: 'ListSecrets', kind: 'error', status: 400, count: 9 })

    await survey('Create')

    expect(lastAnswer()).toMatchObject({ Status: 'FAILED', Reason: expect.stringContaining('ListSecrets') })
  })
})

describe('the registrar', () => {
  test('answers with ids and ARNs, and repeats what CloudFormation needs', async () => {
    await handler(eventOf(), context)

    expect(lastAnswer()).toEqual({
      Status: 'SUCCESS',
      PhysicalResourceId: 'm2m/prod/billing',
      StackId: 'arn:aws:cloudformation:us-east-1:111111111111:stack/m2m/1',
      RequestId: 'request-1',
      LogicalResourceId: 'ClientBilling',
      Data: {
        ClientId: stytchPlace.stytch.clientIds()[0],
        SecretArn: awsPlace.standIn.peek('m2m/prod/billing')?.arn,
        SecretName: 'm2m/prod/billing',
      },
    })
    expect(logged.map((line) => JSON.parse(line))).toEqual([
      {
        request: 'Create',
        secret: 'm2m/prod/billing',
        resource: 'ClientBilling',
        outcome: 'declared',
        requestId: 'aws-request',
      },
    ])
  })

  test('stores what consumers need to get a token', async () => {
    await handler(eventOf(), context)

    const value = awsPlace.standIn.peek('m2m/prod/billing')?.versions[0]?.value ?? '{}'
    expect(JSON.parse(value)).toMatchObject({
      project_id: PROJECT_ID,
      token_url: `${stytchPlace.origin()}/v1/public/${PROJECT_ID}/oauth2/token`,
    })
  })

  test('answers a request that is malformed with every fault', async () => {
    await handler(eventOf({ ResourceProperties: { SecretName: 'm2m/prod/billing' } }), context)

    const { Status, Reason, PhysicalResourceId } = lastAnswer()
    expect(Status).toBe('FAILED')
    for (const name of ['DisplayName', 'Description', 'Rotation', 'OnRemoval'])
      expect(Reason).toContain(`${name}: expected`)
    expect(PhysicalResourceId).toMatch(/^never-made\//)
  })

  test('answers a request that it may not fulfil with the reason, under a name that a later removal ignores', async () => {
    await handler(eventOf({ ResourceProperties: { ...properties, SecretName: 'other/billing' } }), context)

    expect(lastAnswer()).toMatchObject({
      Status: 'FAILED',
      Reason: expect.stringContaining('does not start with m2m/prod/'),
      PhysicalResourceId: 'never-made/other/billing',
    })
  })

  test('answers when Stytch is down', async () => {
    stytchPlace.stytch.server.faults.add({ op: '*', kind: 'error', status: 400, count: 10 })

    await handler(eventOf(), context)

    expect(lastAnswer()).toMatchObject({ Status: 'FAILED', PhysicalResourceId: 'never-made/m2m/prod/billing' })
  })

  test('repeats an answer that was not taken', async () => {
    statuses.push(500)

    await handler(eventOf(), context)

    expect(answers).toHaveLength(2)
    expect(answers[1]).toBe(answers[0])
  })

  test('fails, to be run again, when its answer is never taken', async () => {
    statuses.push(500, 500, 500)

    await expect(handler(eventOf(), context)).rejects.toMatchObject({ code: 'ANSWER_NOT_TAKEN' })
  })

  test('sends nothing to an address that is not one of AWS', async () => {
    const event = eventOf({ ResponseURL: 'https://amazonaws.com.example/canary-signature' })

    await expect(handler(event, context)).rejects.toMatchObject({ code: 'ANSWER_NOT_TAKEN' })
  })

  test('fails for an event that nobody could be answered for', async () => {
    await expect(handler({ hello: 'world' }, context)).rejects.toMatchObject({ code: 'INPUT_MALFORMED' })
    expect(answers).toEqual([])
  })
})
