// The archive in memory, for both of its ports: what was put stays, keys come in order.
import type { EvidenceReader, EvidenceWriter } from '../../lambda/core/incident/archive-ports.ts'

export interface FakeArchive extends EvidenceWriter, EvidenceReader {
  readonly objects: Map<string, string>
  readonly reads: string[]
}

export const createFakeArchive = (): FakeArchive => {
  const objects = new Map<string, string>()
  const reads: string[] = []
  return {
    objects,
    reads,
    put: async ({ key, text }) => {
      if (objects.has(key)) return 'alreadyThere'
      objects.set(key, text)
      return 'stored'
    },
    list: async (prefix, after = '') =>
      [...objects.keys()].filter((key) => key.startsWith(prefix) && key > after).sort(),
    read: async (key) => {
      reads.push(key)
      return objects.get(key)
    },
  }
}
