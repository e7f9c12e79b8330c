// What a run is given: options and environment in, settings out, every fault at once. It refuses live projects; a secret comes by the environment,
// never by an option, which every user of the machine can list. The account is confirmed later, by name (identity.ts).
import { parseArgs } from 'node:util'
import { defined } from '../../lambda/core/base/defined.ts'
import type { Environment } from '../../lambda/env/reader.ts'

export interface Options {
  readonly againstLaptop: boolean
  /** Removes what earlier runs have left, and checks nothing. */
  readonly isCleaning: boolean
  /** Asks what IAM leaves open, and nothing else. */
  readonly isOnlyRights: boolean
  /** Goes on where the newest run that did not end was stopped. */
  readonly isResuming: boolean
  readonly page: string
  /** Where each run keeps what it has found. */
  readonly journals: string
  /** The account that is agreed to, for who cannot be asked. */
  readonly yesAccount?: string
  readonly region?: string
  readonly awsEndpoint?: string
  readonly stytchUrl?: string
  readonly redriveWaitMs?: number
}

export interface LiveSettings {
  readonly projectId: string
  readonly projectSecret: string
  readonly region: string
  /** Another one, for replicas. @default - none */
  readonly replicaRegion?: string
  /** In place of AWS's own addresses, for every service. */
  readonly awsEndpoint?: string
  readonly stytchUrl?: string
  /** `<organization id>/<connection id>` of a connection to try. @default - none is tried */
  readonly scimConnection?: string
}

export const USAGE = `usage: npm run verify:live -- [--yes-account ID] [--region REGION] [--redrive-wait-hours N] [--page FILE] [--resume]
       npm run verify:live -- --rights [--yes-account ID] [--region REGION] [--page FILE]
       npm run verify:live -- --clean [--yes-account ID] [--region REGION]
       npm run verify:live -- --against-laptop [--page FILE]
Other addresses: --aws-endpoint URL, --stytch-url URL. See docs/verifying.md.`

export const DEFAULT_PAGE = 'docs/verified.md'
/** A run that asks for rights alone replaces no page about all the rest. */
const RIGHTS_PAGE = 'docs/verified-rights.md'
const DEFAULT_JOURNALS = 'reports/verify-live'

/** @throws TypeError that lists every fault. */
export const readOptions = (args: readonly string[]): Options => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      'against-laptop': { type: 'boolean', default: false },
      clean: { type: 'boolean', default: false },
      rights: { type: 'boolean', default: false },
      resume: { type: 'boolean', default: false },
      'redrive-wait-hours': { type: 'string' },
      'yes-account': { type: 'string' },
      region: { type: 'string' },
      'aws-endpoint': { type: 'string' },
      'stytch-url': { type: 'string' },
      page: { type: 'string' },
      journals: { type: 'string', default: DEFAULT_JOURNALS },
    },
  })
  const faults: string[] = []
  const hours = values['redrive-wait-hours'] === undefined ? undefined : Number(values['redrive-wait-hours'])
  if (hours !== undefined && !(hours > 0 && hours <= 72)) {
    faults.push('--redrive-wait-hours: expected a number of hours up to 72')
  }
  const yesAccount = values['yes-account']
  if (yesAccount !== undefined && !/^\d{12}$/.test(yesAccount)) {
    faults.push("--yes-account: expected an account's twelve digits")
  }
  if (values.clean && values.rights) faults.push('--clean: it asks nothing, --rights included')
  if (values.clean && values.resume) faults.push('--clean: it removes what --resume would go on with')
  if (faults.length > 0) throw new TypeError(faults.join('\n'))
  return {
    againstLaptop: values['against-laptop'],
    isCleaning: values.clean,
    isOnlyRights: values.rights,
    isResuming: values.resume,
    page: values.page ?? (values.rights ? RIGHTS_PAGE : DEFAULT_PAGE),
    journals: values.journals,
    ...defined({
      yesAccount,
      region: values.region,
      awsEndpoint: values['aws-endpoint'],
      stytchUrl: values['stytch-url'],
      redriveWaitMs: hours === undefined ? undefined : hours * 3_600_000,
    }),
  }
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

const REGION = /^([a-z]+-)+\d+$/

type Given = Pick<Options, 'region' | 'awsEndpoint' | 'stytchUrl'>

/** @throws TypeError that lists every fault. */
export const readLiveSettings = (env: Environment, given: Given = {}): LiveSettings => {
  const faults: string[] = []
  const { projectId, projectSecret } = readStytchProject(env, faults)
  const region = given.region ?? env.AWS_REGION ?? env.AWS_DEFAULT_REGION ?? ''
  if (!REGION.test(region)) faults.push('--region: expected the Region to work in; or set AWS_REGION')
  const replicaRegion = env.VERIFY_LIVE_REPLICA_REGION
  const isOther = replicaRegion === undefined || (REGION.test(replicaRegion) && replicaRegion !== region)
  if (!isOther) faults.push('VERIFY_LIVE_REPLICA_REGION: expected another Region than the one to work in')
  const scimConnection = env.VERIFY_LIVE_SCIM_CONNECTION
  if (scimConnection !== undefined && !/^[\w-]+\/[\w-]+$/.test(scimConnection)) {
    faults.push('VERIFY_LIVE_SCIM_CONNECTION: expected <organization id>/<connection id>')
  }
  const awsEndpoint = given.awsEndpoint ?? env.AWS_ENDPOINT_URL
  const stytchUrl = given.stytchUrl ?? env.STYTCH_BASE_URL
  for (const [name, url] of [
    ['--aws-endpoint', awsEndpoint],
    ['--stytch-url', stytchUrl],
  ] as const) {
    if (url !== undefined && !URL.canParse(url)) faults.push(`${name}: expected a URL`)
  }
  if (faults.length > 0) throw new TypeError(faults.join('\n'))
  return { projectId, projectSecret, region, ...defined({ replicaRegion, awsEndpoint, stytchUrl, scimConnection }) }
}
