// A leak that is reported by a client's id: revoked is the secret that holds the client, as Stytch or a claim says. Where tags say otherwise the answer
// names both; and nothing is done, or left undone, for a tag alone.
import { describe, expect, it } from 'vitest'
import { leakSources } from '../../../lambda/core/base/event-types.ts'
import { Fault } from '../../../lambda/core/base/fault.ts'
import { PREFIX } from '../../fakes/rotating-fleet.ts'
import { createIncidentPlace } from './incident-place.ts'

const CLIENT = 'client-leaked'
const ELSEWHERE = 'arn:aws:secretsmanager:eu-west-1:111111111111:secret:m2m/other/real-AbCdEf'

/** Secrets by name, each with the client that it is tagged for. */
const setUp = (tagged: Readonly<Record<string, string>>, clientIds: readonly string[] = [CLIENT]) => {
  const place = createIncidentPlace()
  for (const [name, clientId] of Object.entries(tagged)) place.world.add(name, { tags: { 'm2m:client-id': clientId } })
  const arnOf = (name: string) => place.world.secrets.get(`${PREFIX}${name}`)?.arn ?? ''
  const detail = { incidentId: 'INC-1', selector: { clientIds }, reason: 'leaked', requestedBy: 'x' }
  return {
    ...place,
    arnOf,
    isHeldBy: (secretArn: string) => place.holders.set(CLIENT, { state: 'held', secretArn }),
    report: () =>
      place.deliver(place.eventOf(detail, clientIds.length > 1 ? leakSources.security : leakSources.intake)),
    revoked: () => place.world.asked.filter(({ intent }) => intent === 'revoke').map(({ name }) => name),
  }
}

describe('a client whose secret', () => {
  it('is tagged for it is revoked, and nothing more is said', async () => {
    const place = setUp({ real: CLIENT })
    place.isHeldBy(place.arnOf('real'))

    const answer = await place.report()

    expect(answer).toMatchObject({ outcome: 'revoked', clients: [{ clientId: CLIENT, outcome: 'revoked' }] })
    expect(answer?.clients[0]).not.toHaveProperty('why')
  })

  it('is not the one that is tagged: the holder is revoked, and both are named', async () => {
    const place = setUp({ real: 'somebody-else', decoy: CLIENT })
    place.isHeldBy(place.arnOf('real'))

    const answer = await place.report()

    expect(place.revoked()).toEqual([`${PREFIX}real`])
    expect(answer).toMatchObject({
      outcome: 'revoked',
      clients: [
        {
          secretName: `${PREFIX}real`,
          clientId: CLIENT,
          outcome: 'revoked',
          why: `${CLIENT} is held by ${PREFIX}real, not by ${PREFIX}decoy, which is tagged for it`,
        },
      ],
    })
  })

  it('lost its tag is revoked all the same', async () => {
    const place = setUp({ real: 'somebody-else' })
    place.isHeldBy(place.arnOf('real'))

    expect(await place.report()).toMatchObject({ outcome: 'revoked' })
    expect(place.revoked()).toEqual([`${PREFIX}real`])
  })

  it('is of another stage: nothing is revoked, and the failure says who holds it', async () => {
    const place = setUp({ decoy: CLIENT })
    place.isHeldBy(ELSEWHERE)

    expect(await place.report()).toMatchObject({
      outcome: 'partlyFailed',
      clients: [
        {
          outcome: 'failed',
          why: `held by ${ELSEWHERE}, not by ${PREFIX}decoy, which is tagged for it: no secret of this stage that could be revoked`,
        },
      ],
    })
    expect(place.revoked()).toEqual([])
  })

  it('is not known, and none is tagged: that fails, and says so', async () => {
    const place = setUp({})

    expect(await place.report()).toMatchObject({ clients: [{ outcome: 'failed', why: /could not be found out/ }] })
  })

  it.each(['unheld', 'unknown'] as const)(
    'is %s: a tagged one is tried, and fails while nothing shows that it holds the client',
    async (state) => {
      const place = setUp({ decoy: CLIENT })
      place.holders.set(CLIENT, { state })

      const answer = await place.report()

      expect(place.revoked()).toEqual([`${PREFIX}decoy`])
      expect(answer).toMatchObject({
        outcome: 'partlyFailed',
        clients: [
          {
            clientId: CLIENT,
            outcome: 'failed',
            why: expect.stringContaining(`${PREFIX}decoy, which is tagged for it`),
          },
        ],
      })
    },
  )

  it('is bound by the very revoke is revoked, and nothing more is said', async () => {
    const place = setUp({ real: CLIENT })
    place.holders.set(CLIENT, { state: 'unheld' })
    place.world.fails(() => {
      if (place.revoked().length > 0) place.isHeldBy(place.arnOf('real'))
      return undefined
    })

    const answer = await place.report()

    expect(answer).toMatchObject({ outcome: 'revoked', clients: [{ clientId: CLIENT, outcome: 'revoked' }] })
    expect(answer?.clients[0]).not.toHaveProperty('why')
  })

  it('is held by a secret that is tagged for another one: each of the two has an end of its own', async () => {
    const place = setUp({ real: 'client-other' }, [CLIENT, 'client-other'])
    place.isHeldBy(place.arnOf('real'))
    place.holders.set('client-other', { state: 'unheld' })

    expect(await place.report()).toMatchObject({
      outcome: 'partlyFailed',
      clients: [
        { clientId: CLIENT, outcome: 'revoked' },
        { clientId: 'client-other', outcome: 'failed' },
      ],
    })
  })

  it('is of another stage, which nobody may look at, does not hold up the others of its report', async () => {
    const place = setUp({ real: CLIENT }, ['client-elsewhere', CLIENT])
    const denied = new Fault({ code: 'SECRETS_MANAGER_REJECTED', retryable: false, message: 'not yours' })
    place.holders.set('client-elsewhere', { state: 'held', secretArn: ELSEWHERE })
    place.world.fails((_call, name) => (name === ELSEWHERE || name === 'm2m/other/real' ? denied : undefined))

    await place.report()

    expect(place.revoked()).toEqual([`${PREFIX}real`])
  })
})

