// The lease and the records as the steps use them: who is let in, that a table which is gone stops nobody, and that it is counted.
import { describe, expect, test } from 'vitest'
import { Fault } from '../../../lambda/core/base/fault.ts'
import {
  type KeptRecords,
  noRecords,
  noteAccepted,
  noteLost,
  noteRefused,
  noteSwitch,
  noteVersion,
  type Recording,
  readVersionRecords,
  recordedSwitchOf,
  withLease,
} from '../../../lambda/core/rotation/records.ts'
import { createFakeJournal } from '../../fakes/fake-journal.ts'
import { SECRET_ARN } from '../../fakes/fake-secrets.ts'
import { createFakeTiming } from '../../fakes/fake-timing.ts'

const FOR_MS = 65_000
const gone = async (): Promise<never> => {
  throw new Fault({ code: 'RECORDS_UNAVAILABLE', retryable: true, message: 'PutItem of the table t failed: gone.' })
}

/** One table, which any number of executions share. */
const createTable = () => {
  const leases = new Map<string, { readonly holder: string; readonly untilMs: number }>()
  const timing = createFakeTiming()
  const journal = createFakeJournal()
  const execution = (holder: string, broken: readonly string[] = []): Recording => {
    const unless = <Args extends readonly unknown[], Value>(name: string, call: (...args: Args) => Promise<Value>) =>
      broken.includes(name) ? gone : call
    const records: KeptRecords = {
      kind: 'kept',
      holder,
      lease: {
        take: unless('take', async (arn: string, by: string, untilMs: number) => {
          const held = leases.get(arn)
          if (held !== undefined && held.holder !== by && held.untilMs >= timing.now()) return 'held'
          leases.set(arn, { holder: by, untilMs })
          return 'taken'
        }),
        release: unless('release', async (arn: string, by: string) => {
          if (leases.get(arn)?.holder === by) leases.delete(arn)
        }),
      },
      versions: {
        noteVersion: unless('noteVersion', async () => {}),
        noteSwitch: unless('noteSwitch', async () => {}),
        noteAccepted: unless('noteAccepted', async () => {}),
        noteLost: unless('noteLost', async () => {}),
        noteRefused: unless('noteRefused', async () => {}),
        read: unless('read', async () => [{ versionId: 'v1', lastFour: 'abcd' }]),
      },
    }
    return { records, timing, journal }
  }
  return { leases, timing, journal, execution }
}

const terms = { secretArn: SECRET_ARN, forMs: FOR_MS }

describe('the lease', () => {
  test('is held while the work runs, until its time, and given back at the end', async () => {
    const { leases, timing, execution } = createTable()
    const from = timing.now()

    const seen = await withLease(execution('one'), terms, async () => leases.get(SECRET_ARN))

    expect(seen).toEqual({ holder: 'one', untilMs: from + FOR_MS })
    expect(leases.size).toBe(0)
  })

  test('that another execution holds is a retryable fault, and nothing runs; the other keeps it', async () => {
    const { leases, execution } = createTable()
    let ran = false

    const inner = withLease(execution('one'), terms, () =>
      withLease(execution('two'), terms, async () => {
        ran = true
      }),
    )

    await expect(inner).rejects.toMatchObject({ code: 'CONCURRENT_EXECUTION', retryable: true })
    expect(ran).toBe(false)
    expect(leases.size).toBe(0)
  })

  test('of an execution that was killed ends by its time', async () => {
    const { leases, timing, execution } = createTable()
    leases.set(SECRET_ARN, { holder: 'killed', untilMs: timing.now() - 1 })

    expect(await withLease(execution('next'), terms, async () => 'done')).toBe('done')
  })

  test('is taken again by its own execution', async () => {
    const { execution } = createTable()

    const twice = withLease(execution('one'), terms, () => withLease(execution('one'), terms, async () => 'done'))

    expect(await twice).toBe('done')
  })

  test('is given back when the work fails, and the failure goes on', async () => {
    const { leases, execution } = createTable()

    const failing = withLease(execution('one'), terms, async () => {
      throw new TypeError('a defect')
    })

    await expect(failing).rejects.toThrow('a defect')
    expect(leases.size).toBe(0)
  })

  test('that the table does not give stops nobody, and counts', async () => {
    const { journal, execution } = createTable()

    expect(await withLease(execution('one', ['take', 'release']), terms, async () => 'done')).toBe('done')
    expect(journal.entries).toMatchObject([
      { outcome: 'recordsUnavailable', call: 'take' },
      { outcome: 'recordsUnavailable', call: 'release' },
    ])
  })

  test('whose request was carried out, and only its reply lost, is given back all the same', async () => {
    const { leases, timing, execution } = createTable()
    leases.set(SECRET_ARN, { holder: 'one', untilMs: timing.now() + FOR_MS })

    await withLease(execution('one', ['take']), terms, async () => {})

    expect(leases.size).toBe(0)
  })

  test('does not exist without a table', async () => {
    const { timing, journal } = createTable()

    expect(await withLease({ records: noRecords, timing, journal }, terms, async () => 'done')).toBe('done')
    expect(journal.entries).toEqual([])
  })
})

