// The gate against the AWS stand-in, over HTTP: however many pass at once, no more than may; a lost reply is no second passage; and a
// release reports what was held before the gate is open.

import { CreateSecretCommand, GetSecretValueCommand, PutSecretValueCommand } from '@aws-sdk/client-secrets-manager'
import { beforeEach, describe, expect, test } from 'vitest'
import { createEvents } from '../../../lambda/adapters/aws/events.ts'
import { createSecrets } from '../../../lambda/adapters/aws/secrets.ts'
import type { HeldLeak } from '../../../lambda/core/intake/intake-gate.ts'
import { passGate, readGateNow } from '../../../lambda/core/intake/pass-gate.ts'
import { releaseIntake } from '../../../lambda/core/intake/release-intake.ts'
import { useAws } from '../../fakes/stand-ins.ts'

const place = useAws()
const GATE = 'm2m-intake/test/gate'
const leak = (incidentId: string, at = 1_800_000_000_000): HeldLeak => ({
  incidentId,
  clientId: `client-of-${incidentId}`,
  reference: `alert ${incidentId}`,
  at,
})

/** Waits are short and real, so that those who lost look again after the others. */
const keeper = () => ({
  secrets: createSecrets(place.sdk().secrets),
  timing: { wait: (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms / 4)) },
  gateId: GATE,
})
const put = (text: string) =>
  place.sdk().secrets.send(new PutSecretValueCommand({ SecretId: GATE, SecretString: text }))
const stored = async () =>
  JSON.parse(
    (await place.sdk().secrets.send(new GetSecretValueCommand({ SecretId: GATE }))).SecretString ?? '{}',
  ) as Record<string, readonly HeldLeak[]>

beforeEach(async () => {
  await place.sdk().secrets.send(new CreateSecretCommand({ Name: GATE, SecretString: '{"state":"open"}' }))
})

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

  test('and are the same incident are counted once', async () => {
    const admissions = await Promise.all(Array.from({ length: 4 }, () => passGate(keeper(), leak('same'), 10)))

    // Two that asked for the very same change both made it: that is one passage, reported twice, and the second report joins.
    expect(admissions.filter(({ decision }) => decision === 'held')).toEqual([])
    expect((await stored()).recent).toHaveLength(1)
  })
})

describe('a reply that was lost', () => {
  test.each(['PutSecretValue', 'UpdateSecretVersionStage', 'GetSecretValue'])(
    'of %s is no second passage',
    async (op) => {
      place.standIn.faults.add({ op, kind: 'drop_reply' })

      const { decision } = await passGate(keeper(), leak('lost'), 10)

      expect(decision).toBe('admitted')
      expect((await stored()).recent).toHaveLength(1)
    },
  )
})

describe('a gate that fails', () => {
  test('is a fault, and counts nobody', async () => {
    place.standIn.faults.add({ op: 'UpdateSecretVersionStage', kind: 'error', status: 500, count: 2 })

    await expect(passGate(keeper(), leak('a'), 10)).rejects.toMatchObject({ code: 'SECRETS_MANAGER_UNAVAILABLE' })
    expect(await readGateNow(keeper())).toEqual({ state: 'open', recent: [], held: [] })
  })

  test('and is not there is a fault of its own', async () => {
    const elsewhere = { ...keeper(), gateId: 'm2m-intake/test/none' }

    await expect(passGate(elsewhere, leak('a'), 10)).rejects.toMatchObject({ code: 'GATE_UNREADABLE' })
  })
})

describe('a release', () => {
  const release = () =>
    releaseIntake(
      { keeper: keeper(), events: createEvents(place.sdk().events, 'm2m-test', 'm2m.security') },
      'ada@example.com',
    )
  const holdAll = async (count: number) => {
    await put('{"state":"held"}')
    for (let at = 0; at < count; at += 1) await passGate(keeper(), leak(`held-${at}`), 10)
  }

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
