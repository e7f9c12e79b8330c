// What a secret's metadata tells of a revoke: never nothing when there was one, never a time before the leaked value was dead.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  isDatedByLabels,
  isRecent,
  mayHideRevocation,
  revocationByLabels,
  revocationByVersions,
  type SecretHistory,
} from '../../../lambda/core/revocations/revocation.ts'
import { makeRequestToken, type Origin } from '../../../lambda/core/secret/request-token.ts'
import type { VersionEntry } from '../../../lambda/core/secret/secrets.ts'

const ARN = 'arn:aws:secretsmanager:eu-west-1:111111111111:secret:m2m/prod/orders-AbCdEf'
const NOON = Date.UTC(2026, 10, 2, 12)
const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

interface Life extends SecretHistory {
  readonly versions: readonly VersionEntry[]
}

/** Secrets Manager and the four steps, as far as metadata shows them. */
const createLife = () => {
  let now = NOON - 30 * 24 * HOUR_MS
  let versions: VersionEntry[] = []
  let lastRotatedAt: number | undefined
  let lastChangedAt = now
  /** When the value that a revoke replaced died. */
  const deaths: number[] = []
  let revokeOpen = false
  let made = 0
  const put = (label: string, to: string): void => {
    const holder = versions.find(({ labels }) => labels.includes(label))?.versionId
    versions = versions.map((one) => ({
      ...one,
      labels: one.versionId === to ? [...one.labels, label] : one.labels.filter((known) => known !== label),
    }))
    if (label === 'AWSCURRENT' && holder !== undefined) put('AWSPREVIOUS', holder)
  }
  const add = (origin: Origin | 'bare', labels: readonly string[]): string => {
    made += 1
    const versionId =
      origin === 'bare'
        ? `00000000-0000-4000-8000-${String(made).padStart(12, '0')}`
        : makeRequestToken({ origin, askedAt: now, secretArn: ARN, about: `life ${made}`, attempt: 1 })
    versions = [...versions, { versionId, labels: [...labels], createdAt: now }]
    return versionId
  }
  const pass = (ms: number): void => {
    now += ms
  }
  put('AWSCURRENT', add('register', []))
  return {
    pass,
    now: () => now,
    deaths,
    isOpen: () => revokeOpen,
    rotate: (origin: Exclude<Origin, 'register' | 'adopt'> | 'bare', succeeds: boolean, stepMs: number): void => {
      const id = add(origin, ['AWSPENDING'])
      pass(stepMs)
      if (
        succeeds &&
        revokeOpen &&
        (origin === 'settle' || origin === 'rotate' || origin === 'bare' || origin === 'revoke')
      ) {
        // The slot of the leaked value is retired inside of this rotation, before its label moves.
        deaths.push(now)
        revokeOpen = false
      }
      pass(stepMs)
      versions = versions.map((one) => ({ ...one, labels: one.labels.filter((label) => label !== 'AWSPENDING') }))
      if (succeeds) {
        put('AWSCURRENT', id)
        lastChangedAt = now
        if (origin === 'revoke') revokeOpen = true
        pass(stepMs)
        lastRotatedAt = now
      }
    },
    /** A tag, a policy, a replica: whatever moves LastChangedDate. */
    touch: (): void => {
      lastChangedAt = now
    },
    /** The last rotation was driven on by the sweep, and Secrets Manager knows of no end. */
    forgetRotated: (at: number | undefined): void => {
      lastRotatedAt = at
    },
    begin: (origin: Origin | 'bare'): void => {
      add(origin, ['AWSPENDING'])
      lastChangedAt = now
    },
    shown: (): Life => ({
      arn: ARN,
      createdAt: NOON - 30 * 24 * HOUR_MS,
      lastChangedAt,
      lastRotatedAt,
      labels: Object.fromEntries(
        versions.filter(({ labels }) => labels.length > 0).map(({ versionId, labels }) => [versionId, labels]),
      ),
      versions,
    }),
  }
}

