// What watching an incident says of one that was reported before under the same id: what is done is not called done until the rotation
// function has tried it again, and what failed before is not this report's failure.
import { expect, it } from 'vitest'
import { watchIncident } from '../../bin/incident/incident-watch.ts'
import { Fault } from '../../lambda/core/base/fault.ts'
import { type JobSubject, tokenOf } from '../../lambda/core/drive/attempts.ts'
import { settleToken } from '../../lambda/core/drive/settle-request.ts'
import type { ProofAnswer } from '../../lambda/core/rotation/proof-answer.ts'
import type { Secret } from '../../lambda/core/secret/secret.ts'
import type { VersionEntry } from '../../lambda/core/secret/secrets.ts'
import { BLANK } from '../fakes/blank-secret.ts'
import { FUNCTION_ARN } from '../fakes/rotating-fleet.ts'
import { createVirtualTiming } from '../fakes/virtual-timing.ts'

const ARN = 'arn:aws:secretsmanager:eu-west-1:111111111111:secret:m2m/prod/billing-AbCdEf'
const HOUR = 3_600_000
const secret: Secret = {
  ...BLANK,
  arn: ARN,
  name: 'm2m/prod/billing',
  tags: {},
  labels: {},
  rotationEnabled: true,
  rotationFunctionArn: FUNCTION_ARN,
  isDeleted: false,
  createdAt: 0,
  lastChangedAt: 0,
  lastRotatedAt: undefined,
  nextRotationAt: undefined,
}

const timing = createVirtualTiming()
const since = timing.now()
const before = since - HOUR
const subject: JobSubject = { secretArn: ARN, about: 'INC-1', intent: 'revoke', since }
const version = (versionId: string, ...labels: string[]): VersionEntry => ({ versionId, labels, createdAt: 0 })
const attempt = (n: number, at: number, ...labels: string[]): VersionEntry =>
  version(tokenOf(subject, { attempt: n, made: n - 1 }, at), ...labels)
const settled = (n: number, at: number): readonly VersionEntry[] => {
  const revoke = attempt(n, at, 'AWSPREVIOUS')
  return [revoke, version(settleToken({ secretArn: ARN, currentId: revoke.versionId }, [], at), 'AWSCURRENT')]
}
const range = (from: number, to: number, at: number) =>
  Array.from({ length: to - from + 1 }, (_none, n) => attempt(from + n, at))

const watch = async (versions: readonly VersionEntry[], answer: ProofAnswer | 'noAnswer', isFollowed = false) => {
  let asked = 0
  const prove = async (): Promise<ProofAnswer> => {
    asked += 1
    if (answer !== 'noAnswer') return answer
    throw new Fault({ code: 'PROOF_NOT_ANSWERED', retryable: true, message: 'no answer' })
  }
  const context = {
    timing,
    screen: { progress: () => ({ at: () => {}, end: () => {} }), note: () => {} },
    connect: async () => ({
      secrets: { listVersions: async () => versions },
      questionsOf: () => ({ prove }),
      freeze: { read: async () => 'off' as const, origin: async () => ({ by: undefined, since: undefined }) },
      clientsApi: {
        whoami: () => Promise.reject(new Fault({ code: 'STEP_NOT_RUN', retryable: true, message: '' })),
      },
    }),
  }
  const watching = { incidentId: 'INC-1', isGraceful: false, timeoutMs: 40_000 }
  const [end] = await watchIncident(context, [secret], isFollowed ? watching : { ...watching, since })
  return { state: end?.state, asked }
}

const refused = { outcome: 'refused', revokeToken: 'r', settleToken: 's', refusals: 3, signed: 'stored' } as const
const alive = { outcome: 'alive', code: 'STILL_ACCEPTED', message: 'it is accepted' } as const
const inactive = { outcome: 'unknown', code: 'CLIENT_INACTIVE', message: 'inactive' } as const

it.each<[string, readonly VersionEntry[], ProofAnswer | 'noAnswer', string]>([
  ['settled by this report', settled(1, since), 'noAnswer', 'settled'],
  ['settled before, and refused still', settled(1, before), refused, 'settled'],
  ['settled before, of a client that is inactive', settled(1, before), inactive, 'settled'],
  ['settled before, of a client that is deleted', settled(1, before), { outcome: 'gone', refusals: 6 }, 'deadAlready'],
  ['settled before, and accepted again', settled(1, before), alive, 'unproven'],
  ['settled before, and nobody can tell', settled(1, before), 'noAnswer', 'unproven'],
  [
    'settled before, accepted again, and refused five times since',
    [...settled(1, before), ...range(2, 6, since)],
    alive,
    'exhausted',
  ],
  ['refused five times before', range(1, 5, before), { outcome: 'notOwed' }, 'ask'],
  ['refused five times before and now', [...range(1, 5, before), ...range(6, 10, since)], alive, 'exhausted'],
  ['under way as the sixth attempt', [...range(1, 5, before), attempt(6, since, 'AWSPENDING')], alive, 'running'],
])('%s', async (_, versions, answer, state) => {
  expect(await watch(versions, answer)).toMatchObject({ state })
})

it.each<[string, readonly VersionEntry[], string]>([
  ['refused five times, long ago', range(1, 5, before), 'exhausted'],
  ['refused five times, and once more a moment ago', [...range(1, 5, before), attempt(6, timing.now())], 'exhausted'],
  ['under way as the sixth attempt', [...range(1, 5, before), attempt(6, since, 'AWSPENDING')], 'running'],
  ['settled, whenever', settled(1, before), 'settled'],
])('followed from elsewhere, where nobody knows when it was reported: %s', async (_, versions, state) => {
  expect(await watch(versions, { outcome: 'notOwed' }, true)).toMatchObject({ state })
})

it('followed from elsewhere, is not given up on between two attempts', async () => {
  const startedAt = timing.now()
  await watch([...range(1, 5, before), attempt(6, startedAt)], { outcome: 'notOwed' }, true)

  expect(timing.now() - startedAt).toBeGreaterThanOrEqual(29_000)
})

it('is asked about no more often than four times a minute', async () => {
  expect((await watch(settled(1, before), alive)).asked).toBeLessThanOrEqual(3)
})
