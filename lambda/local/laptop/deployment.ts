// The laptop's own deployment, as an operator writes one under `m2m` in cdk.json: what `cdk synth` makes of it is what the laptop starts. The
// stand-ins lag only when they are told to, so nothing waits for them.

import { defined } from '../../core/base/defined.ts'
import { type Bounds, WITHOUT_LAG } from '../../core/rotation/bounds.ts'

export const LAPTOP_ACCOUNT = '000000000000'
export const LAPTOP_REGION = 'us-east-1'
/** Whose roles may be readers of the laptop's clients, beside the laptop's own. */
export const READER_ACCOUNT = '111111111111'

/** Names the laptop's deployment, as `stage` does in cdk.json. */
export const LAPTOP_STAGE = 'laptop'
export const LAPTOP_PREFIX = `m2m/${LAPTOP_STAGE}/`

export const roleArnOf = (name: string, account = LAPTOP_ACCOUNT): string => `arn:aws:iam::${account}:role/${name}`

/** What a laptop is started with beyond the usual. */
export interface LaptopChoices {
  /** Declares the client that the address names as one that may be vended. @default false */
  readonly hasVendClient?: boolean
  /** Rotates the Stytch project's own secret as well. @default false */
  readonly hasProjectSecret?: boolean
  /** Lets overlaps wait for proof that consumers have moved. @default false */
  readonly hasAdoptionProof?: boolean
  /** Beside `m2m/laptop/`, for secrets that are adopted where they are. @default - none */
  readonly extraPrefixes?: readonly string[] | undefined
  /** How many calls a second campaigns and incidents take for what Stytch grants. @default - no limit */
  readonly stytchCallsPerSecond?: number | undefined
  /** How far the stand-ins are taken to be behind, once they are set to be. @default - not at all */
  readonly bounds?: Bounds | undefined
}

/** The client that `npm run laptop` declares: what it may have. Unless asked for more, it gets the first. */
export const VEND_CLIENT = {
  name: 'reports',
  scopes: ['read:reports', 'write:reports'],
  defaults: ['read:reports'],
} as const

const vendClient = {
  name: VEND_CLIENT.name,
  description: 'A client whose tokens may be vended',
  scopes: [...VEND_CLIENT.scopes],
  readers: [roleArnOf('reader'), roleArnOf('other-account-reader', READER_ACCOUNT)],
}

/** As the Management API's paths name the stand-in's project. */
export const LAPTOP_SLUGS = { projectSlug: 'laptop', environmentSlug: 'test' } as const

const spansOf = ({ staleLabelsMs, ...propagation }: Bounds) => ({
  staleness: { boundMs: staleLabelsMs },
  propagation,
})

/** @returns what stands under `m2m`. */
export const laptopConfig = (choices: LaptopChoices = {}): Readonly<Record<string, unknown>> => {
  const { bounds = WITHOUT_LAG, extraPrefixes, stytchCallsPerSecond } = choices
  return {
    stage: LAPTOP_STAGE,
    stytch: {
      projectId: 'project-test-00000000-0000-4000-8000-000000000000',
      projectSecretName: `stytch/m2m-${LAPTOP_STAGE}`,
      ...(choices.hasProjectSecret === true
        ? { projectRotation: { ...LAPTOP_SLUGS, workspaceKeySecretName: `stytch/m2m-${LAPTOP_STAGE}-workspace` } }
        : {}),
    },
    alarms: { email: 'on-call@example.com' },
    breakGlass: { roleArn: roleArnOf('break-glass') },
    operators: [roleArnOf('operator')],
    readerAccounts: [READER_ACCOUNT],
    incidents: {
      // Whoever operates a laptop reports leaks as well.
      security: { roleArns: ['security', 'operator', 'break-glass'].map((name) => roleArnOf(name)) },
      // Whoever wants the leak intake makes this secret (docs/incidents.md).
      intake: { signingSecretName: `m2m-intake/${LAPTOP_STAGE}/signing` },
    },
    vendor: { endpoint: 'regional' },
    rotation: {
      // As many as there is room for: nobody else shares the stand-in.
      checksPerSecond: 1000,
      ...defined({ stytchCallsPerSecond }),
      ...(choices.hasAdoptionProof === true ? { adoptionProof: {} } : {}),
    },
    ...spansOf(bounds),
    ...defined({ extraPrefixes }),
    onRemoval: 'destroy',
    environment: { account: LAPTOP_ACCOUNT, region: LAPTOP_REGION },
    clients: choices.hasVendClient === true ? [vendClient] : [],
  }
}
