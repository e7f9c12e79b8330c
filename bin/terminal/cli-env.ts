// The CLI's settings from the environment, read here and nowhere else. AWS's own variables are the SDK's to read. Pure but for the one
// function that hands the process's environment over; a secret is never among them.

interface CliEnv {
  /** Which deployment: `--stage` has the say over it. */
  readonly stage: string | undefined
  /** A set of the configuration to act for, or break-glass: `--set` has the say over it. */
  readonly set: string | undefined
  /** https://no-color.org: set to anything but nothing. */
  readonly noColor: boolean
  /** Who is at work, where AWS's name for the caller would say less. The name of the account on this machine says nothing: it may be `root`. */
  readonly operator: string | undefined
  /** Where Lambda listens, for calls that are signed without its client; by the SDK's own variables. */
  readonly lambdaEndpoint: string | undefined
  /** The bucket of the evidence archive: a stack's output, EvidenceBucketName. */
  readonly evidenceBucket: string | undefined
  /** Prefixes that the deployment has beside its own, for commands that do not ask it. */
  readonly extraPrefixes: readonly string[] | undefined
}

type Environment = Readonly<Record<string, string | undefined>>

const filled = (value: string | undefined): string | undefined => (value === '' ? undefined : value)

export const readCliEnv = (env: Environment): CliEnv => ({
  stage: filled(env.M2M_STAGE),
  set: filled(env.M2M_SET),
  noColor: filled(env.NO_COLOR) !== undefined,
  operator: filled(env.M2M_OPERATOR),
  lambdaEndpoint: filled(env.AWS_ENDPOINT_URL_LAMBDA) ?? filled(env.AWS_ENDPOINT_URL),
  evidenceBucket: filled(env.M2M_EVIDENCE_BUCKET),
  extraPrefixes: filled(env.M2M_EXTRA_PREFIXES)?.split(/[ ,]+/).filter(Boolean),
})

/** Where a service listens that has no client here, by the SDK's own variables: `AWS_ENDPOINT_URL_KMS`, or one for all. */
export const endpointIn =
  (env: Environment) =>
  (service: string): string | undefined =>
    filled(env[`AWS_ENDPOINT_URL_${service}`]) ?? filled(env.AWS_ENDPOINT_URL)

export const processEndpoint = (service: string): string | undefined => endpointIn(process.env)(service)

export const processCliEnv = (): CliEnv => readCliEnv(process.env)
