// Whole rotations of each intent over HTTP: the plain AWS SDK asks, the stand-in drives, the production handler acts in a process
// of its own. What they cost, what they leave, and what neither bad input, a kill nor a vendor in trouble can bring about.
import { randomUUID } from 'node:crypto'
import {
  CancelRotateSecretCommand,
  CreateSecretCommand,
  DescribeSecretCommand,
  RotateSecretCommand,
} from '@aws-sdk/client-secrets-manager'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Intent, makeRequestToken } from '../../lambda/core/secret/request-token.ts'
import type { Fault } from '../../lambda/local/stand-in/faults.ts'
import { exchange } from '../../lambda/local/story/consumers.ts'
import { endOf, eventsOf, plan } from './control.ts'
import { type Desk, openDesk, type Subject, total } from './desk.ts'

vi.setConfig({ testTimeout: 90_000, hookTimeout: 120_000 })

let desk: Desk
let subject: Subject

beforeAll(async () => {
  desk = await openDesk({ redriveCount: 3 })
})
beforeEach(async () => {
  subject = await desk.register()
})
afterAll(async () => {
  await desk.close()
})

const current = (): string => desk.valueUnder(subject, 'AWSCURRENT')
const slots = () => desk.laptop.stytch.slots(subject.clientId)
const isSettled = (): boolean => slots()?.nextLastFour === null && slots()?.lastFour === current().slice(-4)
const tokenEndpoint = (): string =>
  `${desk.laptop.address.stytch}/v1/public/${desk.laptop.address.project_id}/oauth2/token`

/** Over HTTP, as a consumer or an attacker would try it. */
const isTokenGranted = async (clientSecret: string): Promise<boolean> =>
  (await exchange({ clientId: subject.clientId, clientSecret, tokenUrl: tokenEndpoint() })) !== undefined

/** Registration warms the function; this makes sure that it has all it keeps. */
const ask = async (intent: Intent): Promise<string> => {
  const { token, outcome } = await desk.ask(subject, intent)
  expect(outcome).toBe('succeeded')
  expect(desk.holderOf(subject, 'AWSCURRENT')).toBe(token)
  expect(desk.holderOf(subject, 'AWSPENDING')).toBeUndefined()
  return token
}

const counted = async (intent: Intent) => (await desk.counted(subject, () => ask(intent))).calls

