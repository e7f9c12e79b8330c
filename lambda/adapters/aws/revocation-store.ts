// The object that holds the published list of revocations: read, and replaced on condition that it is still what was read. Signed by hand, as
// the evidence bucket's puts are (docs/decisions/050).
import { REVOCATIONS_OBJECT } from '../../core/revocations/document.ts'
import type { DocumentStore } from '../../core/revocations/publish.ts'
import { isHopelessStatus } from './archive-failure.ts'
import { s3ErrorOf } from './s3-error.ts'
import { type Sending, type Sent, sendAgain } from './send-again.ts'
import { jwsHeaders, objectFailure } from './signed-object.ts'

const TRIES = 2

interface RevocationStoreInput extends Pick<Sending, 'call' | 'wait'> {
  readonly bucket: string
}

/** Somebody wrote meanwhile, or is writing; 404: what was to be replaced is gone. */
const CHANGED = new Set([404, 409, 412])

export const createRevocationStore = ({ bucket, ...calls }: RevocationStoreInput): DocumentStore => {
  const path = `/${bucket}/${REVOCATIONS_OBJECT}`
  const failed = (operation: string, sent: Sent) => objectFailure({ operation, bucket, key: REVOCATIONS_OBJECT }, sent)
  const sending = (timeoutMs: number): Sending => ({
    ...calls,
    tries: TRIES,
    timeoutMs: Math.max(1, Math.floor(timeoutMs / TRIES)),
  })
  return {
    read: async (timeoutMs) => {
      const request = { method: 'GET', path, headers: {}, body: '' } as const
      const sent = await sendAgain(sending(timeoutMs), request, (reply) =>
        reply.status === 200 || isHopelessStatus(reply.status) ? undefined : s3ErrorOf(reply),
      )
      const { status, headers, body } = sent.reply ?? { status: 0, headers: {}, body: '' }
      if (status === 404) return undefined
      const { etag } = headers
      if (status !== 200 || etag === undefined) throw failed('GetObject', sent)
      return { jws: body, etag }
    },
    write: async (jws, over, timeoutMs) => {
      // A put whose answer was lost is found by its own condition: what lies there is not what was read any more.
      const sent = await sendAgain(
        sending(timeoutMs),
        {
          method: 'PUT',
          path,
          headers: {
            ...jwsHeaders(jws),
            'cache-control': 'max-age=30',
            ...(over === undefined ? { 'if-none-match': '*' } : { 'if-match': over }),
          },
          body: jws,
        },
        ({ status, ...reply }) =>
          status === 200 || CHANGED.has(status) || isHopelessStatus(status)
            ? undefined
            : s3ErrorOf({ status, ...reply }),
      )
      if (sent.reply?.status === 200) return 'stored'
      if (sent.reply !== undefined && CHANGED.has(sent.reply.status)) return 'changed'
      throw failed('PutObject', sent)
    },
  }
}
