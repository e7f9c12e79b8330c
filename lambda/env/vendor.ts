// The token vendor's settings. It has no project secret; what Lambda hands it of itself (env/aws.ts) is read along and never written.

import type { StageSecrets } from '../core/secret/stage-secrets.ts'
import { type AwsEnv, readAws } from './aws.ts'
import { createReader, type Environment } from './reader.ts'
import { readRevocationsBucket, writeRevocationsBucket } from './revocations.ts'
import { readPrefixes, writePrefixes } from './secret-prefixes.ts'
import { readTokenPlace, type TokenPlaceEnv, writeTokenPlace } from './stytch.ts'

const verticals = ['consumer', 'b2b'] as const
/** Which of Stytch's two products the project is of: the keys of its tokens lie at another address (stytch-api §1.10). */
type StytchVertical = (typeof verticals)[number]

export interface VendorEnv extends StageSecrets {
  readonly stytch: TokenPlaceEnv
  readonly vertical: StytchVertical
  /** Name or ARN of the event bus. */
  readonly eventBus: string
  /** Of the one API whose events are believed. */
  readonly apiId: string
  /** Where callers reach that API, without a slash at its end. */
  readonly apiUrl: string
  /** Name of the bucket that holds the published list of revocations. */
  readonly revocationsBucket: string
  /** How long it is taken for granted which version is AWSCURRENT. */
  readonly checkSeconds: number
}

export const readVendorEnv = (env: Environment): VendorEnv & { readonly aws: AwsEnv } => {
  const reader = createReader(env)
  const stytch = readTokenPlace(reader)
  const named = reader.text('STYTCH_VERTICAL', verticals.join(' or '))
  const vertical = verticals.find((one) => one === named)
  if (named !== '' && vertical === undefined) {
    reader.fault('STYTCH_VERTICAL', `is malformed: expected ${verticals.join(' or ')}`)
  }
  const prefixes = readPrefixes(reader)
  const eventBus = reader.text('M2M_EVENT_BUS', 'the name or ARN of the event bus')
  const apiId = reader.text('M2M_API_ID', "the API's id")
  const apiUrl = reader.text('M2M_API_URL', "the API's URL")
  if (apiUrl !== '' && (!URL.canParse(apiUrl) || apiUrl.endsWith('/'))) {
    reader.fault('M2M_API_URL', 'is malformed: expected a URL without a slash at its end')
  }
  const revocationsBucket = readRevocationsBucket(reader)
  const seconds = reader.text('M2M_CHECK_SECONDS', 'seconds, 1 to 300')
  if (seconds !== '' && !(/^[1-9]\d{0,2}$/.test(seconds) && Number(seconds) <= 300)) {
    reader.fault('M2M_CHECK_SECONDS', 'is malformed: expected 1 to 300')
  }
  const aws = readAws(reader)
  reader.finish()
  return {
    stytch,
    vertical: vertical ?? 'consumer',
    ...prefixes,
    eventBus,
    apiId,
    apiUrl,
    revocationsBucket,
    checkSeconds: Number(seconds),
    aws,
  }
}

/** The inverse of readVendorEnv, but for what Lambda writes. */
export const writeVendorEnv = (settings: VendorEnv): Record<string, string> => ({
  ...writeTokenPlace(settings.stytch),
  STYTCH_VERTICAL: settings.vertical,
  ...writePrefixes(settings),
  M2M_EVENT_BUS: settings.eventBus,
  M2M_API_ID: settings.apiId,
  M2M_API_URL: settings.apiUrl,
  ...writeRevocationsBucket(settings.revocationsBucket),
  M2M_CHECK_SECONDS: String(settings.checkSeconds),
})