describe('a rotation over HTTP', () => {
  it('starts from a registration that is bound, settled and managed', async () => {
    const { secretArn, clientId } = subject

    const { RotationEnabled, RotationLambdaARN } = await desk.client.send(
      new DescribeSecretCommand({ SecretId: secretArn }),
    )

    expect({ RotationEnabled, RotationLambdaARN }).toEqual({
      RotationEnabled: true,
      RotationLambdaARN: desk.laptop.address.rotation_lambda_arn,
    })
    expect(desk.laptop.stytch.trustedMetadata(clientId)).toMatchObject({ managed_by: secretArn })
    expect(isSettled()).toBe(true)
    expect(await isTokenGranted(current())).toBe(true)
  })

  it('rotates with both values accepted, and settles with the old one refused, within the promised calls', async () => {
    const old = current()

    const rotate = await counted('rotate')
    const during = { old: await isTokenGranted(old), new: await isTokenGranted(current()) }
    const settle = await counted('settle')

    expect(during).toEqual({ old: true, new: true })
    expect(await isTokenGranted(old)).toBe(false)
    expect(await isTokenGranted(current())).toBe(true)
    expect(isSettled()).toBe(true)
    // docs/figures.md.
    expect(rotate).toEqual({
      secretsManager: { DescribeSecret: 2, GetSecretValue: 5, PutSecretValue: 1, UpdateSecretVersionStage: 1 },
      stytch: { GetClient: 2, RotateStart: 1, Token: 4 },
    })
    expect(settle).toEqual({
      secretsManager: { DescribeSecret: 4, GetSecretValue: 7, PutSecretValue: 1, UpdateSecretVersionStage: 1 },
      stytch: { GetClient: 3, RotateComplete: 1, Token: 4 },
    })
    expect([total(rotate.secretsManager), total(rotate.stytch)]).toEqual([9, 7])
    expect([total(settle.secretsManager), total(settle.stytch)]).toEqual([13, 8])
  })

  it('rolls back to the old value, and settles with the new one refused', async () => {
    const old = current()
    await ask('rotate')
    const fresh = current()

    const rollback = await counted('rollback')
    const during = { current: current(), old: await isTokenGranted(old), fresh: await isTokenGranted(fresh) }
    const settle = await counted('settle')

    expect(during).toEqual({ current: old, old: true, fresh: true })
    expect(current()).toBe(old)
    expect(await isTokenGranted(old)).toBe(true)
    expect(await isTokenGranted(fresh)).toBe(false)
    expect(isSettled()).toBe(true)
    expect([total(rollback.secretsManager), total(rollback.stytch)]).toEqual([13, 6])
    expect([total(settle.secretsManager), total(settle.stytch)]).toEqual([13, 9])
  })

  it('revokes, and its settle leaves evidence that every earlier value is refused', async () => {
    const { aws } = desk.laptop.address
    const leaked = current()
    const leakedVersion = desk.holderOf(subject, 'AWSCURRENT')

    const revoke = await counted('revoke')
    const revokeToken = desk.holderOf(subject, 'AWSCURRENT')
    const settle = await counted('settle')

    const events = (await eventsOf(aws)).filter(
      ({ detail }) => (detail as { secretArn?: string }).secretArn === subject.secretArn,
    )
    const revoked = events.find(({ detailType }) => detailType === 'Secret Revoked')
    expect(await isTokenGranted(leaked)).toBe(false)
    expect(await isTokenGranted(current())).toBe(true)
    expect(events.map(({ detailType }) => detailType)).toEqual([
      'Rotation Completed',
      'M2M Secret Changed',
      'Secret Revoked',
      'Rotation Completed',
    ])
    expect(revoked).toMatchObject({ source: 'm2m.rotation', busName: 'm2m-laptop', resources: [subject.secretArn] })
    expect(revoked?.detail).toMatchObject({
      clientId: subject.clientId,
      intent: 'settle',
      requestToken: desk.holderOf(subject, 'AWSCURRENT'),
      revokeToken,
      evidence: {
        slots: { current: current().slice(-4), next: null, requestId: expect.stringMatching(/^request-id-/) },
        refused: [
          {
            versionId: leakedVersion,
            lastFour: leaked.slice(-4),
            status: 401,
            error: 'invalid_client',
            requestId: expect.stringMatching(/^request-id-/),
            provenAt: expect.stringMatching(/^\d{4}-.*Z$/),
          },
        ],
        accepted: { versionId: revokeToken, lastFour: current().slice(-4) },
      },
    })
    expect([total(revoke.secretsManager), total(revoke.stytch)]).toEqual([9, 6])
    // The evidence costs one list and one exchange that must succeed.
    expect([total(settle.secretsManager), total(settle.stytch)]).toEqual([14, 9])
  })

  it('proves both values dead when a leak is revoked in the middle of an overlap', async () => {
    const first = current()
    await ask('rotate')
    const second = current()

    const revoke = await counted('revoke')
    const settle = await counted('settle')

    const revoked = (await eventsOf(desk.laptop.address.aws)).findLast(
      ({ detailType }) => detailType === 'Secret Revoked',
    )
    expect(revoked?.detail).toMatchObject({
      evidence: { refused: [{ lastFour: second.slice(-4) }, { lastFour: first.slice(-4) }] },
    })
    expect([await isTokenGranted(first), await isTokenGranted(second)]).toEqual([false, false])
    expect([total(revoke.secretsManager), total(revoke.stytch)]).toEqual([10, 7])
    expect([total(settle.secretsManager), total(settle.stytch)]).toEqual([15, 12])
  })

  it('tells the evidence before AWSCURRENT moves', async () => {
    await ask('revoke')
    const calls: string[] = []
    const untap = desk.laptop.aws.tap(({ op, phase }) => {
      if (phase === 'before') calls.push(op)
    })

    await ask('settle')
    untap()

    expect(calls.filter((op) => op === 'PutEvents' || op === 'UpdateSecretVersionStage')).toEqual([
      'PutEvents',
      'UpdateSecretVersionStage',
      'PutEvents',
    ])
  })

  it("takes a console's bare UUID to mean rotate", async () => {
    const old = current()

    const { VersionId: token = '' } = await desk.client.send(new RotateSecretCommand({ SecretId: subject.secretArn }))
    const outcome = await endOf(desk.laptop.address.aws, token)

    expect(token).toMatch(/^[0-9a-f]{8}-[0-9a-f-]{27}$/)
    expect(outcome).toBe('succeeded')
    expect(desk.holderOf(subject, 'AWSCURRENT')).toBe(token)
    expect(current()).not.toBe(old)
    expect(desk.accepts(subject, old)).toBe(true)
  })

  it.each(['absent', 'current'] as const)(
    'changes nothing when RotateImmediately is false and the pending value is %s',
    async (dryRunValue) => {
      desk.laptop.aws.configure({ dryRunValue })
      const before = desk.stateOf(subject)
      const token = randomUUID()

      await desk.client.send(
        new RotateSecretCommand({ SecretId: subject.secretArn, ClientRequestToken: token, RotateImmediately: false }),
      )
      const outcome = await endOf(desk.laptop.address.aws, token)

      expect(outcome).toBe('test-succeeded')
      expect(desk.stateOf(subject)).toEqual(before)
      desk.laptop.aws.configure({ dryRunValue: 'absent' })
    },
  )

  it('keeps the fields that an operator added, through every intent', async () => {
    const added = { owner: 'payments', nested: { pager: ['a', 'b'], on_call: true }, empty: null }
    await desk.putByHand(subject, JSON.stringify({ ...desk.stored(subject, 'AWSCURRENT'), ...added }))

    const seen: unknown[] = []
    for (const intent of ['rotate', 'rollback', 'settle', 'rotate', 'settle', 'revoke', 'settle'] as const) {
      await ask(intent)
      const { owner, nested, empty } = desk.stored(subject, 'AWSCURRENT')
      seen.push({ owner, nested, empty })
    }

    expect(seen).toEqual(Array.from({ length: 7 }, () => added))
    expect(desk.stored(subject, 'AWSCURRENT')).toMatchObject({
      client_id: subject.clientId,
      token_url: tokenEndpoint(),
    })
  })

  it('takes a secret without issued_at as issued at its version’s date, and writes the field from then on', async () => {
    const { issued_at: _, ...without } = desk.stored(subject, 'AWSCURRENT')
    await desk.putByHand(subject, JSON.stringify(without))
    const version = desk.laptop.aws
      .peek(subject.secretArn)
      ?.versions.find(({ stages }) => stages.includes('AWSCURRENT'))

    await ask('settle')
    const settled = Date.parse(String(desk.stored(subject, 'AWSCURRENT').issued_at))
    await ask('rotate')
    const rotated = Date.parse(String(desk.stored(subject, 'AWSCURRENT').issued_at))
    await ask('rollback')

    // Secrets Manager tells whole seconds.
    expect(Math.abs(settled - (version?.createdAt ?? 0))).toBeLessThan(1000)
    expect(rotated).toBeGreaterThan(settled)
    expect(Date.parse(String(desk.stored(subject, 'AWSCURRENT').issued_at))).toBe(settled)
  })
})

