// Incidents whose id was known before they were reported: whoever may ask for rotations, or report leaks, has had a client revoked under it. What
// leaks afterwards is revoked all the same.
import { describe, expect, it } from 'vitest'
import { leakSources } from '../../../lambda/core/base/event-types.ts'
import { makeRequestToken } from '../../../lambda/core/secret/request-token.ts'
import { PREFIX } from '../../fakes/rotating-fleet.ts'
import { createIncidentPlace } from './incident-place.ts'

const MINUTE = 60_000
const ID = 'github-acme-app-8'

const setUp = () => {
  const place = createIncidentPlace()
  place.addAll(['billing'])
  const alert = { incidentId: ID, selector: { clientIds: ['client-billing'] }, reason: 'leaked', requestedBy: 'x' }
  const current = () => place.world.holder('billing', 'AWSCURRENT')
  return {
    ...place,
    current,
    revokes: () => place.world.asked.filter(({ intent }) => intent === 'revoke'),
    /** By a detector that found the value in force, and had it tried. */
    alert: () => place.deliver(place.eventOf(alert, leakSources.intake, 'event-of-the-alert')),
  }
}

describe('a value that leaks after its client was revoked under the id of the next alert', () => {
  it('is revoked, when somebody reported that id before', async () => {
    const place = setUp()
    const early = { incidentId: ID, selector: { secretNames: [`${PREFIX}billing`] }, reason: 'none', requestedBy: 'y' }
    await place.deliver(place.eventOf(early, leakSources.security, 'event-before'))
    const leaked = place.current()
    place.timing.advance(10 * MINUTE)

    expect(await place.alert()).toMatchObject({ outcome: 'revoked' })

    expect(place.revokes()).toHaveLength(2)
    expect(place.current()).not.toBe(leaked)
  })

  it('is revoked, when somebody asked for a rotation under such a token', async () => {
    const place = setUp()
    const secretArn = place.world.secrets.get(`${PREFIX}billing`)?.arn ?? ''
    const askedAt = place.timing.now()
    const token = makeRequestToken({ origin: 'revoke', askedAt, secretArn, about: ID, attempt: 1 })
    await place.world.fleet.rotate(secretArn, token)
    place.timing.advance(10 * MINUTE)

    expect(await place.alert()).toMatchObject({ outcome: 'revoked' })

    expect(place.revokes()).toHaveLength(2)
  })

  it('is revoked by the campaign that an outage hands it to', async () => {
    const place = setUp()
    const early = { incidentId: ID, selector: { secretNames: [`${PREFIX}billing`] }, reason: 'none', requestedBy: 'y' }
    await place.deliver(place.eventOf(early, leakSources.security, 'event-before'))
    place.timing.advance(10 * MINUTE)
    place.breakDown(60 * MINUTE)

    expect(await place.alert()).toMatchObject({ outcome: 'campaign' })
    await place.campaigns()

    expect(place.revokes()).toHaveLength(2)
  })
})

it('the alert itself, delivered again, has nothing more revoked', async () => {
  const place = setUp()
  const event = place.eventOf(
    { incidentId: ID, selector: { clientIds: ['client-billing'] }, reason: 'leaked', requestedBy: 'x' },
    leakSources.intake,
    'event-of-the-alert',
  )
  await place.deliver(event)
  await place.deliver(event)

  expect(place.revokes()).toHaveLength(1)
})
