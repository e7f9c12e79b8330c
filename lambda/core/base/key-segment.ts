// A name as one segment of an object's key in the evidence bucket (docs/evidence.md).
import { createHash } from 'node:crypto'

/** S3 takes keys of up to 1024 bytes; a secret's name has up to 512, and an incident's id is anybody's choice. */
const MAX_SEGMENT = 200

export const keyHash = (value: unknown): string =>
  createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 32)

const escaped = (character: string): string =>
  [...new TextEncoder().encode(character)]
    .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`)
    .join('')

/**
 * Secret names and request tokens stay as they are; what could be taken for a path, or would have to be escaped in a shell, is
 * percent-encoded.
 */
export const keySegment = (name: string): string => {
  const plain = name.replace(/[^A-Za-z0-9_.@=+-]/gu, escaped)
  const safe = /^\.{1,2}$/.test(plain) ? plain.replaceAll('.', '%2E') : plain
  return safe.length <= MAX_SEGMENT ? safe : `${safe.slice(0, 100)}~${keyHash(name)}`
}

/** A secret's name, whose slashes stay. */
export const keyPath = (name: string): string => name.split('/').map(keySegment).join('/')
