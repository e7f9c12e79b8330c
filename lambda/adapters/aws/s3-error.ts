// What S3 calls its error, for callers without S3's client: its errors are XML.
import type { SignedReply } from './signed-call.ts'

export const s3ErrorOf = ({ status, body }: SignedReply): string =>
  /<Code>(\w+)<\/Code>/.exec(body)?.[1] ?? `status ${status}`
