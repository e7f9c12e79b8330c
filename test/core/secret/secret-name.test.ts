// Which secret an identifier stands for: a name is never cut, a whole ARN always is.
import { expect, test } from 'vitest'
import { secretNameOf } from '../../../lambda/core/secret/secret-name.ts'

const ARN = 'arn:aws:secretsmanager:eu-west-1:111111111111:secret:'

test.each([
  ['m2m/prod/billing-worker', 'm2m/prod/billing-worker'],
  [`${ARN}m2m/prod/billing-worker-AbCdEf`, 'm2m/prod/billing-worker'],
  [`${ARN}m2m/prod/billing-AbCdEf`, 'm2m/prod/billing'],
  [`${ARN}m2m/prod/billing`, 'm2m/prod/billing'],
  [`${ARN}m2m/prod/reports-v1.2.3`, 'm2m/prod/reports-v1.2.3'],
])('%s stands for %s', (secretId, name) => {
  expect(secretNameOf(secretId)).toBe(name)
})