interface BadValue {
  readonly what: string
  /** The text to store; the value as it was comes in. */
  readonly text: (stored: Readonly<Record<string, unknown>>) => Promise<string>
  readonly reason: string
  readonly says: RegExp
}

const badValues: readonly BadValue[] = [
  {
    what: 'is not JSON',
    text: async () => 'hunter2 is the password',
    reason: 'malformedSecret',
    says: /the value of AWSCURRENT is not in the secret's format: the value is not a JSON object/,
  },
  {
    what: 'lacks two fields',
    text: async ({ client_id: _, token_url: __, ...rest }) => JSON.stringify(rest),
    reason: 'malformedSecret',
    says: /client_id is missing; token_url is missing/,
  },
  {
    what: 'has a client secret that is no string',
    text: async (stored) => JSON.stringify({ ...stored, client_secret: [stored.client_secret] }),
    reason: 'malformedSecret',
    says: /client_secret is malformed: expected a non-empty string/,
  },
  {
    what: 'names another project',
    text: async (stored) => JSON.stringify({ ...stored, project_id: 'project-test-another' }),
    reason: 'otherProject',
    says: /the secret names project project-test-another, this function serves project-test-/,
  },
  {
    what: 'names a client that is bound to another secret',
    text: async () => JSON.stringify(desk.stored(await desk.register(), 'AWSCURRENT')),
    reason: 'boundElsewhere',
    says: /the client is bound to another secret, arn:aws:secretsmanager:.*; one secret, one client/,
  },
  {
    what: 'names a client that does not exist',
    text: async (stored) => JSON.stringify({ ...stored, client_id: `m2m-client-test-${randomUUID()}` }),
    reason: 'clientNotFound',
    says: /Stytch knows no such client/,
  },
  {
    what: 'holds a client secret that Stytch refuses',
    text: async (stored) => JSON.stringify({ ...stored, client_secret: 'never-issued-by-anybody-at-all' }),
    reason: 'position',
    says: /rotate stops at createSecret in position cancelledUnderUs: .*Roll back or revoke/,
  },
]

