// The gate against the AWS stand-in, over HTTP: however many pass at once, no more than may; a lost reply is no second passage; a release
// reports what was held before the gate is open; and what a deployment before the records table kept is taken over.

import { CreateSecretCommand } from '@aws-sdk/client-secrets-manager'
import { beforeEach, describe, expect, test } from 'vitest'
import { createEvents } from '../../../lambda/adapters/aws/events.ts'
import { createGateStore } from '../../../lambda/adapters/aws/gate-store.ts'
import { createSecretReader } from '../../../lambda/adapters/aws/secret-reader.ts'
import { createSignedCall } from '../../../lambda/adapters/aws/signed-call.ts'
import { type Gate, type HeldLeak, OPEN_GATE } from '../../../lambda/core/intake/intake-gate.ts'
import { changeGate, formerGateIn, passGate, readGateNow } from '../../../lambda/core/intake/pass-gate.ts'
import { releaseIntake } from '../../../lambda/core/intake/release-intake.ts'
import { useAws } from '../../fakes/stand-ins.ts'

const TABLE = { name: 'm2m-test-records', partitionKey: 'pk', sortKey: 'sk' }
const place = useAws([TABLE])
const FORMER = 'm2m-intake/test/gate'
const leak = (incidentId: string, at = 1_800_000_000_000): HeldLeak => ({
  incidentId,
  clientId: `client-of-${incidentId}`,
  reference: `alert ${incidentId}`,
  at,
})

/** Waits are short and real, so that those who lost look again after the others. */
const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms / 4))
const keeper = (table = TABLE.name) => {
  const call = createSignedCall(place.sdk().secrets, { service: 'dynamodb', endpoint: place.origin() })
  return {
    store: createGateStore({ call, table, wait }),
    timing: { wait },
    formerGate: formerGateIn(createSecretReader(place.sdk().secrets), FORMER),
  }
}
const put = (gate: Gate) => changeGate(keeper(), () => ({ decision: undefined, next: gate }))
const stored = async () => {
  const [item, ...more] = place.standIn.tableItems(TABLE.name)
  expect(more).toEqual([])
  return JSON.parse(item?.gate?.S ?? '{}') as Record<string, readonly HeldLeak[]>
}
const shut: Gate = { state: 'held', recent: [], held: [] }

describe('those who pass at once', () => {
  test('are never more than may, and each of the others is held and remembered', async () => {
    const leaks = Array.from({ length: 6 }, (_, at) => leak(`at-once-${at}`))

    const admissions = await Promise.all(leaks.map((one) => passGate(keeper(), one, 2)))

    const decisions = admissions.map(({ decision }) => decision).sort()
    expect(decisions).toEqual(['admitted', 'admitted', 'held', 'held', 'held', 'held'])
    expect(admissions.filter(({ isFirst }) => isFirst)).toHaveLength(1)
    const { recent = [], held = [] } = await stored()
    expect([...recent, ...held].map(({ incidentId }) => incidentId).sort()).toEqual(
      leaks.map(({ incidentId }) => incidentId),
    )
  })

  test('where one more may, are two that saw the same gate: one of them passes', async () => {
    await put({ ...OPEN_GATE, recent: [leak('before')] })
    let isSecond = false
    const undo = place.standIn.tap(async ({ op, phase }) => {
      if (op !== 'PutItem' || phase !== 'before' || isSecond) return
      isSecond = true
      undo()
      expect((await passGate(keeper(), leak('faster'), 2)).decision).toBe('admitted')
    })

    const { decision, isRemembered } = await passGate(keeper(), leak('slower'), 2)

    expect([decision, isRemembered]).toEqual(['held', true])
    const { recent = [], held = [] } = await stored()
    expect(recent.map(({ incidentId }) => incidentId)).toEqual(['before', 'faster'])
    expect(held.map(({ incidentId }) => incidentId)).toEqual(['slower'])
  })

  test('and are the same incident are counted once', async () => {
    const admissions = await Promise.all(Array.from({ length: 4 }, () => passGate(keeper(), leak('same'), 10)))

    // Two that asked for the very same change both made it: that is one passage, reported twice, and the second report joins.
    expect(admissions.filter(({ decision }) => decision === 'held')).toEqual([])
    expect((await stored()).recent).toHaveLength(1)
  })
})

