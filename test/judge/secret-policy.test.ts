// The policy on every secret, which no template holds: the registrar writes it. Judged as if a template did.
import { describe, expect, test } from 'vitest'
import { secretPolicy } from '../../lambda/core/clients/secret-policy.ts'
import { printed } from '../../scripts/judge/finding.ts'
import { judge } from '../../scripts/judge/judge.ts'
import { ACCOUNT, REGION, resource, stackOf } from './plant.ts'

const SECRET = `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:m2m/prod/billing-AbCdEf`
const role = (name: string, account = ACCOUNT): string => `arn:aws:iam::${account}:role/${name}`
const functions = ['rotation', 'registrar', 'clients', 'identify', 'vendor'].map((name) =>
  role(`m2m-prod-${name}-${REGION}`),
)

const findings = async (consumers: readonly string[]): Promise<readonly string[]> => {
  const ResourcePolicy = secretPolicy(SECRET, {
    readers: functions,
    changers: functions,
    rotators: ['sweep', 'incident', 'campaign'].map((name) => role(`m2m-prod-${name}-${REGION}`)),
    consumers,
  })
  const policy = resource('AWS::SecretsManager::ResourcePolicy', { SecretId: SECRET, ResourcePolicy })
  return (await judge([stackOf({ policy })])).map(printed)
}

describe('the judge finds nothing in the policy of a secret', () => {
  test.each([
    ['without readers', []],
    ['with a reader of the same account', [role('billing-job')]],
    ['with a reader of another account', [role('orders', '222222222222')]],
    ['with readers of both', [role('billing-job'), role('orders', '222222222222')]],
    ['with 130 readers', Array.from({ length: 130 }, (_, index) => role(`service-${index}-task`))],
  ])('%s', async (_what, consumers) => {
    expect(await findings(consumers)).toEqual([])
  })
})
