// A managed secret as metadata shows it, made from what a test cares about: what its labels sit on, how long ago things happened, and
// its tags. Everything is counted back from NOON_THIRTY.

import { makeRequestToken, type Origin } from '../../lambda/core/secret/request-token.ts'
import type { Secret } from '../../lambda/core/secret/secret.ts'
import type { VersionEntry } from '../../lambda/core/secret/secrets.ts'
import { BLANK } from './blank-secret.ts'
import { NOON_THIRTY } from './fake-timing.ts'

export const MINUTE_MS = 60_000
export const HOUR_MS = 60 * MINUTE_MS
export const DAY_MS = 24 * HOUR_MS

export const ROTATION_FUNCTION = 'arn:aws:lambda:eu-central-1:123456789012:function:m2m-test-rotation'

/** `bare`: a foreign token, such as Secrets Manager's own schedule makes. */
export type TokenKind = Origin | 'bare'

/** A version id of this kind, asked for so long before NOON_THIRTY. Equal input, equal id. */
export const versionId = (kind: TokenKind, agoMs: number, about = 'a test'): string => {
  const askedAt = NOON_THIRTY - agoMs
  const made = makeRequestToken({
    origin: kind === 'bare' ? 'rotate' : kind,
    askedAt,
    secretArn: 'any',
    about,
    attempt: 1,
  })
  const hex = made.replaceAll('-', '').slice(-32)
  return kind === 'bare' ? `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4000-8000-${hex.slice(12, 24)}` : made
}

export interface SecretTraits {
  readonly name?: string
  /** AWSCURRENT's kind; undefined: no version carries the label. */
  readonly current?: TokenKind | undefined
  /** How long ago its version was made, and Secrets Manager saw that rotation succeed. @default - an hour */
  readonly rotatedAgoMs?: number
  /** Never rotated, as far as Secrets Manager knows. */
  readonly neverRotated?: boolean
  /** @default - as long ago as the rotation */
  readonly changedAgoMs?: number
  /** AWSPENDING on another version, and how long ago that was made. */
  readonly pending?: { readonly kind: TokenKind; readonly agoMs: number; readonly about?: string }
  readonly tags?: Readonly<Record<string, string>>
  readonly more?: Partial<Secret>
  /** Unlabelled versions. */
  readonly past?: readonly VersionEntry[]
}

export interface MadeSecret {
  readonly secret: Secret
  readonly versions: readonly VersionEntry[]
  readonly currentId: string
}

export const makeSecret = (traits: SecretTraits = {}): MadeSecret => {
  const { name = 'm2m/test/orders', rotatedAgoMs = HOUR_MS, pending, past = [] } = traits
  const current = 'current' in traits ? traits.current : 'rotate'
  const currentId = current === undefined ? '' : versionId(current, rotatedAgoMs)
  const pendingId =
    pending === undefined ? undefined : versionId(pending.kind, pending.agoMs, pending.about ?? 'pending')
  const labels = {
    ...(current === undefined ? {} : { [currentId]: ['AWSCURRENT'] }),
    ...(pendingId === undefined ? {} : { [pendingId]: ['AWSPENDING'] }),
  }
  const changedAgoMs = traits.changedAgoMs ?? pending?.agoMs ?? rotatedAgoMs
  const versions: readonly VersionEntry[] = [
    ...(pendingId === undefined || pending === undefined
      ? []
      : [{ versionId: pendingId, labels: ['AWSPENDING'], createdAt: NOON_THIRTY - pending.agoMs }]),
    ...past,
    ...(current === undefined
      ? []
      : [{ versionId: currentId, labels: ['AWSCURRENT'], createdAt: NOON_THIRTY - rotatedAgoMs }]),
  ]
  const secret: Secret = {
    ...BLANK,
    arn: `arn:aws:secretsmanager:eu-central-1:123456789012:secret:${name}-AbCdEf`,
    name,
    tags: traits.tags ?? { 'm2m:client-id': 'm2m-client-test-1' },
    labels,
    rotationEnabled: true,
    rotationFunctionArn: ROTATION_FUNCTION,
    isDeleted: false,
    createdAt: NOON_THIRTY - 20 * DAY_MS,
    lastChangedAt: NOON_THIRTY - changedAgoMs,
    lastRotatedAt: traits.neverRotated === true ? undefined : NOON_THIRTY - rotatedAgoMs,
    nextRotationAt: undefined,
    ...traits.more,
  }
  return { secret, versions, currentId }
}
