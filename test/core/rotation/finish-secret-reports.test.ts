// What finishSecret publishes, what it proves before, and which faults end it.
import { describe, expect, test } from 'vitest'
import { Fault, type FaultCode } from '../../../lambda/core/base/fault.ts'
import type { Evidence } from '../../../lambda/core/rotation/outcome.ts'
import { failAt, onceAt } from '../../fakes/call-log.ts'
import { createKeptRecords } from '../../fakes/kept-records.ts'
import { CLIENT_ID, nameOf, textOf, valueNamed, type World } from '../../fakes/world.ts'
import { countOf, detailsOf, does, standing } from './step-seat.ts'

describe('what a label carries by the time it is read', () => {
  const spoil = ({ secrets }: World, label: string, text: string): void => {
    secrets.place(secrets.holderOf(label) ?? '', { text })
  }

  test('is gone before anything is stored: finishSecret says that, and not that something is pending', async () => {
    const { world, token } = await standing('createSecret', 'rotate')
    world.secrets.versions.get(world.secrets.holderOf('AWSCURRENT') ?? '')?.labels.clear()

    expect(await does(world, 'finishSecret', token)).toBe('no noCurrent, cleared: Refused')
  })

  test('is another client’s, in the past: that is no evidence', async () => {
    const { world, token } = await standing('finishSecret', 'settle', ['rotate'])
    spoil(world, 'AWSPREVIOUS', textOf(valueNamed('A'), { client_id: 'm2m-client-test-other' }))

    await world.step('finishSecret', token)

    expect(detailsOf(world, 'Rotation Completed').at(-1)?.evidence).toMatchObject({ refused: [] })
  })
})

describe('what is told', () => {
  test('again, with AWSCURRENT unreadable by then, names no client', async () => {
    const { world, token } = await standing('finishSecret', 'rotate')
    world.log.before.push(
      failAt('events.publish', new Fault({ code: 'EVENT_NOT_SENT', retryable: true, message: 'down' })),
    )
    await does(world, 'finishSecret', token)
    world.secrets.place(token, { text: 'canary' })

    expect(await does(world, 'finishSecret', token)).toBe('nothing: Completed, Changed')
    expect(detailsOf(world, 'Rotation Completed').map((detail) => 'clientId' in detail)).toEqual([false])
  })

  test('after a rotate’s settle is told in one go, and no event without content', async () => {
    const { world, token } = await standing('finishSecret', 'settle', ['rotate'])

    await world.step('finishSecret', token)

    const published = world.log.calls.filter(({ port }) => port === 'events').map(({ about }) => about)
    expect(published).toEqual(['Rotation Completed'])
  })

  test('of a rotate, or of a revoke that follows a revoke, is no evidence', async () => {
    for (const intent of ['rotate', 'revoke'] as const) {
      const { world, token } = await standing('finishSecret', intent, ['revoke'])
      world.events.published.length = 0

      await world.step('finishSecret', token)

      expect(world.events.published.map(({ type }) => type)).toEqual(['Rotation Completed', 'M2M Secret Changed'])
      expect(detailsOf(world, 'Rotation Completed').map((detail) => 'evidence' in detail)).toEqual([false])
    }
  })

  test('where another execution was quicker is told by both, under the same ids', async () => {
    const { world, token } = await standing('finishSecret', 'rotate')
    world.events.published.length = 0
    world.log.before.push(onceAt('secrets.readValue', () => world.step('finishSecret', token)))

    await world.step('finishSecret', token)

    const published = world.events.published.map(({ type, detail }) => `${type} ${String(detail.id)}`)
    expect(published).toHaveLength(4)
    expect(new Set(published).size).toBe(2)
    // The second is refused, as the label is not there any more.
    expect(countOf(world, 'secrets.moveLabel')).toBe(2)
  })
})

test('a switch is recorded of its own version, as of when AWSCURRENT moved', async () => {
  const { world, token } = await standing('finishSecret', 'rotate')
  const records = createKeptRecords()
  Object.assign(world.rotation, { records })

  await world.step('finishSecret', token)

  expect(records.known.get(token)).toEqual({ versionId: token, switchedAt: world.timing.now() })
})

