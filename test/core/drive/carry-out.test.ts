// One secret carried to where it is wanted: asked once, joined when it runs, tried again when refused, cleared when an incident cannot
// wait, left when a campaign can; and interrupted anywhere without asking twice.

import { describe, expect, it, test } from 'vitest'
import { Fault } from '../../../lambda/core/base/fault.ts'
import { createRateLimiter } from '../../../lambda/core/base/rate-limiter.ts'
import { carryOut, type JobOutcome, type JobParts, type RotationJob } from '../../../lambda/core/drive/carry-out.ts'
import { settleToken } from '../../../lambda/core/drive/settle-request.ts'
import { DEPLOYED } from '../../../lambda/core/rotation/bounds.ts'
import type { ProofAnswer } from '../../../lambda/core/rotation/proof-answer.ts'
import { makeRequestToken, readRequestToken } from '../../../lambda/core/secret/request-token.ts'
import type { Secret } from '../../../lambda/core/secret/secret.ts'
import { createRotatingFleet, FUNCTION_ARN, PREFIX } from '../../fakes/rotating-fleet.ts'
import { createVirtualTiming } from '../../fakes/virtual-timing.ts'

const NAME = `${PREFIX}billing`
const MINUTE = 60_000

const setUp = () => {
  const timing = createVirtualTiming()
  const world = createRotatingFleet(timing.now)
  const secret = world.add('billing')
  const jobParts: JobParts = {
    secrets: world.fleet,
    steps: world.steps,
    timing,
    limiter: createRateLimiter({ perSecond: 24, timing }),
    rotationFunctionArn: FUNCTION_ARN,
    bounds: DEPLOYED,
  }
  const revoke: RotationJob<string> = {
    secretId: NAME,
    intent: 'revoke',
    about: 'inc-7',
    since: timing.now(),
    until: 'settled',
    patienceMs: 40_000,
  }
  const rotate: RotationJob<string> = { ...revoke, intent: 'rotate', about: 'c-1', until: 'switched' }
  /** As a caller does: again, after the wait, until it ends. */
  const toTheEnd = async (job: RotationJob<string>, rounds = 60): Promise<JobOutcome<string>> => {
    for (let round = 0; round < rounds; round += 1) {
      const outcome = await carryOut(jobParts, job)
      if (outcome.outcome !== 'later') return outcome
      await timing.wait(Math.max(1000, outcome.waitMs))
    }
    throw new Error(`not over after ${rounds} rounds`)
  }
  const intents = () => world.asked.map(({ intent }) => intent)
  const current = () => world.holder('billing', 'AWSCURRENT') ?? ''
  return { timing, world, secret, jobParts, revoke, rotate, toTheEnd, intents, current }
}

