// The sweep over real HTTP, with the real rotation steps behind it: rotations that were killed at every outside call and given up, drift
// by a colleague, two sweeps at once, a list that is behind, a service that throttles. After every single call AWSCURRENT is looked at.

import { SecretsManagerClient, TagResourceCommand } from '@aws-sdk/client-secrets-manager'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createInvoke } from '../../lambda/adapters/aws/invoke.ts'
import { createRotationSteps } from '../../lambda/adapters/aws/rotation-steps.ts'
import { createSecrets } from '../../lambda/adapters/aws/secrets.ts'
import type { SignedCall } from '../../lambda/adapters/aws/signed-call.ts'
import type { M2mEvent } from '../../lambda/core/base/events.ts'
import type { FreezeState } from '../../lambda/core/rotation/freeze.ts'
import { noRecords } from '../../lambda/core/rotation/records.ts'
import { type Intent, intents } from '../../lambda/core/secret/request-token.ts'
import type { Secrets } from '../../lambda/core/secret/secrets.ts'
import { type SweepSummary, sweep } from '../../lambda/core/sweep/sweep.ts'
import type { RotationEvent } from '../../lambda/local/aws/rotation-driver.ts'
import { type Beginning, begin } from './positions.ts'
import {
  acceptedValues,
  createSeat,
  idUnder,
  isCurrentAccepted,
  register,
  rotateSecret,
  type Seat,
  type Subject,
  tokenFor,
  undisturbed,
  valueUnder,
} from './seat.ts'
import { ROTATION_ARN, SECRET_PREFIX } from './template-rights.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const SWEEP_EVERY_MS = 15 * MINUTE_MS
const OVERLAP_MS = 24 * HOUR_MS

let seat: Seat
/** The sweep's own. */
let client: SecretsManagerClient
beforeAll(async () => {
  seat = await createSeat()
  client = new SecretsManagerClient({
    ...seat.awsConfig('m2m-laptop-sweep-us-east-1'),
    requestHandler: seat.http,
  })
})
beforeEach(() => {
  seat.world.reset()
  seat.onInvoke = undisturbed(seat)
  seat.freeze = { read: async () => 'off' }
  published.length = 0
})
afterAll(async () => {
  client.destroy()
  await seat.close()
})

const published: M2mEvent[] = []
const notes: unknown[] = []

/** Lambda's answer for a step, as its API gives it. */
const lambda =
  (watch: () => void): SignedCall =>
  async ({ body }) => {
    const outcome = await seat.execute({
      event: JSON.parse(body) as RotationEvent,
      gate: (phase) => {
        if (phase === 'after') watch()
        return 'go'
      },
      onHang: () => {},
      timeMs: 600_000,
    })
    const failed = { status: 200, headers: { 'x-amz-function-error': 'Unhandled' }, body: JSON.stringify(outcome) }
    return outcome.ok ? { status: 200, headers: {}, body: 'null' } : failed
  }

interface SweepOptions {
  readonly secrets?: Secrets
  readonly watch?: () => void
}

/** Waits are cut short: only their order counts here. */
const runSweep = ({ secrets = createSecrets(client), watch = () => {} }: SweepOptions = {}): Promise<SweepSummary> =>
  sweep(
    {
      secrets,
      steps: createRotationSteps(createInvoke(lambda(watch)), ROTATION_ARN),
      freeze: seat.freeze,
      records: noRecords,
      events: {
        publish: async (events) => {
          published.push(...events)
        },
      },
      timing: {
        now: Date.now,
        remainingMs: () => 300_000,
        wait: (ms) => new Promise((resolve) => setTimeout(resolve, Math.min(ms, 20))),
      },
      journal: { note: (entry) => notes.push(entry) },
      secretNamePrefix: SECRET_PREFIX,
      rules: {
        rotationFunctionArn: ROTATION_ARN,
        stage: { periodMs: 30 * 24 * HOUR_MS, overlapMs: OVERLAP_MS },
        sweepEveryMs: SWEEP_EVERY_MS,
        longestHoldMs: 7 * 24 * HOUR_MS,
      },
    },
    seat.world.clock.now(),
  )

