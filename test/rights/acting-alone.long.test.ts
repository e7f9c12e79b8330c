// What services do by themselves, with the policies of the template: the same is done on three laptops. One has the template as it is; of another's
// template all is taken out that lets a service act; of the third's, also what lets it keep in a queue what it could not do. Each permission so
// shows what it is for, and that its service is refused without it as AWS would.
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge'
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { createSignedRequest } from '../../lambda/client/signed-request.ts'
import type { JsonObject } from '../../lambda/core/base/json-object.ts'
import { credentialsOf } from '../../lambda/local/iam/people.ts'
import { stackFileOf } from '../../lambda/local/laptop/assemblies.ts'
import { awaitThat } from '../../lambda/local/laptop/await-rest.ts'
import { laptopConfig } from '../../lambda/local/laptop/deployment.ts'
import { type Laptop, startLaptop } from '../../lambda/local/laptop/laptop.ts'
import { fieldsOf, listOf } from '../../lambda/local/stand-in/fields.ts'
import { createOperator } from '../../lambda/local/story/operator.ts'
import { signedSender } from '../local/aws/signed-as.ts'
import { recordCalls } from './recording.ts'

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 })

type Edit = (template: JsonObject) => JsonObject

const ofResources =
  (change: (id: string, resource: JsonObject) => JsonObject | undefined): Edit =>
  (template) => {
    const kept = Object.entries(fieldsOf(template.Resources)).flatMap(([id, resource]) => {
      const changed = change(id, fieldsOf(resource))
      return changed === undefined ? [] : [[id, changed] as const]
    })
    const ids = new Set(kept.map(([id]) => id))
    const waits = ({ DependsOn, ...rest }: JsonObject): JsonObject => ({
      ...rest,
      DependsOn: listOf(DependsOn).filter((id) => ids.has(String(id))),
    })
    return { ...template, Resources: Object.fromEntries(kept.map(([id, resource]) => [id, waits(resource)])) }
  }

/** The documents in which a resource of these types carries a policy. */
const documents = ['PolicyDocument', 'AssumeRolePolicyDocument'] as const

/** Takes out statements that allow, wherever they stand. */
const withoutStatements = (isOut: (statement: JsonObject, id: string) => boolean): Edit =>
  ofResources((id, resource) => {
    const properties = fieldsOf(resource.Properties)
    const changed = documents.flatMap((name) => {
      const { [name]: document } = properties
      if (document === undefined) return []
      const Statement = listOf(fieldsOf(document).Statement).filter(
        (one) => fieldsOf(one).Effect !== 'Allow' || !isOut(fieldsOf(one), id),
      )
      return [[name, { ...fieldsOf(document), Statement }] as const]
    })
    return { ...resource, Properties: { ...properties, ...Object.fromEntries(changed) } }
  })

const serviceIn = ({ Principal }: JsonObject): unknown => fieldsOf(Principal).Service

const actingOut: Edit = (template) => {
  const acting = new Set([
    'OurRules',
    'OurAlarms',
    'StartTheSweep',
    'StartOwnPages',
    'ReadRevocations',
    'ByEvents',
    'ByApigateway',
  ])
  const without = withoutStatements((statement, id) => {
    const isOfRole = !id.startsWith('VendorFn') && !/^(Rotation|Clients|Sweep)Fn/.test(id)
    return acting.has(String(statement.Sid)) && (statement.Sid !== 'ReadRevocations' || isOfRole)
  })
  const permissions = ofResources((_id, resource) =>
    resource.Type === 'AWS::Lambda::Permission' ? undefined : resource,
  )
  return permissions(without(template))
}

const keepingOut: Edit = (template) =>
  actingOut(
    withoutStatements((statement, id) => {
      const sends = listOf(statement.Action).includes('sqs:SendMessage')
      const isTrust = serviceIn(statement) === 'scheduler.amazonaws.com' || id.startsWith('VendorRevocationsRole')
      return sends || (statement.Action === 'sts:AssumeRole' && isTrust)
    })(template),
  )

interface Seat {
  readonly laptop: Laptop
  readonly send: ReturnType<typeof signedSender>
}

const seats: Partial<Record<'whole' | 'less' | 'least', Seat>> = {}

const open = async (templateOf: Edit): Promise<Seat> => {
  const file = await stackFileOf(laptopConfig())
  const laptop = await startLaptop({
    ...{ stytchPort: 0, awsPort: 0, onLog: () => {} },
    stackFile: { ...file, template: templateOf(file.template) },
    awsSettings: { asyncRetryMs: 10 },
  })
  return { laptop, send: signedSender(() => laptop.address.aws) }
}

beforeAll(async () => {
  seats.whole = await open((template) => template)
  seats.less = await open(actingOut)
  seats.least = await open(keepingOut)
})
afterAll(async () => {
  // The others' templates lack what this one has.
  if (seats.whole !== undefined) recordCalls(seats.whole.laptop)
  for (const seat of Object.values(seats)) await seat.laptop.close()
})