describe('a rotate', () => {
  it('is asked for once, and done when AWSCURRENT carries its token', async () => {
    const { world, jobParts, rotate, current } = setUp()

    const outcome = await carryOut(jobParts, rotate)

    expect(outcome).toMatchObject({ outcome: 'done', requestToken: current(), attempts: 1 })
    expect(world.asked).toHaveLength(1)
    expect(readRequestToken(current()).origin).toBe('rotate')
  })

  it('costs one list of the versions and a few looks', async () => {
    const { world, jobParts, rotate } = setUp()

    await carryOut(jobParts, rotate)

    expect(world.calls).toMatchObject({ listVersions: 1, rotate: 1 })
    expect(world.calls.describe).toBeLessThanOrEqual(4)
  })

  it('asked for again under the same id, joins what runs and finds what is done', async () => {
    const { world, jobParts, rotate, timing } = setUp()
    const first = carryOut(jobParts, rotate)
    const second = carryOut(jobParts, rotate)

    const [one, other] = await Promise.all([first, second])
    timing.advance(24 * 60 * MINUTE)
    const third = await carryOut(jobParts, rotate)

    expect([one.outcome, other.outcome, third.outcome]).toEqual(['done', 'done', 'done'])
    expect(world.asked).toHaveLength(1)
  })

  it('that an old reply does not show yet is not asked for twice', async () => {
    const { world, jobParts, rotate } = setUp()
    const { describe: look, listVersions, rotate: ask } = jobParts.secrets
    const before = { secret: await look(rotate.secretId), versions: await listVersions(rotate.secretId) }
    let old = 0
    const secrets: typeof jobParts.secrets = {
      describe: async (secretId) => (old > 0 ? before.secret : look(secretId)),
      listVersions: async (secretId) => {
        old -= 1
        return old >= 0 ? before.versions : listVersions(secretId)
      },
      rotate: async (secretId, token) => {
        old = 2
        return ask(secretId, token)
      },
    }

    const { outcome } = await carryOut({ ...jobParts, secrets }, rotate)

    expect(outcome).toBe('done')
    expect(world.asked).toHaveLength(1)
  })

  it('that was refused is tried once more, under a new token, and then reported', async () => {
    const { world, toTheEnd, rotate } = setUp()
    world.ends(() => 'refuses')

    const outcome = await toTheEnd(rotate)

    expect(outcome).toMatchObject({ outcome: 'failed', why: 'refused', attempts: 2 })
    expect(new Set(world.asked.map(({ token }) => token)).size).toBe(2)
  })

  it('that was refused once goes through the second time', async () => {
    const { world, toTheEnd, rotate, current } = setUp()
    world.ends((_name, _intent, nth) => (nth === 1 ? 'refuses' : 'succeeds'))

    expect(await toTheEnd(rotate)).toMatchObject({ outcome: 'done', attempts: 2, requestToken: current() })
  })

  it('that is stuck is driven on after ten minutes, and left to the sweep where that does not end it', async () => {
    const { world, jobParts, toTheEnd, rotate, timing } = setUp()
    world.ends(() => 'sticks')
    Object.assign(jobParts, { steps: { ask: async () => 'failed' } })
    const startedAt = timing.now()

    expect(await toTheEnd(rotate)).toMatchObject({ outcome: 'failed', why: 'stuck' })

    expect(timing.now() - startedAt).toBeGreaterThanOrEqual(10 * MINUTE)
    expect(timing.now() - startedAt).toBeLessThan(12 * MINUTE)
    expect(world.cleared).toEqual([])
  })

  it('is not begun where the caller has something against it, and nothing is called but one look and one list', async () => {
    const { world, jobParts, rotate } = setUp()

    const outcome = await carryOut(jobParts, { ...rotate, mayBegin: () => 'held' })

    expect(outcome).toEqual({ outcome: 'skipped', why: 'held' })
    expect(world.asked).toEqual([])
  })

  it('that somebody rotated over has done its part', async () => {
    const { world, jobParts, rotate, timing } = setUp()
    await carryOut(jobParts, rotate)
    world.rotateByHand('billing', '9d1a0000-0000-4000-8000-000000000000')
    timing.advance(MINUTE)

    expect(await carryOut(jobParts, rotate)).toMatchObject({ outcome: 'done' })
    expect(world.asked).toHaveLength(1)
  })
})

describe('a settle', () => {
  it('is asked for under the token that the sweep would use', async () => {
    const { world, jobParts, rotate, timing, current, secret } = setUp()
    await carryOut(jobParts, rotate)
    const switched = current()
    timing.advance(24 * 60 * MINUTE)
    const expected = settleToken({ secretArn: secret.arn, currentId: switched }, [], timing.now())

    expect(await carryOut(jobParts, { ...rotate, until: 'settled' })).toMatchObject({ outcome: 'done' })

    expect(world.asked.at(-1)?.token).toBe(expected)
    expect(current()).toBe(expected)
  })

  it('that the sweep asked for is joined', async () => {
    const { world, jobParts, rotate, timing, current, secret } = setUp()
    await carryOut(jobParts, rotate)
    const token = settleToken({ secretArn: secret.arn, currentId: current() }, [], timing.now())
    world.rotateByHand('billing', token)

    expect(await carryOut(jobParts, { ...rotate, until: 'settled' })).toMatchObject({ outcome: 'done' })

    expect(world.asked.filter(({ intent }) => intent === 'settle')).toEqual([])
  })

  it('waits for the caller', async () => {
    const { world, jobParts, rotate } = setUp()
    await carryOut(jobParts, rotate)

    const outcome = await carryOut(jobParts, { ...rotate, until: 'settled', maySettle: () => 'overlapOpen' })

    expect(outcome).toEqual({ outcome: 'skipped', why: 'overlapOpen' })
    expect(world.asked).toHaveLength(1)
  })

  it('that keeps being refused is reported, and the switch stays', async () => {
    const { world, toTheEnd, rotate, current } = setUp()
    world.ends((_name, intent) => (intent === 'settle' ? 'refuses' : 'succeeds'))

    expect(await toTheEnd({ ...rotate, until: 'settled' })).toMatchObject({ outcome: 'failed', why: 'settleRefused' })

    expect(readRequestToken(current()).origin).toBe('rotate')
    expect(world.asked.filter(({ intent }) => intent === 'settle')).toHaveLength(2)
  })
})

