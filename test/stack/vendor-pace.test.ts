// How many services may start together (docs/decisions/094): one formula sizes the API's rate, and refuses one that is too low for it.
import { describe, expect, test } from 'vitest'
import { DeployConfigFault, readDeployConfig } from '../../lib/config/deploy-config.ts'
import { secondsToServe } from '../../lib/config/vendor-config.ts'
import { exampleConfig } from './synth.ts'

const { stage, stytch, alarms, breakGlass } = exampleConfig
const paceOf = (vendor: object, more: object = {}) =>
  readDeployConfig({ stage, stytch, alarms, breakGlass, ...more, vendor: { endpoint: 'regional', ...vendor } }).vendor

describe('the formula', () => {
  test.each([
    [200, 8],
    [1_000, 24],
    [1_300, 30],
  ])('has the last of %i services served after %i s, as the stack ships', (services, seconds) => {
    expect(secondsToServe(services, { requestsPerSecond: 50, burst: 200 })).toBe(seconds)
  })
})

describe('vendor.services', () => {
  test.each([
    [200, {}, { requestsPerSecond: 50, burst: 200 }],
    [1_300, {}, { requestsPerSecond: 50, burst: 200 }],
    [5_000, {}, { requestsPerSecond: 219, burst: 200 }],
    [5_000, { burst: 4_000 }, { requestsPerSecond: 50, burst: 4_000 }],
  ])('of %i with %j is served at %j', (services, more, pace) => {
    expect(paceOf({ services, ...more })).toMatchObject(pace)
  })

  test('is served where the function reserves nothing, too', () => {
    expect(paceOf({ services: 500 }, { reservedConcurrency: 'none' })).toMatchObject({
      burst: 20,
      requestsPerSecond: 22,
    })
  })

  test('refuses a rate by which the last would wait longer than the client does, with the one that would do', () => {
    expect.assertions(1)
    try {
      paceOf({ services: 5_000, requestsPerSecond: 50 })
    } catch (error) {
      expect(error instanceof DeployConfigFault ? error.faults : error).toEqual([
        'm2m.vendor.requestsPerSecond is too low for 5000 services that start together: the last would wait 104 s for a token, and the client gives up after 30 s; expected 219 at least',
      ])
    }
  })
})