const queueOf = (laptop: Laptop, id: RegExp): string =>
  laptop.stack.resources().find((one) => one.type === 'AWS::SQS::Queue' && id.test(one.id))?.arn ?? ''

/** What of an act arrived, what was refused, and where it lies instead. */
const did = async ({ laptop }: Seat, act: () => Promise<unknown>, hasArrived: () => boolean): Promise<string> => {
  const before = laptop.aws.undelivered().length
  const news = () => laptop.aws.undelivered().slice(before)
  await act()
  const message = 'It neither arrived nor failed.'
  await awaitThat(async () => hasArrived() || news().length > 0, { patienceMs: 60_000, message })
  if (hasArrived()) return 'arrived'
  const [{ errorCode, deadLetterArn } = { errorCode: '', deadLetterArn: undefined }] = news()
  return `${errorCode}, ${deadLetterArn === undefined ? 'lost' : 'kept'}`
}

const acts: Readonly<Record<string, (seat: Seat) => Promise<string>>> = {
  'EventBridge invokes the archive for an event of the bus': async (seat) => {
    const { address, aws, settings } = seat.laptop
    const [region, endpoint] = [address.region, address.aws]
    const client = new EventBridgeClient({
      region,
      endpoint,
      credentials: credentialsOf('security'),
    })
    const Detail = JSON.stringify({
      incidentId: 'INC-1',
      selector: { secretNames: ['m2m/laptop/none'] },
      reason: 'a',
      requestedBy: 'b',
    })
    const report = { EventBusName: address.bus, Source: 'm2m.security', DetailType: 'Secret Leak Reported', Detail }
    const ended = did(
      seat,
      () => client.send(new PutEventsCommand({ Entries: [report] })),
      () => Object.keys(aws.objects(settings.evidenceBucket)).some((key) => key.endsWith('.json')),
    )
    return ended.finally(() => client.destroy())
  },
  'EventBridge publishes for an event of CloudTrail’s': (seat) => {
    const { address, aws } = seat.laptop
    const client = new SecretsManagerClient({
      region: address.region,
      endpoint: address.aws,
      credentials: credentialsOf('break-glass'),
    })
    const look = () => client.send(new GetSecretValueCommand({ SecretId: 'stytch/m2m-laptop' }))
    const isSeen = () => aws.messages().some(({ text }) => text.includes('break-glass'))
    return did(seat, look, isSeen).finally(() => client.destroy())
  },
  'an alarm publishes': (seat) => {
    const { aws, stack } = seat.laptop
    const name = stack.resources().find(({ type }) => type === 'AWS::CloudWatch::Alarm')?.name ?? ''
    const form = { Action: 'SetAlarmState', AlarmName: name, StateValue: 'ALARM', StateReason: 'a test' }
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const body = new URLSearchParams(form).toString()
    return did(
      seat,
      () => seat.send('admin', { service: 'monitoring', headers, body }),
      () => aws.messages().some(({ text }) => text.includes(`"AlarmName":"${name}"`)),
    )
  },
  'Scheduler calls the sweep': (seat) => {
    const { aws, world } = seat.laptop
    const swept = () => aws.calls().filter(({ op }) => op === 'ListSecrets').length
    const before = swept()
    return did(
      seat,
      async () => world.clock.advance(16 * 60_000),
      () => swept() > before,
    )
  },
  'Lambda keeps an event for which the sweep has failed': (seat) => {
    const { aws, deploy, settings } = seat.laptop
    deploy('sweep', { env: { M2M_STAGE: '' } })
    const queue = queueOf(seat.laptop, /^SweepDeadLetters/)
    const kept = () => aws.queued(queue).filter(({ attributes }) => attributes?.ERROR_CODE === undefined).length
    const before = kept()
    return did(
      seat,
      async () => aws.sendToFunction(settings.functionArn('sweep'), {}),
      () => kept() > before,
    )
  },
}

const expected: Readonly<Record<string, readonly [less: string, least: string]>> = {
  'EventBridge invokes the archive for an event of the bus': ['NO_PERMISSIONS, kept', 'NO_PERMISSIONS, lost'],
  'EventBridge publishes for an event of CloudTrail’s': ['NO_PERMISSIONS, kept', 'NO_PERMISSIONS, lost'],
  'an alarm publishes': ['NO_PERMISSIONS, lost', 'NO_PERMISSIONS, lost'],
  'Scheduler calls the sweep': ['AccessDeniedException, kept', 'AccessDeniedException, lost'],
  'Lambda keeps an event for which the sweep has failed': ['arrived', 'AccessDeniedException, lost'],
}

describe.each(Object.entries(acts))('%s', (name, act) => {
  test.each([
    ['as the template says', 'whole', 'arrived'],
    ['not without the permission', 'less', expected[name]?.[0]],
    ['and loses it without a right on the queue', 'least', expected[name]?.[1]],
  ] as const)('%s', async (_, which, outcome) => {
    const seat = seats[which]
    if (seat === undefined) throw new Error('no laptop')

    expect(await act(seat)).toBe(outcome)
  })
})