describe('a revoke', () => {
  it('switches, settles at once, and is done when the settle has told its evidence', async () => {
    const { jobParts, revoke, intents, current } = setUp()

    expect(await carryOut(jobParts, revoke)).toMatchObject({ outcome: 'done', attempts: 1 })

    expect(intents()).toEqual(['revoke', 'settle'])
    expect(readRequestToken(current()).origin).toBe('settle')
  })

  it('asked for again, changes nothing', async () => {
    const { world, jobParts, revoke, timing } = setUp()
    await carryOut(jobParts, revoke)
    timing.advance(60 * MINUTE)

    expect(await carryOut(jobParts, revoke)).toMatchObject({ outcome: 'done', attempts: 1 })
    expect(world.asked).toHaveLength(2)
  })

  it('of another incident is a revoke of its own', async () => {
    const { jobParts, revoke, intents } = setUp()
    await carryOut(jobParts, revoke)

    await carryOut(jobParts, { ...revoke, about: 'inc-8' })

    expect(intents()).toEqual(['revoke', 'settle', 'revoke', 'settle'])
  })

  it('waits for a planned rotation that runs, and then goes', async () => {
    const { world, toTheEnd, revoke, timing } = setUp()
    const planned = makeRequestToken({
      origin: 'rotate',
      askedAt: timing.now(),
      secretArn: NAME,
      about: 'x',
      attempt: 1,
    })
    world.takes(() => 20_000)
    world.rotateByHand('billing', planned)

    expect(await toTheEnd(revoke)).toMatchObject({ outcome: 'done' })
    expect(world.cleared).toEqual([])
  })

  it('has what is stuck driven on after two minutes, not before, and goes on with the next attempt', async () => {
    const { world, toTheEnd, revoke, timing } = setUp()
    world.ends((_name, intent, nth) => (intent === 'revoke' && nth === 1 ? 'sticks' : 'succeeds'))
    const startedAt = timing.now()

    expect(await toTheEnd(revoke)).toMatchObject({ outcome: 'done', attempts: 2 })

    expect(world.cleared).toEqual([world.asked[0]?.token])
    const [, second] = world.asked
    expect((second?.at ?? 0) - startedAt).toBeGreaterThanOrEqual(2 * MINUTE)
    expect((second?.at ?? 0) - startedAt).toBeLessThan(2.2 * MINUTE)
  })

  it('has a stuck rotation of somebody else’s driven on, by the date of its version', async () => {
    const { world, toTheEnd, revoke, timing } = setUp()
    const foreign = '9d1a0000-0000-4000-8000-000000000000'
    world.rotateByHand('billing', foreign, 'sticks')
    timing.advance(90_000)
    const startedAt = timing.now()

    expect(await toTheEnd(revoke)).toMatchObject({ outcome: 'done' })

    expect(world.cleared).toEqual([foreign])
    expect((world.asked[0]?.at ?? 0) - startedAt).toBeGreaterThanOrEqual(30_000)
  })

  it('has a settle that is stuck driven on, and settles again', async () => {
    const { world, toTheEnd, revoke, intents } = setUp()
    world.ends((_name, intent, nth) => (intent === 'settle' && nth === 1 ? 'sticks' : 'succeeds'))

    expect(await toTheEnd(revoke)).toMatchObject({ outcome: 'done' })
    expect(intents()).toEqual(['revoke', 'settle', 'settle'])
    expect(world.cleared).toHaveLength(1)
  })

  it('gives up after five attempts', async () => {
    const { world, toTheEnd, revoke } = setUp()
    world.ends(() => 'refuses')

    expect(await toTheEnd(revoke)).toMatchObject({ outcome: 'failed', why: 'refused', attempts: 5 })
    expect(world.asked).toHaveLength(5)
  })

  it('that a console rotation overtook is asked for again: nothing has proven the leaked value dead', async () => {
    const { world, jobParts, toTheEnd, revoke, timing, intents } = setUp()
    world.ends((_name, intent) => (intent === 'settle' ? 'sticks' : 'succeeds'))
    await carryOut(jobParts, { ...revoke, until: 'switched' })
    world.rotateByHand('billing', '9d1a0000-0000-4000-8000-000000000000')
    timing.advance(MINUTE)
    world.ends(() => 'succeeds')

    expect(await toTheEnd(revoke)).toMatchObject({ outcome: 'done', attempts: 2 })
    expect(intents()).toEqual(['revoke', 'revoke', 'settle'])
  })

  it('with a grace, rotates first; what a rotate could not do, a revoke does', async () => {
    const { world, toTheEnd, revoke, intents } = setUp()
    world.ends((_name, intent) => (intent === 'rotate' ? 'refuses' : 'succeeds'))

    expect(await toTheEnd({ ...revoke, isGraceful: true })).toMatchObject({ outcome: 'done', attempts: 2 })
    expect(intents()).toEqual(['rotate', 'revoke', 'settle'])
  })

  it('after a grace, does not keep what leaked for a replica that is behind: it revokes', async () => {
    const { secret, toTheEnd, revoke, intents } = setUp()
    secret.replicas = [{ region: 'eu-north-1', status: 'Failed' }]

    expect(await toTheEnd({ ...revoke, isGraceful: true })).toMatchObject({ outcome: 'done', attempts: 2 })
    expect(intents()).toEqual(['rotate', 'revoke', 'settle'])
  })
})