const nextSweep = async (options?: SweepOptions): Promise<SweepSummary> => {
  seat.world.clock.advance(SWEEP_EVERY_MS)
  const summary = await runSweep(options)
  await seat.aws.idle()
  return summary
}

const isStuck = ({ secretArn }: Subject): boolean => {
  const pending = idUnder(seat, secretArn, 'AWSPENDING')
  return pending !== undefined && pending !== idUnder(seat, secretArn, 'AWSCURRENT')
}
const isSettled = (subject: Subject): boolean =>
  seat.stytch.slots(subject.clientId)?.nextLastFour === null && isCurrentAccepted(seat, subject)
const currentId = ({ secretArn }: Subject): string => idUnder(seat, secretArn, 'AWSCURRENT') ?? ''

/** Asks for a rotation that is killed at the given outside call, and given up. @returns whether it came that far. */
const killAt = async (
  subject: Subject,
  intent: Intent,
  kill: { readonly call: number; readonly after: boolean },
): Promise<boolean> => {
  let calls = 0
  let wasKilled = false
  seat.onInvoke = (event) =>
    new Promise((resolve) => {
      if (wasKilled) return resolve({ ok: false, errorType: 'Runtime.ExitError', errorMessage: 'killed' })
      void seat
        .execute({
          event,
          gate: (phase) => {
            if (phase === 'before') calls += 1
            if (calls - 1 < kill.call || (phase === 'after') !== kill.after) return 'go'
            wasKilled = true
            return 'hang'
          },
          onHang: () => resolve({ ok: false, errorType: 'Runtime.ExitError', errorMessage: 'killed' }),
          timeMs: 600_000,
        })
        .then(resolve)
    })
  await rotateSecret(seat, subject, intent)
  seat.onInvoke = undisturbed(seat)
  return wasKilled
}

describe('an overlap', () => {
  test.each<[Beginning]>([['overlap'], ['rolledBack']])(
    '%s lasts as long as it may, and is then ended',
    async (beginning) => {
      const subject = await begin(seat, beginning)
      const both = acceptedValues(seat, subject)

      seat.world.clock.advance(OVERLAP_MS - 2 * SWEEP_EVERY_MS)
      await nextSweep()
      expect(acceptedValues(seat, subject)).toEqual(both)
      await nextSweep()
      expect(await nextSweep()).toMatchObject({ settlesAsked: 0 })

      expect(isSettled(subject)).toBe(true)
      expect(currentId(subject)).toMatch(/^settle-/)
    },
  )

  test('after a revoke is ended by the next sweep, with evidence', async () => {
    const subject = await begin(seat, 'overlapAfterRevoke')

    await nextSweep()

    expect(isSettled(subject)).toBe(true)
    expect(seat.aws.events().map(({ detailType }) => detailType)).toContain('Secret Revoked')
  })

  test('of a secret on hold lasts until it is released', async () => {
    const subject = await begin(seat, 'overlap')
    const held = new Date(seat.world.clock.now()).toISOString()
    await seat.client.send(
      new TagResourceCommand({ SecretId: subject.secretArn, Tags: [{ Key: 'm2m:held', Value: held }] }),
    )
    seat.world.clock.advance(3 * OVERLAP_MS)

    expect(await nextSweep()).toMatchObject({ settlesAsked: 0 })
    expect(acceptedValues(seat, subject)).toHaveLength(2)
  })
})

