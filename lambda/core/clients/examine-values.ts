// What a planned rotation would refuse of the values that a stage's secrets hold, asked before one does. Reads AWSCURRENT, changes nothing,
// and says nothing of a value but which field is wrong.
import { Fault } from '../base/fault.ts'
import { mapInParallel } from '../base/worker-pool.ts'
import { CURRENT } from '../secret/labels.ts'
import type { SecretForm } from '../secret/secret-format.ts'
import type { Secrets } from '../secret/secrets.ts'
import { formOf, slotForm } from '../secret/slot-forms.ts'
import type { ExaminedValue } from './clients-api.ts'

export interface Examining {
  readonly secrets: Pick<Secrets, 'readValue' | 'describe'>
}

export interface Examination {
  readonly projectId: string
  /** The stage's own: below it every secret is in our words. */
  readonly secretNamePrefix: string
  readonly secretNames: readonly string[]
}

const READS_AT_ONCE = 16

type Judging = Pick<Examination, 'projectId' | 'secretNamePrefix'>

/** As the rotation function chooses it: what was adopted where it is stands in its owner's words, which its tags say. */
const formFor = async ({ secrets }: Examining, secretName: string, judging: Judging): Promise<SecretForm> => {
  if (secretName.startsWith(judging.secretNamePrefix)) return slotForm
  const facts = await secrets.describe(secretName)
  return facts === undefined ? slotForm : formOf(facts, judging.projectId)
}

const faultsOf = async (parts: Examining, secretName: string, judging: Judging): Promise<readonly string[]> => {
  const { secrets } = parts
  const { projectId } = judging
  try {
    const version = await secrets.readValue(secretName, { label: CURRENT })
    // Without a value there is nothing to refuse; its labels say that it is empty.
    if (version === undefined) return []
    const form = await formFor(parts, secretName, judging)
    const parsed = form.parse(version.text, version.createdAt)
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
  { secretNames, ...judging }: Examination,
): Promise<readonly ExaminedValue[]> =>
  mapInParallel(secretNames, READS_AT_ONCE, async (secretName) => ({
    secretName,
    faults: await faultsOf(parts, secretName, judging),
  }))
