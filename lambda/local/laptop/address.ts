// What the laptop says of itself: the first line of `npm run laptop`.
import { defined } from '../../core/base/defined.ts'
import type { Identity } from '../iam/rights.ts'
import { VEND_CLIENT } from './deployment.ts'
import type { RunningStage } from './running-stage.ts'

/** The first line of `npm run laptop`. */
export interface LaptopAddress {
  readonly stytch: string
  readonly aws: string
  readonly project_id: string
  readonly project_secret: string
  readonly region: string
  readonly account_id: string
  readonly rotation_lambda_arn: string
  /** Name of the secret that holds the project secret, where that is rotated as well. */
  readonly project_secret_name?: string
  /** Name of the event bus, for PutEvents at `aws`. */
  readonly bus: string
  /** Where the leak intake takes deliveries. */
  readonly leaks: string
  /** Where tokens are vended: POST /clients/{client}/token, signed for execute-api in the Region. */
  readonly vend: string
  /** A client that may be vended. */
  readonly vend_client: string
  /** By whose key ids calls are made, where rights are enforced. Any secret key is taken, but at `vend`. */
  readonly identities?: Readonly<
    Record<string, { readonly access_key_id: string; readonly secret_access_key: string; readonly arn: string }>
  >
  /** Of the key that signs the list of revocations, for verifiers to pin: as `aws kms get-public-key` prints it. */
  readonly revocations_public_key: string
  /** The only pair that `vend` accepts. */
  readonly access_key_id: string
  readonly secret_access_key: string
}

const shownIdentity = ({ accessKeyId, principalArn: arn }: Identity) =>
  [accessKeyId, { access_key_id: accessKeyId, secret_access_key: 'x', arn }] as const

export interface AddressInput {
  readonly urls: { readonly stytch: string; readonly aws: string }
  readonly projectSecret: string
  /** The stage that it started with. */
  readonly stage: Pick<RunningStage, 'place' | 'stack' | 'settings' | 'addresses' | 'publishingKey' | 'fronts'>
  /** Undefined: rights are off. */
  readonly identities: readonly Identity[] | undefined
}

/** Of those that the template declares. */
const firstClient = ({ stack, settings }: AddressInput['stage']): string => {
  const declared = stack.resources().find(({ type }) => type === 'Custom::M2mClient')
  return declared?.name.slice(settings().secretNamePrefix.length) ?? VEND_CLIENT.name
}

export const addressOf = ({ urls, projectSecret, stage, identities }: AddressInput): LaptopAddress => {
  const { account, region } = stage.place
  const settings = stage.settings()
  const { leaks, vend } = stage.addresses()
  const { accessKeyId, secretAccessKey } = stage.fronts.keys
  return {
    stytch: urls.stytch,
    aws: urls.aws,
    project_id: settings.projectId,
    project_secret: projectSecret,
    region,
    account_id: account,
    rotation_lambda_arn: settings.functionArn('rotation'),
    ...defined({
      project_secret_name: settings.workspaceKey === undefined ? undefined : settings.projectSecret,
    }),
    bus: settings.bus,
    leaks,
    vend,
    vend_client: firstClient(stage),
    ...(identities === undefined ? {} : { identities: Object.fromEntries(identities.map(shownIdentity)) }),
    revocations_public_key: stage.publishingKey()?.publicKey ?? '',
    access_key_id: accessKeyId,
    secret_access_key: secretAccessKey,
  }
}