describe('a secret whose value', () => {
  it.each(badValues)(
    '$what is refused in one clear message, and nothing is changed',
    async ({ text, reason, says }) => {
      const good = desk.stored(subject, 'AWSCURRENT')
      const stored = await text(good)
      await desk.putByHand(subject, stored)
      const before = desk.stateOf(subject)
      const allClients = () => desk.laptop.stytch.clientIds().map((id) => desk.laptop.stytch.slots(id))
      const clientsBefore = allClients()

      const { token, outcome } = await desk.ask(subject, 'rotate')

      const refusals = (await desk.linesOn(token, 'refused')).filter((line) => line.outcome === 'refused')
      expect(outcome).toBe('failed')
      expect(refusals).toHaveLength(1)
      expect(refusals[0]).toMatchObject({ step: 'createSecret', reason, message: expect.stringMatching(says) })
      expect(refusals[0]?.message?.split('\n')).toHaveLength(1)
      expect(JSON.stringify(refusals)).not.toContain('hunter2')
      expect(desk.stateOf(subject)).toEqual(before)
      expect(allClients()).toEqual(clientsBefore)
    },
  )

  it('was mended is rotated again at once: the refusal left no rotation standing', async () => {
    const good = JSON.stringify(desk.stored(subject, 'AWSCURRENT'))
    await desk.putByHand(subject, '{}')
    await desk.ask(subject, 'rotate')

    await desk.putByHand(subject, good)
    await ask('rotate')

    expect(desk.accepts(subject, current())).toBe(true)
  })
})