describe('a campaign that takes over', () => {
  const fill = (count: number) => Array.from({ length: count }, (_none, at) => `client-many-${at}`)

  it('more than 25 clients revokes what holds each, and nothing that is only tagged for it', async () => {
    const others = fill(25)
    const place = setUp({ real: 'somebody-else', decoy: CLIENT, ...Object.fromEntries(others.map((id) => [id, id])) }, [
      CLIENT,
      ...others,
    ])
    place.isHeldBy(place.arnOf('real'))
    const detail = { incidentId: 'INC-1', selector: { clientIds: [CLIENT, ...others] }, reason: 'x', requestedBy: 'x' }

    expect(await place.deliver(place.eventOf(detail, leakSources.breakGlass))).toMatchObject({ outcome: 'campaign' })
    await place.endCampaigns()

    expect(place.revoked()).not.toContain(`${PREFIX}decoy`)
    const end = place.published.find(({ type }) => type === 'Incident Completed')?.detail
    expect(end).toMatchObject({ outcome: 'refused', counts: { clients: 26, revoked: 26, failed: 0 } })
    expect(end?.clients).toContainEqual(
      expect.objectContaining({ secretName: `${PREFIX}real`, clientId: CLIENT, outcome: 'revoked' }),
    )
    expect(JSON.stringify(end?.clients)).not.toContain('clientIdFrom')
  })

  it('a grace names no secret that is only tagged, rotates none, and ends as a failure', async () => {
    const place = setUp({ decoy: CLIENT })
    place.holders.set(CLIENT, { state: 'unheld' })
    const detail = {
      incidentId: 'INC-1',
      selector: { clientIds: [CLIENT] },
      reason: 'x',
      requestedBy: 'x',
      graceSeconds: 60,
    }

    expect(await place.deliver(place.eventOf(detail))).toMatchObject({ outcome: 'campaign' })
    await place.endCampaigns()

    expect(place.world.asked).toEqual([])
    const [begun, end] = ['Incident Begun', 'Incident Completed'].map((wanted) =>
      place.published.find(({ type }) => type === wanted),
    )
    expect(JSON.stringify(begun)).not.toContain('decoy')
    expect(end?.detail).toMatchObject({
      outcome: 'failed',
      clients: [{ clientId: CLIENT, outcome: 'failed', why: expect.stringContaining('no secret of this stage holds') }],
    })
  })

  it('what an outage left takes it by the client, so that a secret that a tag nominated counts as nothing', async () => {
    const place = setUp({ decoy: CLIENT })
    place.holders.set(CLIENT, { state: 'unknown', isPassing: true })
    let looks = 0
    place.breakDown(60 * 60_000, (name) => name.includes('decoy') && ++looks > 1)
    const delivered = place.report()
    place.holders.set(CLIENT, { state: 'unheld' })

    expect(await delivered).toMatchObject({ outcome: 'campaign' })
    await place.endCampaigns()

    const ends = place.published.filter(({ type }) => type === 'Incident Completed')
    expect(ends.at(-1)?.detail).toMatchObject({ outcome: 'failed', clients: [{ clientId: CLIENT, outcome: 'failed' }] })
  })
})