test('hundreds in a row are all counted and remembered, whatever a secret may keep of versions', async () => {
  await place.standIn.configure({ versionQuota: 'documented' })
  const leaks = Array.from({ length: 240 }, (_, at) => leak(`many-${at}`, 1_800_000_000_000 + at))

  for (const one of leaks) expect((await passGate(keeper(), one, 40)).isRemembered).toBe(true)

  const { recent = [], held = [] } = await stored()
  expect([recent.length, held.length]).toEqual([40, 200])
})

test('a gate that is as full as it may be fits into an item', async () => {
  const longest = (at: number): HeldLeak => ({
    incidentId: `leak-gitguardian-${String(at).padStart(32, '0')}`,
    clientId: '"'.repeat(256),
    reference: `github.com/${'a'.repeat(100)}/${'b'.repeat(100)}/security/secret-scanning/${Number.MAX_SAFE_INTEGER}`,
    at: Number.MAX_SAFE_INTEGER,
  })
  await put({ ...shut, held: Array.from({ length: 199 }, (_, at) => longest(at)) })

  const last = await passGate(keeper(), longest(199), 40)

  expect(last).toMatchObject({ decision: 'held', isRemembered: true })
  expect((await stored()).held).toHaveLength(200)
})

describe('a reply that was lost', () => {
  test.each(['GetItem', 'PutItem'])('of %s is no second passage', async (op) => {
    place.standIn.faults.add({ op, kind: 'drop_reply' })

    const { decision } = await passGate(keeper(), leak('lost'), 10)

    expect(decision).toBe('admitted')
    expect((await stored()).recent).toHaveLength(1)
  })

  test('three times over, though the change was made, is no failure', async () => {
    place.standIn.faults.add({ op: 'PutItem', kind: 'drop_reply', count: 3 })

    expect((await passGate(keeper(), leak('lost'), 10)).decision).toBe('admitted')
    expect((await stored()).recent).toHaveLength(1)
  })
})

describe('a gate that fails', () => {
  test('is a fault, and counts nobody', async () => {
    place.standIn.faults.add({ op: 'PutItem', kind: 'error', status: 500, count: 3 })

    await expect(passGate(keeper(), leak('a'), 10)).rejects.toMatchObject({ code: 'RECORDS_UNAVAILABLE' })
    expect(await readGateNow(keeper())).toEqual(OPEN_GATE)
  })

  test('since its table is gone is a fault as well', async () => {
    await expect(passGate(keeper('m2m-test-gone'), leak('a'), 10)).rejects.toMatchObject({
      code: 'RECORDS_UNAVAILABLE',
    })
  })

  test('to be consistent is not relied on: reads that are late do not show', async () => {
    place.standIn.configure({ staleReadShare: 1, staleReadMs: 3_600_000 })
    for (const id of ['a', 'b']) await passGate(keeper(), leak(id), 2)

    expect((await passGate(keeper(), leak('c'), 2)).decision).toBe('held')
    expect((await stored()).recent).toHaveLength(2)
  })
})

describe('what a deployment before the table kept in a secret', () => {
  const former = (gate: object | string) =>
    place
      .sdk()
      .secrets.send(
        new CreateSecretCommand({ Name: FORMER, SecretString: typeof gate === 'string' ? gate : JSON.stringify(gate) }),
      )
  const reads = () => place.calls().filter((op) => op === 'GetSecretValue').length

  test('is taken over by the first change: it stays shut, with what it held', async () => {
    await former({ state: 'held', recent: [], held: [leak('old')] })

    const { decision, isFirst } = await passGate(keeper(), leak('new'), 10)

    expect([decision, isFirst]).toEqual(['held', false])
    expect((await stored()).held?.map(({ incidentId }) => incidentId)).toEqual(['old', 'new'])
  })

  test('counts for the hour', async () => {
    await former({ state: 'open', recent: [leak('one'), leak('two')], held: [] })

    expect((await passGate(keeper(), leak('three'), 2)).decision).toBe('held')
  })

  test('is read until then, and never again', async () => {
    await former({ state: 'open', recent: [leak('one')], held: [] })
    await passGate(keeper(), leak('two'), 10)
    expect(reads()).toBe(1)
    await passGate(keeper(), leak('three'), 10)
    await readGateNow(keeper())

    expect(reads()).toBe(1)
    expect((await stored()).recent).toHaveLength(3)
  })

  test('is taken over once by those who come at once', async () => {
    await former({ state: 'held', recent: [], held: [leak('old')] })

    await Promise.all(['a', 'b', 'c'].map((id) => passGate(keeper(), leak(id), 10)))

    const { held = [] } = await stored()
    expect(held.map(({ incidentId }) => incidentId).sort()).toEqual(['a', 'b', 'c', 'old'])
  })

  test('is released, by whoever comes first', async () => {
    await former({ state: 'held', recent: [], held: [leak('old')] })

    const events = createEvents(place.sdk().events, 'm2m-test', 'm2m.security')
    const released = await releaseIntake({ keeper: keeper(), events }, 'ada@example.com')

    expect(released.map(({ incidentId }) => incidentId)).toEqual(['old'])
    expect(await readGateNow(keeper())).toEqual(OPEN_GATE)
  })

  test('and nobody can read is a shut gate', async () => {
    await former('no gate')

    expect((await passGate(keeper(), leak('a'), 10)).decision).toBe('held')
  })

  test('holds, while it cannot be read', async () => {
    await former({ state: 'open' })
    place.standIn.faults.add({ op: 'GetSecretValue', kind: 'error', status: 500, count: 2 })

    await expect(passGate(keeper(), leak('a'), 10)).rejects.toMatchObject({ code: 'SECRETS_MANAGER_UNAVAILABLE' })
    expect(place.standIn.tableItems(TABLE.name)).toEqual([])
  })

  test('may never have been there', async () => {
    expect((await passGate(keeper(), leak('a'), 10)).decision).toBe('admitted')
  })
})

