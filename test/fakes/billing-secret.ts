// One secret as its metadata shows it, registered forty days before a fixed time: for the rules that decide on metadata alone.

import type { Secret } from '../../lambda/core/secret/secret.ts'
import { BLANK } from './blank-secret.ts'

export const HOUR = 3_600_000
export const DAY = 24 * HOUR
export const NOW = Date.UTC(2026, 10, 2, 12, 30)
export const FUNCTION_ARN = 'arn:aws:lambda:eu-west-1:111111111111:function:m2m-prod-rotation'

export const id = (origin: string, at: number, digit = '0'): string =>
  `${origin}-${String(at).padStart(13, '0')}-${digit.repeat(32)}`

export const secret = (more: Partial<Secret> = {}): Secret => ({
  ...BLANK,
  arn: 'arn:aws:secretsmanager:eu-west-1:111111111111:secret:m2m/prod/billing-AbCdEf',
  name: 'm2m/prod/billing',
  tags: {},
  labels: { [id('register', NOW - 40 * DAY)]: ['AWSCURRENT'] },
  rotationEnabled: true,
  rotationFunctionArn: FUNCTION_ARN,
  isDeleted: false,
  createdAt: NOW - 40 * DAY,
  lastChangedAt: NOW - 40 * DAY,
  lastRotatedAt: undefined,
  nextRotationAt: undefined,
  ...more,
})
