// Settings of functions that grow with the configuration: what synth takes fits into Lambda's 4 KB, and what does not is refused there.
import { expect, test } from 'vitest'
import { fieldsOf } from '../../lambda/local/stand-in/fields.ts'
import { DeployConfigFault, readDeployConfig } from '../../lib/config/deploy-config.ts'
import { stackFor } from '../judge/synthesised.ts'
import { exampleConfig } from './synth.ts'

const { stage, stytch, alarms, breakGlass } = exampleConfig
const environment = { account: '111111111111', region: 'eu-west-1' }
const operators = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, at) => `arn:aws:iam::111111111111:role/operators-of-team-${at}`.padEnd(75, 'x'))
const settingsOf = (count: number) => ({
  stage,
  stytch,
  alarms,
  breakGlass,
  environment,
  readerAccounts: ['222222222222', '333333333333'],
  replicas: [{ region: 'eu-north-1', keyArn: 'arn:aws:kms:eu-north-1:111111111111:key/1' }],
  operators: operators(count),
})
const configOf = (count: number) => readDeployConfig(settingsOf(count))
const isTaken = (count: number): boolean => {
  try {
    configOf(count)
    return true
  } catch {
    return false
  }
}

test('more operators than fit are refused, with the size', () => {
  expect(() => configOf(60)).toThrow(DeployConfigFault)
  expect(() => configOf(60)).toThrow(/m2m\.operators are 60: with them, .+ have \d{4} bytes, and Lambda takes 4096/)
})

test('what is computed is what the template has: the most that are taken fill the 4 KB, and no more', () => {
  const most = Array.from({ length: 60 }, (_, count) => count).findLast(isTaken) ?? 0
  const { resources } = stackFor(settingsOf(most))
  const clients = resources.find(({ properties }) => properties.FunctionName === `m2m-${stage}-clients`)
  const variables = fieldsOf(fieldsOf(clients?.properties.Environment).Variables)
  const size = Object.entries(variables).reduce((sum, [name, value]) => sum + name.length + String(value).length, 0)

  expect(most).toBeGreaterThan(20)
  expect(size).toBeLessThanOrEqual(4096)
  // One operator more would not fit; a reference to the stack's own key is written shorter or longer than its ARN.
  expect(size).toBeGreaterThan(4096 - 2 * 76)
})
