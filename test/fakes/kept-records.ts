// The records table in memory: what rotations and checks note of versions, and no lease that anybody competes for.
import type { KeptRecords, VersionRecord } from '../../lambda/core/rotation/records.ts'

export interface FakeRecords extends KeptRecords {
  /** By version id. */
  readonly known: Map<string, VersionRecord>
}

export const createKeptRecords = (): FakeRecords => {
  const known = new Map<string, VersionRecord>()
  const note = (versionId: string, facts: Partial<VersionRecord>): void => {
    known.set(versionId, { versionId, ...known.get(versionId), ...facts })
  }
  return {
    kind: 'kept',
    holder: 'a test',
    known,
    lease: { take: async () => 'taken', release: async () => {} },
    versions: {
      noteVersion: async ({ versionId, lastFour, at }) => note(versionId, { lastFour, storedAt: at }),
      noteSwitch: async ({ versionId, switchedAt }) => note(versionId, { switchedAt }),
      noteAccepted: async ({ versionId, lastFour }) => {
        const { lostSince: _over, ...kept } = known.get(versionId) ?? { versionId }
        known.set(versionId, { ...kept, lastFour })
      },
      noteLost: async ({ versionId, lostSince }) => note(versionId, { lostSince }),
      noteRefused: async ({ versionId, reason }) => note(versionId, { refusedBecause: reason }),
      read: async () => [...known.values()],
    },
  }
}