describe('a secret that was chosen by its name, a tag or a scope and could not be revoked', () => {
  const reportOn = async (selector: object, more: object = {}) => {
    const place = setUp({ chosen: CLIENT })
    place.world.ends(() => 'refuses')
    place.holders.set(CLIENT, { state: 'held', secretArn: ELSEWHERE })
    const secret = place.world.secrets.get(`${PREFIX}chosen`)
    if (secret !== undefined) secret.tags = { ...secret.tags, team: 'x', 'm2m:scopes': 'read:a' }
    const detail = { incidentId: 'INC-1', selector, reason: 'x', requestedBy: 'x', ...more }
    const answer = await place.deliver(place.eventOf(detail))
    await place.endCampaigns()
    return { answer, end: place.published.findLast(({ type }) => type === 'Incident Completed')?.detail }
  }
  const named = {
    secretName: `${PREFIX}chosen`,
    clientId: CLIENT,
    clientIdFrom: 'tag',
    outcome: 'failed',
    why: expect.stringContaining(`${CLIENT} is held by m2m/other/real (${ELSEWHERE})`),
  }

  it.each([
    ['its name', { secretNames: [`${PREFIX}chosen`] }],
    ['a tag', { tags: { team: 'x' } }],
    ['a scope', { scopes: ['read:a'] }],
  ])('by %s says who holds its client', async (_, selector) => {
    expect((await reportOn(selector)).answer).toMatchObject({ outcome: 'partlyFailed', clients: [named] })
  })

  it('by a campaign says so as well', async () => {
    const { answer, end } = await reportOn({ tags: { team: 'x' } }, { graceSeconds: 60 })

    expect(answer).toMatchObject({ outcome: 'campaign' })
    expect(end).toMatchObject({ outcome: 'failed', clients: [named] })
  })

  it('says nothing more where it holds its client, or nobody can say who does', async () => {
    for (const holder of [{ state: 'held', isOwn: true }, { state: 'unknown' }] as const) {
      const place = setUp({ chosen: CLIENT })
      place.world.ends(() => 'refuses')
      if (holder.state === 'unknown') place.holders.set(CLIENT, { state: 'unknown' })
      const detail = {
        incidentId: 'INC-1',
        selector: { secretNames: [`${PREFIX}chosen`] },
        reason: 'x',
        requestedBy: 'x',
      }

      expect(await place.deliver(place.eventOf(detail))).toMatchObject({
        clients: [{ outcome: 'failed', why: 'every attempt was refused or cleared' }],
      })
    }
  })
})

it('while the rotation function does not say who holds it, what is tagged is tried, and nothing is claimed', async () => {
  const place = setUp({ real: CLIENT })
  place.holderFaults.push(new Fault({ code: 'HOLDERS_NOT_ANSWERED', retryable: true, message: 'no answer' }))

  expect(await place.report()).toMatchObject({ outcome: 'partlyFailed', clients: [{ outcome: 'failed' }] })
  expect(place.revoked()).toEqual([`${PREFIX}real`])
})
