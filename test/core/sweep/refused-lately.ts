// Secrets whose settles keep being refused, for tests of what a sweep does about many of them. Not a test itself.
import { settleToken } from '../../../lambda/core/drive/settle-request.ts'
import { NOON_THIRTY } from '../../fakes/fake-timing.ts'
import { DAY_MS, HOUR_MS, type MadeSecret, makeSecret } from '../../fakes/managed-secret.ts'
import { over, PREFIX, type revoked } from './sweep-place.ts'

/** Its settle was asked for again and again, an hour ago for the last time, and refused. */
const refusedLately = (name: string, { current }: typeof over | typeof revoked = over): MadeSecret => {
  const traits = { name: PREFIX + name, current, rotatedAgoMs: 2 * DAY_MS, changedAgoMs: HOUR_MS }
  const { secret, currentId } = makeSecret(traits)
  const past = [1, 6].map((hours) => {
    const at = NOON_THIRTY - hours * HOUR_MS
    return { versionId: settleToken({ secretArn: secret.arn, currentId }, [], at), labels: [], createdAt: at }
  })
  return makeSecret({ ...traits, past })
}

export const manyRefused = (count: number, traits: typeof over | typeof revoked = over): readonly MadeSecret[] =>
  Array.from({ length: count }, (_, at) => refusedLately(`r${String(at).padStart(5, '0')}`, traits))
