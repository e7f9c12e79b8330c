// A flood at the leak intake's door, on a clock of its own: whom the throttle and a firewall turn away, and that a signed delivery comes through
// within what they can tell apart. That an unsigned one reaches nothing that others need is in test/core/intake/flood.test.ts.
import { describe, expect, test } from 'vitest'
import { defined } from '../../../lambda/core/base/defined.ts'
import { INTAKE_THROTTLE, othersTogether } from '../../../lambda/core/intake/door-limits.ts'
import { createAddressRule, type FirewallRules } from '../../../lambda/local/laptop/address-rule.ts'
import { createLeakFront, HTTP_API_PATH } from '../../../lambda/local/laptop/leak-front.ts'
import type { StandInRequest } from '../../../lambda/local/stand-in/server.ts'

const route = { apiId: 'api', stage: '$default', method: 'POST', path: '/leaks' }
const DETECTOR = '192.0.2.1'

interface Flood {
  readonly perSecond: number
  readonly addresses: number
  readonly seconds: number
  readonly firewall?: FirewallRules
}

const request = (address: string): StandInRequest => ({
  method: 'POST',
  path: `${HTTP_API_PATH}/leaks`,
  query: new URLSearchParams(),
  headers: {},
  body: '{}',
  connection: {},
  address,
})

/** A detector reports once a second while unsigned requests come in. @returns the answers to its deliveries, in order */
const deliveriesDuring = async ({ perSecond, addresses, seconds, firewall }: Flood) => {
  let now = 0
  const front = createLeakFront({
    route,
    invoke: async () => ({ ok: true, value: { statusCode: 202 } }),
    throttle: { ratePerSecond: INTAKE_THROTTLE.rateLimit, burst: INTAKE_THROTTLE.burstLimit },
    realNow: () => now,
    ...defined({ firewall }),
  })
  const statusOf = async (address: string) => (await front(request(address))?.run())?.status
  const deliveries: (number | undefined)[] = []
  for (let second = 0; second < seconds; second += 1) {
    for (let one = 0; one < perSecond; one += 1) {
      now = second * 1000 + (one * 1000) / perSecond
      await statusOf(`198.51.${Math.floor((one % addresses) / 250)}.${(one % addresses) % 250}`)
      if (one === Math.floor(perSecond / 2)) deliveries.push(await statusOf(DETECTOR))
    }
  }
  return deliveries
}

const lost = (deliveries: readonly (number | undefined)[]): number => deliveries.filter((one) => one !== 202).length

describe('a flood of unsigned requests', () => {
  test('of nineteen times what kept everybody out before loses no delivery', async () => {
    expect(lost(await deliveriesDuring({ perSecond: 95, addresses: 1, seconds: 120 }))).toBe(0)
  })

  test('from some addresses loses none once the firewall has counted them, however large it is', async () => {
    const deliveries = await deliveriesDuring({
      perSecond: 1000,
      addresses: 20,
      seconds: 120,
      firewall: { requestsPerAddress: 300 },
    })

    expect(lost(deliveries.slice(11))).toBe(0)
  })

  test('from a thousand addresses, each below the firewall’s limit, leaves to known detectors what is theirs', async () => {
    // Four hundred a second, and 120 of each address in five minutes.
    const flood = { perSecond: 400, addresses: 1000, seconds: 120 }
    const detectors = { addresses: [`${DETECTOR}/32`], othersTogether: othersTogether(INTAKE_THROTTLE) }

    const counted = await deliveriesDuring({ ...flood, firewall: { requestsPerAddress: 300 } })
    const reserved = await deliveriesDuring({ ...flood, firewall: { requestsPerAddress: 300, detectors } })

    expect(lost(counted.slice(30))).toBeGreaterThan(30)
    expect(lost(reserved.slice(11))).toBe(0)
  })

  test('of more than the throttle loses deliveries where no firewall counts addresses, as the threat model says', async () => {
    expect(lost(await deliveriesDuring({ perSecond: 1000, addresses: 20, seconds: 30 }))).toBeGreaterThan(15)
  })
})

describe('the firewall', () => {
  test('turns an address away from its next look on, and lets it in again once its last minutes hold less', () => {
    const isLetThrough = createAddressRule(10)
    const ask = (at: number) => isLetThrough('a', at)

    expect([...Array(50).keys()].map(() => ask(0))).toEqual(Array(50).fill(true))
    expect(ask(9_999)).toBe(true)
    expect(ask(10_000)).toBe(false)
    expect(isLetThrough('b', 10_001)).toBe(true)
    expect(ask(290_000)).toBe(false)
    expect(ask(300_001)).toBe(true)
  })

  test('answers as AWS WAF does, and the function has the address of what it let through', async () => {
    let now = 0
    const called: object[] = []
    const front = createLeakFront({
      route,
      invoke: async (event) => {
        called.push(event)
        return { ok: true, value: { statusCode: 401 } }
      },
      firewall: { requestsPerAddress: 1 },
      realNow: () => now,
    })
    const statuses: (number | undefined)[] = []
    for (now of [0, 1, 10_000]) statuses.push((await front(request('192.0.2.9'))?.run())?.status)

    expect(statuses).toEqual([401, 401, 403])
    expect(called).toMatchObject(Array(2).fill({ requestContext: { http: { sourceIp: '192.0.2.9' } } }))
  })
})
