// The laptop's two options, from its command line.
import { parseArgs } from 'node:util'

export interface Ports {
  readonly stytchPort?: number
  readonly awsPort?: number
}

const toPort = (name: string, text: string | undefined, faults: string[]): number | undefined => {
  if (text === undefined) return undefined
  const port = Number(text)
  if (/^\d+$/.test(text) && port <= 65_535) return port
  faults.push(`--${name}: expected a port from 0 (any free one) to 65535`)
  return undefined
}

/** @throws TypeError that lists every fault. */
export const readPorts = (args: readonly string[]): Ports => {
  const { values } = parseArgs({
    args: [...args],
    options: { 'stytch-port': { type: 'string' }, 'aws-port': { type: 'string' } },
  })
  const faults: string[] = []
  const stytchPort = toPort('stytch-port', values['stytch-port'], faults)
  const awsPort = toPort('aws-port', values['aws-port'], faults)
  if (faults.length > 0) throw new TypeError(faults.join('\n'))
  return { ...(stytchPort === undefined ? {} : { stytchPort }), ...(awsPort === undefined ? {} : { awsPort }) }
}
