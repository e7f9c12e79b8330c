// AWS's request quotas, a region's each second, as token buckets on real time (the shared clock can be moved; a quota
// cannot be waited out that way). Off unless the settings say so.
import { createTokenBucket, type TokenBucket } from '../stand-in/token-bucket.ts'
import { throttled } from './aws-fault.ts'
import type { AwsSettings } from './settings.ts'

interface Quota {
  readonly operations: readonly string[]
  readonly perSecond: number
}

/** https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html */
const quotas: readonly Quota[] = [
  { operations: ['RotateSecret', 'CancelRotateSecret'], perSecond: 50 },
  {
    operations: [
      'PutSecretValue',
      'UpdateSecret',
      'UpdateSecretVersionStage',
      'ReplicateSecretToRegions',
      'RemoveRegionsFromReplication',
    ],
    perSecond: 50,
  },
  { operations: ['CreateSecret'], perSecond: 50 },
  {
    operations: ['PutResourcePolicy', 'GetResourcePolicy', 'DeleteResourcePolicy', 'ValidateResourcePolicy'],
    perSecond: 50,
  },
  { operations: ['TagResource', 'UntagResource'], perSecond: 50 },
  { operations: ['DescribeSecret'], perSecond: 40_000 },
  { operations: ['GetSecretValue'], perSecond: 10_000 },
  { operations: ['BatchGetSecretValue'], perSecond: 100 },
]

/** @throws ThrottlingException; a refused call uses nothing up. */
export type QuotaCheck = (operation: string) => void

/** @param realNow - milliseconds that nobody moves */
export const createQuotas = (settings: Readonly<AwsSettings>, realNow: () => number): QuotaCheck => {
  const buckets = new Map<string, TokenBucket>()
  for (const { operations, perSecond } of quotas) {
    const bucket = createTokenBucket({ ratePerSecond: perSecond, burst: perSecond }, realNow)
    for (const operation of operations) buckets.set(operation, bucket)
  }
  return (operation) => {
    const bucket = buckets.get(operation)
    if (bucket !== undefined && settings.enforceQuotas && !bucket.take()) throw throttled()
  }
}
