// An incident while Stytch or Secrets Manager does not answer: an outage uses up no attempt, and what leaked is proven dead after it. The
// stand-ins fail over HTTP; time is the world's.

import { EventBridgeClient } from '@aws-sdk/client-eventbridge'
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createEvents } from '../../lambda/adapters/aws/events.ts'
import { createSecrets } from '../../lambda/adapters/aws/secrets.ts'
import { INCIDENT_SOURCE } from '../../lambda/core/base/event-types.ts'
import { createRateLimiter } from '../../lambda/core/base/rate-limiter.ts'
import { carryOut } from '../../lambda/core/drive/carry-out.ts'
import { type Response, respondToLeak } from '../../lambda/core/incident/respond-to-leak.ts'
import { DEPLOYED } from '../../lambda/core/rotation/bounds.ts'
import type { Selector } from '../../lambda/core/secret/selector.ts'
import type { FaultKind } from '../../lambda/local/stand-in/faults.ts'
import {
  acceptedValues,
  createSeat,
  idUnder,
  register,
  type Seat,
  type Subject,
  stepsThrough,
  undisturbed,
  valueUnder,
} from './seat.ts'
import { BUS, ROTATION_ARN, SECRET_PREFIX } from './template-rights.ts'

const EXECUTION_MS = 900_000
const MINUTE = 60_000

let seat: Seat
let client: SecretsManagerClient
/** What campaigns were started for. */
let handedOver: Selector[] = []
beforeAll(async () => {
  seat = await createSeat()
  // Tried once: what the SDK waits between its tries is no fake time.
  client = new SecretsManagerClient({
    ...seat.awsConfig('m2m-laptop-incident-us-east-1'),
    maxAttempts: 1,
    requestHandler: seat.http,
  })
})
beforeEach(() => {
  seat.world.reset()
  handedOver = []
})
afterAll(async () => {
  client.destroy()
  await seat.close()
})

interface Outage {
  readonly of: 'stytch' | 'aws'
  readonly kind: FaultKind
  readonly status?: number
  readonly forMs: number
  readonly op?: string
}

const breakDown = ({ of, kind, status, forMs, op: only = '*' }: Outage): void => {
  const until = seat.world.clock.now() + forMs
  const { faults } = of === 'stytch' ? seat.stytch.server : seat.aws
  faults.setPolicy((op) =>
    seat.world.clock.now() < until && (only === '*' || op === only)
      ? { op, kind, ...(status === undefined ? {} : { status }) }
      : undefined,
  )
}

const timingOf = () => {
  const startedAt = seat.world.clock.now()
  return {
    now: seat.world.clock.now,
    remainingMs: () => EXECUTION_MS - (seat.world.clock.now() - startedAt),
    wait: async (ms: number): Promise<void> => {
      await seat.aws.idle()
      seat.world.clock.advance(ms)
    },
  }
}

/** As the bus calls the function: one report, at one time. */
const report = (subject: Subject, time = seat.world.clock.now()): Promise<Response> => {
  const timing = timingOf()
  const none = async (): Promise<never> => {
    throw new Error('the client is named')
  }
  const secrets = createSecrets(client)
  return respondToLeak(
    {
      secrets: { ...secrets, listTagged: none },
      freeze: { read: async () => 'off' },
      campaigns: { revoke: async ({ selector }) => void handedOver.push(selector) },
      events: createEvents(
        new EventBridgeClient(seat.awsConfig('m2m-laptop-incident-us-east-1')),
        BUS,
        INCIDENT_SOURCE,
      ),
      secretNamePrefix: SECRET_PREFIX,
      limits: { maxSecurityClients: 25 },
      jobParts: {
        timing,
        rotationFunctionArn: ROTATION_ARN,
        bounds: DEPLOYED,
        limiter: createRateLimiter({ perSecond: 24, timing }),
        secrets,
        steps: stepsThrough(seat),
      },
      journal: { note: () => {} },
    },
    {
      id: 'event-1',
      time: new Date(time).toISOString(),
      source: 'm2m.security',
      detail: {
        incidentId: 'inc-1',
        selector: { secretNames: [seat.aws.peek(subject.secretArn)?.name ?? ''] },
        reason: 'a test',
        requestedBy: 'a test',
      },
    },
  )
}

const revokesOf = ({ secretArn }: Subject): readonly string[] =>
  (seat.aws.peek(secretArn)?.versions ?? []).map(({ id }) => id).filter((id) => id.startsWith('revoke-'))

const prepare = async (): Promise<Subject> => {
  seat.onInvoke = undisturbed(seat)
  return register(seat)
}

