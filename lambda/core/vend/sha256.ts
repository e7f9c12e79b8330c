// SHA-256 and its HMAC in the form in which AWS's signer wants them: one object a hash, made with `new`. For the vendor, which signs its
// calls, and for its callers, who sign theirs.
import { createHash, createHmac } from 'node:crypto'

type Bytes = string | ArrayBuffer | ArrayBufferView

const keyOf = (secret: Bytes): string | Uint8Array => {
  if (typeof secret === 'string') return secret
  return ArrayBuffer.isView(secret)
    ? new Uint8Array(secret.buffer, secret.byteOffset, secret.byteLength)
    : new Uint8Array(secret)
}

/** A class, because the signer makes one for each hash. */
export class Sha256 {
  private readonly hash: ReturnType<typeof createHash> | ReturnType<typeof createHmac>
  constructor(secret?: Bytes) {
    this.hash = secret === undefined ? createHash('sha256') : createHmac('sha256', keyOf(secret))
  }
  update(chunk: Uint8Array | string): void {
    this.hash.update(chunk)
  }
  async digest(): Promise<Uint8Array> {
    return this.hash.digest()
  }
  reset(): void {
    throw new TypeError('A hash is made anew for each message.')
  }
}
