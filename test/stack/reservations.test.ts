// What the functions reserve of the account's concurrency: the sum is computed and said, none is a choice, and where nothing is reserved
// something else bounds what the reservation did. The documents say the computed numbers.
import { readFileSync } from 'node:fs'
import { Match, type Template } from 'aws-cdk-lib/assertions'
import { describe, expect, test } from 'vitest'
import { rotationsPerSecond, sharesOf } from '../../lambda/core/campaign/campaign.ts'
import { readDeployConfig } from '../../lib/config/deploy-config.ts'
import { defaultReservations, neededQuota, totalReserved } from '../../lib/config/reservations.ts'
import { everything } from './everything.ts'
import { bySid, exampleConfig, resourcesOf, roleStatements, synthStack } from './synth.ts'

const read = (changes: object = {}) => readDeployConfig({ ...exampleConfig, ...changes })
/** Synthesising takes seconds: each configuration once. */
const templates = new Map<string, Template>()
const templateOf = (changes: object): Template => {
  const key = JSON.stringify(changes)
  const made = templates.get(key) ?? synthStack({ ...changes }).template()
  templates.set(key, made)
  return made
}
const reserved = (changes: object) =>
  Object.values(resourcesOf(templateOf(changes)))
    .filter(({ Type }) => Type === 'AWS::Lambda::Function')
    .map(({ Properties }) => Properties.ReservedConcurrentExecutions as number | undefined)

describe('the sum', () => {
  test('is what the functions of the template reserve, and the output says it with the quota', () => {
    for (const changes of [everything, { reservedConcurrency: { rotation: 20, campaign: 'none' } }]) {
      const { reservations } = read(changes)
      const inTemplate = reserved(changes).reduce<number>((sum, one = 0) => sum + one, 0)

      expect(totalReserved(reservations)).toBe(inTemplate)
      templateOf(changes).hasOutput('ReservedConcurrency', {
        Value: String(inTemplate),
        Description: Match.stringLikeRegexp(`a quota of ${inTemplate + 100} at least`),
      })
    }
  })

  test('is said without a remark: synth stays quiet', () => {
    const { app } = synthStack()

    const messages = app.synth().stacks.flatMap(({ messages }) => messages)

    expect(messages).toEqual([])
  })

  test('stands in the documents as it is computed', () => {
    const [least, most] = [read(), read(everything)].map(({ reservations }) => reservations)
    const numbers = [least, most].flatMap((one = {}) => [totalReserved(one), neededQuota(one)])

    expect(numbers).toEqual([93, 193, 130, 230])
    for (const page of ['docs/limits.md', 'docs/deploying.md']) {
      const words = readFileSync(page, 'utf8')
      for (const number of numbers)
        expect([page, number, new RegExp(`\\b${number}\\b`).test(words)]).toEqual([page, number, true])
    }
    const deploying = readFileSync('docs/deploying.md', 'utf8')
    for (const [part, executions] of Object.entries(defaultReservations)) {
      expect(deploying).toContain(`| \`${part}\` | ${executions} |`)
    }
  })
})

describe('the setting', () => {
  test('none leaves the property out of every function', () => {
    expect(reserved({ ...everything, reservedConcurrency: 'none' }).filter((one) => one !== undefined)).toEqual([])
  })

  test.each<[object, object]>([
    [
      { reservedConcurrency: { rotation: 20, identify: 'none' } },
      { rotation: 20, incident: 10, campaign: 30, sweep: 1 },
    ],
    [{ reservedConcurrency: 'none', rotation: { reservedConcurrency: 5 } }, { rotation: 5 }],
    [{ rotation: { reservedConcurrency: 'none' } }, { incident: 10, campaign: 30, sweep: 1, identify: 2 }],
    [
      { rotation: { noCampaignsBecause: 'a Region without them' } },
      { rotation: 50, incident: 10, sweep: 1, identify: 2 },
    ],
  ])('%j', (changes, expected) => {
    expect(read(changes).reservations).toEqual(expected)
  })

  test.each<[object, RegExp]>([
    [{ reservedConcurrency: { rotation: 0 } }, /reservedConcurrency\.rotation is malformed: 0; .*or "none"/],
    [{ reservedConcurrency: 0 }, /m2m\.reservedConcurrency is malformed: 0; expected "none"/],
    [
      { reservedConcurrency: { rotations: 5 } },
      /reservedConcurrency\.rotations is unknown: expected one of rotation, /,
    ],
    [
      { reservedConcurrency: { rotation: 5 }, rotation: { reservedConcurrency: 6 } },
      /is said in reservedConcurrency as well/,
    ],
  ])('%j is refused', (changes, expected) => {
    expect(() => read(changes)).toThrow(expected)
  })
})

describe('without a reservation', () => {
  const none = { ...everything, reservedConcurrency: 'none' }

  test('rotations are asked for one a second, and a campaign works at one page at a time', () => {
    const { stytchCallsPerSecond } = read(none).rotation
    const perSecond = rotationsPerSecond(stytchCallsPerSecond)

    expect(perSecond).toBe(1)
    expect(sharesOf({ intent: 'revoke', concurrency: 250 }, 100_000, perSecond).pagesAtOnce).toBe(1)
    expect(read({ ...none, rotation: { stytchCallsPerSecond: 60 } }).rotation.stytchCallsPerSecond).toBe(60)
    expect(read(everything).rotation.stytchCallsPerSecond).toBeUndefined()
  })

  test('searches for a leaked value are counted in a table, twenty a minute in all', () => {
    const template = templateOf(none)

    template.hasResourceProperties('AWS::Lambda::Function', {
      FunctionName: 'm2m-prod-identify',
      Environment: {
        Variables: {
          M2M_SEARCH_TABLE: { Ref: Match.stringLikeRegexp('^IdentifySlots') },
          M2M_SEARCHES_PER_MINUTE_IN_ALL: '20',
        },
      },
    })
    expect(bySid(roleStatements(template, 'IdentifyFnRole'), 'CountSearches')).toMatchObject({
      Action: 'dynamodb:UpdateItem',
      Resource: { 'Fn::GetAtt': [expect.stringMatching(/^IdentifySlots/), 'Arn'] },
    })
    expect(JSON.stringify(templateOf(everything).toJSON())).not.toContain('M2M_SEARCH_TABLE')
  })

  test('what comes from outside is throttled as hard as it would have been held back', () => {
    const template = templateOf(none)

    expect(read(none).vendor).toMatchObject({ requestsPerSecond: 5, burst: 20 })
    template.hasResourceProperties('AWS::ApiGatewayV2::Stage', {
      DefaultRouteSettings: { ThrottlingRateLimit: 20, ThrottlingBurstLimit: 10 },
    })
  })
})