/** As the list of revocations asks. */
const judge = (life: Life, now: number) => {
  const byLabels = revocationByLabels(life)
  if (byLabels !== undefined) {
    return isDatedByLabels(life) ? byLabels : (revocationByVersions(life, life.versions) ?? byLabels)
  }
  return mayHideRevocation(life, now) ? revocationByVersions(life, life.versions) : undefined
}

describe('the labels', () => {
  test('of a secret that was never revoked tell of nothing', () => {
    const life = createLife()
    life.rotate('rotate', true, 100)
    life.rotate('settle', true, 100)

    expect(revocationByLabels(life.shown())).toBeUndefined()
  })

  test('of a revoke that waits for its settle say so, from when it was asked for', () => {
    const life = createLife()
    const askedAt = life.now()
    life.rotate('revoke', true, 100)

    expect(revocationByLabels(life.shown())).toEqual({ state: 'revoking', notBefore: askedAt / 1000 + 1 })
  })

  test('of a settled revoke say when its value was dead at the latest, to the second after', () => {
    const life = createLife()
    life.rotate('revoke', true, 100)
    life.rotate('settle', true, 400)
    const { lastRotatedAt = 0 } = life.shown()

    expect(revocationByLabels(life.shown())).toEqual({
      state: 'revoked',
      notBefore: Math.floor(lastRotatedAt / 1000) + 1,
    })
  })

  test('count the later of two dates, should one lag behind the other', () => {
    const life = createLife()
    life.rotate('revoke', true, 100)
    life.rotate('settle', true, 400)
    const shown = life.shown()

    const early = revocationByLabels({ ...shown, lastRotatedAt: shown.lastRotatedAt && shown.lastRotatedAt - HOUR_MS })

    expect(early?.notBefore).toBe(Math.floor((shown.lastChangedAt ?? 0) / 1000) + 1)
  })
})

describe('what lies behind the labels', () => {
  test('is asked for only where more than one rotation may have ended within the hour', () => {
    const life = createLife()
    life.rotate('rotate', true, 100)
    life.pass(24 * HOUR_MS)
    life.rotate('settle', true, 100)

    expect(mayHideRevocation(life.shown(), life.now())).toBe(false)
    life.rotate('rotate', true, 100)
    expect(mayHideRevocation(life.shown(), life.now())).toBe(true)
  })

  test('is found: a revoke, its settle, and a rotation since', () => {
    const life = createLife()
    life.rotate('revoke', true, 100)
    life.rotate('settle', true, 100)
    life.pass(5 * MINUTE_MS)
    life.rotate('rotate', true, 100)

    const found = judge(life.shown(), life.now())

    expect(found?.state).toBe('revoked')
    expect((found?.notBefore ?? 0) * 1000).toBeGreaterThan(life.deaths[0] ?? 0)
  })

  test('is not made up: a revoke that failed, and was cleared, revoked nothing', () => {
    const life = createLife()
    life.rotate('rotate', true, 100)
    life.rotate('revoke', false, 100)

    expect(revocationByVersions(life.shown(), life.shown().versions)).toBeUndefined()
  })
})