test('rotation that is switched off stops what is planned, and no revoke', async () => {
  const { secret, jobParts, revoke, rotate, toTheEnd } = setUp()
  Object.assign(secret, { rotationEnabled: false })

  expect(await carryOut(jobParts, rotate)).toMatchObject({ outcome: 'failed', why: 'notManaged', attempts: 0 })
  expect(await toTheEnd(revoke)).toMatchObject({ outcome: 'done' })
})

describe('what cannot be', () => {
  it.each([
    ['gone', (secret: { isDeleted: boolean }) => void Object.assign(secret, { isDeleted: true })],
    ['notManaged', (secret: object) => void Object.assign(secret, { rotationFunctionArn: 'another' })],
  ] as const)('is %s, at once', async (why, change) => {
    const { secret, jobParts, revoke } = setUp()
    change(secret)

    expect(await carryOut(jobParts, revoke)).toMatchObject({ outcome: 'failed', why, attempts: 0 })
  })

  it('is gone when there is no such secret', async () => {
    const { jobParts, revoke } = setUp()

    expect(await carryOut(jobParts, { ...revoke, secretId: `${PREFIX}other` })).toMatchObject({ why: 'gone' })
  })

  it('is rejected when AWS says so, with AWS’s words', async () => {
    const { world, jobParts, revoke } = setUp()
    world.fails((call) =>
      call === 'rotate'
        ? new Fault({ code: 'SECRETS_MANAGER_REJECTED', retryable: false, message: 'not authorized' })
        : undefined,
    )

    expect(await carryOut(jobParts, revoke)).toMatchObject({
      outcome: 'failed',
      why: 'rejected',
      message: 'SECRETS_MANAGER_REJECTED: not authorized',
    })
  })
})

describe('a passing failure', () => {
  it('is waited out, and the job is done', async () => {
    const { world, jobParts, revoke } = setUp()
    let left = 3
    world.fails(() => {
      left -= 1
      return left >= 0 ? world.throttled() : undefined
    })

    expect(await carryOut(jobParts, revoke)).toMatchObject({ outcome: 'done' })
  })

  it('that lasts longer than the patience is reported, and nothing is lost', async () => {
    const { world, jobParts, revoke } = setUp()
    world.fails(() => world.throttled())

    expect(await carryOut(jobParts, revoke)).toMatchObject({ outcome: 'later', because: 'unavailable' })

    world.fails(() => undefined)
    expect(await carryOut(jobParts, revoke)).toMatchObject({ outcome: 'done' })
  })

  it('is not what a defect is: that is thrown as it is', async () => {
    const { jobParts, revoke } = setUp()
    const broken = { ...jobParts.secrets, describe: () => Promise.reject(new TypeError('a defect')) }

    await expect(carryOut({ ...jobParts, secrets: broken }, revoke)).rejects.toThrow('a defect')
  })
})

