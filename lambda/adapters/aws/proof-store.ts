// The evidence bucket as the ProofStore of the rotation function: one put, on condition that nothing lies there yet. Signed by hand, since
// S3's client would double what the function loads (docs/decisions/050). It reads and deletes nothing; readers use archive-reader.ts.
import type { ProofStore } from '../../core/rotation/sign-proof.ts'
import { isHopelessStatus } from './archive-failure.ts'
import { s3ErrorOf } from './s3-error.ts'
import { type Sending, sendAgain } from './send-again.ts'
import { jwsHeaders, objectFailure } from './signed-object.ts'

const TRIES = 2
const TIMEOUT_MS = 3000

interface ProofStoreInput extends Pick<Sending, 'call' | 'wait'> {
  readonly bucket: string
}

const isDone = (status: number): boolean => status === 200 || status === 412

export const createProofStore = ({ bucket, ...calls }: ProofStoreInput): ProofStore => ({
  put: async (key, jws, timeoutMs) => {
    const call = { operation: 'PutObject', bucket, key }
    const sent = await sendAgain(
      { ...calls, tries: TRIES, timeoutMs: Math.min(TIMEOUT_MS, Math.floor(timeoutMs / TRIES)) },
      {
        method: 'PUT',
        // By path: a bucket's own host would need a connection of its own.
        path: `/${bucket}/${key.split('/').map(encodeURIComponent).join('/')}`,
        headers: { ...jwsHeaders(jws), 'if-none-match': '*' },
        body: jws,
      },
      (reply) => (isDone(reply.status) || isHopelessStatus(reply.status) ? undefined : s3ErrorOf(reply)),
    )
    if (sent.reply?.status === 200) return 'stored'
    if (sent.reply?.status === 412) return 'exists'
    throw objectFailure(call, sent)
  },
})
