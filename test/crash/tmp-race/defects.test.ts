import { afterAll, beforeAll, expect, test } from 'vitest'
import { begin } from '../positions.ts'
import { acts } from '../race-acts.ts'
import { runRace } from '../race-runs.ts'
import { createRaceWatch } from '../race-watch.ts'
import { createSeat, rotateSecret, type Seat } from '../seat.ts'

let seat: Seat
beforeAll(async () => {
  seat = await createSeat({}, { timeoutMs: 5000 })
})
afterAll(() => seat.close())

// D1. The round that follows a wait decides on the AWSCURRENT that was read before it.
test.each(['rotate', 'settle'] as const)('%s: AWSCURRENT moved back while a throttled complete waits is not killed', async (intent) => {
  seat.world.reset()
  const subject = await begin(seat, 'overlap')
  const watch = createRaceWatch(seat, subject)
  seat.stytch.server.faults.add({ op: 'RotateComplete', kind: 'throttle', retry_after: 10 })
  let completes = 0
  let isMoved = false
  const scene = { seat, subject, watch, token: '', step: 'setSecret' as const, oldTokens: { unlabelled: '', current: '', previous: undefined }, strangers: [], answers: [] }
  seat.onInvoke = (event) =>
    watch.run({
      who: 'first',
      event,
      before: async (op) => {
        if (completes === 1 && !isMoved) {
          isMoved = true
          await acts.operatorMovesBack(scene)
        }
        if (op === 'RotateComplete') completes += 1
      },
    })

  await rotateSecret(seat, subject, intent)

  expect(isMoved).toBe(true)
  expect(watch.kills).toEqual([])
})

// D2. createSecret takes what another execution of it has stored, tested and made current for an orphan.
test.each([2, 3])('a rotate that another drive ends while it is held before call %i kills no AWSCURRENT', async (at) => {
  const { kills } = await runRace(seat, { intent: 'rotate', beginning: 'settled', act: 'overtake', at })

  expect(kills).toEqual([])
})

// D3. A refusal that another execution has cleared up after is masked by the label's fault.
test('two executions that refuse at once both name the refusal', async () => {
  const { lastEnding } = await runRace(seat, { intent: 'rotate', beginning: 'drift', act: 'twin', at: 10 })

  expect(lastEnding).toBe('refused drift')
})

// D4. A finishSecret that loses AWSCURRENT to an operator ends in a fault.
test('a switch that AWSCURRENT moved away from says currentMoved', async () => {
  const result = await runRace(seat, { intent: 'rotate', beginning: 'overlap', act: 'operatorMovesBack', at: 13 })

  const endings = result.ended.filter(({ step }) => step === 'finishSecret').map(({ ending }) => ending)
  expect(result.heldBefore).toEqual({ step: 'finishSecret', op: 'UpdateSecretVersionStage' })
  expect(endings[0]).toBe('refused currentMoved')
})