describe('an API', () => {
  const at = (which: keyof typeof seats): Laptop => {
    const laptop = seats[which]?.laptop
    if (laptop === undefined) throw new Error('no laptop')
    return laptop
  }
  const ask = async (laptop: Laptop, method: 'GET' | 'POST', path: string) => {
    const { vend: url, region, access_key_id: accessKeyId, secret_access_key: secretAccessKey } = laptop.address
    const send = createSignedRequest({ url, region, credentials: { accessKeyId, secretAccessKey }, timeoutMs: 60_000 })
    const reply = await send({ method, path, ...(method === 'POST' ? { body: '{}' } : {}) })
    return { status: reply.status, text: await reply.text() }
  }
  const VEND = ['POST', '/clients/nobody/token'] as const

  test('is let into its function, and refused without its permission, as an error of its own', async () => {
    expect((await ask(at('whole'), ...VEND)).text).toContain('unauthorized_client')
    expect(await ask(at('less'), ...VEND)).toEqual({ status: 500, text: '{"message":"Internal server error"}' })
  })

  test('without authorisation is no other than one with it', async () => {
    const knock = async (laptop: Laptop) => (await fetch(laptop.address.leaks, { method: 'POST', body: '{}' })).status

    expect(await knock(at('whole'))).toBe(401)
    expect(await knock(at('less'))).toBe(500)
  })

  test('reads the list with the rights of its role: without them it cannot be read, without a role it is broken', async () => {
    const statuses = await Promise.all(
      (['whole', 'less', 'least'] as const).map(async (which) => (await ask(at(which), 'GET', '/revocations')).status),
    )

    expect(statuses).toEqual([200, 503, 500])
  })

  test('refuses who may not call it, in the words of API Gateway', async () => {
    const { rights, address } = at('whole')
    const user = rights?.identify(address.access_key_id)
    if (user === undefined) throw new Error('nobody calls')
    rights?.add({ ...user, identityPolicies: [] })
    const refused = await ask(at('whole'), ...VEND)
    const abroad = 'arn:aws:iam::222222222222:user/other'
    rights?.add({ ...user, arn: abroad, principalArn: abroad, account: '222222222222' })
    const denied = await ask(at('whole'), ...VEND)
    rights?.add(user)

    expect(refused.status).toBe(403)
    expect(JSON.parse(refused.text)).toEqual({
      Message: expect.stringMatching(
        /^User: arn:aws:iam::000000000000:user\/laptop is not authorized to perform: execute-api:Invoke on resource: arn:aws:execute-api:us-east-1:\*{8}0000:\w{10}\/v1\/POST\/clients\/nobody\/token because no identity-based policy allows the execute-api:Invoke action$/,
      ),
    })
    expect(denied.text).toMatch(
      /^\{"Message":"User: arn:aws:iam::222222222222:user\/other .* with an explicit deny in a resource-based policy"\}$/,
    )
  })
})

test('a mailbox that takes nothing leaves the notice with the subscription’s dead letters, where the queue lets the topic', async () => {
  const lost = async (laptop: Laptop): Promise<unknown> => {
    const mailbox = 'on-call@example.com'
    laptop.aws.watching.setReachable(mailbox, false)
    const alarm = laptop.stack.resources().filter(({ type }) => type === 'AWS::CloudWatch::Alarm')[1]?.name ?? ''
    const body = new URLSearchParams({
      Action: 'SetAlarmState',
      AlarmName: alarm,
      StateValue: 'ALARM',
      StateReason: 'a',
    })
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    await signedSender(() => laptop.address.aws)('admin', { service: 'monitoring', headers, body: body.toString() })
    laptop.aws.watching.setReachable(mailbox, true)
    return laptop.aws.undelivered().find(({ targetArn }) => targetArn === mailbox)?.deadLetterArn
  }
  const { whole } = seats
  if (whole === undefined) throw new Error('no laptop')
  const queue = queueOf(whole.laptop, /^NotificationsDeadLetters/)

  expect(await lost(whole.laptop)).toBe(queue)
})

test('Secrets Manager rotates by a function that permits it, and refuses to set one that does not', async () => {
  const register = async (seat: Seat | undefined): Promise<string> => {
    if (seat === undefined) throw new Error('no laptop')
    const operator = createOperator(seat.laptop.address)
    return operator
      .register('billing', ['read:invoices'])
      .then(
        () => 'registered',
        (error: Error) => error.message,
      )
      .finally(() => operator.secretsManager.destroy())
  }

  expect(await register(seats.whole)).toBe('registered')
  expect(await register(seats.less)).toMatch(/AccessDenied|denied|permission/)
})

describe('a deployment', () => {
  test('fails where Lambda may not assume the role of a function', async () => {
    const untrusting = withoutStatements((one, id) => id.startsWith('SweepFnRole') && one.Action === 'sts:AssumeRole')

    await expect(open(untrusting)).rejects.toThrow(
      /^.*The role defined for the function cannot be assumed by Lambda\. User: lambda\.amazonaws\.com is not authorized to perform: sts:AssumeRole on resource: .*SweepFnRole|sweep.* because no role trust policy allows/s,
    )
  })
})
