// The ports to the small record of who last read what: one function writes it, the sweep asks it.
import type { SeenReads } from './adoption-proof.ts'
import type { SeenRead } from './read-trail.ts'

export interface ReadRecorder {
  /** An older read than the one that is known changes nothing, in whichever order they come. @throws Fault RECORDS_UNAVAILABLE */
  note(read: SeenRead): Promise<void>
  /**
   * Says that reads are recorded at this time; a record that says so already, and has not expired, has begun then.
   * @param at epoch milliseconds @throws Fault RECORDS_UNAVAILABLE
   */
  begin(at: number): Promise<void>
}

export interface ReadLookup {
  /** @param asOf epoch milliseconds: what has expired by then counts no longer. @throws Fault RECORDS_UNAVAILABLE */
  of(secretName: string, asOf: number): Promise<SeenReads>
}
