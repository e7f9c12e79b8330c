// The published list as the vendor obeys it: within a second, without a call for what is known, and without stopping for a list that cannot
// be read.
import { describe, expect, test } from 'vitest'
import { Fault } from '../../../lambda/core/base/fault.ts'
import type { PublishedReading } from '../../../lambda/core/vend/ports.ts'
import { createVendor } from '../../../lambda/core/vend/vend-token.ts'
import { createVendWorld } from '../../fakes/fake-vending.ts'

const seat = () => {
  const world = createVendWorld()
  const { clientId } = world.place({ name: 'orders' })
  const reads: (string | undefined)[] = []
  const list = { clients: new Map<string, number>(), etag: 0, isDown: false }
  const read = async (etag: string | undefined): Promise<PublishedReading> => {
    reads.push(etag)
    if (list.isDown) throw new Fault({ code: 'ARCHIVE_UNAVAILABLE', retryable: true, message: 'S3 did not answer.' })
    return etag === String(list.etag)
      ? { state: 'same' }
      : { state: 'new', etag: String(list.etag), clients: new Map(list.clients) }
  }
  const vendor = createVendor({ ...world.vending, published: { read } })
  const vend = async () => {
    const outcome = await vendor({ client: 'orders', scopes: [], minTtlMs: 0 }, world)
    return outcome.ok ? outcome.value.token.issuedAt : outcome.refusal.reason
  }
  const name = (notBefore: number): void => {
    list.clients.set(clientId, notBefore)
    list.etag += 1
  }
  const seconds = () => Math.floor(world.timing.now() / 1000)
  return { world, list, reads, vend, name, seconds }
}

describe('a client that is named', () => {
  test('is given no token that was issued before, from a second after the list says so', async () => {
    const { world, vend, name, seconds } = seat()
    const first = await vend()
    world.timing.advance(10_000)
    name(seconds())

    world.timing.advance(1_000)
    const second = await vend()

    expect(second).toBeGreaterThan(Number(first))
    expect(second).toBeGreaterThanOrEqual((seconds() - 1) * 1000)
    expect(world.mint.requests).toHaveLength(2)
  })

  test('in the very second of its revoke waits for the next one', async () => {
    const { world, vend, name, seconds } = seat()
    name(seconds() + 1)

    expect(await vend()).toBe(seconds() * 1000)
    expect(world.timing.waits).toHaveLength(1)
  })

  test('and switched off is given none, whatever Stytch would mint; and one within a second of being switched on', async () => {
    const { world, list, vend, name, seconds } = seat()
    await vend()
    name(seconds() + 300)
    world.timing.advance(1_000)
    const off = await vend()
    const mints = world.mint.requests.length
    name(seconds())
    list.clients.set('m2m-client-test-orders', seconds())
    world.timing.advance(1_000)

    expect([off, mints]).toEqual(['switchedOff', 1])
    expect(await vend()).toBe(seconds() * 1000)
  })

  test('is minted for again when what was on its way is older', async () => {
    const { world, vend, name, seconds } = seat()
    let isFirst = true
    world.mint.claims = (claims) => {
      const iat = isFirst ? Number(claims.iat) - 30 : Number(claims.iat)
      isFirst = false
      return { ...claims, iat }
    }
    name(seconds() - 10)

    expect(await vend()).toBe(seconds() * 1000)
    expect(world.mint.requests).toHaveLength(2)
  })
})

describe('the list', () => {
  test('is read once a second, by whoever comes first, and then by its ETag', async () => {
    const { world, reads, vend } = seat()

    await Promise.all([vend(), vend(), vend()])
    world.timing.advance(999)
    await vend()
    world.timing.advance(1)
    await vend()

    expect(reads).toEqual([undefined, '0'])
  })

  test('that cannot be read stops nothing, is noted once, and is left alone for longer each time', async () => {
    const { world, list, reads, vend, name, seconds } = seat()
    name(seconds() - 10)
    await vend()
    list.isDown = true

    const told: unknown[] = []
    for (let second = 0; second < 16; second += 1) {
      world.timing.advance(1_000)
      told.push(typeof (await vend()))
    }

    expect(new Set(told)).toEqual(new Set(['number']))
    // After 1, 2, 4 and 8 seconds.
    expect(reads).toHaveLength(1 + 5)
    expect(world.journal.entries.filter((entry) => entry.revocations === 'unreadable')).toHaveLength(1)
  })
})
