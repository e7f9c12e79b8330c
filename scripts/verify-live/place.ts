// Where a run works: the clients of one Region and one Stytch project, at AWS's and Stytch's own addresses or at those that were named. The
// rehearsal gets its place here as well, so that there is one way to the services.
import { LambdaClient } from '@aws-sdk/client-lambda'
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { awsClientSettings } from '../../lambda/adapters/aws/aws-call.ts'
import { createSignedCall, type SignedCall } from '../../lambda/adapters/aws/signed-call.ts'
import { vendorBaseUrl } from '../../lambda/adapters/stytch/base-url.ts'
import { defined } from '../../lambda/core/base/defined.ts'
import type { Elsewhere } from './replica-checks.ts'
import type { LiveSettings } from './settings.ts'
import type { StytchUnderTest } from './stytch-calls.ts'

export interface LivePlace {
  readonly stytch: StytchUnderTest
  readonly region: string
  /** Of the secrets that are made. */
  readonly secrets: SecretsManagerClient
  readonly lambda: LambdaClient
  readonly iam: SignedCall
  readonly sts: SignedCall
  readonly parameters: SignedCall
  readonly trail: SignedCall
  /** Another Region, for replicas. */
  readonly elsewhere: Elsewhere | undefined
  readonly scimConnection: string | undefined
  /** Both at the services' own addresses: only then does a page say so. */
  readonly isReal: boolean
  close(): void
}

/** CreateFunction takes a package, and waits for its bytes. */
const SLOW = { requestHandler: { connectionTimeout: 3000, requestTimeout: 30_000, throwOnRequestTimeout: true } }

export interface Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

/** @param credentials in place of where every AWS tool finds them */
export const openPlace = (settings: LiveSettings, credentials?: Credentials): LivePlace => {
  const { projectId, projectSecret, region, replicaRegion, awsEndpoint, stytchUrl, scimConnection } = settings
  const common = { ...defined({ endpoint: awsEndpoint, credentials }) }
  const clientIn = (where: string): SecretsManagerClient =>
    new SecretsManagerClient({ ...awsClientSettings, ...common, region: where })
  const secrets = clientIn(region)
  const lambda = new LambdaClient({ ...SLOW, ...common, region })
  const there = replicaRegion === undefined ? undefined : clientIn(replicaRegion)
  const signed = (service: string): SignedCall =>
    createSignedCall(secrets, { service, ...defined({ endpoint: awsEndpoint }) })
  return {
    stytch: { projectId, projectSecret, baseUrl: stytchUrl ?? vendorBaseUrl(projectId) },
    region,
    secrets,
    lambda,
    // IAM has one address for all Regions, and signatures of one.
    iam: createSignedCall(secrets, {
      service: 'iam',
      region: 'us-east-1',
      endpoint: awsEndpoint ?? 'https://iam.amazonaws.com',
    }),
    sts: signed('sts'),
    parameters: signed('ssm'),
    trail: signed('cloudtrail'),
    elsewhere: there && replicaRegion !== undefined ? { region: replicaRegion, client: there } : undefined,
    scimConnection,
    isReal: awsEndpoint === undefined && stytchUrl === undefined,
    close: () => {
      secrets.destroy()
      lambda.destroy()
      there?.destroy()
    },
  }
}
