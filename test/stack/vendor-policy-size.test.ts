// The resource policy of the vendor's API grows with who is admitted: what synth takes fits into what API Gateway takes, and more is refused
// with the number that fits.
import { App } from 'aws-cdk-lib'
import { expect, test } from 'vitest'
import { DeployConfigFault, readDeployConfig } from '../../lib/config/deploy-config.ts'
import { M2mStack } from '../../lib/m2m-stack.ts'
import { stackFor } from '../judge/synthesised.ts'
import { exampleConfig } from './synth.ts'

const { stage, stytch, alarms, breakGlass } = exampleConfig
const MAX_BYTES = 8192

const settingsOf = (admits: readonly unknown[]) => ({
  stage,
  stytch,
  alarms,
  breakGlass,
  environment: { account: '111111111111', region: 'eu-west-1' },
  vendor: { endpoint: 'regional', admits },
})
type Admission = (_: unknown, at: number) => Readonly<Record<string, unknown>>
const role: Admission = (_, at) => ({
  role: `arn:aws:iam::222222222222:role/service-${at}`.padEnd(75, 'x'),
  clients: ['billing', 'orders'],
})
const account: Admission = (_, at) => ({ account: String(200000000000 + at), clients: [`client-${at}`] })

const faultOf = (admits: readonly unknown[]): string => {
  const config = readDeployConfig(settingsOf(admits))
  try {
    new M2mStack(new App(), 'M2m', { config, env: config.environment ?? {} })
  } catch (error) {
    if (error instanceof DeployConfigFault) return error.faults.join()
    throw error
  }
  return ''
}

const policyBytes = (admits: readonly unknown[]): number => {
  const { resources } = stackFor(settingsOf(admits))
  const api = resources.find(({ type }) => type === 'AWS::ApiGateway::RestApi')
  return JSON.stringify(api?.properties.Policy).length
}

test.each([
  ['roles', role],
  ['accounts', account],
])('more %s than fit are refused, with how many do, and so many do', (_, one) => {
  const admits = Array.from({ length: 60 }, one)
  const found =
    /^m2m\.vendor\.admits are 60: .+ have (\d+) bytes, and API Gateway takes 8192: the first (\d+) fit; /.exec(
      faultOf(admits),
    )
  const count = Number(found?.[2])

  expect(Number(found?.[1])).toBeGreaterThan(MAX_BYTES)
  expect(count).toBeGreaterThan(10)
  expect(faultOf(admits.slice(0, count))).toBe('')
  expect(faultOf(admits.slice(0, count + 1))).toContain(`the first ${count} fit`)
  // The template's own text, in which the judge has filled in what CloudFormation will.
  expect(policyBytes(admits.slice(0, count))).toBeLessThanOrEqual(MAX_BYTES)
  expect(policyBytes(admits.slice(0, count))).toBeGreaterThan(MAX_BYTES - 2 * 400)
})
