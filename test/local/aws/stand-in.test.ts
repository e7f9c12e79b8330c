// The stand-in as a stand-in: faults and whether the effect happened, quotas, settings, events, reset, and that no
// secret value shows in anything it tells.
import { PutEventsCommand, type PutEventsRequestEntry } from '@aws-sdk/client-eventbridge'
import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  RotateSecretCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager'
import { describe, expect, it } from 'vitest'
import { createAwsStandIn } from '../../../lambda/local/aws/aws-stand-in.ts'
import { type FaultKind, faultKinds } from '../../../lambda/local/stand-in/faults.ts'
import { createWorld } from '../../../lambda/local/stand-in/world.ts'
import {
  type Aws,
  createSecret,
  errorName,
  NOON,
  startAws,
  startRotatingAws,
  startRotation,
  tokenOf,
} from './aws-harness.ts'

const A = tokenOf('a')

const put = (aws: Aws, value = 'v2') =>
  aws.secrets.send(new PutSecretValueCommand({ SecretId: 's', ClientRequestToken: A, SecretString: value }))

const getJson = async (aws: Aws, path: string): Promise<unknown> =>
  (await fetch(`${aws.origin}/_stand-in/${path}`)).json()

const postJson = (aws: Aws, path: string, body: unknown): Promise<Response> =>
  fetch(`${aws.origin}/_stand-in/${path}`, { method: 'POST', body: JSON.stringify(body) })

describe('a planned fault', () => {
  const hasEffect: Record<FaultKind, boolean> = {
    error: false,
    delay: true,
    throttle: false,
    drop_reply: true,
    reset: false,
    garble: true,
    html: false,
  }

  it.each(faultKinds.map((kind) => [kind, hasEffect[kind] ? 'after' : 'without'] as const))(
    '%s answers %s the effect',
    async (kind) => {
      const aws = await startAws()
      await createSecret(aws, 's')
      await postJson(aws, 'faults', { op: 'PutSecretValue', kind })

      const outcome = await put(aws).then(
        () => 'answered',
        () => 'failed',
      )

      expect(outcome).toBe(kind === 'delay' ? 'answered' : 'failed')
      expect(aws.standIn.peek('s')?.versions.some(({ id }) => id === A)).toBe(hasEffect[kind])
    },
  )

  it.each([
    [{ kind: 'error' }, 'InternalServiceError', 500],
    [{ kind: 'error', status: 503 }, 'ServiceUnavailableException', 503],
    [{ kind: 'error', status: 400 }, 'InvalidRequestException', 400],
    [{ kind: 'error', status: 403 }, 'AccessDeniedException', 403],
    [{ kind: 'throttle', retry_after: 9 }, 'ThrottlingException', 400],
  ])('%j is %s with status %i', async (fault, name, status) => {
    const aws = await startAws()
    await createSecret(aws, 's')
    await postJson(aws, 'faults', { op: 'GetSecretValue', ...fault })

    const sent = aws.secrets.send(new GetSecretValueCommand({ SecretId: 's' }))

    await expect(sent).rejects.toMatchObject({ name, $metadata: { httpStatusCode: status } })
  })

  it('is got over by the SDK: its retry after a lost reply finds the version stored, and succeeds', async () => {
    const aws = await startAws()
    await createSecret(aws, 's')
    const retrying = new SecretsManagerClient({
      endpoint: aws.origin,
      region: 'us-east-1',
      credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
    })
    await postJson(aws, 'faults', { op: 'PutSecretValue', kind: 'drop_reply' })

    const stored = await retrying.send(new PutSecretValueCommand({ SecretId: 's', SecretString: 'v2' }))

    retrying.destroy()
    expect(stored.VersionStages).toEqual(['AWSCURRENT'])
    expect(aws.standIn.peek('s')?.versions).toHaveLength(2)
  })
})

describe('calls', () => {
  it('are remembered by operation, subject as sent and status', async () => {
    const aws = await startAws()
    const { arn } = await createSecret(aws, 's')

    await aws.secrets.send(new DescribeSecretCommand({ SecretId: arn }))
    await errorName(aws.secrets.send(new DescribeSecretCommand({ SecretId: 'nobody' })))

    expect(aws.standIn.calls()).toEqual([
      { op: 'CreateSecret', subject: 's', at: NOON, status: 200 },
      { op: 'DescribeSecret', subject: arn, at: NOON, status: 200 },
      { op: 'DescribeSecret', subject: 'nobody', at: NOON, status: 400 },
    ])
  })
})