describe('a revoke that is refused', () => {
  const refusedWith = async (answer: ProofAnswer) => {
    const place = setUp()
    place.world.ends(() => 'refuses')
    Object.assign(place.jobParts, { proofs: { prove: async () => answer } })
    return { ...place, end: await place.toTheEnd(place.revoke) }
  }

  it('ends as dead already where the client is deleted, and is asked for once', async () => {
    const { end, intents } = await refusedWith({ outcome: 'gone', refusals: 6 })

    expect(end).toMatchObject({ outcome: 'deadAlready', refusals: 6 })
    expect(intents()).toEqual(['revoke'])
  })

  it.each<ProofAnswer>([
    { outcome: 'notOwed' },
    { outcome: 'unknown', code: 'STYTCH_UNAVAILABLE', message: 'down' },
    { outcome: 'alive', code: 'STILL_ACCEPTED', message: 'it is accepted' },
  ])('is tried on, and fails, while nobody says so: $outcome', async (answer) => {
    const { end } = await refusedWith(answer)

    expect(end).toMatchObject({ outcome: 'failed', why: 'refused' })
  })
})

describe('a revoke whose settle’s label a person has moved on', () => {
  const dead = { outcome: 'refused', revokeToken: 'r', settleToken: 's', refusals: 3, signed: 'stored' } as const
  const unknown = { outcome: 'unknown', code: 'STYTCH_OUTCOME_UNKNOWN', message: 'it does not look settled' } as const

  /** @param cleanUpAfterMs when Secrets Manager takes AWSPENDING away; undefined: never, as of a rotation that does not end */
  const movedOn = async (cleanUpAfterMs: number | undefined, ...answers: readonly ProofAnswer[]) => {
    const place = setUp()
    const { jobParts, timing, secret, world } = place
    world.ends((_name, intent) => (intent === 'settle' ? 'sticks' : 'succeeds'))
    const { rotate: ask, describe: look } = jobParts.secrets
    let movedAt: number | undefined
    const labels = (token: string) => secret.versions.get(token)?.labels
    const rotate: typeof ask = async (secretId, token) => {
      const reply = await ask(secretId, token)
      if (readRequestToken(token).origin !== 'settle') return reply
      for (const version of secret.versions.values()) {
        version.labels.delete('AWSPREVIOUS')
        if (version.labels.delete('AWSCURRENT')) version.labels.add('AWSPREVIOUS')
      }
      labels(token)?.add('AWSCURRENT')
      movedAt = timing.now()
      return reply
    }
    const describeNow: typeof look = async (secretId) => {
      const seen = await look(secretId)
      const token = place.current()
      const isClean = movedAt !== undefined && cleanUpAfterMs !== undefined && timing.now() - movedAt >= cleanUpAfterMs
      if (!isClean || seen === undefined) return seen
      return { ...seen, labels: { ...seen.labels, [token]: ['AWSCURRENT'] } }
    }
    const left = [...answers]
    const askedAt: number[] = []
    const prove = async (): Promise<ProofAnswer> => {
      askedAt.push(timing.now() - (movedAt ?? 0))
      return left.shift() ?? unknown
    }
    Object.assign(jobParts, { secrets: { ...jobParts.secrets, rotate, describe: describeNow }, proofs: { prove } })
    return { ...place, askedAt, outcome: await carryOut(jobParts, place.revoke) }
  }

  it('is done, and asked about no more, once Secrets Manager has seen all steps end', async () => {
    const { outcome, askedAt } = await movedOn(2000)

    expect([outcome.outcome, askedAt]).toEqual(['done', []])
  })

  it('is asked about while that does not come, until Stytch is found to refuse what leaked', async () => {
    const { outcome, askedAt } = await movedOn(undefined, unknown, dead)

    expect(outcome).toMatchObject({ outcome: 'done' })
    expect(askedAt).toHaveLength(2)
    expect(askedAt[0]).toBeGreaterThanOrEqual(3000)
  })

  it('is not called done for its label', async () => {
    expect((await movedOn(undefined)).outcome).toMatchObject({ outcome: 'later', because: 'unavailable' })
  })
})

