// What `m2m incident --wait` calls each client in the end, and by what evidence.
import { describe, expect, test } from 'vitest'
import {
  type ClientOutcome,
  outcomeJson,
  outcomeOf,
  outcomeWords,
  type ReadProofs,
  readOutcomes,
} from '../../bin/incident/client-outcomes.ts'
import type { Watched, WatchedState } from '../../bin/incident/incident-watch.ts'
import { Fault } from '../../lambda/core/base/fault.ts'
import type { SignedProof } from '../../lambda/core/incident/signed-proof.ts'
import type { CheckFinding } from '../../lambda/core/rotation/check-answer.ts'
import type { ProofAnswer } from '../../lambda/core/rotation/proof-answer.ts'
import { makeSecret, ROTATION_FUNCTION } from '../fakes/managed-secret.ts'

const NOW = Date.parse('2026-11-02T12:30:00.000Z')
const SINCE = '2026-11-02T12:29:00.000Z'
const TOKENS = { revokeToken: `revoke-${'1'.repeat(13)}-001-${'0'.repeat(28)}`, settleToken: 'settle-1' }

const proof = (changes: Partial<SignedProof> = {}): SignedProof => ({
  refusals: 3,
  firstRefusedAt: SINCE,
  signed: true,
  isPlanned: false,
  confirmed: false,
  confirmableAt: '2026-11-02T12:31:00.000Z',
  ...changes,
})
const UNSIGNED = proof({ refusals: 0, firstRefusedAt: null, signed: false, confirmableAt: null })
const afterGrace = `rotate-${'1'.repeat(13)}-001-${'0'.repeat(28)}`
const refusedNow: ProofAnswer = { outcome: 'refused', ...TOKENS, refusals: 3, signed: 'stored' }

interface World {
  readonly state: WatchedState
  /** What is stored, at each look. */
  readonly proofs?: readonly (SignedProof | undefined)[]
  readonly answer?: ProofAnswer | Fault
  readonly finding?: CheckFinding
}

const ask = async ({ state, proofs = [], answer, finding }: World) => {
  let [looks, asked] = [0, 0]
  const { secret } = makeSecret({ name: 'm2m/test/billing', current: 'settle' })
  const seat = {
    timing: { now: () => NOW },
    functionName: (part: string) => `m2m-test-${part}`,
    view: async () => ({ rotationFunctionArn: ROTATION_FUNCTION }),
    connect: async () => ({
      questionsOf: () => ({
        prove: async (): Promise<ProofAnswer> => {
          asked += 1
          if (answer === undefined || answer instanceof Fault) throw answer ?? new Error('nothing was to be asked')
          return answer
        },
        check: async ({ secrets }: { readonly secrets: readonly object[] }) =>
          secrets.map((): CheckFinding => finding ?? { found: 'unknown', why: 'not asked' }),
      }),
    }),
  }
  const readProofs: ReadProofs = async (secretArns) => {
    const stored = proofs[looks]
    looks += 1
    return stored === undefined ? undefined : new Map(secretArns.map((arn) => [arn, stored]))
  }
  const watched: readonly Watched[] = [{ secret, state }]
  const [client] = await readOutcomes(seat, watched, readProofs)
  if (client === undefined) throw new Error('no outcome')
  return { client, asked, json: outcomeJson(client) }
}

const denied = new Fault({ code: 'PROOF_NOT_ANSWERED', retryable: false, message: 'Invoke failed: AccessDenied' })