describe('the date of a revoke that is settled', () => {
  const settled = () => {
    const life = createLife()
    life.rotate('revoke', true, 100)
    life.rotate('settle', true, 400)
    const { notBefore = 0 } = revocationByLabels(life.shown()) ?? {}
    return { life, notBefore }
  }

  test('is not moved by a tag, a policy or a replica', () => {
    const { life, notBefore } = settled()
    for (const pause of [1000, MINUTE_MS, 3 * HOUR_MS]) {
      life.pass(pause)
      life.touch()

      expect(judge(life.shown(), life.now())).toEqual({ state: 'revoked', notBefore })
    }
    expect(isRecent({ state: 'revoked', notBefore }, life.now())).toBe(false)
  })

  test('is not moved by the next planned rotation, while it runs and once it is done', () => {
    const { life, notBefore } = settled()
    life.pass(30 * 24 * HOUR_MS)
    life.begin('rotate')
    expect(judge(life.shown(), life.now())).toEqual({ state: 'revoked', notBefore })
    life.rotate('rotate', true, 100)

    const after = judge(life.shown(), life.now())
    expect(after === undefined || !isRecent(after, life.now())).toBe(true)
  })

  test.each(['rotate', 'bare'] as const)(
    'is not moved by a rotation (%s) since one of the schedule, whose id is bare',
    (origin) => {
      const { life } = settled()
      life.pass(30 * 24 * HOUR_MS)
      life.rotate('bare', true, 100)
      life.pass(24 * HOUR_MS)
      life.rotate(origin, true, 100)
      life.touch()

      const found = judge(life.shown(), life.now())
      expect(found === undefined || !isRecent(found, life.now())).toBe(true)
    },
  )

  test('is that of the rotation which ended it, where a schedule was quicker than the settle', () => {
    const life = createLife()
    life.rotate('revoke', true, 100)
    life.rotate('bare', true, 400)
    const { lastRotatedAt = 0, versions, ...secret } = life.shown()
    life.pass(20 * MINUTE_MS)
    life.touch()

    const touched = { ...secret, lastRotatedAt, lastChangedAt: life.now() }
    expect(isDatedByLabels(touched)).toBe(false)
    expect(revocationByVersions(touched, versions)).toEqual({
      state: 'revoked',
      notBefore: Math.floor(lastRotatedAt / 1000) + 1,
    })
  })

  test('of a settle that was driven on is its label’s move, and never later than a settle may take', () => {
    const life = createLife()
    life.rotate('revoke', true, 100)
    const { lastRotatedAt } = life.shown()
    life.pass(1000)
    const askedAt = life.now()
    life.rotate('settle', true, 20 * MINUTE_MS)
    life.forgetRotated(lastRotatedAt)
    const { lastChangedAt: movedAt = 0 } = life.shown()

    expect(judge(life.shown(), life.now())?.notBefore).toBe(Math.floor(movedAt / 1000) + 1)
    life.pass(24 * HOUR_MS)
    life.touch()
    expect(judge(life.shown(), life.now())?.notBefore).toBe(Math.floor((askedAt + 2 * HOUR_MS) / 1000) + 1)
  })

  test('is what the rotation function recorded, or the proof says, where that is known', () => {
    const { life } = settled()
    const { labels, versions } = life.shown()
    const currentId = Object.keys(labels).find((id) => labels[id]?.includes('AWSCURRENT')) ?? ''
    const at = life.now() - 5000
    const expected = { state: 'revoked', notBefore: Math.floor(at / 1000) + 1 }

    expect(revocationByLabels(life.shown(), { recorded: new Map([[currentId, at]]) })).toEqual(expected)
    expect(revocationByLabels(life.shown(), { provenAt: at })).toEqual(expected)
    expect(revocationByVersions(life.shown(), versions, { provenAt: at })).toEqual(expected)
  })

  test('of a revoke under a token that bears a date to come is when Secrets Manager made its version', () => {
    const life = createLife()
    const { versions, ...secret } = life.shown()
    const versionId = makeRequestToken({
      origin: 'revoke',
      askedAt: 9_999_999_999_999,
      secretArn: ARN,
      about: 'x',
      attempt: 1,
    })
    const createdAt = life.now()
    const labels = {
      ...Object.fromEntries(Object.keys(secret.labels).map((id) => [id, ['AWSPREVIOUS']])),
      [versionId]: ['AWSCURRENT'],
    }
    const forged = { ...secret, labels, lastChangedAt: createdAt + 3 * HOUR_MS }
    const entry = { versionId, createdAt, labels: ['AWSCURRENT'] }

    expect(isDatedByLabels(forged)).toBe(false)
    expect(revocationByVersions(forged, [...versions, entry])).toEqual({
      state: 'revoking',
      notBefore: Math.floor(createdAt / 1000) + 1,
    })
    expect(revocationByLabels(forged)?.notBefore).toBeLessThanOrEqual(forged.lastChangedAt / 1000 + 1)
  })
})