describe('a rotation that was killed at any outside call, and given up', () => {
  const beginnings: readonly Beginning[] = ['settled', 'overlap']
  const cases = intents.flatMap((intent) => beginnings.map((beginning) => [intent, beginning] as const))

  test.each(cases)(
    '%s from %s: no accepted AWSCURRENT dies, and it ends',
    async (intent, beginning) => {
      const violations: string[] = []
      let runs = 0
      for (let call = 0; ; call += 1) {
        let wasKilled = false
        for (const after of [false, true]) {
          seat.world.reset()
          seat.onInvoke = undisturbed(seat)
          const subject = await begin(seat, beginning)
          const before = acceptedValues(seat, subject)
          const at = `${intent} from ${beginning}, killed ${after ? 'after' : 'before'} call ${call}`
          if (!(await killAt(subject, intent, { call, after }))) continue
          wasKilled = true
          runs += 1
          let wasAccepted = isCurrentAccepted(seat, subject)
          const watch = (): void => {
            const isAccepted = isCurrentAccepted(seat, subject)
            if (wasAccepted && !isAccepted) violations.push(`${at}: AWSCURRENT died`)
            wasAccepted = isAccepted
          }
          for (let turn = 0; turn < 2; turn += 1) {
            await nextSweep({ watch })
            watch()
          }
          if (isStuck(subject)) violations.push(`${at}: still stuck`)
          if (intent === 'revoke') {
            const isDone = currentId(subject).startsWith('settle-') && isSettled(subject)
            if (!isDone) violations.push(`${at}: the revoke did not end`)
            const alive = before.filter((value) => acceptedValues(seat, subject).includes(value))
            if (alive.length > 0) violations.push(`${at}: a revoked value is accepted`)
          }
          seat.world.clock.advance(OVERLAP_MS)
          for (let turn = 0; turn < 2; turn += 1) await nextSweep({ watch })
          if (!isSettled(subject)) violations.push(`${at}: not settled at the end`)
        }
        if (!wasKilled) break
      }

      expect(violations).toEqual([])
      expect(runs).toBeGreaterThan(4)
    },
    300_000,
  )
})

describe('somebody in the dashboard', () => {
  test('who completed a stuck rotation made its value the only one that works: AWSCURRENT moves there', async () => {
    const subject = await begin(seat, 'settled')
    await killAt(subject, 'rotate', { call: 8, after: false })
    const pending = valueUnder(seat, subject.secretArn, 'AWSPENDING')
    seat.stytch.dashboard.rotateComplete(subject.clientId)
    expect(isCurrentAccepted(seat, subject)).toBe(false)

    await nextSweep()

    expect(pending).toBeDefined()
    expect(valueUnder(seat, subject.secretArn, 'AWSCURRENT')).toBe(pending)
    expect(isCurrentAccepted(seat, subject)).toBe(true)
  })

  test('who cancelled one is no hindrance: it is cleared, and the secret settles', async () => {
    const subject = await begin(seat, 'settled')
    await killAt(subject, 'rotate', { call: 8, after: false })
    seat.stytch.dashboard.rotateCancel(subject.clientId)

    await nextSweep()

    expect(isStuck(subject)).toBe(false)
    expect(isSettled(subject)).toBe(true)
  })

  test('who brought drift about is told of, again and again but not at each sweep, and nothing is started', async () => {
    const subject = await begin(seat, 'cancelledUnderUs')
    const before = acceptedValues(seat, subject)
    seat.world.clock.advance(OVERLAP_MS)
    let asked = 0
    for (let turn = 0; turn < 30; turn += 1) asked += (await nextSweep()).settlesAsked

    expect(asked).toBeLessThanOrEqual(5)
    expect(published.filter(({ type }) => type === 'Settle Refusing').length).toBeGreaterThanOrEqual(1)
    expect(acceptedValues(seat, subject)).toEqual(before)
    expect(seat.aws.events().some(({ detailType }) => detailType === 'Drift Detected')).toBe(true)
  }, 120_000)
})

