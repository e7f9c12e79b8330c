// What a drill's removal takes away, and what it leaves alone: everything that is not a drill's by name, by owner, and by the client's binding.
import { describe, expect, it } from 'vitest'
import { DRILL_SET, drillName, isDrillName, removeDrill } from '../../../lambda/core/clients/drill-client.ts'
import { dueOfDrills, readDrillRecord, writeDrillRecord } from '../../../lambda/core/clients/drill-record.ts'
import type { Secret } from '../../../lambda/core/secret/secret.ts'
import { BLANK } from '../../fakes/blank-secret.ts'

const PREFIX = 'm2m/prod/'
const NOW = Date.UTC(2026, 10, 30, 2, 15)
const NAME = `${PREFIX}${drillName(NOW, '1a2b3c4d')}`
const ARN = `arn:aws:secretsmanager:eu-west-1:111111111111:secret:${NAME}-AbCdEf`
const ID = 'm2m-client-live-1'

const drill: Secret = {
  ...BLANK,
  arn: ARN,
  name: NAME,
  labels: {},
  rotationEnabled: true,
  rotationFunctionArn: undefined,
  isDeleted: false,
  createdAt: NOW,
  lastChangedAt: NOW,
  lastRotatedAt: undefined,
  nextRotationAt: undefined,
  tags: { 'm2m:client-id': ID, 'm2m:stack': 'cli', 'm2m:resource': DRILL_SET },
}
const record = {
  clientId: ID,
  name: 'drill',
  description: '',
  scopes: [],
  isActive: true,
  slots: { current: 'abcd', next: null },
  boundTo: ARN as string | undefined,
  registeredFor: NAME as string | undefined,
  registeredAt: NOW,
}

const remove = async (secret: Secret | undefined, client: typeof record | undefined, secretName = NAME) => {
  const done: string[] = []
  const parts = {
    clients: { find: async () => client },
    registry: {
      remove: async (id: string) => {
        done.push(id)
      },
    },
    secrets: {
      describe: async () => secret,
      erase: async (arn: string) => {
        done.push(arn)
      },
    },
  }
  const end = await removeDrill(parts, { secretName, secretNamePrefix: PREFIX }).catch((error: Error) => error.message)
  return { end, done }
}

describe('removing a drill', () => {
  it('takes the client first, so that its secret still names what is left', async () => {
    expect(await remove(drill, record)).toEqual({ end: 'removed', done: [ID, ARN] })
  })

  it('takes a client that was never bound, and goes on where the client is gone', async () => {
    expect((await remove(drill, { ...record, boundTo: undefined })).done).toEqual([ID, ARN])
    expect((await remove(drill, undefined)).done).toEqual([ARN])
  })

  it('is no failure when it is repeated', async () => {
    expect(await remove(undefined, undefined)).toEqual({ end: 'notThere', done: [] })
  })

  it.each<[string, Secret | undefined, typeof record | undefined, string]>([
    ['a name that is no drill', { ...drill, name: `${PREFIX}billing` }, record, `${PREFIX}billing`],
    ['a name below another prefix', drill, record, NAME.replace('prod', 'test')],
    ['a secret of another owner', { ...drill, tags: { ...drill.tags, 'm2m:resource': 'payments' } }, record, NAME],
    ['a client that another secret holds', drill, { ...record, boundTo: `${ARN}x` }, NAME],
    ['a client that was made for another secret', drill, { ...record, boundTo: undefined, registeredFor: 'x' }, NAME],
  ])('refuses %s, and removes nothing', async (_, secret, client, secretName) => {
    const { end, done } = await remove(secret, client, secretName)

    expect(end).toMatch(/was not removed/)
    expect(done).toEqual([])
  })

  it('has a name of its own', () => {
    expect(isDrillName(PREFIX, NAME)).toBe(true)
    expect(isDrillName(PREFIX, `${PREFIX}drill-bits`)).toBe(false)
  })
})

describe('the record of a drill', () => {
  const passed = {
    at: new Date(NOW).toISOString(),
    incidentId: 'DRILL-1',
    clientName: 'drill-1',
    result: 'passed',
    notice: 'confirmed',
    noticeConfirmedAt: new Date(NOW).toISOString(),
    by: 'ada',
  } as const
  const DAY = 86_400_000
  const turn = { everyMs: 90 * DAY, now: NOW + 89 * DAY }

  it('is read as it was written, and nothing else is one', () => {
    expect(readDrillRecord(writeDrillRecord(passed))).toEqual(passed)
    for (const text of [
      '',
      '{}',
      '[]',
      JSON.stringify({ ...passed, result: 'maybe' }),
      JSON.stringify({ ...passed, at: 'soon' }),
    ]) {
      expect(readDrillRecord(text)).toBeUndefined()
    }
  })

  it.each([
    ['nothing, while it is recent', passed, turn, undefined],
    ['another drill, when it is older', passed, { ...turn, now: NOW + 91 * DAY }, 'drill'],
    ['another drill, when it failed', { ...passed, result: 'failed' as const }, turn, 'drill'],
    ['a first one', undefined, turn, 'drill'],
    [
      'a person, when only machines have run it',
      { ...passed, noticeConfirmedAt: new Date(NOW - 2 * DAY).toISOString() },
      turn,
      'confirmation',
    ],
  ] as const)('makes a stage due for %s', (_, record, when, due) => {
    expect(dueOfDrills(record, when)).toBe(due)
  })
})
