// A deployment package as Lambda takes it, unpacked: a zip whose members are stored or deflated, which is all that its tools write.
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { inflateRawSync } from 'node:zlib'

const MEMBER = 0x02014b50
const END = 0x06054b50
const END_BYTES = 22

/** Writes each member below a directory. @throws Error for what is no zip, and for a member that would lie elsewhere. */
export const unpackZip = (zip: Buffer, directory: string): void => {
  const end = zip.lastIndexOf(Buffer.from([0x50, 0x4b, 0x05, 0x06]))
  if (end < 0 || zip.length < end + END_BYTES || zip.readUInt32LE(end) !== END) throw new Error('This is no zip.')
  let at = zip.readUInt32LE(end + 16)
  for (let left = zip.readUInt16LE(end + 10); left > 0; left -= 1) {
    if (zip.readUInt32LE(at) !== MEMBER) throw new Error('This zip has no such member.')
    const [method, size] = [zip.readUInt16LE(at + 10), zip.readUInt32LE(at + 20)]
    const [nameLength, extra, comment] = [28, 30, 32].map((offset) => zip.readUInt16LE(at + offset))
    const name = zip.toString('utf8', at + 46, at + 46 + (nameLength ?? 0))
    const local = zip.readUInt32LE(at + 42)
    const begin = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28)
    const packed = zip.subarray(begin, begin + size)
    const path = normalize(name)
    if (path.startsWith('..') || path.startsWith('/')) throw new Error('A member of this zip lies outside of it.')
    mkdirSync(dirname(join(directory, path)), { recursive: true })
    writeFileSync(join(directory, path), method === 0 ? packed : inflateRawSync(packed))
    at += 46 + (nameLength ?? 0) + (extra ?? 0) + (comment ?? 0)
  }
}
