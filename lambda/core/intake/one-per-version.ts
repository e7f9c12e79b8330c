// A version that is in no format is compared part by part, so that one value may fit several times: with the text around it, or without a
// hyphen at its edge. It holds one secret all the same.
import type { SecretMatch } from './leak-finding.ts'

/** dead comes last: a part that is no value is refused as well. */
const byState = ['alive', 'unproven', 'dead'] as const satisfies readonly SecretMatch['state'][]

const isBefore = (one: SecretMatch, other: SecretMatch): boolean =>
  byState.indexOf(one.state) < byState.indexOf(other.state)

/** @returns of each version what counts, in the order in which the versions were found. */
export const onePerVersion = (found: readonly SecretMatch[]): readonly SecretMatch[] => {
  const kept = new Map<string, SecretMatch>()
  for (const match of found) {
    const key = `${match.owner.secretArn} ${match.owner.versionId}`
    const before = kept.get(key)
    if (before === undefined || isBefore(match, before)) kept.set(key, match)
  }
  return [...kept.values()]
}