describe('an outage of ten minutes uses up nothing', () => {
  it.each<[string, Omit<Outage, 'forMs'>]>([
    ['Stytch answers 500', { of: 'stytch', kind: 'error', status: 500 }],
    ['Stytch answers 503', { of: 'stytch', kind: 'error', status: 503 }],
    ['Stytch throttles', { of: 'stytch', kind: 'throttle' }],
    ['Stytch cuts connections', { of: 'stytch', kind: 'reset' }],
    ['Stytch rotates, and its replies are lost', { of: 'stytch', kind: 'drop_reply' }],
    ['Secrets Manager answers 500', { of: 'aws', kind: 'error', status: 500 }],
    ['Secrets Manager throttles', { of: 'aws', kind: 'throttle' }],
    ['Secrets Manager cuts connections', { of: 'aws', kind: 'reset' }],
    ['Secrets Manager acts, and its replies are lost', { of: 'aws', kind: 'drop_reply' }],
    ['Secrets Manager throttles RotateSecret', { of: 'aws', kind: 'throttle', op: 'RotateSecret' }],
    ['Secrets Manager stores no value', { of: 'aws', kind: 'error', status: 500, op: 'PutSecretValue' }],
    ['Secrets Manager moves no label', { of: 'aws', kind: 'error', status: 500, op: 'UpdateSecretVersionStage' }],
  ])('%s', async (_, outage) => {
    const subject = await prepare()
    const leaked = valueUnder(seat, subject.secretArn, 'AWSCURRENT') ?? ''
    breakDown({ ...outage, forMs: 10 * MINUTE })

    const end = await report(subject)

    expect(end.outcome).toBe('revoked')
    expect(revokesOf(subject)).toHaveLength(1)
    expect(acceptedValues(seat, subject)).not.toContain(leaked)
    expect(idUnder(seat, subject.secretArn, 'AWSCURRENT')).toMatch(/^settle-/)
  })

  it('with a grace, not even the rotate that it begins with', async () => {
    const subject = await prepare()
    breakDown({ of: 'stytch', kind: 'error', status: 500, forMs: 10 * MINUTE })
    const timing = timingOf()
    const parts = {
      timing,
      rotationFunctionArn: ROTATION_ARN,
      bounds: DEPLOYED,
      limiter: createRateLimiter({ perSecond: 24, timing }),
      secrets: createSecrets(client),
      steps: stepsThrough(seat),
    }
    const job = { secretId: subject.secretArn, intent: 'revoke', about: 'inc-1', isGraceful: true } as const

    const end = await carryOut(parts, { ...job, since: timing.now(), until: 'switched', patienceMs: EXECUTION_MS })

    expect(end).toMatchObject({ outcome: 'done', attempts: 1 })
    expect(idUnder(seat, subject.secretArn, 'AWSCURRENT')).toMatch(/^rotate-/)
    expect(revokesOf(subject)).toEqual([])
  })
})

describe('an outage of an hour', () => {
  it.each<[string, Omit<Outage, 'forMs'>]>([
    ['Stytch answers 500', { of: 'stytch', kind: 'error', status: 500 }],
    ['Secrets Manager answers 500', { of: 'aws', kind: 'error', status: 500 }],
  ])('%s: is handed to a campaign, which finds one attempt and goes on with it', async (_, outage) => {
    const subject = await prepare()
    const leaked = valueUnder(seat, subject.secretArn, 'AWSCURRENT') ?? ''
    const reportedAt = seat.world.clock.now()
    breakDown({ ...outage, forMs: 60 * MINUTE })

    expect(await report(subject, reportedAt)).toMatchObject({ outcome: 'campaign', clients: [] })
    expect(handedOver).toEqual([{ secretNames: [seat.aws.peek(subject.secretArn)?.name] }])
    seat.world.clock.advance(50 * MINUTE)

    expect(await report(subject, reportedAt)).toMatchObject({ outcome: 'revoked' })
    expect(revokesOf(subject)).toHaveLength(1)
    expect(acceptedValues(seat, subject)).not.toContain(leaked)
  })
})

describe('a client that Stytch does not rotate', () => {
  it('is revoked once that is fixed and the leak is reported again under the same id', async () => {
    const subject = await prepare()
    const leaked = valueUnder(seat, subject.secretArn, 'AWSCURRENT') ?? ''
    seat.stytch.configure({ inactiveClientMayRotate: false })
    seat.stytch.dashboard.setStatus(subject.clientId, 'inactive')

    expect(await report(subject)).toMatchObject({ outcome: 'partlyFailed', clients: [{ outcome: 'failed' }] })
    expect(revokesOf(subject)).toHaveLength(5)

    seat.stytch.dashboard.setStatus(subject.clientId, 'active')
    seat.world.clock.advance(MINUTE)

    expect(await report(subject)).toMatchObject({ outcome: 'revoked', clients: [{ outcome: 'revoked' }] })
    expect(revokesOf(subject).at(-1)).toMatch(/^revoke-\d{13}-006-/)
    expect(acceptedValues(seat, subject)).not.toContain(leaked)
    expect(idUnder(seat, subject.secretArn, 'AWSCURRENT')).toMatch(/^settle-/)
  })
})