describe('a revoke that is settled', () => {
  test('with two proofs is dead, and nothing more is asked', async () => {
    const { json, asked } = await ask({
      state: 'settled',
      proofs: [proof({ confirmed: true, confirmableAt: null })],
    })

    expect(json).toMatchObject({ outcome: 'dead', reason: null, since: SINCE })
    expect(json.proof).toEqual({ refusals: 3, firstRefusedAt: SINCE, signed: true })
    expect(asked).toBe(0)
  })

  test('with one proof that is too young to be confirmed is refused, and nothing more is asked', async () => {
    const { json, asked } = await ask({ state: 'settled', proofs: [proof()] })

    expect(json).toMatchObject({ outcome: 'refused', since: SINCE })
    expect(asked).toBe(0)
  })

  test('with one that may be confirmed is tried again, and dead once the second proof is stored', async () => {
    const old = proof({ confirmableAt: SINCE })
    const both = proof({ refusals: 6, confirmed: true, confirmableAt: null })
    const { json, asked } = await ask({ state: 'settled', proofs: [old, both], answer: refusedNow })

    expect(json).toMatchObject({ outcome: 'dead', proof: { refusals: 6 } })
    expect(asked).toBe(1)
  })

  test.each<[string, ProofAnswer | Fault, string, RegExp]>([
    ['nobody answers', denied, 'refused', /you may not invoke/],
    ['Stytch is down', { outcome: 'unknown', code: 'STYTCH_UNAVAILABLE', message: 'HTTP 500.' }, 'refused', /HTTP 500/],
    [
      'it is accepted after all',
      { outcome: 'alive', code: 'STILL_ACCEPTED', message: 'Accepted.' },
      'alive',
      /Accepted/,
    ],
  ])('with one proof, and then %s', async (_, answer, outcome, reason) => {
    const { json } = await ask({ state: 'settled', proofs: [proof({ confirmableAt: SINCE }), proof()], answer })

    expect(json.outcome).toBe(outcome)
    expect(json.reason).toMatch(reason)
  })

  test.each<[string, ProofAnswer | Fault, string, RegExp | null]>([
    ['Stytch refuses it now', refusedNow, 'refused', /not confirmed/],
    ['it is refused and the proof not stored', { ...refusedNow, signed: 'pending' }, 'refused', /not stored yet/],
    [
      'after a grace, Stytch refuses it now',
      { ...refusedNow, revokeToken: afterGrace },
      'refused',
      /not confirmed yet; to confirm it: m2m incident prove NAME --again/,
    ],
    [
      'after a grace, it is refused and the proof not stored',
      { ...refusedNow, revokeToken: afterGrace, signed: 'pending' },
      'refused',
      /is not stored; m2m incident prove NAME --again/,
    ],
    ['there is no key', { ...refusedNow, signed: 'off' }, 'refused', /has no key/],
    ['the client is gone', { outcome: 'gone', refusals: 3 }, 'deadAlready', null],
    ['the client is inactive', { outcome: 'unknown', code: 'CLIENT_INACTIVE', message: '.' }, 'refused', /by slots/],
    ['AWSCURRENT moved on', { outcome: 'notOwed' }, 'unknown', /moved on/],
    ['nobody may ask', denied, 'unknown', /you may not invoke/],
  ])('without a proof: %s', async (_, answer, outcome, reason) => {
    for (const proofs of [[UNSIGNED, UNSIGNED], []]) {
      const { json } = await ask({ state: 'settled', proofs, answer })

      expect(json.outcome).toBe(outcome)
      if (reason === null) expect(json.reason).toBeNull()
      else expect(json.reason).toMatch(reason)
    }
  })
})

describe('a revoke that did not come through', () => {
  test.each<[WatchedState, CheckFinding, string, RegExp]>([
    ['exhausted', { found: 'fits' }, 'alive', /every attempt was refused.*accepts AWSCURRENT/],
    ['exhausted', { found: 'inactive' }, 'alive', /^when activated/],
    ['exhausted', { found: 'unknown', why: 'moved' }, 'unknown', /every attempt was refused/],
    ['ask', { found: 'fits' }, 'alive', /no rotation has started/],
    ['running', { found: 'unknown', why: 'rotating' }, 'unknown', /under way/],
    ['switched', { found: 'fits' }, 'unknown', /not ended yet/],
    ['overtaken', { found: 'fits' }, 'unknown', /another rotation/],
  ])('%s, and AWSCURRENT is %j: %s', async (state, finding, outcome, reason) => {
    const { json } = await ask({ state, finding })

    expect(json).toMatchObject({ outcome, since: null })
    expect(json.reason).toMatch(reason)
  })
})

test('the incident is what its clients are together', () => {
  const { secret } = makeSecret({})
  const of = (...outcomes: readonly ClientOutcome['outcome'][]) =>
    outcomeOf(outcomes.map((outcome) => ({ secret, state: 'settled', outcome, reason: null, since: null })))

  expect(of('dead', 'deadAlready')).toBe('dead')
  expect(of('dead', 'refused')).toBe('refused')
  expect(of('refused', 'alive')).toBe('partly')
  expect(of('unknown', 'alive')).toBe('failed')
})

test('no text calls a value dead that was refused once', async () => {
  const { client } = await ask({ state: 'settled', proofs: [proof()] })

  expect(outcomeWords(client)).toBe('refused by Stytch: not confirmed yet; the sweep tries it once more')
})

describe('a revoke that an earlier report settled, and of which nothing shows that it holds', () => {
  const stored = [proof({ confirmed: true, confirmableAt: null })]

  test.each<[string, ProofAnswer | Fault, string, RegExp]>([
    ['nobody answers', denied, 'unknown', /you may not invoke/],
    ['Stytch is down', { outcome: 'unknown', code: 'STYTCH_UNAVAILABLE', message: 'HTTP 500.' }, 'unknown', /HTTP 500/],
    ['it is accepted', { outcome: 'alive', code: 'STILL_ACCEPTED', message: 'Accepted.' }, 'alive', /Accepted/],
  ])('is not called dead by what was signed then, where %s', async (_, answer, outcome, reason) => {
    const { json, asked } = await ask({ state: 'unproven', proofs: stored, answer })

    expect(json).toMatchObject({ state: 'unproven', outcome, reason: expect.stringMatching(reason) })
    expect(asked).toBe(1)
  })

  test('is dead where Stytch refuses it now, and that is confirmed', async () => {
    const { json } = await ask({ state: 'unproven', proofs: [...stored, ...stored], answer: refusedNow })

    expect(json).toMatchObject({ outcome: 'dead' })
  })
})
