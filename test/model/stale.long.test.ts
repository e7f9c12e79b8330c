// The wide search of the model of old replies: each part has another mix of what may go wrong. With the rules of the design no claim breaks,
// outside of the documented windows; what breaks in those is named here, and how it would be closed.
import { describe, expect, test } from 'vitest'
import { notePlayed } from '../crash/played.ts'
import { type Claim, type Found, type Search, search } from './stale-explore.ts'
import { allRoots } from './stale-roots.ts'

const found = (name: string, what: Omit<Search, 'roots'>): Found => {
  const result = search({ roots: allRoots, maxStates: 40_000, ...what })
  notePlayed({ modelStates: result.states })
  const said = result.broken.map(({ claim, way }) => `${claim} after ${way.length} events`)
  console.log([`${name}: ${result.states} states, ${result.transitions} transitions`, ...said].join('; '))
  return result
}

const claims = ({ broken }: Found): readonly Claim[] => broken.map(({ claim }) => claim).sort()

const one = { labels: 1, slots: 1 }
const two = { labels: 2, slots: 2 }

describe('with the rules of the design', () => {
  test.each<readonly [name: string, what: Omit<Search, 'roots'>]>([
    ['a kill anywhere, and two rotations', { lag: one, budgets: { asks: 2, crashes: 1 } }],
    ['two kills, replies two writes behind', { lag: two, budgets: { asks: 1, crashes: 2 } }],
    ['two executions, replies two writes behind', { lag: two, budgets: { asks: 1, doubles: 1 }, maxStates: 60_000 }],
    ['two executions and a kill', { lag: one, budgets: { asks: 1, doubles: 1, crashes: 1 } }],
    ['a new value that is accepted late', { lag: { ...one, isSlow: true }, budgets: { asks: 2, crashes: 1 } }],
    ['two executions and a colleague', { lag: one, budgets: { asks: 1, doubles: 1, colleague: 1 } }],
    ['two executions and an operator', { lag: one, budgets: { asks: 1, doubles: 1, operator: 1 } }],
    ['a colleague, an operator, and a kill', { lag: one, budgets: { asks: 1, colleague: 1, operator: 1, crashes: 1 } }],
    ['a colleague, an operator, and two rotations', { lag: two, budgets: { asks: 2, colleague: 1, operator: 1 } }],
  ])('no claim breaks: %s', (name, what) => {
    const result = found(name, what)

    expect(result.broken).toEqual([])
    expect(result.states).toBeGreaterThan(10_000)
  })
})

describe('in the documented windows', () => {
  test('W3: what an operator moves is hidden for as long as replies are old', () => {
    expect(claims(found('W3', { lag: one, budgets: { asks: 1, operator: 1 }, windows: ['W3'] }))).toEqual([
      'killedCurrent',
    ])
  })

  test('W1 and W2: so is what a colleague does at Stytch', () => {
    const result = found('W1, W2', { lag: one, budgets: { asks: 1, colleague: 1 }, windows: ['W1', 'W2'] })

    expect(claims(result)).toContain('switchedToRefused')
  })

  test('W1, without the lease: two executions end slots at once', () => {
    const result = found('without the lease', { lag: one, budgets: { asks: 1, doubles: 1 }, rules: { lease: false } })

    expect(claims(result)).toContain('killedCurrent')
  })

  test('without the lease, one execution clears as empty what the other has just stored, once an operator has moved AWSCURRENT', () => {
    const what = {
      lag: { labels: 0, slots: 0 },
      budgets: { asks: 1, doubles: 1, operator: 1 },
      intents: ['rotate'],
    } as const

    expect(claims(found('clearing without the lease', { ...what, rules: { lease: false } }))).toContain('hidAccepted')
    expect(claims(found('clearing with it', what))).toEqual([])
  })

  test('without the lease, two kills within the read lag: nobody has waited it out', () => {
    const what = { lag: { labels: 1, slots: 2 }, budgets: { asks: 1, crashes: 2 }, intents: ['rotate'] } as const

    expect(claims(found('two kills without the lease', { ...what, rules: { lease: false } }))).toEqual([
      'killedCurrent',
    ])
  })
})

describe('where a value is accepted late and a step is doubled', () => {
  const slow = {
    lag: { ...one, isSlow: true },
    budgets: { asks: 1, doubles: 1 },
    maxStates: 120_000,
    intents: ['rotate'],
  } as const

  test('one testSecret gives the value up while the other passes, and the rotation ends before the cancel (W3)', () => {
    const result = found('giving up twice', { ...slow, until: ['killedCurrent'] })

    expect(claims(result)).toContain('killedCurrent')
  })

  test('a lease in every step closes that', () => {
    const result = found('giving up twice, a lease in every step', { ...slow, rules: { leaseInEveryStep: true } })

    expect(claims(result)).toEqual([])
  })

  test('a forged finishSecret, ahead of testSecret, switches to a value that is not accepted yet; an exchange before the move closes that', () => {
    const forged = { ...slow, maxStates: 20_000, isForged: true }
    const rules = { leaseInEveryStep: true }

    expect(claims(found('forged', { ...forged, rules }))).toEqual(['switchedToRefused'])
    const result = found('forged, exchanged before the move', {
      ...forged,
      rules: { ...rules, exchangesBeforeMove: true },
    })
    expect(claims(result)).toEqual([])
  })
})