describe('quotas', () => {
  const startLimited = async () => {
    let realAt = 0
    const aws = await startAws({ settings: { enforceQuotas: true }, quotaNow: () => realAt })
    await createSecret(aws, 's')
    return {
      aws,
      wait: (ms: number) => {
        realAt += ms
      },
    }
  }

  it('let 50 writes through at once and no more, until real time has passed', async () => {
    const { aws, wait } = await startLimited()
    for (let i = 0; i < 50; i += 1) await put(aws)

    const sent = put(aws)
    await expect(sent).rejects.toMatchObject({ name: 'ThrottlingException', message: 'Rate exceeded' })
    wait(20)
    const later = await put(aws)

    expect(later.VersionId).toBe(A)
    expect(await errorName(put(aws))).toBe('ThrottlingException')
  })

  it('of rotations are apart from those of writes, and the shared clock does not help', async () => {
    const { aws } = await startLimited()
    const rotate = () => errorName(aws.secrets.send(new RotateSecretCommand({ SecretId: 's' })))
    for (let i = 0; i < 50; i += 1) await put(aws)
    for (let i = 0; i < 50; i += 1) await rotate()

    aws.world.clock.advance(60_000)

    expect(await rotate()).toBe('ThrottlingException')
    const described = await aws.secrets.send(new DescribeSecretCommand({ SecretId: 's' }))
    expect(described.Name).toBe('s')
  })

  it('are off by default', async () => {
    const aws = await startAws()
    await createSecret(aws, 's')

    for (let i = 0; i < 60; i += 1) await put(aws)

    expect(aws.standIn.calls().every(({ status }) => status === 200)).toBe(true)
  })
})

describe('settings', () => {
  it('are read and changed over HTTP', async () => {
    const aws = await startAws()

    const changed = await postJson(aws, 'settings', { redriveCount: 7, pendingCleanup: 'never' })

    expect(changed.status).toBe(200)
    expect(await getJson(aws, 'settings')).toMatchObject({
      redriveCount: 7,
      pendingCleanup: 'never',
      usedToken: 'refuse',
    })
  })

  it('name every fault at once and then change nothing', async () => {
    const aws = await startAws()

    const refused = await postJson(aws, 'settings', {
      redriveCount: -1,
      usedToken: 'maybe',
      colour: 'red',
      listLagMs: 5,
    })

    expect(refused.status).toBe(400)
    expect(await refused.json()).toEqual({
      error:
        'redriveCount: expected an integer from 0; usedToken: expected one of refuse, redrive, ignore; colour: no such setting',
    })
    expect(aws.standIn.settings().listLagMs).toBe(0)
  })

  it('are checked in the constructor as well', () => {
    const world = createWorld()

    const create = () => createAwsStandIn({ world, settings: { redriveSpacingMs: Number.NaN } })

    expect(create).toThrow('redriveSpacingMs: expected a number from 0')
  })
})

