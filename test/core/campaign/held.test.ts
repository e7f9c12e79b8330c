// A campaign that is given clients by their ids: it rotates the secrets that hold them, as Stytch or a claim says, and nothing for a tag alone.
import { beforeEach, describe, expect, it } from 'vitest'
import { Fault } from '../../../lambda/core/base/fault.ts'
import { MAX_NAMED } from '../../../lambda/core/secret/selector.ts'
import { PREFIX } from '../../fakes/rotating-fleet.ts'
import { createSeat, type Seat } from './seat.ts'

const CLIENT = 'client-leaked'
const ELSEWHERE = 'arn:aws:secretsmanager:eu-west-1:111111111111:secret:m2m/other/real-AbCdEf'
const HOUR_MS = 3_600_000

let seat: Seat
beforeEach(() => {
  seat = createSeat()
})

const tag = (name: string, clientId: string) => seat.world.add(name, { tags: { 'm2m:client-id': clientId } })
const revoke = (clientIds: readonly string[] = [CLIENT], more: object = {}) =>
  seat.run({ intent: 'revoke', selector: { clientIds }, incidentId: 'inc-7', ...more })
const asked = () => [...new Set(seat.world.asked.map(({ name }) => name))].toSorted()
const down = new Fault({ code: 'HOLDERS_NOT_ANSWERED', retryable: true, message: 'no answer' })

describe('a client whose secret', () => {
  it('is another than the tagged one: the holder is revoked, and the report names the client by it', async () => {
    const real = tag('real', 'somebody-else')
    tag('decoy', CLIENT)
    seat.holders.set(CLIENT, { state: 'held', secretArn: real.arn })

    const report = await revoke([CLIENT], { graceSeconds: 60 })

    expect(asked()).toEqual([`${PREFIX}real`])
    expect(report).toMatchObject({
      outcome: 'completed',
      counts: { matched: 1, settled: 1, failed: 0 },
      settledNames: [`${PREFIX}real`],
      clients: { [`${PREFIX}real`]: [CLIENT] },
    })
    expect(seat.published.at(-1)?.detail.clients).toEqual({ [`${PREFIX}real`]: [CLIENT] })
  })

  it('only a tag names: nothing is rotated, and the failure says which secret to look at', async () => {
    tag('decoy', CLIENT)
    seat.holders.set(CLIENT, { state: 'unheld' })

    const report = await revoke()

    expect(asked()).toEqual([])
    expect(report).toMatchObject({
      outcome: 'incomplete',
      counts: { matched: 1, settled: 0, failed: 1 },
      failures: [
        {
          secretName: CLIENT,
          why: 'notHeld',
          message: `held by no secret, and only tagged for it: ${PREFIX}decoy`,
        },
      ],
      clients: { [CLIENT]: [CLIENT] },
    })
    expect(seat.published.at(-1)?.detail).toMatchObject({ needsSomebody: true })
  })

  it.each([
    ['is of another stage', { state: 'held', secretArn: ELSEWHERE }, 'notHeld', /held by arn.*no secret of this stage/],
    ['does not exist, since Stytch knows no such client', { state: 'gone' }, 'notHeld', /knows no such client/],
    ['nobody can name', { state: 'unknown' }, 'unavailable', /could not be found out/],
  ] as const)('%s, fails, and keeps no other from its revoke', async (_, holder, why, message) => {
    tag('decoy', CLIENT)
    tag('other', 'client-other')
    seat.holders.set(CLIENT, holder)

    const report = await revoke([CLIENT, 'client-other'])

    expect(asked()).toEqual([`${PREFIX}other`])
    expect(report).toMatchObject({
      counts: { matched: 2, settled: 1, failed: 1 },
      failures: [{ secretName: CLIENT, why, message: expect.stringMatching(message) }],
    })
  })
})

describe('the question', () => {
  it('of as many clients as a report may name takes a hundred at a time, and each is asked about once', async () => {
    const ids = Array.from({ length: MAX_NAMED }, (_none, at) => `client-client-${String(at).padStart(5, '0')}`)
    seat.add(MAX_NAMED)

    const report = await revoke(ids)

    expect(report.counts).toMatchObject({ matched: MAX_NAMED, settled: MAX_NAMED, failed: 0 })
    expect(seat.questions.map(({ length }) => length)).toEqual(Array.from({ length: 10 }, () => 100))
    expect(new Set(seat.questions.flat()).size).toBe(MAX_NAMED)
    expect(Object.keys(report.clients ?? {})).toHaveLength(report.settledNames.length)
  })

  it('that is not answered for an hour is repeated until it is', async () => {
    const until = seat.timing.now() + HOUR_MS
    tag('real', CLIENT)
    seat.failHolders(() => (seat.timing.now() < until ? down : undefined))

    expect(await revoke()).toMatchObject({ counts: { settled: 1, failed: 0 } })
  })

  it('that is never answered ends as a failure of each client, after six hours', async () => {
    const startedAt = seat.timing.now()
    tag('real', CLIENT)
    seat.failHolders(() => down)

    const report = await revoke()

    expect(asked()).toEqual([])
    expect(report).toMatchObject({ outcome: 'incomplete', failures: [{ secretName: CLIENT, why: 'unavailable' }] })
    expect((seat.timing.now() - startedAt) / HOUR_MS).toBeGreaterThan(5)
  })

  it('about a client that Stytch does not answer for now is repeated, and the others wait no longer than a minute', async () => {
    const startedAt = seat.timing.now()
    tag('real', CLIENT)
    tag('other', 'client-other')
    seat.holders.set(CLIENT, { state: 'unknown', isPassing: true })

    const report = await revoke([CLIENT, 'client-other'])

    expect(report).toMatchObject({ counts: { settled: 1, failed: 1 }, failures: [{ why: 'unavailable' }] })
    expect(seat.world.asked[0]?.at).toBeLessThanOrEqual(startedAt + 61_000)
    expect(seat.questions).toHaveLength(4)
  })

  it('is not asked where secrets are named', async () => {
    tag('real', CLIENT)

    const report = await seat.run({
      intent: 'revoke',
      selector: { secretNames: [`${PREFIX}real`] },
      incidentId: 'inc-7',
    })

    expect(report.counts.settled).toBe(1)
    expect(seat.questions).toEqual([])
    expect(report).not.toHaveProperty('clients')
  })
})

it('a campaign that is killed while it selects goes on with what it has found', async () => {
  const real = tag('real', 'somebody-else')
  tag('decoy', CLIENT)
  seat.holders.set(CLIENT, { state: 'held', secretArn: real.arn })
  let kills = 0
  seat.killAt((moment, name) => name.includes('select 1') && moment === 'after' && kills++ < 2)

  expect(await revoke()).toMatchObject({ counts: { matched: 1, settled: 1 } })
  expect(seat.kills()).toBe(2)
  expect(asked()).toEqual([`${PREFIX}real`])
})
