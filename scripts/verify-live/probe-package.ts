// A probe as CreateFunction takes it: one bundled file in a zip, with everything that it imports, so that it does not depend on what the runtime
// brings.
import { fileURLToPath } from 'node:url'
import { crc32, deflateRawSync } from 'node:zlib'
import { build } from 'esbuild'

const FILE = 'index.js'

const bytes = (...fields: readonly (readonly [size: 2 | 4, value: number])[]): Buffer => {
  const buffer = Buffer.alloc(fields.reduce((total, [size]) => total + size, 0))
  let at = 0
  for (const [size, value] of fields) at = buffer.writeUIntLE(value, at, size)
  return buffer
}

/** The smallest zip with one member; its time is that of no file. */
const zipOf = (name: string, content: Uint8Array): Buffer => {
  const packed = deflateRawSync(content)
  const path = Buffer.from(name)
  const JANUARY_1980 = 0x21
  const header = bytes(
    [2, 20],
    [2, 0],
    [2, 8],
    [2, 0],
    [2, JANUARY_1980],
    [4, crc32(content)],
    [4, packed.length],
    [4, content.length],
    [2, path.length],
    [2, 0],
  )
  const local = Buffer.concat([bytes([4, 0x04034b50]), header, path, packed])
  // Readable by whoever runs it.
  const attributes = bytes([2, 0], [2, 0], [2, 0], [4, (0o100644 << 16) >>> 0], [4, 0])
  const central = Buffer.concat([bytes([4, 0x02014b50], [2, 0x0314]), header, attributes, path])
  const end = bytes([4, 0x06054b50], [2, 0], [2, 0], [2, 1], [2, 1], [4, central.length], [4, local.length], [2, 0])
  return Buffer.concat([local, central, end])
}

const packages = new Map<string, Promise<Uint8Array>>()

/** @param module beside this one, which exports `handler`. It is called `index.handler` in the package. */
export const packageOf = (module: string): Promise<Uint8Array> => {
  const known = packages.get(module)
  if (known !== undefined) return known
  const made = build({
    entryPoints: [fileURLToPath(new URL(module, import.meta.url))],
    bundle: true,
    minify: true,
    write: false,
    platform: 'node',
    format: 'cjs',
    target: 'node24',
    logLevel: 'silent',
  }).then(({ outputFiles: [file] }) => zipOf(FILE, file?.contents ?? new Uint8Array()))
  packages.set(module, made)
  return made
}
