// Our own executions against each other: the same step twice, a whole drive that overtakes another, rotations asked for at once, old
// tokens driven late, a rotation that the sweep clears while it runs. A share of what `npm run torture` runs in full.
import { RotateSecretCommand } from '@aws-sdk/client-secrets-manager'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Intent } from '../../lambda/core/secret/request-token.ts'
import { type Beginning, begin } from './positions.ts'
import type { ActName } from './race-acts.ts'
import { healFaults, runRace, runRaces } from './race-runs.ts'
import { createRaceWatch } from './race-watch.ts'
import { createSeat, idUnder, isCurrentAccepted, type Seat, tokenFor } from './seat.ts'

// Hundreds of runs each; a busy machine must not fail them.
vi.setConfig({ testTimeout: 300_000 })

let seat: Seat
beforeAll(async () => {
  seat = await createSeat()
})
afterAll(() => seat.close())

describe('our own executions', () => {
  const themes: readonly (readonly [string, readonly ActName[], number])[] = [
    ['two executions of one step, and two drives of one rotation', ['twin', 'overtake'], 20],
    [
      'a rotate, a revoke, a settle or a rollback asked for meanwhile',
      ['askRotate', 'askRevoke', 'askSettle', 'askRollback'],
      40,
    ],
    ['a late re-drive of an old token', ['lateUnlabelled', 'lateCurrent', 'latePrevious'], 30],
    [
      'a rotation cleared while it runs, and another in its place',
      ['clearedThenRotate', 'clearedThenRevoke', 'clearedThenSettle'],
      30,
    ],
  ]
  test.each(themes)(
    '%s: each converges or is named, and a revoke and a settle heal what is left',
    async (_theme, acts, least) => {
      const { runs, violations } = await runRaces(seat, { long: false, acts })

      expect(violations).toEqual([])
      expect(runs).toBeGreaterThan(least)
    },
  )

  test('two executions of createSecret, both held: the value that is stored first is kept, and the other execution says so', async () => {
    // The twin has its value and is held before storing it; the first finds a next secret that nobody stored, and makes its own.
    const result = await runRace(seat, { intent: 'rotate', beginning: 'settled', act: 'twin', at: 4, twinAt: 5 })

    const { ending } = result.ended.find(({ who }) => who === 'twin') ?? { ending: 'none' }
    expect(ending).toBe('failed CONCURRENT_EXECUTION')
    expect(result.lastEnding).toBe('done')
    expect(result.violations).toEqual([])
  })
})

describe('asked for at once', () => {
  const asks: readonly Intent[] = ['settle', 'rotate', 'revoke']
  const orders = asks.map((_ask, first) => [...asks.slice(first), ...asks.slice(0, first)])
  const places: readonly Beginning[] = ['settled', 'overlap', 'rolledBack', 'orphan']
  const cases = places.flatMap((beginning) => orders.map((order) => [beginning, order] as const))

  test.each(cases)('from %s, %j: RotateSecret takes one and refuses two', async (beginning, order) => {
    seat.world.reset()
    const subject = await begin(seat, beginning)
    const watch = createRaceWatch(seat, subject)
    seat.onInvoke = (event) => watch.run({ who: 'taken', event })

    const tokens = order.map((intent) => tokenFor(seat, subject.secretArn, intent))
    const answers = await Promise.allSettled(
      tokens.map((token) =>
        seat.client.send(new RotateSecretCommand({ SecretId: subject.secretArn, ClientRequestToken: token })),
      ),
    )
    await seat.aws.idle()

    const taken = tokens.filter((_token, at) => answers[at]?.status === 'fulfilled')
    const refusals = answers.flatMap((answer) => (answer.status === 'rejected' ? [String(answer.reason)] : []))
    expect(taken).toHaveLength(1)
    expect(refusals.filter((refusal) => refusal.includes("A previous rotation isn't complete"))).toHaveLength(2)
    expect(idUnder(seat, subject.secretArn, 'AWSCURRENT')).toBe(taken[0])
    expect(isCurrentAccepted(seat, subject)).toBe(true)
    expect(watch.kills).toEqual([])
    expect(await healFaults(watch, [])).toEqual([])
  })

  test.each(['rotate', 'settle'] as const)(
    '%s: a revoke asked for before any call is refused until AWSCURRENT has moved, and taken from then on',
    async (intent) => {
      const answers: string[] = []
      for (let at = 0, isHeld = true; isHeld; at += 1) {
        const result = await runRace(seat, { intent, beginning: 'overlap', act: 'askRevoke', at })
        const isMoved = !isHeld || result.heldBefore === undefined || result.heldBefore.op === 'PutEvents'
        answers.push(`${isMoved ? 'moved' : 'not yet'}: ${result.answers.join()}`)
        expect(result.violations).toEqual([])
        isHeld = result.heldBefore !== undefined
      }

      expect([...new Set(answers)]).toEqual(['not yet: refused', 'moved: taken'])
    },
  )
})
