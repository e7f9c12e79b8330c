// One delivery to the leak intake, before anybody believes it: which detector's form it has, and whether that detector signed it. The
// form is recognised by the one signature header that it carries. Why one is turned away goes into the log; outside, all are the same 401.
import { ok, type Result, refused } from '../base/result.ts'
import { isFresh, isSigned, readTimestamp } from './signature.ts'

export const detectors = ['github', 'gitguardian', 'plain'] as const
export type Detector = (typeof detectors)[number]

/** As it came over HTTP: header names in lower case, the body byte for byte. */
export interface Delivery {
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: Uint8Array
}

/** For each detector that may report: its keys, any of which it may sign by; malformed: they are stored, and none of them can be read. */
export type SigningKeys = Readonly<Partial<Record<Detector, readonly string[] | 'malformed'>>>

export type DeliveryRefusal = 'unknownForm' | 'noKey' | 'malformedKey' | 'badSignature' | 'staleTimestamp'

/** A webhook of GitHub's is at most 25 MB, an alert's some kilobytes. */
export const MAX_DELIVERY_BYTES = 256 * 1024

const signatureHeaders: Readonly<Record<Detector, string>> = {
  github: 'x-hub-signature-256',
  gitguardian: 'gitguardian-signature',
  plain: 'x-m2m-signature',
}

const formOf = ({ headers }: Delivery): Detector | undefined => {
  const found = detectors.filter((detector) => headers[signatureHeaders[detector]] !== undefined)
  return found.length === 1 ? found[0] : undefined
}

const timestampOf = ({ headers }: Delivery, detector: Exclude<Detector, 'github'>): string | undefined =>
  headers[detector === 'gitguardian' ? 'timestamp' : 'x-m2m-timestamp']

const isSignedBy = (detector: Detector, delivery: Delivery, keys: readonly string[]): boolean => {
  const { body, headers } = delivery
  const signature = headers[signatureHeaders[detector]]
  switch (detector) {
    case 'github':
      return isSigned({ signature, message: [body], keys })
    case 'gitguardian': {
      // Its key is the timestamp and the token, one behind the other (docs.gitguardian.com, "Custom webhook").
      const timestamp = timestampOf(delivery, detector) ?? ''
      return isSigned({ signature, message: [body], keys: keys.map((key) => `${timestamp}${key}`) })
    }
    case 'plain':
      return isSigned({ signature, message: [`${timestampOf(delivery, detector) ?? ''}.`, body], keys })
  }
}

/** What is the same when a delivery comes again, and cannot be chosen by whoever has no key. Only for one that was verified. */
export const deliveryKey = (detector: Detector, { headers }: Delivery): string =>
  `${detector} ${headers[signatureHeaders[detector]]?.toLowerCase()}`

/** @param now epoch milliseconds. @returns whose delivery it is. */
export const verifyDelivery = (
  delivery: Delivery,
  signingKeys: SigningKeys,
  now: number,
): Result<Detector, DeliveryRefusal> => {
  const detector = formOf(delivery)
  if (detector === undefined) return refused('unknownForm')
  const keys = signingKeys[detector] ?? []
  if (keys === 'malformed') return refused('malformedKey')
  if (keys.length === 0) return refused('noKey')
  if (!isSignedBy(detector, delivery, keys)) return refused('badSignature')
  // GitHub signs no time; what one of its deliveries can do twice, take-leak-report.ts says.
  if (detector !== 'github' && !isFresh(readTimestamp(timestampOf(delivery, detector)), now)) {
    return refused('staleTimestamp')
  }
  return ok(detector)
}
