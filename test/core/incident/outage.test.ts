// A leak that is reported while Secrets Manager does not answer, for longer than an execution lasts, and for longer than Lambda's three: what
// is left goes to a campaign, which waits, and the leaked value is proven dead soon after the outage.
import { describe, expect, it } from 'vitest'
import { createIncidentPlace } from './incident-place.ts'

const MINUTE = 60_000
const PREFIX = 'm2m/prod/'

interface Options {
  readonly selector?: object
  readonly source?: string
  readonly graceSeconds?: number
  readonly hasCampaigns?: boolean
  readonly names?: readonly string[]
}

const setUp = ({ hasCampaigns = true, names = ['billing'], source = 'm2m.security', ...detail }: Options = {}) => {
  const place = createIncidentPlace({ hasCampaigns })
  const { timing, world } = place
  place.addAll(names)
  const selector = { secretNames: names.map((name) => `${PREFIX}${name}`) }
  const event = place.eventOf(
    { incidentId: 'inc-1', selector, reason: 'a test', requestedBy: 'a test', ...detail },
    source,
  )
  const startedAt = timing.now()
  return {
    ...place,
    deliver: () => place.deliver(event),
    minutes: () => (timing.now() - startedAt) / MINUTE,
    revokes: () => world.asked.filter(({ intent }) => intent === 'revoke'),
  }
}

describe('an outage of Secrets Manager', () => {
  it.each([
    [17, 19],
    [60, 70],
    [180, 205],
  ])('of %i minutes from the report on ends with the revoke proven', async (minutes, within) => {
    const place = setUp()
    place.breakDown(minutes * MINUTE)

    expect(await place.deliver()).toMatchObject({ outcome: 'campaign', clients: [] })
    const reports = await place.campaigns()

    expect(reports).toMatchObject([{ outcome: 'completed', counts: { selected: 1, settled: 1, failed: 0 } }])
    expect(place.origins()).toEqual({ settle: 1 })
    expect(place.revokes()).toHaveLength(1)
    expect(place.minutes()).toBeLessThan(within)
  })

  it.each([17, 60])('of %i minutes that begins after RotateSecret ends with the revoke proven', async (minutes) => {
    const place = setUp()
    const { rotate } = place.world.fleet
    Object.assign(place.world.fleet, {
      rotate: async (...asked: Parameters<typeof rotate>) => {
        const reply = await rotate(...asked)
        if (place.world.asked.length === 1) place.breakDown(minutes * MINUTE)
        return reply
      },
    })

    expect(await place.deliver()).toMatchObject({ outcome: 'campaign' })
    const reports = await place.campaigns()

    expect(reports).toMatchObject([{ outcome: 'completed', counts: { settled: 1, failed: 0 } }])
    expect(place.revokes()).toHaveLength(1)
    expect(place.origins()).toEqual({ settle: 1 })
  })

  it('of ten minutes is waited for by the function itself', async () => {
    const place = setUp()
    place.breakDown(10 * MINUTE)

    expect(await place.deliver()).toMatchObject({ outcome: 'revoked', clients: [{ outcome: 'revoked' }] })
    expect(await place.campaigns()).toEqual([])
    expect(place.revokes()).toHaveLength(1)
  })

  it('about one of three clients hands over that one, and the others are reported', async () => {
    const place = setUp({ names: ['one', 'two', 'three'] })
    const two = place.world.secrets.get(`${PREFIX}two`)?.arn
    const isTwo = (secretId: string): boolean => secretId === two || secretId === `${PREFIX}two`
    let looks = 0
    // Whom it is about is known before.
    place.breakDown(60 * MINUTE, (secretId) => isTwo(secretId) && ++looks > 1)

    const response = await place.deliver()
    const reports = await place.campaigns()

    expect(response).toMatchObject({
      outcome: 'campaign',
      clients: [{ secretName: `${PREFIX}one`, outcome: 'revoked' }, { secretName: `${PREFIX}three` }],
    })
    expect(place.published.filter(({ type }) => type === 'Incident Completed')).toMatchObject([
      { detail: { clients: [{ outcome: 'revoked' }, { outcome: 'revoked' }] } },
    ])
    expect(reports).toMatchObject([{ counts: { selected: 1, settled: 1 } }])
    expect(place.origins()).toEqual({ settle: 3 })
  })

  it.each([
    ['a client by its id, from the intake', { selector: { clientIds: ['client-billing'] }, source: 'm2m.leak-intake' }],
    ['clients by a tag', { selector: { tags: { team: 'one' } } }],
    ['all, as break-glass', { selector: { all: true, expectedCount: 1 }, source: 'm2m.break-glass' }],
    ['a client with a grace', { graceSeconds: 900 }],
  ])('of an hour from the report on, about %s, ends with the revoke proven', async (_, options) => {
    const place = setUp(options)
    place.breakDown(60 * MINUTE)

    expect(await place.deliver()).toMatchObject({ outcome: 'campaign' })
    await place.campaigns()

    expect(place.origins()).toEqual({ settle: 1 })
  })

  it('lets nobody revoke more clients than he may', async () => {
    const names = Array.from({ length: 26 }, (_none, at) => `client-${at}`)
    const place = setUp({ names, selector: { tags: { team: 'one' } } })
    place.breakDown(60 * MINUTE)

    expect(await place.deliver()).toMatchObject({ outcome: 'campaign' })

    expect(await place.campaigns()).toMatchObject([
      { outcome: 'refused', explanation: 'the selector means 26 clients, and its reporter may ask for 25 at most' },
    ])
    expect(place.world.asked).toEqual([])
  })

  it('without campaigns is outlasted by three executions, and ends with the dead letters after them', async () => {
    const short = setUp({ hasCampaigns: false })
    short.breakDown(17 * MINUTE)
    expect(await short.deliver()).toMatchObject({ outcome: 'revoked' })

    const long = setUp({ hasCampaigns: false })
    long.breakDown(60 * MINUTE)
    expect(await long.deliver()).toBeUndefined()
  })
})