test('a settle that is asked for again reports the same proof and the same Regions again', async () => {
  const { world, token } = await standing('finishSecret', 'settle', ['revoke'])
  world.secrets.replicas = [{ region: 'eu-west-1', status: 'InSync' }]
  world.events.published.length = 0
  world.log.before.push(onceAt('secrets.readValue', () => world.step('finishSecret', token)))

  await world.step('finishSecret', token)

  const [first, second, ...more] = detailsOf(world, 'Rotation Completed')
  const factsOf = ({ evidence }: Readonly<Record<string, unknown>> = {}) => {
    const { refused, accepted, replicas } = evidence as Evidence
    return { ids: refused.map(({ versionId }) => versionId), accepted: accepted?.versionId, replicas }
  }
  expect(more).toEqual([])
  expect(factsOf(second)).toEqual(factsOf(first))
  expect(factsOf(first).ids).toHaveLength(1)
  expect(factsOf(first).replicas).toMatchObject([{ region: 'eu-west-1' }])
})

test('a rotate that is asked for again reports the same Regions again', async () => {
  const { world, token } = await standing('finishSecret', 'rotate')
  world.secrets.replicas = [{ region: 'eu-west-1', status: 'InSync' }]
  world.log.before.push(onceAt('secrets.readValue', () => world.step('finishSecret', token)))

  await world.step('finishSecret', token)

  const regions = detailsOf(world, 'M2M Secret Changed').map(({ replicas }) => replicas)
  expect(regions).toMatchObject([[{ region: 'eu-west-1' }], [{ region: 'eu-west-1' }]])
})

test('a defect of the bus’s adapter keeps AWSCURRENT where it is', async () => {
  const { world, token } = await standing('finishSecret', 'settle', ['revoke'])
  world.log.before.push(failAt('events.publish', new TypeError('a defect')))

  await expect(world.step('finishSecret', token)).rejects.toThrow('a defect')
  expect(world.secrets.holderOf('AWSCURRENT')).not.toBe(token)
})

describe('proving', () => {
  const faultOf = async (run: () => Promise<unknown>): Promise<Fault> => {
    const error = await run().then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    if (error instanceof Fault) return error
    throw new Error('no fault was thrown')
  }
  const cases: readonly (readonly [FaultCode, string, (world: World) => void])[] = [
    ['STILL_ACCEPTED', 'Stytch still accepts', ({ issuer }) => issuer.lingering.add(valueNamed('A'))],
    ['PENDING_REFUSED', 'Stytch refuses', ({ issuer }) => issuer.unripe.add('canary-new1-n001')],
  ]

  test.each(cases)('ends in %s, in a sentence that names the version and the client', async (code, words, spoil) => {
    const { world, token } = await standing('finishSecret', 'settle', ['revoke'])
    const registered = world.secrets.holderOf('AWSPREVIOUS') ?? 'none'
    const revoked = world.secrets.holderOf('AWSCURRENT') ?? 'none'
    world.timing.waits.length = 0
    spoil(world)

    const fault = await faultOf(() => world.step('finishSecret', token))

    expect(fault).toMatchObject({ code, retryable: true })
    expect(fault.message).toContain(words)
    expect(fault.message).toContain(code === 'STILL_ACCEPTED' ? registered : revoked)
    expect(fault.message).toContain(CLIENT_ID)
    expect(fault.message).toMatch(/retried\.$/)
    expect(world.timing.waits).toEqual(code === 'STILL_ACCEPTED' ? [500, 1500, 4000] : [])
  })

  test('quotes the look that found the client settled', async () => {
    const { world, token } = await standing('finishSecret', 'settle', ['revoke'])

    await world.step('finishSecret', token)

    const { evidence } = detailsOf(world, 'Secret Revoked')[0] ?? {}
    const { slots, refused, accepted } = evidence as Evidence
    expect(slots).toEqual({ current: 'n001', next: null, requestId: expect.stringMatching(/^request-id-\d+$/) })
    expect(refused.map(({ status, error }) => [status, error])).toEqual([[401, 'invalid_client']])
    expect(accepted?.provenAt).toBe(new Date(world.timing.now()).toISOString())
    expect(nameOf(world.valueUnder('AWSCURRENT') ?? '')).toBe('new1')
  })
})
