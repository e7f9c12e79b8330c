// The ports to the small record of who last read what: one function writes it, the sweep asks it.
import type { PrincipalReads } from './adoption-proof.ts'
import type { SeenRead } from './read-trail.ts'

export interface ReadRecorder {
  /** An older read than the one that is known changes nothing, in whichever order they come. @throws Fault RECORDS_UNAVAILABLE */
  note(read: SeenRead): Promise<void>
}

export interface ReadLookup {
  /** @throws Fault RECORDS_UNAVAILABLE */
  of(secretName: string): Promise<readonly PrincipalReads[]>
}
