// The settings of the function that records reads, and of the sweep that asks for them: the records table, and how long what they keep in it stays.
import type { StageSecrets } from '../core/secret/stage-secrets.ts'
import { readNumber } from './number.ts'
import { createReader, type Environment, type Reader } from './reader.ts'
import { type RecordsEnv, readRecordsTable, writeRecords } from './records.ts'
import { readPrefixes, writePrefixes } from './secret-prefixes.ts'

interface ReadsTableEnv extends RecordsEnv {
  /** Whoever has read nothing for so long before a switch is taken for gone. */
  readonly lookBackHours: number
}

interface ReadsEnv extends ReadsTableEnv, StageSecrets {}

/** Of the sweep: how long it waits, and whose reads are our own. */
export interface AdoptionEnv extends ReadsTableEnv {
  readonly waitAtMostHours: number
  /** ARN of the rotation function's role. */
  readonly ownPrincipal: string
}

const readTable = (reader: Reader): ReadsTableEnv => ({
  ...readRecordsTable(reader),
  lookBackHours: readNumber(reader, 'M2M_READS_LOOK_BACK_HOURS', 'how many hours back a reader counts, above 0'),
})

const writeTable = ({ lookBackHours, ...records }: ReadsTableEnv): Record<string, string> => ({
  ...writeRecords(records),
  M2M_READS_LOOK_BACK_HOURS: String(lookBackHours),
})

export const readReadsEnv = (env: Environment): ReadsEnv => {
  const reader = createReader(env)
  const settings = {
    ...readTable(reader),
    ...readPrefixes(reader),
  }
  reader.finish()
  return settings
}

/** The inverse of readReadsEnv. */
export const writeReadsEnv = (settings: ReadsEnv): Record<string, string> => ({
  ...writeTable(settings),
  ...writePrefixes(settings),
})

/** Absent where no wait is set: nothing waits for proof. */
export const readAdoption = (reader: Reader): { readonly adoption?: AdoptionEnv } => {
  if (reader.optional('M2M_ADOPTION_WAIT_HOURS') === undefined) return {}
  return {
    adoption: {
      ...readTable(reader),
      waitAtMostHours: readNumber(reader, 'M2M_ADOPTION_WAIT_HOURS', 'how long to wait past the overlap, above 0'),
      ownPrincipal: reader.text('M2M_ROTATION_ROLE', "the rotation function's role, an ARN"),
    },
  }
}

export const writeAdoption = (adoption: AdoptionEnv | undefined): Record<string, string> =>
  adoption === undefined
    ? {}
    : {
        ...writeTable(adoption),
        M2M_ADOPTION_WAIT_HOURS: String(adoption.waitAtMostHours),
        M2M_ROTATION_ROLE: adoption.ownPrincipal,
      }