interface Act {
  readonly origin: 'rotate' | 'revoke' | 'settle' | 'bare'
  readonly succeeds: boolean
  readonly stepMs: number
  readonly pauseMs: number
}

/**
 * After each rotation, and a tag since: a revoke of the last hour is reported, never with a time before the death, nor with one after the
 * last switch, since which good tokens have been issued.
 */
const expectReported = (acts: readonly Act[]): void => {
  const life = createLife()
  life.pass(40 * HOUR_MS)
  let switchedAt = 0
  for (const { origin, succeeds, stepMs, pauseMs } of acts) {
    life.rotate(origin, succeeds, stepMs)
    if (succeeds) switchedAt = life.now()
    life.pass(pauseMs)
    life.touch()
    const now = life.now()
    const found = judge(life.shown(), now)
    const death = life.deaths.at(-1)
    if (life.isOpen()) expect(found?.state).toBe('revoking')
    else if (death !== undefined && death > now - HOUR_MS) {
      expect(found?.state).toBe('revoked')
      expect((found?.notBefore ?? 0) * 1000).toBeGreaterThan(death)
    }
    expect(found?.notBefore ?? 0).toBeLessThanOrEqual(Math.floor(switchedAt / 1000) + 1)
  }
}

test('a value that died a while after the rotation that ended it was asked for is reported for an hour from its death', () => {
  expectReported([
    { origin: 'revoke', succeeds: true, stepMs: 1, pauseMs: 0 },
    { origin: 'rotate', succeeds: true, stepMs: 3497, pauseMs: 867_319 },
    { origin: 'rotate', succeeds: true, stepMs: 1539, pauseMs: 1_165_092 },
    { origin: 'rotate', succeeds: false, stepMs: 18_559, pauseMs: 1_012_203 },
    { origin: 'rotate', succeeds: false, stepMs: 8109, pauseMs: 486_942 },
  ])
})

test('nor is it hidden by a rotation that was stuck for hours', () => {
  expectReported([
    { origin: 'revoke', succeeds: true, stepMs: 100, pauseMs: 0 },
    { origin: 'rotate', succeeds: true, stepMs: 5 * HOUR_MS, pauseMs: MINUTE_MS },
    { origin: 'rotate', succeeds: true, stepMs: 100, pauseMs: 50 * MINUTE_MS },
    { origin: 'rotate', succeeds: false, stepMs: 100, pauseMs: MINUTE_MS },
  ])
})

test('nothing is looked for behind a first value, nor once AWSCURRENT is older than a token lives', () => {
  const life = createLife()
  life.pass(24 * HOUR_MS)
  life.rotate('rotate', true, 100)
  expect(mayHideRevocation(life.shown(), life.now())).toBe(false)
  life.rotate('settle', true, 100)
  expect(mayHideRevocation(life.shown(), life.now())).toBe(true)
  life.pass(HOUR_MS + 10 * MINUTE_MS)
  expect(mayHideRevocation(life.shown(), life.now())).toBe(false)
})

test('whatever was rotated in whatever order, a revoke of the last hour is told, and never with a time before the death', () => {
  const act = fc.record({
    origin: fc.constantFrom('rotate', 'revoke', 'settle', 'bare' as const),
    succeeds: fc.boolean(),
    stepMs: fc.integer({ min: 1, max: 20_000 }),
    pauseMs: fc.integer({ min: 0, max: 20 * MINUTE_MS }),
  })

  fc.assert(fc.property(fc.array(act, { maxLength: 12 }), expectReported), { numRuns: 500 })
})