describe('PutEvents', () => {
  const entry = (more: Partial<PutEventsRequestEntry> = {}): PutEventsRequestEntry => ({
    Source: 'm2m.incidents',
    DetailType: 'Client leaked',
    Detail: '{"client":"c1"}',
    ...more,
  })
  const send = (aws: Aws, ...Entries: PutEventsRequestEntry[]) => aws.events.send(new PutEventsCommand({ Entries }))

  it('keeps the events, tells the listeners, and answers their ids', async () => {
    const aws = await startAws()
    const heard: string[] = []
    aws.standIn.onEvent((event) => heard.push(event.detailType))

    const sent = await send(
      aws,
      entry({ EventBusName: 'arn:aws:events:us-east-1:000000000000:event-bus/m2m', Resources: ['arn:x'] }),
      entry({ DetailType: 'Other', Time: new Date(NOON - 5000) }),
    )

    const common = { source: 'm2m.incidents', detail: { client: 'c1' } }
    expect(sent.FailedEntryCount).toBe(0)
    expect(aws.standIn.events()).toEqual([
      {
        ...common,
        id: sent.Entries?.[0]?.EventId,
        detailType: 'Client leaked',
        busName: 'm2m',
        resources: ['arn:x'],
        time: NOON,
      },
      {
        ...common,
        id: sent.Entries?.[1]?.EventId,
        detailType: 'Other',
        busName: 'default',
        resources: [],
        time: NOON - 5000,
      },
    ])
    expect(await getJson(aws, 'events')).toEqual({ events: aws.standIn.events() })
    expect(heard).toEqual(['Client leaked', 'Other'])
  })

  it.each([
    ['no source', { Source: undefined }, 'InvalidArgument'],
    ['no detail type', { DetailType: undefined }, 'InvalidArgument'],
    ['no detail', { Detail: undefined }, 'InvalidArgument'],
    ['a detail that is no JSON', { Detail: '{' }, 'MalformedDetail'],
    ['a detail that is no object', { Detail: '[1]' }, 'MalformedDetail'],
    ["AWS's own source", { Source: 'aws.secretsmanager' }, 'NotAuthorizedForSourceException'],
    ['a detail type over 128 characters', { DetailType: 'd'.repeat(129) }, 'InvalidArgument'],
  ])('fails an entry with %s and keeps the other', async (_what, wrong, code) => {
    const aws = await startAws()

    const sent = await send(aws, entry(wrong), entry())

    expect(sent.FailedEntryCount).toBe(1)
    expect(sent.Entries?.[0]).toMatchObject({ ErrorCode: code })
    expect(sent.Entries?.[0]?.EventId).toBeUndefined()
    expect(sent.Entries?.[1]?.EventId).toBe(aws.standIn.events()[0]?.id)
  })

  it.each([
    ['no entries', []],
    ['eleven entries', Array.from({ length: 11 }, () => entry())],
    ['more than 256 KiB', [entry({ Detail: JSON.stringify({ x: 'x'.repeat(256 * 1024) }) })]],
    ['not one complete entry', [entry({ Source: undefined }), entry({ Detail: undefined })]],
  ])('refuses the whole request with %s', async (_what, entries) => {
    const aws = await startAws()

    const refused = await errorName(send(aws, ...entries))

    expect(refused).toBe('ValidationException')
    expect(aws.standIn.events()).toEqual([])
  })

  it('can be set to fail the next entries, one by one', async () => {
    const aws = await startAws({ settings: { entryFailures: 2, entryFailureCode: 'ThrottlingException' } })

    const first = await send(aws, entry(), entry(), entry())
    const second = await send(aws, entry())

    expect(first.Entries?.map(({ ErrorCode }) => ErrorCode)).toEqual([
      'ThrottlingException',
      'ThrottlingException',
      undefined,
    ])
    expect(second.FailedEntryCount).toBe(0)
  })

  it('has the error names of EventBridge', async () => {
    const aws = await startAws()
    await postJson(aws, 'faults', { op: 'PutEvents', kind: 'error' })

    const refused = await errorName(send(aws, entry()))

    expect(refused).toBe('InternalException')
  })
})

describe('reset', () => {
  it('empties secrets, events, calls, outcomes and settings', async () => {
    const aws = await startRotatingAws()
    await createSecret(aws, 's')
    await startRotation(aws, 's', A)
    await aws.standIn.idle()
    await aws.events.send(new PutEventsCommand({ Entries: [{ Source: 'x', DetailType: 'y', Detail: '{}' }] }))
    aws.standIn.configure({ enforceQuotas: true })

    await postJson(aws, 'reset', {})

    expect(aws.standIn.peek('s')).toBeUndefined()
    expect(aws.standIn.events()).toEqual([])
    expect(aws.standIn.calls()).toEqual([])
    expect(aws.standIn.rotationOutcomes()).toEqual([])
    expect(aws.standIn.settings().enforceQuotas).toBe(false)
  })
})

describe('a secret value', () => {
  it('shows in no call, event, setting, outcome or error', async () => {
    const marked = 'MARKED-VALUE-0123456789'
    const aws = await startRotatingAws()
    const said: unknown[] = []
    await createSecret(aws, 's', marked)
    await put(aws, `${marked}2`)
    for (const value of [`${marked}3`, marked.repeat(3000), '']) {
      said.push(await put(aws, value).catch((error: Error) => `${error.name} ${error.message}`))
    }
    await startRotation(aws, 's', tokenOf('rotation'))
    await aws.standIn.idle()

    for (const path of ['calls', 'events', 'settings', 'rotations']) said.push(await getJson(aws, path))

    const text = JSON.stringify(said)
    expect(text).toContain('ResourceExistsException')
    expect(text).not.toContain('MARKED')
    for (const { RotationToken = '?' } of aws.fn.events) expect(text).not.toContain(RotationToken)
  })
})