describe('an event for the function', () => {
  const invoke = (event: object) => desk.laptop.rotation.invoke(event)

  it('with a step that does not exist is refused, and nothing is changed', async () => {
    const before = desk.stateOf(subject)
    const ClientRequestToken = desk.holderOf(subject, 'AWSCURRENT')

    const result = await invoke({ Step: 'dropSecret', SecretId: subject.secretArn, ClientRequestToken })

    expect(result).toEqual({
      ok: false,
      errorType: 'RotationRefused',
      errorMessage: expect.stringMatching(
        /the event is not a rotation step: Step: expected one of createSecret, setSecret, testSecret, finishSecret/,
      ),
    })
    expect(desk.stateOf(subject)).toEqual(before)
  })

  it.each(['createSecret', 'setSecret', 'testSecret', 'finishSecret'])(
    'that asks for %s with a token without a version changes nothing',
    async (Step) => {
      const before = desk.stateOf(subject)
      const { secretArn } = subject
      const asked = { origin: 'rotate', askedAt: Date.now(), secretArn, about: randomUUID(), attempt: 1 } as const

      const result = await invoke({ Step, SecretId: secretArn, ClientRequestToken: makeRequestToken(asked) })

      // setSecret has nothing to set for a rotate; a token of ours is no dry run, so that testSecret wants a value.
      if (Step === 'setSecret') expect(result.ok).toBe(true)
      else if (Step === 'testSecret') expect(result).toMatchObject({ ok: false, errorType: 'RotationRefused' })
      else
        expect(result).toMatchObject({ ok: false, errorMessage: expect.stringMatching(/no labelled version has this/) })
      expect(desk.stateOf(subject)).toEqual(before)
    },
  )

  it('for a secret on which rotation was turned off, under a token that is through, changes nothing', async () => {
    const { secretArn } = subject
    await desk.operator.secretsManager.send(new CancelRotateSecretCommand({ SecretId: secretArn }))
    const before = desk.stateOf(subject)
    const ClientRequestToken = desk.holderOf(subject, 'AWSCURRENT')

    const result = await invoke({ Step: 'createSecret', SecretId: secretArn, ClientRequestToken })

    expect(result.ok).toBe(true)
    expect(desk.stateOf(subject)).toEqual(before)
  })

  it('for a secret that never rotated, under the id of its only version, changes nothing', async () => {
    const { ARN: secretArn = '', VersionId: ClientRequestToken } = await desk.operator.secretsManager.send(
      new CreateSecretCommand({ Name: `m2m/laptop/${randomUUID()}_`, SecretString: '{}' }),
    )
    const before = desk.stateOf({ ...subject, secretArn })

    const result = await invoke({ Step: 'finishSecret', SecretId: secretArn, ClientRequestToken })

    expect(result.ok).toBe(true)
    expect(desk.stateOf({ ...subject, secretArn })).toEqual(before)
  })
})

interface Kill {
  readonly intent: Intent
  /** What comes first. */
  readonly after: readonly Intent[]
  readonly side: 'aws' | 'stytch'
  readonly phase: 'before' | 'after'
  readonly op: string
}

const kill = (
  intent: Intent,
  after: readonly Intent[],
  call: `${'aws' | 'stytch'} ${'before' | 'after'} ${string}`,
): Kill => {
  const [side, phase, op] = call.split(' ') as ['aws' | 'stytch', 'before' | 'after', string]
  return { intent, after, side, phase, op }
}

describe('a function killed by SIGKILL', () => {
  it.each([
    kill('rotate', [], 'stytch after RotateStart'),
    kill('rotate', [], 'aws after PutSecretValue'),
    kill('rotate', [], 'aws after UpdateSecretVersionStage'),
    kill('settle', ['rotate'], 'stytch after RotateComplete'),
    kill('settle', ['rotate', 'rollback'], 'stytch before RotateCancel'),
    kill('settle', ['revoke'], 'aws before PutEvents'),
    kill('rollback', ['rotate'], 'stytch before Token'),
    kill('revoke', ['rotate'], 'stytch after RotateStart'),
  ])('$phase $op of a $intent is driven on to the same end', async ({ intent, after, side, phase, op }) => {
    for (const earlier of after) await ask(earlier)
    const old = current()
    const previous = after.length === 0 ? old : desk.valueUnder(subject, 'AWSPREVIOUS')
    const { laptop } = desk
    let kills = 0
    const untap = (side === 'aws' ? laptop.aws : laptop.stytch.server).tap((event) => {
      if (event.op !== op || event.phase !== phase || kills > 0) return
      kills += 1
      laptop.rotation.kill()
    })

    await ask(intent)
    untap()

    const isSwitch = intent === 'rotate' || intent === 'revoke'
    expect(kills).toBe(1)
    expect(await isTokenGranted(current())).toBe(true)
    if (isSwitch) expect(current()).not.toBe(old)
    if (intent === 'settle') expect(current()).toBe(old)
    if (intent === 'rollback') expect(current()).toBe(previous)
    if (intent === 'settle') expect(isSettled()).toBe(true)
    else expect(await isTokenGranted(old)).toBe(true)
    if (intent !== 'settle') await ask('settle')
    expect(isSettled()).toBe(true)
  })
})

