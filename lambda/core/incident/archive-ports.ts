// What archiving and reading evidence ask of the outside. Two ports, since the function that writes may not read, and whoever reads
// may not write.

interface ArchiveEntry {
  readonly key: string
  readonly text: string
}

/** Where evidence is put, once. */
export interface EvidenceWriter {
  /**
   * alreadyThere: the key is taken, and what lies there stays as it is.
   * @throws Fault ARCHIVE_UNAVAILABLE or ARCHIVE_REJECTED
   */
  put(entry: ArchiveEntry): Promise<'stored' | 'alreadyThere'>
}

/** Where evidence is read, by whoever reports on it. */
export interface EvidenceReader {
  /** Every key below the prefix, in order; `after`: only those that come behind it. */
  list(prefix: string, after?: string): Promise<readonly string[]>
  /** @returns undefined when there is none. */
  read(key: string): Promise<string | undefined>
}
