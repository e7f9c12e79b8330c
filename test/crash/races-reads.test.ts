// How a rotation reads what it decides on, and how it names what stopped it, when something comes in between.
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { begin } from './positions.ts'
import { acts } from './race-acts.ts'
import { runRace } from './race-runs.ts'
import { createRaceWatch } from './race-watch.ts'
import { createSeat, rotateSecret, type Seat } from './seat.ts'

vi.setConfig({ testTimeout: 300_000 })

let seat: Seat
beforeAll(async () => {
  seat = await createSeat()
})
afterAll(() => seat.close())

test.each(['rotate', 'settle'] as const)(
  '%s: AWSCURRENT moved back while a throttled complete waits is not killed',
  async (intent) => {
    seat.world.reset()
    const subject = await begin(seat, 'overlap')
    const watch = createRaceWatch(seat, subject)
    seat.stytch.server.faults.add({ op: 'RotateComplete', kind: 'throttle', retry_after: 10 })
    const oldTokens = { unlabelled: '', current: '', previous: undefined }
    const scene = { seat, subject, watch, token: '', step: 'setSecret', oldTokens, strangers: [], answers: [] } as const
    let completes = 0
    let isMoved = false
    seat.onInvoke = (event) =>
      watch.run({
        who: 'first',
        event,
        before: async (op) => {
          if (completes === 1 && !isMoved) {
            isMoved = true
            await acts.operatorMovesBack({ ...scene, strangers: [], answers: [] })
          }
          if (op === 'RotateComplete') completes += 1
        },
      })

    await rotateSecret(seat, subject, intent)

    expect(isMoved).toBe(true)
    expect(watch.kills).toEqual([])
  },
)

test.each([
  ['overtake', 3],
  ['clearedThenRotate', 2],
  ['clearedThenRotate', 3],
  ['clearedThenRotate', 4],
] as const)('a rotate from settled, %s before call %i, kills no AWSCURRENT', async (act, at) => {
  const { kills } = await runRace(seat, { intent: 'rotate', beginning: 'settled', act, at })

  expect(kills).toEqual([])
})

test('two executions that refuse at once both name the refusal', async () => {
  const { lastEnding } = await runRace(seat, { intent: 'rotate', beginning: 'cancelledUnderUs', act: 'twin', at: 10 })

  expect(lastEnding).toBe('refused cancelledUnderUs')
})

test.each([
  ['overlapAfterRevoke', 4],
  ['overlapAfterRevoke', 8],
  ['overlap', 4],
  ['overlap', 8],
] as const)(
  'a settle from %s whose label is moved on by hand before call %i ends the other slot all the same',
  async (beginning, at) => {
    const result = await runRace(seat, { intent: 'settle', beginning, act: 'operatorMovesOn', at })

    expect(result.heldBefore?.step).toBe('setSecret')
    expect(result.lastEnding).toBe('done')
    expect(result.violations).toEqual([])
  },
)