interface Trouble {
  readonly what: string
  readonly stytch?: readonly Fault[]
  readonly aws?: readonly Fault[]
}

const troubles: readonly Trouble[] = [
  {
    what: 'Stytch answers 429 to every kind of call',
    stytch: [
      { op: 'GetClient', kind: 'throttle' },
      { op: 'RotateStart', kind: 'throttle', retry_after: 1 },
      { op: 'Token', kind: 'throttle', count: 2 },
      { op: 'RotateComplete', kind: 'throttle' },
    ],
  },
  {
    what: 'Stytch does as it is asked and its replies are lost',
    stytch: [
      { op: 'GetClient', kind: 'drop_reply' },
      { op: 'RotateStart', kind: 'drop_reply' },
      { op: 'Token', kind: 'drop_reply' },
      { op: 'RotateComplete', kind: 'drop_reply' },
    ],
  },
  {
    what: 'Stytch cuts connections and a gateway answers for it',
    stytch: [
      { op: 'GetClient', kind: 'reset' },
      { op: 'RotateStart', kind: 'html', status: 502 },
      { op: 'Token', kind: 'garble' },
      { op: 'RotateComplete', kind: 'garble' },
    ],
  },
  {
    what: 'replies of Secrets Manager and EventBridge are lost',
    aws: ['DescribeSecret', 'GetSecretValue', 'PutSecretValue', 'UpdateSecretVersionStage', 'PutEvents'].map((op) => ({
      op,
      kind: 'drop_reply',
    })),
  },
  {
    what: 'Secrets Manager and EventBridge fail twice in a row, which is more than the SDK bears',
    aws: ['DescribeSecret', 'GetSecretValue', 'PutSecretValue', 'UpdateSecretVersionStage', 'PutEvents'].map((op) => ({
      op,
      kind: 'error',
      status: 500,
      count: 2,
    })),
  },
]

describe('a vendor in trouble', () => {
  it.each(troubles)('still lets a rotate and its settle end well: $what', async ({ stytch = [], aws = [] }) => {
    const { address } = desk.laptop
    const old = current()
    const planAll = async (): Promise<void> => {
      for (const fault of stytch) await plan(address.stytch, fault)
      for (const fault of aws) await plan(address.aws, fault)
    }
    desk.laptop.aws.configure({ redriveCount: 12 })

    // Planned after the request, which is the user's own call and not what is tried here.
    await planAll()
    await ask('rotate')
    const during = { old: await isTokenGranted(old), new: await isTokenGranted(current()) }
    desk.laptop.aws.faults.clear()
    desk.laptop.stytch.server.faults.clear()
    await planAll()
    await ask('settle')
    desk.laptop.aws.faults.clear()
    desk.laptop.stytch.server.faults.clear()
    desk.laptop.aws.configure({ redriveCount: 3 })

    expect(during).toEqual({ old: true, new: true })
    expect(await isTokenGranted(old)).toBe(false)
    expect(await isTokenGranted(current())).toBe(true)
    expect(isSettled()).toBe(true)
  })
})
