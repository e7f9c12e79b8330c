// A page's order: what one version wrote, another reads or refuses by name.
import { describe, expect, it } from 'vitest'
import { isPageOrder, pageOrder, readPageOrder } from '../../../lambda/core/campaign/campaign-page.ts'

const order = pageOrder({
  page: 3,
  about: 'c-1',
  intent: 'rotate',
  isGraceful: false,
  phase: 'switch',
  names: ['billing', 'team/orders'],
  inFlight: 20,
  rotationsPerSecond: 4.8,
  failuresAllowed: 5,
})

it('reads what was written, through JSON', () => {
  expect(readPageOrder(JSON.parse(JSON.stringify(order)))).toEqual({ ok: true, value: order })
  expect(readPageOrder({ ...order, notBefore: 17 })).toEqual({ ok: true, value: { ...order, notBefore: 17 } })
})

it('is told from a campaign’s input', () => {
  expect(isPageOrder(order)).toBe(true)
  expect(isPageOrder({ intent: 'rotate' })).toBe(false)
  expect(isPageOrder(undefined)).toBe(false)
})

describe('a fault', () => {
  it.each([
    ['not an object', undefined],
    ['format', { ...order, format: 2 }],
    ['page', { ...order, page: 'three' }],
    ['about', { ...order, about: '' }],
    ['intent', { ...order, intent: 'settle' }],
    ['isGraceful', { ...order, isGraceful: 'no' }],
    ['phase', { ...order, phase: 'rollback' }],
    ['names', { ...order, names: ['m2m/*'] }],
    ['inFlight', { ...order, inFlight: 0 }],
    ['rotationsPerSecond', { ...order, rotationsPerSecond: 0 }],
    ['failuresAllowed', { ...order, failuresAllowed: '5' }],
    ['notBefore', { ...order, notBefore: null }],
  ])('%s', (name, event) => {
    const read = readPageOrder(event)

    expect(read.ok).toBe(false)
    if (!read.ok && event !== undefined) expect(read.refusal.join()).toContain(name)
  })
})
