// The public half of the key that signs proofs, beside them: so that an auditor who comes after the key has been replaced finds the former one, and
// compares it with what was pinned. No reader believes it: whoever could rewrite the bucket could replace it with the proofs (docs/audit.md).

import type { TrustedKey } from '../base/jws.ts'
import { keySegment } from '../base/key-segment.ts'
import type { ProofStore } from './sign-proof.ts'

/** `proofs/<stage>/keys/<key id>.jwk` */
export const keyCopyName = (stage: string, keyArn: string): string =>
  `proofs/${keySegment(stage)}/keys/${keySegment(keyArn.slice(keyArn.lastIndexOf('/') + 1))}.jwk`

/** A JWK (RFC 7517) whose `kid` is the key's ARN. */
export const writeKeyCopy = ({ publicKey, keyArn }: TrustedKey): string => {
  const { kty, crv, x, y } = publicKey.export({ format: 'jwk' })
  return JSON.stringify({ kty, crv, x, y, kid: keyArn, use: 'sig', alg: 'ES256' })
}

interface KeyCopyInput {
  readonly stage: string
  readonly keyArn: string
  readonly store: ProofStore
  /** From KMS. @throws Fault SIGNATURE_UNAVAILABLE */
  publicKey(): Promise<TrustedKey>
}

/** Once an execution environment, and the first one alone stores it. @throws Fault, of KMS or the archive: the next proof tries again */
export const createKeyCopy = ({
  stage,
  keyArn,
  store,
  publicKey,
}: KeyCopyInput): ((timeoutMs: number) => Promise<void>) => {
  let isThere = false
  return async (timeoutMs) => {
    if (isThere) return
    const key = await publicKey()
    await store.put(keyCopyName(stage, keyArn), writeKeyCopy({ ...key, keyArn }), timeoutMs)
    isThere = true
  }
}
