// Webhook signatures: HMAC-SHA256 in hex behind `sha256=`, over exactly the bytes that came. Two keys may be valid at once, so that
// a detector's own secret can be replaced without a lost delivery. It answers yes or no, and never what it computed.
import { createHmac, timingSafeEqual } from 'node:crypto'

const SIGNATURE = /^sha256=([0-9a-f]{64})$/i

export interface Signed {
  readonly signature: string | undefined
  /** Parts of the message, in order. */
  readonly message: readonly (string | Uint8Array)[]
  readonly keys: readonly string[]
}

/** Every key is tried, whichever fits: which one it was shows in no time that passed. */
export const isSigned = ({ signature, message, keys }: Signed): boolean => {
  const given = SIGNATURE.exec(signature ?? '')?.[1]
  if (given === undefined) return false
  const wanted = Buffer.from(given, 'hex')
  let fits = false
  for (const key of keys) {
    const hmac = createHmac('sha256', key)
    for (const part of message) hmac.update(part)
    if (timingSafeEqual(hmac.digest(), wanted)) fits = true
  }
  return fits
}

/** How far a signed time may lie from now: clocks differ, and a delivery takes its time. */
export const SIGNATURE_WINDOW_MS = 300_000

/** Seconds since 1970, perhaps with a fraction. @returns epoch milliseconds, or undefined. */
export const readTimestamp = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d{1,12}(\.\d{1,9})?$/.test(text) ? Number(text) * 1000 : undefined

export const isFresh = (signedAt: number | undefined, now: number): boolean =>
  signedAt !== undefined && Math.abs(now - signedAt) <= SIGNATURE_WINDOW_MS
