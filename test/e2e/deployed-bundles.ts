// The bundles that are deployed, byte for byte, for a laptop: a deployed bundle knows the services' own addresses alone, and speaks TLS to them. So the
// network is another one around it, and not the bundle: in the handler's process, a connection to one of those hosts arrives at the stand-in.
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { repository } from './spawned.ts'

/** What the process says, once for each host that it connects to. */
export const DETOUR = 'arrives at the stand-in'

/** Where custom resources answer a deployed bundle, which takes no other address than one of AWS's. */
export const ANSWERS_AT = 'https://cloudformation-custom-resource-response-useast1.s3.us-east-1.amazonaws.com'

const detour = `
import { syncBuiltinESMExports } from 'node:module'
import net from 'node:net'
import tls from 'node:tls'
const stands = [['.stytch.com', process.env.STYTCH_BASE_URL], ['.amazonaws.com', process.env.AWS_ENDPOINT_URL]]
const connect = tls.connect
const said = new Set()
tls.connect = (...args) => {
  const host = args[0]?.servername || args[0]?.host || ''
  const origin = stands.find(([end]) => host.endsWith(end))?.[1]
  if (origin === undefined) return connect(...args)
  if (!said.has(host)) console.error(\`\${host} ${DETOUR}\`)
  said.add(host)
  const { hostname, port } = new URL(origin)
  const socket = net.connect({ host: hostname, port: Number(port) })
  socket.once('connect', () => socket.emit('secureConnect'))
  // The stand-ins answer to their own names alone.
  const write = socket.write.bind(socket)
  socket.write = (chunk, ...rest) =>
    write(typeof chunk === 'string' ? chunk.replace(/^host: .*$/im, \`host: \${hostname}:\${port}\`) : chunk, ...rest)
  return socket
}
syncBuiltinESMExports()
`

export interface DeployedBundles {
  /** For a laptop's `moduleOf`. */
  moduleOf(bundle: string): string
  remove(): void
}

export const wrapBundles = (): DeployedBundles => {
  const folder = mkdtempSync(join(tmpdir(), 'm2m-bundles-'))
  writeFileSync(join(folder, 'detour.mjs'), detour)
  // As `npm run build` makes them, and as `cdk deploy` uploads them.
  const built = join(repository, 'dist/functions')
  for (const name of readdirSync(built)) {
    const bundle = pathToFileURL(join(built, name, 'index.mjs')).href
    const wrapped = `import './detour.mjs'\nexport { handler } from ${JSON.stringify(bundle)}\n`
    writeFileSync(join(folder, `${name}.mjs`), wrapped)
  }
  return {
    moduleOf: (bundle) => join(folder, `${bundle}.mjs`),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}
