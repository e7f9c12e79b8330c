// A leak that is reported by a client's id: revoked is the secret that holds the client, as Stytch or a claim says. Where tags say otherwise the answer
// names both; and nothing is done, or left undone, for a tag alone.
import { describe, expect, it } from 'vitest'
import { leakSources } from '../../../lambda/core/base/event-types.ts'
import { Fault } from '../../../lambda/core/base/fault.ts'
import { PREFIX } from '../../fakes/rotating-fleet.ts'
import { createIncidentPlace } from './incident-place.ts'

const CLIENT = 'client-leaked'

/** Secrets by name, each with the client that it is tagged for. */
const setUp = (tagged: Readonly<Record<string, string>>) => {
  const place = createIncidentPlace()
  for (const [name, clientId] of Object.entries(tagged)) place.world.add(name, { tags: { 'm2m:client-id': clientId } })
  const arnOf = (name: string) => place.world.secrets.get(`${PREFIX}${name}`)?.arn ?? ''
  const detail = { incidentId: 'INC-1', selector: { clientIds: [CLIENT] }, reason: 'leaked', requestedBy: 'x' }
  return {
    ...place,
    arnOf,
    isHeldBy: (secretArn: string) => place.holders.set(CLIENT, { state: 'held', secretArn }),
    report: () => place.deliver(place.eventOf(detail, leakSources.intake)),
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
    const elsewhere = 'arn:aws:secretsmanager:eu-west-1:111111111111:secret:m2m/other/real-AbCdEf'
    place.isHeldBy(elsewhere)

    expect(await place.report()).toMatchObject({
      outcome: 'partlyFailed',
      clients: [
        {
          outcome: 'failed',
          why: `held by ${elsewhere}, not by ${PREFIX}decoy, which is tagged for it: no secret of this stage that could be revoked`,
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
    'is %s: a tagged one is tried, by the rotation function’s own rules',
    async (state) => {
      const place = setUp({ real: CLIENT })
      place.holders.set(CLIENT, { state })

      await place.report()

      expect(place.revoked()).toEqual([`${PREFIX}real`])
    },
  )
})

it('while the rotation function does not say who holds it, what is tagged is tried', async () => {
  const place = setUp({ real: CLIENT })
  place.holderFaults.push(new Fault({ code: 'HOLDERS_NOT_ANSWERED', retryable: true, message: 'no answer' }))

  expect(await place.report()).toMatchObject({ outcome: 'revoked' })
})
