// The laptop's options, from its command line. Refuses everything else, and says so all at once.

import { parseArgs } from 'node:util'
import { defined } from '../../core/base/defined.ts'
import { extraPrefixFaults } from '../../core/secret/stage-secrets.ts'
import { LAPTOP_PREFIX } from './deployment.ts'

export interface Ports {
  readonly stytchPort?: number
  readonly awsPort?: number
  /** Of the status page. */
  readonly pagePort?: number
  /** Keeps the project secret in Secrets Manager, where it can be rotated. */
  readonly hasProjectSecret?: true
  /** Beside `m2m/laptop/`, for secrets that are adopted where they are. */
  readonly extraPrefixes?: readonly string[]
  /** Evaluates every call. @default true */
  readonly hasRights?: boolean
  /** Path of a configuration, in place of the laptop's own. */
  readonly configFile?: string
  /** Path of a configuration that is applied to a laptop that runs. */
  readonly deployFile?: string
}

const names = ['stytch-port', 'aws-port', 'page-port'] as const
type Name = (typeof names)[number]

const toPort = (name: Name, text: string | undefined, faults: string[]): number | undefined => {
  const port = Number(text)
  if (text !== undefined && /^\d+$/.test(text) && port <= 65_535) return port
  faults.push(`--${name}: expected a port from 0 (any free one) to 65535`)
  return undefined
}

/** @throws TypeError that lists every fault. */
export const readPorts = (args: readonly string[]): Ports => {
  // Not strict: the parser's own check stops at the first fault.
  const { tokens } = parseArgs({
    args: [...args],
    options: {
      'stytch-port': { type: 'string' },
      'aws-port': { type: 'string' },
      'page-port': { type: 'string' },
      'project-secret': { type: 'boolean' },
      'extra-prefix': { type: 'string', multiple: true },
      config: { type: 'string' },
      deploy: { type: 'string' },
      rights: { type: 'string' },
    },
    strict: false,
    tokens: true,
  })
  const faults: string[] = []
  const ports: Partial<Record<Name, number>> = {}
  let hasProjectSecret = false
  const extraPrefixes: string[] = []
  const files: { config?: string; deploy?: string } = {}
  let hasRights: boolean | undefined
  for (const token of tokens) {
    if (token.kind === 'positional') faults.push(`${JSON.stringify(token.value)}: expected an option`)
    if (token.kind !== 'option') continue
    if (token.name === 'project-secret' && token.value === undefined) {
      hasProjectSecret = true
      continue
    }
    if (token.name === 'extra-prefix' && token.value !== undefined) {
      extraPrefixes.push(token.value)
      continue
    }
    if (token.name === 'rights') {
      if (token.value !== 'on' && token.value !== 'off') faults.push('--rights: expected on or off')
      hasRights = token.value === 'on'
      continue
    }
    if (token.name === 'config' || token.name === 'deploy') {
      if (token.value === undefined || token.value === '') faults.push(`${token.rawName}: expected a file`)
      else files[token.name] = token.value
      continue
    }
    const name = names.find((known) => known === token.name)
    if (name === undefined) faults.push(`${token.rawName}: no such option`)
    else {
      const port = toPort(name, token.value, faults)
      if (port !== undefined) ports[name] = port
    }
  }
  for (const [, fault] of extraPrefixFaults(LAPTOP_PREFIX, extraPrefixes)) faults.push(`--extra-prefix ${fault}`)
  const { config: configFile, deploy: deployFile } = files
  const besides = tokens.filter((token) => token.kind === 'option' && !['deploy', 'aws-port'].includes(token.name))
  if (deployFile !== undefined && besides.length > 0) {
    faults.push('--deploy: is for a laptop that runs; expected only --aws-port beside it')
  }
  if (configFile !== undefined && (hasProjectSecret || extraPrefixes.length > 0)) {
    faults.push('--config: says all of it; expected neither --project-secret nor --extra-prefix beside it')
  }
  if (faults.length > 0) throw new TypeError(faults.join('\n'))
  const { 'stytch-port': stytchPort, 'aws-port': awsPort, 'page-port': pagePort } = ports
  return {
    ...defined({ stytchPort, awsPort, pagePort, configFile, deployFile, hasRights }),
    ...(hasProjectSecret ? { hasProjectSecret } : {}),
    ...(extraPrefixes.length > 0 ? { extraPrefixes } : {}),
  }
}
