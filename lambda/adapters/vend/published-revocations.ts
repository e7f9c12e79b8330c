// The published list of revocations as the vendor reads it: one light signed GET, which costs nothing where the list is as it was. It believes
// the bucket, whose policy lets none but the list's writers write, and checks no signature: that is for readers who have no such word.
import { Fault } from '../../core/base/fault.ts'
import { parseJsonObject } from '../../core/base/json-object.ts'
import { REVOCATIONS_OBJECT, readDocument } from '../../core/revocations/document.ts'
import type { PublishedReader } from '../../core/vend/ports.ts'
import { Sha256 } from '../../core/vend/sha256.ts'
import { createRequestSigner } from '../aws/request-signer.ts'
import { createFetchText } from '../stytch/http.ts'
import type { AwsPlace } from './signed-json.ts'

const unreadable = (why: string): Fault =>
  new Fault({
    code: 'ARCHIVE_UNAVAILABLE',
    retryable: true,
    message: `The published list of revocations could not be read: ${why}; labels are looked at all the same.`,
  })

export const createPublishedReader = ({ endpoint, ...place }: AwsPlace, bucket: string): PublishedReader => {
  const sign = createRequestSigner({ ...place, sha256: Sha256 }, { service: 's3', endpoint })
  const path = `/${bucket}/${REVOCATIONS_OBJECT}`
  return {
    read: async (etag, withinMs) => {
      const headers = etag === undefined ? {} : { 'if-none-match': etag }
      const { url, signed } = await sign({ method: 'GET', path, headers, body: '' })
      const answer = await createFetchText(Math.floor(withinMs))(new URL(path, url), signed.headers)
      if (!answer.arrived) throw unreadable(answer.why)
      const { status, text } = answer
      if (status === 304) return { state: 'same' }
      // In a new stage whose first list could not be written.
      if (status === 404) return { state: 'none' }
      if (status !== 200 || answer.etag === undefined) throw unreadable(`HTTP ${status}`)
      const payload = parseJsonObject(Buffer.from(text.split('.')[1] ?? '', 'base64url').toString('utf8'))
      const document = payload === undefined ? undefined : readDocument(payload)
      if (document === undefined) throw unreadable('it is no such list')
      const clients = new Map(document.clients.map(({ id, notBefore }) => [id, notBefore]))
      return { state: 'new', etag: answer.etag, clients }
    },
  }
}
