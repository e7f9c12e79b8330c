// The published list in memory: one object with conditional writes, and a key that signs as KMS does.
import { generateKeyPairSync } from 'node:crypto'
import { Fault } from '../../lambda/core/base/fault.ts'
import { openDocument } from '../../lambda/core/revocations/document.ts'
import type { Publication, StoredDocument } from '../../lambda/core/revocations/publish.ts'
import { signDigest } from '../../lambda/local/aws/ecdsa.ts'
import { PROOF_KEY_ARN } from './proof-key.ts'

export interface FakePublication extends Publication {
  /** The next writes find that somebody was faster. */
  conflicts: number
  /** S3 refuses every write. */
  isDown: boolean
  writes: number
  stored: StoredDocument | undefined
  /** Client → epoch seconds, as the list says it. @throws when none is stored that our key has signed */
  named(): Readonly<Record<string, number>>
}

export const createFakePublication = (): FakePublication => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const scalar = Buffer.from(String(privateKey.export({ format: 'jwk' }).d), 'base64url')
  const trusted = { publicKey, keyArn: PROOF_KEY_ARN }
  const publication: FakePublication = {
    conflicts: 0,
    isDown: false,
    writes: 0,
    stored: undefined,
    chance: () => 0.5,
    publicKey: async () => trusted,
    signer: { keyArn: PROOF_KEY_ARN, sign: async (digest) => signDigest(Buffer.from(digest), scalar) },
    store: {
      read: async () => publication.stored,
      write: async (jws, over) => {
        if (publication.isDown)
          throw new Fault({ code: 'ARCHIVE_UNAVAILABLE', retryable: true, message: 'S3 is down.' })
        publication.conflicts -= 1
        if (publication.conflicts >= 0 || publication.stored?.etag !== over) return 'changed'
        publication.writes += 1
        publication.stored = { jws, etag: `"${publication.writes}"` }
        return 'stored'
      },
    },
    named: () => {
      const opened = openDocument(publication.stored?.jws ?? '', trusted)
      if (!opened.ok) throw new Error(`no list is stored: ${opened.refusal}`)
      return Object.fromEntries(opened.value.clients.map(({ id, notBefore }) => [id, notBefore]))
    },
  }
  return publication
}