describe('a revoke that is found done', () => {
  const found = async (...answers: readonly ProofAnswer[]) => {
    const place = setUp()
    await place.toTheEnd(place.revoke)
    const asked: string[] = []
    const left = [...answers]
    Object.assign(place.jobParts, {
      proofs: {
        prove: async (secretArn: string) => {
          asked.push(secretArn)
          return left.shift() ?? answers.at(-1)
        },
      },
    })
    return { ...place, asked, again: await place.toTheEnd(place.revoke) }
  }
  const dead = { outcome: 'refused', revokeToken: 'r', settleToken: 's', refusals: 3, signed: 'stored' } as const

  it('is proven once more, and not asked for', async () => {
    const { again, asked, intents } = await found(dead)

    expect(again).toMatchObject({ outcome: 'done', attempts: 1 })
    expect(asked).toHaveLength(1)
    expect(intents()).toEqual(['revoke', 'settle'])
  })

  it('is revoked again where Stytch accepts what was revoked', async () => {
    const { again, intents } = await found(
      { outcome: 'alive', code: 'STILL_ACCEPTED', message: 'it is accepted' },
      dead,
    )

    expect(again).toMatchObject({ outcome: 'done', attempts: 2 })
    expect(intents()).toEqual(['revoke', 'settle', 'revoke', 'settle'])
  })

  it('is revoked again where Stytch accepted what leaked after it: its id was known before the leak', async () => {
    const place = setUp()
    await place.toTheEnd(place.revoke)
    place.timing.advance(60 * MINUTE)
    Object.assign(place.jobParts, { proofs: { prove: async () => dead } })
    const now = place.timing.now()

    const again = await place.toTheEnd({ ...place.revoke, since: now, aliveAt: now })

    expect(again).toMatchObject({ outcome: 'done', attempts: 2 })
    expect(place.intents()).toEqual(['revoke', 'settle', 'revoke', 'settle'])
    expect(await place.toTheEnd({ ...place.revoke, since: now, aliveAt: now })).toMatchObject({ attempts: 2 })
  })

  it('is revoked again where AWSCURRENT has moved on, so that nothing was tried', async () => {
    const { again, intents } = await found({ outcome: 'notOwed' }, dead)

    expect(again).toMatchObject({ outcome: 'done', attempts: 2 })
    expect(intents()).toEqual(['revoke', 'settle', 'revoke', 'settle'])
  })

  it('is not taken for done because a second attempt was refused', async () => {
    const place = setUp()
    await place.toTheEnd(place.revoke)
    place.world.ends(() => 'refuses')
    const alive = { outcome: 'alive', code: 'STILL_ACCEPTED', message: 'it is accepted' } as const
    Object.assign(place.jobParts, { proofs: { prove: async () => alive } })

    expect(await place.toTheEnd(place.revoke)).toMatchObject({ outcome: 'failed', why: 'refused' })
  })

  it('is asked about again while nobody can tell', async () => {
    const { again, asked } = await found({ outcome: 'unknown', code: 'STYTCH_UNAVAILABLE', message: 'down' }, dead)

    expect(again).toMatchObject({ outcome: 'done', attempts: 1 })
    expect(asked).toHaveLength(2)
  })

  it('of an inactive client is done by its slots', async () => {
    const { again, asked } = await found({ outcome: 'unknown', code: 'CLIENT_INACTIVE', message: 'inactive' })

    expect(again).toMatchObject({ outcome: 'done' })
    expect(asked).toHaveLength(1)
  })
})

