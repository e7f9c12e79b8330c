// The checksums that a put brings along, verified as S3 does, and those that it keeps with the object. One that this stand-in cannot
// compute is refused, not believed.
import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { notImplemented, S3Fault } from './s3-wire.ts'

type Headers = Readonly<Record<string, string | undefined>>

const bytesOfCrc32 = (text: string): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(crc32(text))
  return bytes
}

const hash = (name: string, text: string): Buffer => createHash(name).update(text).digest()

const PREFIX = 'x-amz-checksum-'
const computed: Readonly<Record<string, (text: string) => Buffer>> = {
  [`${PREFIX}crc32`]: bytesOfCrc32,
  [`${PREFIX}sha1`]: (text) => hash('sha1', text),
  [`${PREFIX}sha256`]: (text) => hash('sha256', text),
}

export const md5Of = (text: string): Buffer => hash('md5', text)

const checkPayloadHash = (given: string | undefined, text: string): void => {
  if (given === undefined || given === 'UNSIGNED-PAYLOAD') return
  if (given.startsWith('STREAMING-')) throw notImplemented('aws-chunked')
  if (given === hash('sha256', text).toString('hex')) return
  const message = "The provided 'x-amz-content-sha256' header does not match what was computed."
  throw new S3Fault('XAmzContentSHA256Mismatch', message, 400)
}

const badDigest = (name: string): S3Fault =>
  new S3Fault('BadDigest', `The ${name} you specified did not match the calculated checksum.`, 400)

/** @returns the checksum headers to keep. @throws S3Fault */
export const verifiedChecksums = (headers: Headers, text: string): Record<string, string> => {
  checkPayloadHash(headers['x-amz-content-sha256'], text)
  const md5 = headers['content-md5']
  if (md5 !== undefined && md5 !== md5Of(text).toString('base64')) throw badDigest('Content-MD5')
  const kept: Record<string, string> = {}
  for (const [name, given] of Object.entries(headers)) {
    if (given === undefined || !name.startsWith(PREFIX) || name === `${PREFIX}mode`) continue
    const compute = computed[name]
    if (compute === undefined) throw notImplemented(name)
    if (given !== compute(text).toString('base64')) throw badDigest(name.slice(PREFIX.length).toUpperCase())
    kept[name] = given
  }
  return kept
}
