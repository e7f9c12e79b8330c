// What a run is given: options and environment in, settings out, every fault at once. It refuses live projects, and anything that
// was not confirmed by name; a secret comes by the environment, never by an option, which every user of the machine can list.

import { parseArgs } from 'node:util'
import { defined } from '../../lambda/core/base/defined.ts'
import type { Environment } from '../../lambda/env/reader.ts'

export interface Options {
  readonly againstLaptop: boolean
  readonly page: string
  readonly redriveWaitMs: number | undefined
}

export interface LiveSettings {
  readonly projectId: string
  readonly projectSecret: string
  readonly accountId: string
  readonly probeArn: string
  /** Of the two durable functions, where they were made. */
  readonly durableArns: readonly [string, string] | undefined
  readonly region: string
  /** Another one, for replicas. @default - none */
  readonly replicaRegion?: string
}

export const USAGE = `usage: npm run verify:live -- --against-laptop [--page FILE]
       npm run verify:live -- [--redrive-wait-hours N] [--page FILE]
See docs/verifying.md.`

export const DEFAULT_PAGE = 'docs/verified.md'

/** @throws TypeError that lists every fault. */
export const readOptions = (args: readonly string[]): Options => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      'against-laptop': { type: 'boolean' },
      'redrive-wait-hours': { type: 'string' },
      page: { type: 'string' },
    },
  })
  const { 'redrive-wait-hours': text, page = DEFAULT_PAGE, 'against-laptop': againstLaptop = false } = values
  const hours = text === undefined ? undefined : Number(text)
  if (hours !== undefined && !(hours > 0 && hours <= 72)) {
    throw new TypeError('--redrive-wait-hours: expected a number of hours up to 72')
  }
  return { againstLaptop, page, redriveWaitMs: hours === undefined ? undefined : hours * 3_600_000 }
}

/** A live project is refused whatever else is said. */
const readStytchProject = (
  env: Environment,
  faults: string[],
): { readonly projectId: string; readonly projectSecret: string } => {
  const projectId = env.STYTCH_PROJECT_ID ?? ''
  const projectSecret = env.STYTCH_SECRET ?? ''
  if (projectId.startsWith('project-live-')) faults.push('STYTCH_PROJECT_ID: a live project is refused')
  else if (!/^project-test-[A-Za-z0-9-]+$/.test(projectId)) {
    faults.push('STYTCH_PROJECT_ID: expected a test project, project-test-…')
  }
  if (projectSecret.startsWith('secret-live-')) faults.push("STYTCH_SECRET: a live project's secret is refused")
  else if (projectSecret === '') faults.push("STYTCH_SECRET: expected the test project's secret")
  return { projectId, projectSecret }
}

const PROBE_ARN = /^arn:aws[a-z-]*:lambda:([a-z0-9-]+):(\d{12}):function:[A-Za-z0-9_-]+$/

const readDurableArns = (text: string, probeArn: string, faults: string[]): LiveSettings['durableArns'] => {
  const [first = '', second = '', ...more] = text === '' ? [] : text.split(/[\s,]+/)
  if (text === '') return undefined
  const place = (arn: string): string => PROBE_ARN.exec(arn)?.slice(1).join(' ') ?? 'none'
  const isRight =
    more.length === 0 && first !== second && [first, second].every((arn) => place(arn) === place(probeArn))
  if (!isRight)
    faults.push("VERIFY_LIVE_DURABLE_ARNS: expected two ARNs of functions in the probe function's account and Region")
  return [first, second]
}

/** @throws TypeError that lists every fault. */
export const readLiveSettings = (env: Environment): LiveSettings => {
  const faults: string[] = []
  const { projectId, projectSecret } = readStytchProject(env, faults)
  const probeArn = env.VERIFY_LIVE_PROBE_ARN ?? ''
  const [, region = '', probeAccount = ''] = PROBE_ARN.exec(probeArn) ?? []
  if (region === '') faults.push("VERIFY_LIVE_PROBE_ARN: expected the probe function's ARN")
  const durableArns = readDurableArns(env.VERIFY_LIVE_DURABLE_ARNS ?? '', probeArn, faults)
  const accountId = env.VERIFY_LIVE_ACCOUNT ?? ''
  if (!/^\d{12}$/.test(accountId)) faults.push("VERIFY_LIVE_ACCOUNT: expected the sandbox account's twelve digits")
  else if (region !== '' && probeAccount !== accountId) {
    faults.push('VERIFY_LIVE_ACCOUNT: the probe function is in another account')
  }
  if (env.VERIFY_LIVE_CONFIRM !== `create and delete in ${accountId}`) {
    faults.push('VERIFY_LIVE_CONFIRM: expected the words "create and delete in <account>", with the account id')
  }
  const replicaRegion = env.VERIFY_LIVE_REPLICA_REGION
  const isOther = replicaRegion === undefined || (/^([a-z]+-)+\d+$/.test(replicaRegion) && replicaRegion !== region)
  if (!isOther) faults.push('VERIFY_LIVE_REPLICA_REGION: expected another Region than that of the probe function')
  if (faults.length > 0) throw new TypeError(faults.join('\n'))
  return { projectId, projectSecret, accountId, probeArn, durableArns, region, ...defined({ replicaRegion }) }
}