describe('asked for again under the same id', () => {
  const dead = { outcome: 'refused', revokeToken: 'r', settleToken: 's', refusals: 3, signed: 'stored' } as const
  const attemptsOf = ({ world }: ReturnType<typeof setUp>) =>
    world.asked.map(({ token }) => readRequestToken(token).attempt)
  /** All five attempts were refused; an hour later it is fixed. */
  const refused = async () => {
    const place = setUp()
    place.world.ends(() => 'refuses')
    expect(await place.toTheEnd(place.revoke)).toMatchObject({ outcome: 'failed', why: 'refused', attempts: 5 })
    place.timing.advance(60 * MINUTE)
    return { ...place, again: { ...place.revoke, since: place.timing.now() } }
  }

  it('a revoke that used up its attempts is tried anew, and its numbers go on', async () => {
    const place = await refused()
    place.world.ends(() => 'succeeds')

    expect(await place.toTheEnd(place.again)).toMatchObject({ outcome: 'done', attempts: 6 })

    expect(place.intents().slice(5)).toEqual(['revoke', 'settle'])
    expect(attemptsOf(place).slice(0, 6)).toEqual([1, 2, 3, 4, 5, 6])
  })

  it('is refused after five more, and after five more again', async () => {
    const place = await refused()

    expect(await place.toTheEnd(place.again)).toMatchObject({ outcome: 'failed', why: 'refused', attempts: 10 })
    place.timing.advance(60 * MINUTE)
    const third = { ...place.revoke, since: place.timing.now() }
    expect(await place.toTheEnd(third)).toMatchObject({ outcome: 'failed', why: 'refused', attempts: 15 })

    expect(place.world.asked).toHaveLength(15)
  })

  it('as a retry of the same report asks for nothing more', async () => {
    const place = await refused()
    place.world.ends(() => 'succeeds')

    expect(await place.toTheEnd(place.revoke)).toMatchObject({ outcome: 'failed', why: 'refused' })
    expect(place.world.asked).toHaveLength(5)
  })

  it('asks first whether Stytch refuses everything already', async () => {
    const place = await refused()
    Object.assign(place.jobParts, { proofs: { prove: async () => ({ outcome: 'gone', refusals: 6 }) } })

    expect(await place.toTheEnd(place.again)).toMatchObject({ outcome: 'deadAlready', refusals: 6 })
    expect(place.world.asked).toHaveLength(5)
  })

  it('asks nothing that could outlive the function: the rest of its time goes by, and the next one asks', async () => {
    const place = await refused()
    let asked = 0
    const prove = async () => {
      asked += 1
      return { outcome: 'gone', refusals: 6 }
    }
    Object.assign(place.jobParts, { proofs: { prove } })
    place.timing.restart(70_000)

    expect(await carryOut(place.jobParts, place.again)).toMatchObject({ outcome: 'later' })
    expect(asked).toBe(0)

    place.timing.restart(900_000)
    expect(await carryOut(place.jobParts, place.again)).toMatchObject({ outcome: 'deadAlready' })
  })

  it('joins what an earlier report has under way', async () => {
    const { world, timing, revoke, toTheEnd, jobParts, intents } = setUp()
    world.takes(() => 90_000)
    expect(await carryOut(jobParts, revoke)).toMatchObject({ outcome: 'later' })

    expect(await toTheEnd({ ...revoke, since: timing.now() })).toMatchObject({ outcome: 'done', attempts: 1 })
    expect(intents()).toEqual(['revoke', 'settle'])
  })

  it('a revoke that was done is proven once more, and not asked for where its value is still refused', async () => {
    const { jobParts, revoke, timing, toTheEnd, intents } = setUp()
    await toTheEnd(revoke)
    timing.advance(60 * MINUTE)
    Object.assign(jobParts, { proofs: { prove: async () => dead } })

    expect(await toTheEnd({ ...revoke, since: timing.now() })).toMatchObject({ outcome: 'done', attempts: 1 })
    expect(intents()).toEqual(['revoke', 'settle'])
  })

  it('a revoke whose settle was refused each time is settled', async () => {
    const { world, revoke, timing, toTheEnd, intents } = setUp()
    world.ends((_name, intent) => (intent === 'settle' ? 'refuses' : 'succeeds'))
    expect(await toTheEnd(revoke)).toMatchObject({ outcome: 'failed', why: 'settleRefused' })
    world.ends(() => 'succeeds')
    timing.advance(60 * MINUTE)
    expect(await toTheEnd(revoke)).toMatchObject({ outcome: 'failed', why: 'settleRefused' })

    expect(await toTheEnd({ ...revoke, since: timing.now() })).toMatchObject({ outcome: 'done' })
    expect(intents().filter((intent) => intent === 'settle')).toHaveLength(6)
  })

  it('a planned rotation that was refused twice is tried anew', async () => {
    const { world, rotate, timing, toTheEnd } = setUp()
    world.ends(() => 'refuses')
    expect(await toTheEnd(rotate)).toMatchObject({ outcome: 'failed', why: 'refused', attempts: 2 })
    world.ends(() => 'succeeds')
    timing.advance(60 * MINUTE)

    expect(await toTheEnd({ ...rotate, since: timing.now() })).toMatchObject({ outcome: 'done', attempts: 3 })
  })

  it('with a grace begins with a rotate once more', async () => {
    const place = await refused()
    place.world.ends(() => 'succeeds')

    expect(await place.toTheEnd({ ...place.again, isGraceful: true })).toMatchObject({ outcome: 'done' })
    expect(place.intents().slice(5)).toEqual(['rotate', 'settle'])
  })
})

