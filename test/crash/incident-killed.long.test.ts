// The incident function, killed before and after each of its outside calls – found by recording them – and called again with the same event,
// as Lambda does: the leaked value is replaced once, proven dead once, and nothing is left. The rotations themselves run undisturbed here.

import { EventBridgeClient } from '@aws-sdk/client-eventbridge'
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createEvents } from '../../lambda/adapters/aws/events.ts'
import { createSecrets } from '../../lambda/adapters/aws/secrets.ts'
import { INCIDENT_SOURCE } from '../../lambda/core/base/event-types.ts'
import { createRateLimiter } from '../../lambda/core/base/rate-limiter.ts'
import { type Response, respondToLeak } from '../../lambda/core/incident/respond-to-leak.ts'
import { DEPLOYED } from '../../lambda/core/rotation/bounds.ts'
import {
  acceptedValues,
  createPassage,
  createSeat,
  type Gate,
  gatedHandler,
  idUnder,
  register,
  rotateSecret,
  type Seat,
  type Subject,
  stepsThrough,
  undisturbed,
  valueUnder,
} from './seat.ts'
import { BUS, ROTATION_ARN, SECRET_PREFIX } from './template-rights.ts'

const PATIENCE_MS = 870_000
let seat: Seat
beforeAll(async () => {
  seat = await createSeat()
})
beforeEach(() => seat.world.reset())
afterAll(() => seat.close())

/** One call of the function. A killed one never runs another line. */
const respond = (subject: Subject, gate: Gate): Promise<Response | 'killed'> =>
  new Promise((resolve, reject) => {
    const passage = createPassage({ gate, onHang: () => resolve('killed') })
    const gated = {
      ...seat.awsConfig('m2m-laptop-incident-us-east-1'),
      requestHandler: gatedHandler(seat.http, passage),
    }
    const secretName = seat.aws.peek(subject.secretArn)?.name ?? ''
    const startedAt = seat.world.clock.now()
    const timing = {
      now: seat.world.clock.now,
      remainingMs: () => PATIENCE_MS - (seat.world.clock.now() - startedAt),
      wait: async (ms: number): Promise<void> => {
        await seat.aws.idle()
        seat.world.clock.advance(ms)
      },
    }
    const none = async (): Promise<never> => {
      throw new Error('one client is no campaign, and is named')
    }
    respondToLeak(
      {
        secrets: { ...createSecrets(new SecretsManagerClient(gated)), listTagged: none },
        freeze: { read: async () => 'off' },
        campaigns: { revoke: none },
        events: createEvents(new EventBridgeClient(gated), BUS, INCIDENT_SOURCE),
        secretNamePrefix: SECRET_PREFIX,
        limits: { maxSecurityClients: 25 },
        jobParts: {
          timing,
          rotationFunctionArn: ROTATION_ARN,
          bounds: DEPLOYED,
          limiter: createRateLimiter({ perSecond: 24, timing }),
          secrets: createSecrets(new SecretsManagerClient(gated)),
          steps: stepsThrough(seat),
        },
        journal: { note: () => {} },
      },
      {
        id: 'event-1',
        source: 'm2m.security',
        detail: {
          incidentId: 'inc-1',
          selector: { secretNames: [secretName] },
          reason: 'a test',
          requestedBy: 'a test',
        },
      },
    ).then(resolve, reject)
  })

const prepare = async (isInOverlap: boolean): Promise<Subject> => {
  seat.onInvoke = undisturbed(seat)
  const subject = await register(seat)
  if (isInOverlap) await rotateSecret(seat, subject, 'rotate')
  return subject
}

/** What is not as an incident must leave it. */
const faultsOf = (subject: Subject, leaked: readonly string[], end: Response | 'killed'): readonly string[] => {
  const versions = seat.aws.peek(subject.secretArn)?.versions ?? []
  const ids = (detailType: string) =>
    new Set(
      seat.aws
        .events()
        .flatMap((event) => (event.detailType === detailType ? [(event.detail as { id?: string }).id] : [])),
    )
  const revokes = versions.filter(({ id }) => id.startsWith('revoke-')).length
  const current = valueUnder(seat, subject.secretArn, 'AWSCURRENT') ?? ''
  const said = end === 'killed' ? end : end.outcome
  return [
    ...(said === 'revoked' ? [] : [`ended as ${said}`]),
    ...(acceptedValues(seat, subject).some((value) => leaked.includes(value)) ? ['a leaked value is accepted'] : []),
    ...(seat.stytch.accepts(subject.clientId, current) ? [] : ['AWSCURRENT is refused']),
    ...(idUnder(seat, subject.secretArn, 'AWSCURRENT')?.startsWith('settle-') ? [] : ['it is not settled']),
    ...(revokes === 1 ? [] : [`${revokes} revokes were made`]),
    ...(ids('Secret Revoked').size === 1 ? [] : [`${ids('Secret Revoked').size} evidences were told`]),
    ...(ids('Incident Completed').size === 1 ? [] : [`${ids('Incident Completed').size} ends were told`]),
  ]
}

test.each([
  ['settled', false],
  ['in an overlap', true],
])(
  'a client that is %s is revoked once, wherever the function is killed',
  { timeout: 200_000 },
  async (_name, isInOverlap) => {
    const calls: string[] = []
    const recorded = await prepare(isInOverlap)
    await respond(recorded, (phase, op) => {
      if (phase === 'before') calls.push(op)
      return 'go'
    })
    expect(calls).toEqual(
      expect.arrayContaining(['DescribeSecret', 'ListSecretVersionIds', 'RotateSecret', 'PutEvents']),
    )
    const violations: string[] = []
    let kills = 0

    for (let at = 0; at < calls.length; at += 1) {
      for (const when of ['before', 'after'] as const) {
        seat.world.reset()
        const subject = await prepare(isInOverlap)
        const leaked = acceptedValues(seat, subject)
        // That an incident has begun is published beside its first calls: an answer belongs to the oldest call of its kind.
        const open: { readonly op: string; readonly place: number }[] = []
        let count = -1
        const first = await respond(subject, (phase, op) => {
          if (phase === 'before') open.push({ op, place: ++count })
          const oldest = open.findIndex((call) => call.op === op)
          const place = phase === 'before' ? count : open.splice(oldest, 1)[0]?.place
          return phase === when && place === at ? 'hang' : 'go'
        })
        if (first === 'killed') kills += 1
        await seat.aws.idle()
        const end = await respond(subject, () => 'go')
        const where = `killed ${when} call ${at} (${calls[at]})`
        violations.push(...faultsOf(subject, leaked, end).map((fault) => `${where}: ${fault}`))
      }
    }

    expect(violations).toEqual([])
    expect(kills).toBe(calls.length * 2)
  },
)
