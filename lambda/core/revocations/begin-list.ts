// The list of a stage that was just deployed: whoever verifies tokens can read one from the first minute on, and need not wait for a sweep. What
// is there already stays in it, so that each deployment may ask for it.
import { type Published, type Publishing, publishRevocations, tryToPublish } from './publish.ts'

export const LIST_RESOURCE = 'Custom::M2mRevocations'

/** What its resource is called. */
export const LIST_RESOURCE_ID = 'revocations'

/** A role that was made a moment ago may not do yet what its policies say: half a minute is rare, a minute is more than that. */
const PATIENCE_MS = 60_000
const EVERY_MS = 5_000

const nobody = { revoked: new Map<string, number>() }
const renewing = { renews: true }

/** Never throws: what could not be written is logged and counted, and the next sweep writes it. */
export const beginList = async (publishing: Publishing): Promise<Published> => {
  const { publication, timing } = publishing
  if (publication === undefined) return 'off'
  const until = timing.now() + PATIENCE_MS
  while (timing.now() + EVERY_MS < until) {
    if ((await tryToPublish(publication, publishing, { change: nobody, ...renewing })) === undefined) return 'published'
    await timing.wait(EVERY_MS)
  }
  return publishRevocations(publishing, nobody, renewing)
}
