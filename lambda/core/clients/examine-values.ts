// What a planned rotation would refuse of the values that a stage's secrets hold, asked before one does. Reads AWSCURRENT, changes nothing,
// and says nothing of a value but which field is wrong.
import { Fault } from '../base/fault.ts'
import { mapInParallel } from '../base/worker-pool.ts'
import { CURRENT } from '../secret/labels.ts'
import type { Secrets } from '../secret/secrets.ts'
import { slotForm } from '../secret/slot-forms.ts'
import type { ExaminedValue } from './clients-api.ts'

export interface Examining {
  readonly secrets: Pick<Secrets, 'readValue'>
}

export interface Examination {
  readonly projectId: string
  readonly secretNames: readonly string[]
}

const READS_AT_ONCE = 16

const faultsOf = async ({ secrets }: Examining, secretName: string, projectId: string): Promise<readonly string[]> => {
  try {
    const version = await secrets.readValue(secretName, { label: CURRENT })
    // Without a value there is nothing to refuse; its labels say that it is empty.
    if (version === undefined) return []
    const parsed = slotForm.parse(version.text, version.createdAt)
    if (!parsed.ok) return parsed.refusal
    return parsed.value.projectId === projectId ? [] : [`project_id is not ${projectId}`]
  } catch (fault) {
    if (fault instanceof Fault) return [`it could not be read: ${fault.message}`]
    throw fault
  }
}

/** @returns one entry for each name, in their order. */
export const examineValues = (
  parts: Examining,
  { projectId, secretNames }: Examination,
): Promise<readonly ExaminedValue[]> =>
  mapInParallel(secretNames, READS_AT_ONCE, async (secretName) => ({
    secretName,
    faults: await faultsOf(parts, secretName, projectId),
  }))
