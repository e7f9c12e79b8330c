// What can happen in a random walk, as data that fast-check draws, shrinks and prints: requests for a rotation, what upsets them, and
// what people, time and the sweep do in between. Numbers that pick a value, a version or a call are taken modulo what there is.
import fc from 'fast-check'
import type { Fault } from '../../lambda/local/stand-in/faults.ts'
import { type Intent, intents } from '../model/state.ts'

/** A colleague in the Stytch dashboard, or an operator in Secrets Manager. */
export type Deed =
  | { readonly colleague: 'start' | 'complete' | 'cancel' | 'deactivate' | 'activate' | 'remove' }
  /** The n-th value that was ever seen, or one that nobody has seen. */
  | { readonly puts: number | 'foreign' }
  /** Onto the n-th version, or off. */
  | { readonly moves: 'AWSCURRENT' | 'AWSPENDING' | 'AWSPREVIOUS'; readonly to: number | 'nowhere' }

export type AnyFault = Omit<Fault, 'op'>

export type Upset =
  | {
      readonly kill: 'before' | 'after'
      /** Outside call of the command, from 0. */
      readonly call: number
      readonly goesOn: 'stuck' | 'driven again' | 'same step'
    }
  | { readonly fault: AnyFault; readonly call: number }
  /** Just before the n-th step of the command. */
  | { readonly deed: Deed; readonly step: number }

export type Command =
  | { readonly ask: Intent | 'bare'; readonly upsets: readonly Upset[] }
  | { readonly deed: Deed }
  | { readonly advanceMs: number }
  /** A late event of the n-th version's token: from this step on. */
  | { readonly redrive: number; readonly from: number; readonly upsets: readonly Upset[] }
  | { readonly sweep: true }
  | { readonly dryRun: true }
  /** Whether Secrets Manager takes AWSPENDING off a version that has become AWSCURRENT: users have seen both. */
  | { readonly leavesPending: boolean }

const MINUTE_MS = 60_000

const deed: fc.Arbitrary<Deed> = fc.oneof(
  { weight: 12, arbitrary: fc.record({ colleague: fc.constantFrom('start', 'complete', 'cancel') }) },
  { weight: 2, arbitrary: fc.record({ colleague: fc.constantFrom('deactivate', 'activate', 'activate') }) },
  { weight: 1, arbitrary: fc.constant({ colleague: 'remove' }) },
  {
    weight: 4,
    arbitrary: fc.record({ puts: fc.oneof(fc.nat({ max: 9 }), fc.constant('foreign' as const)) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      moves: fc.constantFrom('AWSCURRENT', 'AWSCURRENT', 'AWSPENDING', 'AWSPREVIOUS'),
      to: fc.oneof(
        { weight: 4, arbitrary: fc.nat({ max: 9 }) },
        { weight: 1, arbitrary: fc.constant('nowhere' as const) },
      ),
    }),
  },
)

/** 400 ms is over the seat's timeout. No fault lies: a status that says more than "not now" is the vendor's word. */
const fault: fc.Arbitrary<AnyFault> = fc.constantFrom<AnyFault>(
  { kind: 'error', status: 500 },
  { kind: 'error', status: 503, count: 2 },
  { kind: 'html', status: 502 },
  { kind: 'throttle' },
  { kind: 'throttle', retry_after: 2 },
  { kind: 'throttle', retry_after: 40 },
  { kind: 'reset' },
  { kind: 'reset', count: 2 },
  { kind: 'drop_reply' },
  { kind: 'drop_reply', count: 2 },
  { kind: 'garble' },
  { kind: 'delay', delay_ms: 400 },
)

const call = fc.nat({ max: 24 })
const upset: fc.Arbitrary<Upset> = fc.oneof(
  fc.record({
    kill: fc.constantFrom('before', 'after'),
    call,
    goesOn: fc.constantFrom('stuck', 'driven again', 'same step'),
  }),
  fc.record({ fault, call }),
  fc.record({ deed, step: fc.nat({ max: 3 }) }),
)
const upsets = fc.oneof(
  { weight: 3, arbitrary: fc.constant([]) },
  { weight: 4, arbitrary: upset.map((one) => [one]) },
  { weight: 1, arbitrary: fc.tuple(upset, upset) },
)

const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 9,
    arbitrary: fc.record({ ask: fc.constantFrom<Intent | 'bare'>(...intents, ...intents, 'bare'), upsets }),
  },
  { weight: 4, arbitrary: fc.record({ deed }) },
  {
    weight: 3,
    arbitrary: fc.record({ advanceMs: fc.constantFrom(1, 11, 180, 1500, 4320).map((min) => min * MINUTE_MS) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ redrive: fc.nat({ max: 12 }), from: fc.constantFrom(0, 0, 0, 1, 2, 3), upsets }),
  },
  { weight: 3, arbitrary: fc.constant({ sweep: true }) },
  { weight: 1, arbitrary: fc.constant({ dryRun: true }) },
  { weight: 1, arbitrary: fc.record({ leavesPending: fc.boolean() }) },
)

export const walkOf = (length: number): fc.Arbitrary<readonly Command[]> =>
  fc.array(command, { minLength: 1, maxLength: length, size: 'max' })

/** Every run begins with these: the shortest ways to what chance alone meets once in some hundred walks. */
export const landmarks: readonly (readonly Command[])[] = [
  [{ ask: 'rotate', upsets: [{ deed: { colleague: 'cancel' }, step: 3 }] }],
  [
    { ask: 'revoke', upsets: [] },
    { ask: 'rollback', upsets: [] },
  ],
  [{ ask: 'rotate', upsets: [] }, { deed: { colleague: 'cancel' } }, { ask: 'rollback', upsets: [] }],
  [
    { ask: 'rotate', upsets: [] },
    { ask: 'rollback', upsets: [] },
    { ask: 'settle', upsets: [] },
  ],
]
