// What every signed call about an object of S3 shares, made without S3's client: how a signed document is put, and how a call that failed reads.
import { createHash } from 'node:crypto'
import type { Fault } from '../../core/base/fault.ts'
import { type ArchiveCall, archiveFailure } from './archive-failure.ts'
import { s3ErrorOf } from './s3-error.ts'
import type { Sent } from './send-again.ts'

const typeOf = (text: string): string => (text.startsWith('{') ? 'application/jwk+json' : 'application/jose')

/** Of a PutObject, of a JWS or a JWK. The checksum is kept with the object, so that a copy can be compared; a bucket with Object Lock takes no put without one. */
export const jwsHeaders = (jws: string): Readonly<Record<string, string>> => ({
  'content-type': typeOf(jws),
  'x-amz-checksum-sha256': createHash('sha256').update(jws).digest('base64'),
})

/** Of a call that did not end as it should have: without a final reply it may be sent again, with one it may not. */
export const objectFailure = (call: ArchiveCall, sent: Sent): Fault => {
  if (sent.reply === undefined) return archiveFailure(call, { name: sent.why, isHopeless: false })
  const requestId = sent.reply.headers['x-amz-request-id']
  return archiveFailure(call, { name: s3ErrorOf(sent.reply), requestId, isHopeless: true })
}
