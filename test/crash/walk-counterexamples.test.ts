// Walks that once showed something, shrunk and by name, so that they are walked for ever. Each must go as the model says and end by a
// revoke and its settle with one value alive. What a walk showed that is not mended yet stands in its comment.
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Seat } from './seat.ts'
import { walk } from './walks.ts'
import type { Command } from './walks-commands.ts'
import { createPatientSeat } from './walks-seat.ts'

let seat: Seat
beforeAll(async () => {
  seat = await createPatientSeat()
})
afterAll(() => seat.close())

const killedRevoke: readonly Command[] = [
  { ask: 'revoke', upsets: [{ kill: 'before', call: 13, goesOn: 'stuck' }] },
  { deed: { moves: 'AWSPENDING', to: 'nowhere' } },
]

const counterexamples: Readonly<Record<string, readonly Command[]>> = {
  // The evidence named three dead values and not the one that had been alive: it tried the three newest, and tries six now.
  'two revokes that are killed after a colleague cancelled do not keep the third from ending it': [
    { ask: 'rotate', upsets: [] },
    { deed: { colleague: 'cancel' } },
    ...killedRevoke,
    ...killedRevoke,
  ],
  // The same, by an operator's hand.
  'foreign values that were stored by hand do not keep a revoke from ending it': [
    { deed: { puts: 'foreign' } },
    { ask: 'revoke', upsets: [{ deed: { puts: 'foreign' }, step: 1 }] },
    { ask: 'rotate', upsets: [] },
  ],
  // The model's fault: a refused test of AWSCURRENT's own value may be a dry run, and takes no label away.
  'a rotate whose value was stored by hand and cancelled, tested again, is refused and ends as well': [
    { ask: 'rotate', upsets: [{ kill: 'before', call: 13, goesOn: 'stuck' }] },
    { deed: { puts: 1 } },
    { deed: { colleague: 'cancel' } },
    { redrive: 1, from: 2, upsets: [] },
  ],
  // The model's fault: a settle stores a copy of the whole secret, and refuses when another field of it has changed since.
  'a settle of which an operator changed another field is refused and ends as well': [
    { leavesPending: true },
    { ask: 'rotate', upsets: [] },
    { ask: 'settle', upsets: [] },
    { deed: { puts: 1 } },
    { redrive: 2, from: 0, upsets: [] },
  ],
  // Shown to the walks themselves: two labels of one version, of which one names a value that the other's step fills in.
  'AWSPENDING on a version that once was AWSPREVIOUS is driven on or refused, and ends as well': [
    { ask: 'rotate', upsets: [] },
    { ask: 'rotate', upsets: [] },
    { deed: { moves: 'AWSPENDING', to: 1 } },
    { redrive: 1, from: 0, upsets: [] },
  ],
  // The second look before a cancel asked for an active client, so that the orphan of an inactive one was never cancelled.
  'an orphan of a client that is inactive is cancelled by a settle': [
    { deed: { colleague: 'start' } },
    { deed: { colleague: 'deactivate' } },
    { ask: 'settle', upsets: [{ fault: { kind: 'error', status: 500 }, call: 0 }] },
    { advanceMs: 10_800_000 },
    { sweep: true },
  ],
  // Shown to the walks themselves: a call beside one that failed came to its end in the next step, and was blamed for a colleague's act.
  'a call that outlives its execution is blamed for nothing': [
    { ask: 'bare', upsets: [{ deed: { colleague: 'activate' }, step: 0 }] },
    { redrive: 2, from: 0, upsets: [{ fault: { kind: 'garble' }, call: 0 }] },
    { deed: { colleague: 'cancel' } },
    { ask: 'revoke', upsets: [] },
    {
      ask: 'rotate',
      upsets: [
        { deed: { colleague: 'complete' }, step: 2 },
        { kill: 'after', call: 23, goesOn: 'driven again' },
      ],
    },
    { sweep: true },
    { sweep: true },
    { deed: { colleague: 'complete' } },
  ],
  // The model's fault: it did not look at the age of a settle that is about another version.
  'a settle that is about another version and too old is refused, though its copy is accepted': [
    {
      ask: 'settle',
      upsets: [
        { fault: { kind: 'error', status: 500 }, call: 0 },
        { fault: { kind: 'error', status: 500 }, call: 0 },
      ],
    },
    { ask: 'rotate', upsets: [] },
    { redrive: 0, from: 0, upsets: [{ deed: { moves: 'AWSPENDING', to: 4 }, step: 0 }] },
    { advanceMs: 10_800_000 },
    { deed: { puts: 0 } },
    { redrive: 5, from: 2, upsets: [{ fault: { kind: 'error', status: 500 }, call: 0 }] },
    { ask: 'rotate', upsets: [] },
  ],
  // Its report was to quote the slots as the settle had left them, which a colleague had changed since: it failed as often as it was repeated.
  'a settle after a revoke, repeated after a colleague has started another rotation, ends': [
    { leavesPending: true },
    { ask: 'rotate', upsets: [] },
    { ask: 'revoke', upsets: [] },
    { sweep: true },
    { deed: { colleague: 'start' } },
    { redrive: 7, from: 0, upsets: [{ fault: { kind: 'error', status: 500 }, call: 2 }] },
    { redrive: 0, from: 0, upsets: [] },
  ],
}

test.each(Object.entries(counterexamples))('%s', async (_name, commands) => {
  expect(await walk(seat, commands)).toEqual([])
})