describe('replies that are some seconds old', () => {
  /** Each reply shows the secret as it was so long ago, as far back as it is known. */
  const behind = (place: ReturnType<typeof setUp>, ms: number): void => {
    const { jobParts, world, timing } = place
    const shown = new Map<string, { readonly at: number; readonly secret: Secret | undefined }[]>()
    const older = async (call: string, secretId: string, read: () => Promise<Secret | undefined>) => {
      const views = shown.get(call + secretId) ?? []
      views.push({ at: timing.now(), secret: await read() })
      shown.set(call + secretId, views)
      return views.findLast(({ at }) => at <= timing.now() - ms)?.secret ?? views[0]?.secret
    }
    const { secrets } = jobParts
    Object.assign(jobParts, {
      secrets: { ...secrets, describe: (id: string) => older('describe', id, () => world.fleet.describe(id)) },
    })
  }

  it.each([1000, 3000, 5000])('by %i ms: a rotate is asked for once, and done', async (ms) => {
    const place = setUp()
    behind(place, ms)

    expect(await carryOut(place.jobParts, place.rotate)).toMatchObject({ outcome: 'done', attempts: 1 })
    expect(place.world.asked).toHaveLength(1)
  })

  it.each([1000, 3000, 5000])('by %i ms: a revoke and its settle are asked for once each', async (ms) => {
    const place = setUp()
    behind(place, ms)

    expect(await carryOut(place.jobParts, place.revoke)).toMatchObject({ outcome: 'done', attempts: 1 })
    expect(place.intents()).toEqual(['revoke', 'settle'])
  })
})

describe('interrupted at any call', () => {
  it.each(['describe', 'listVersions', 'rotate'] as const)(
    '%s: goes on where it was, and asks nothing twice',
    async (call) => {
      for (let nth = 1; nth <= 8; nth += 1) {
        const { world, jobParts, revoke, toTheEnd, intents } = setUp()
        let left = nth
        // The process is gone before the call, or after its effect.
        const killing = {
          ...world.fleet,
          [call]: async (...args: never[]) => {
            const act = world.fleet[call] as (...all: never[]) => Promise<unknown>
            left -= 1
            if (left === 0) {
              if (nth % 2 === 0) await act(...args)
              throw new TypeError('killed')
            }
            return act(...args)
          },
        }
        await carryOut({ ...jobParts, secrets: killing }, revoke).catch(() => {})

        expect(await toTheEnd(revoke)).toMatchObject({ outcome: 'done', attempts: 1 })
        expect(intents()).toEqual(['revoke', 'settle'])
      }
    },
  )
})

describe('patience', () => {
  it('ends the call, not the job', async () => {
    const { world, jobParts, revoke, timing } = setUp()
    world.takes(() => 60_000)
    const startedAt = timing.now()

    expect(await carryOut(jobParts, revoke)).toMatchObject({ outcome: 'later', because: 'running' })
    expect(timing.now() - startedAt).toBeLessThanOrEqual(40_000)
  })

  it('does not wait for a turn that is too far away, and takes none', async () => {
    const { jobParts, revoke, timing, world } = setUp()
    const limiter = createRateLimiter({ perSecond: 1 / 600, timing })
    await limiter.take(0)

    expect(await carryOut({ ...jobParts, limiter }, revoke)).toMatchObject({ outcome: 'later', because: 'noTurn' })
    expect(world.asked).toEqual([])
  })

  it('looks again after it has waited for its turn', async () => {
    const { jobParts, rotate, timing, world } = setUp()
    const limiter = createRateLimiter({ perSecond: 0.1, timing })
    await limiter.take(0)
    const held = carryOut({ ...jobParts, limiter }, { ...rotate, mayBegin: ({ tags }) => tags['m2m:held'] })
    const secret = world.secrets.get(NAME)
    if (secret !== undefined) secret.tags = { 'm2m:held': 'since a moment ago' }

    expect(await held).toEqual({ outcome: 'skipped', why: 'since a moment ago' })
  })
})