describe('many secrets', () => {
  const fill = async (count: number): Promise<readonly Subject[]> => {
    const subjects: Subject[] = []
    for (let made = 0; made < count; made += 1) {
      const subject = await register(seat)
      await rotateSecret(seat, subject, 'rotate')
      subjects.push(subject)
    }
    seat.world.clock.advance(OVERLAP_MS)
    return subjects
  }
  const settles = () =>
    seat.aws
      .rotationOutcomes()
      .filter(({ outcome, token }) => outcome === 'started' && token.startsWith('settle-'))
      .map(({ secretId }) => secretId)

  test('two sweeps at once settle each of them once', async () => {
    const subjects = await fill(6)

    const summaries = await Promise.all([runSweep(), runSweep()])
    await seat.aws.idle()

    expect(summaries.map(({ failed }) => failed)).toEqual([0, 0])
    expect(settles().sort()).toEqual(subjects.map(({ secretArn }) => secretArn).sort())
    for (const subject of subjects) expect(isSettled(subject)).toBe(true)
  })

  test('a list that is five minutes behind makes nothing happen twice, and hides nothing for long', async () => {
    const subjects = await fill(3)
    seat.aws.configure({ listLagMs: 5 * MINUTE_MS })

    await nextSweep()
    const again = await runSweep()
    await seat.aws.idle()

    expect(again).toMatchObject({ settlesAsked: 0, busy: 0, failed: 0 })
    expect(settles()).toHaveLength(subjects.length)
  })

  test('a service that throttles is asked more slowly, until all is done', async () => {
    const subjects = await fill(4)
    for (const op of ['RotateSecret', 'DescribeSecret', 'ListSecrets']) {
      seat.aws.faults.add({ op, kind: 'throttle', count: 6 })
    }

    const summary = await nextSweep()

    expect(summary).toMatchObject({ settlesAsked: subjects.length, failed: 0 })
    expect(summary.throttles).toBeGreaterThan(0)
  })

  test('a sweep that is killed before any of its calls leaves the rest to the next', async () => {
    await fill(3)
    const secrets = createSecrets(client)
    for (let kill = 0; kill < 10; kill += 1) {
      let calls = 0
      let die = (): void => {}
      const death = new Promise<void>((resolve) => {
        die = resolve
      })
      const dying = Object.fromEntries(
        Object.entries(secrets).map(([name, call]) => [
          name,
          (...args: readonly unknown[]) => {
            calls += 1
            if (calls <= kill) return (call as (...all: readonly unknown[]) => unknown)(...args)
            die()
            return new Promise(() => {})
          },
        ]),
      ) as unknown
      await Promise.race([runSweep({ secrets: dying as Secrets }), death])
      await seat.aws.idle()
    }

    await nextSweep()

    expect(settles().length).toBe(3)
    expect(new Set(settles()).size).toBe(3)
  })
})

describe('in a freeze', () => {
  test.each<[FreezeState, string, boolean]>([
    ['planned', 'overlap', false],
    ['planned', 'overlapAfterRevoke', true],
    ['all', 'overlapAfterRevoke', false],
  ])('%s, from %s: settles %s', async (freeze, beginning, settles) => {
    const subject = await begin(seat, beginning as Beginning)
    seat.world.clock.advance(OVERLAP_MS)
    seat.freeze = { read: async () => freeze }

    await nextSweep()

    expect(isSettled(subject)).toBe(settles)
    expect(isStuck(subject)).toBe(false)
  })

  test('what Secrets Manager starts by itself stops at its beginning, and is no stuck rotation', async () => {
    const subject = await begin(seat, 'settled')
    seat.freeze = { read: async () => 'planned' }

    await rotateSecret(seat, subject, 'rotate')

    expect(isStuck(subject)).toBe(false)
    expect(seat.stytch.slots(subject.clientId)?.nextLastFour).toBeNull()
    expect(tokenFor(seat, subject.secretArn, 'rotate')).toMatch(/^rotate-/)
  })
})