describe('an item that nobody of ours wrote', () => {
  test('is a shut gate, until it is released', async () => {
    const call = createSignedCall(place.sdk().secrets, { service: 'dynamodb', endpoint: place.origin() })
    await createGateStore({ call, table: TABLE.name, wait }).swap({ from: undefined, to: { text: '{}', version: 'x' } })

    expect((await passGate(keeper(), leak('a'), 10)).decision).toBe('held')
    const events = createEvents(place.sdk().events, 'm2m-test', 'm2m.security')
    await releaseIntake({ keeper: keeper(), events }, 'ada@example.com')
    expect((await passGate(keeper(), leak('b'), 10)).decision).toBe('admitted')
  })
})

describe('a release', () => {
  const release = () =>
    releaseIntake(
      { keeper: keeper(), events: createEvents(place.sdk().events, 'm2m-test', 'm2m.security') },
      'ada@example.com',
    )
  const holdAll = async (count: number) => {
    await put(shut)
    for (let at = 0; at < count; at += 1) await passGate(keeper(), leak(`held-${at}`), 10)
  }
  beforeEach(() => {
    expect(place.standIn.tableItems(TABLE.name)).toEqual([])
  })

  test('reports each held leak as its own incident, in the name of whoever releases', async () => {
    await holdAll(12)

    const released = await release()

    const events = place.standIn.events()
    expect(released).toHaveLength(12)
    expect(events.map(({ source, detailType }) => `${source} ${detailType}`)).toEqual(
      Array(12).fill('m2m.security Secret Leak Reported'),
    )
    expect(events[3]?.detail).toEqual({
      incidentId: 'held-3',
      selector: { clientIds: ['client-of-held-3'] },
      reason: 'leaked: alert held-3',
      requestedBy: 'ada@example.com',
    })
    expect(await stored()).toEqual({ state: 'open', recent: [], held: [] })
  })

  test('lets the next one pass', async () => {
    await holdAll(1)
    await release()

    expect((await passGate(keeper(), leak('next'), 10)).decision).toBe('admitted')
  })

  test('that could not be told leaves the gate shut', async () => {
    await holdAll(2)
    place.standIn.faults.add({ op: 'PutEvents', kind: 'error', status: 500, count: 2 })

    await expect(release()).rejects.toMatchObject({ code: 'EVENT_NOT_SENT' })
    expect(await stored()).toMatchObject({ state: 'held' })
    expect((await stored()).held).toHaveLength(2)
  })

  test('of an open gate changes what it counts, and reports nothing', async () => {
    await passGate(keeper(), leak('a'), 10)

    expect(await release()).toEqual([])
    expect(place.standIn.events()).toEqual([])
  })

  test('loses no leak that is held meanwhile', async () => {
    await holdAll(1)
    const undo = place.standIn.tap(async ({ op, phase }) => {
      if (op !== 'PutEvents' || phase !== 'before') return
      undo()
      await passGate(keeper(), leak('meanwhile'), 10)
    })

    const released = await release()

    expect(released.map(({ incidentId }) => incidentId)).toEqual(['held-0', 'meanwhile'])
  })
})
