// How a switch ends whose AWSCURRENT moved away before the call that makes it: every point is tried, until there is none.
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { runRace } from './race-runs.ts'
import { createSeat, type Seat } from './seat.ts'

vi.setConfig({ testTimeout: 300_000 })

let seat: Seat
beforeAll(async () => {
  seat = await createSeat()
})
afterAll(() => seat.close())

test.each([
  // What is new stays on record, and is driven on; a copy is made again by whoever still wants it.
  ['rotate', 'overlap', 'failed CURRENT_MOVED'],
  ['rollback', 'overlap', 'refused currentMoved'],
] as const)(
  'a switch of a %s from %s that AWSCURRENT moved away from ends as %s',
  async (intent, beginning, ending) => {
    const endings: string[] = []
    for (let at = 0, isHeld = true; isHeld; at += 1) {
      const result = await runRace(seat, { intent, beginning, act: 'operatorMovesBack', at })
      isHeld = result.heldBefore !== undefined
      if (result.heldBefore?.op !== 'UpdateSecretVersionStage') continue
      endings.push(result.ended.find(({ step }) => step === 'finishSecret')?.ending ?? 'none')
    }

    expect(endings).toEqual([ending])
  },
)