describe('what is remembered of versions', () => {
  const version = { secretArn: SECRET_ARN, versionId: 'v1', lastFour: 'abcd', at: 1 }
  const switched = { secretArn: SECRET_ARN, versionId: 'v1', switchedAt: 2 }

  test('is read back', async () => {
    const { execution } = createTable()

    expect(await readVersionRecords(execution('one'), SECRET_ARN)).toEqual([{ versionId: 'v1', lastFour: 'abcd' }])
  })

  test('is no error when the table is gone: it counts, and names the secret and no value', async () => {
    const { journal, execution } = createTable()
    const recording = execution('one', ['noteVersion', 'noteSwitch', 'read'])

    await noteVersion(recording, version)
    await noteSwitch(recording, switched)

    expect(await readVersionRecords(recording, SECRET_ARN)).toBeUndefined()
    expect(journal.entries).toMatchObject([{ call: 'noteVersion' }, { call: 'noteSwitch' }, { call: 'read' }])
    expect(journal.entries.every(({ secretName }) => String(secretName).startsWith('m2m/'))).toBe(true)
  })

  test('goes to the table as it is, each kind to its own', async () => {
    const { timing, journal } = createTable()
    const written: unknown[] = []
    const write = (name: string) => async (what: unknown) => void written.push([name, what])
    const records: KeptRecords = {
      kind: 'kept',
      holder: 'one',
      lease: { take: async () => 'taken', release: async () => {} },
      versions: {
        noteVersion: write('noteVersion'),
        noteSwitch: write('noteSwitch'),
        noteAccepted: write('noteAccepted'),
        noteLost: write('noteLost'),
        noteRefused: write('noteRefused'),
        read: async () => [],
      },
    }
    const recording = { records, timing, journal }
    const lost = { secretArn: SECRET_ARN, versionId: 'v1', lostSince: 3 }
    const declined = { secretArn: SECRET_ARN, versionId: 'v1', reason: 'drift', at: 4 }

    await noteVersion(recording, version)
    await noteSwitch(recording, switched)
    await noteAccepted(recording, version)
    await noteLost(recording, lost)
    await noteRefused(recording, declined)

    expect(written).toEqual([
      ['noteVersion', version],
      ['noteSwitch', switched],
      ['noteAccepted', version],
      ['noteLost', lost],
      ['noteRefused', declined],
    ])
  })

  test('is named in the journal by the call that failed', async () => {
    const { journal, execution } = createTable()
    const recording = execution('one', ['noteAccepted', 'noteLost', 'noteRefused'])

    await noteAccepted(recording, version)
    await noteLost(recording, { secretArn: SECRET_ARN, versionId: 'v1', lostSince: 3 })
    await noteRefused(recording, { secretArn: SECRET_ARN, versionId: 'v1', reason: 'drift', at: 4 })

    expect(journal.entries).toMatchObject([
      { call: 'noteAccepted', message: 'PutItem of the table t failed: gone.' },
      { call: 'noteLost' },
      { call: 'noteRefused' },
    ])
  })

  test('says when consumers were switched to one version, where that is known', async () => {
    const { journal, execution } = createTable()
    const one = execution('one')
    if (one.records.kind !== 'kept') throw new Error('nothing is kept')
    const read = async () => [
      { versionId: 'v0', switchedAt: 1 },
      { versionId: 'v1', switchedAt: 2 },
      { versionId: 'v2' },
    ]
    const reading = { records: { ...one.records, versions: { ...one.records.versions, read } }, journal }
    const of = (versionId: string) => recordedSwitchOf(reading, { secretArn: SECRET_ARN, versionId })

    expect(await Promise.all(['v0', 'v1', 'v2', 'v3'].map(of))).toEqual([1, 2, undefined, undefined])
    const v1 = { secretArn: SECRET_ARN, versionId: 'v1' }
    expect(await recordedSwitchOf(execution('one', ['read']), v1)).toBeUndefined()
    expect(await recordedSwitchOf({ records: noRecords, journal }, v1)).toBeUndefined()
  })

  test('is unknown without a table, which is not the same as nothing', async () => {
    const { timing, journal } = createTable()
    const recording = { records: noRecords, timing, journal }

    await noteVersion(recording, version)
    await noteSwitch(recording, switched)

    expect(await readVersionRecords(recording, SECRET_ARN)).toBeUndefined()
    expect(journal.entries).toEqual([])
  })
})
