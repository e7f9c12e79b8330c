// The template as a whole: the most clients with as many readers as fit into their policies make one that CloudFormation takes, and what
// does not fit is refused at synth with the number that does.
import { App } from 'aws-cdk-lib'
import { expect, test } from 'vitest'
import { MAX_CLIENTS } from '../../lib/config/config-defaults.ts'
import { DeployConfigFault, readDeployConfig } from '../../lib/config/deploy-config.ts'
import { MAX_TEMPLATE_BYTES } from '../../lib/config/template-faults.ts'
import { M2mStack } from '../../lib/m2m-stack.ts'
import { fixture, stackFor } from '../judge/synthesised.ts'

const everything = fixture('everything')
const readers = Array.from({ length: 90 }, (_, at) => `arn:aws:iam::111122223333:role/reader-${at}`.padEnd(71, 'x'))
/** Twenty tags, each as long as AWS takes it. */
const tags = Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`${at}`.padStart(128, 'k'), 'v'.repeat(256)]))
const clients = (count: number, more: Readonly<Record<string, unknown>> = {}) =>
  Array.from({ length: count }, (_, at) => ({
    name: `client-${at}`,
    description: 'Reads',
    scopes: ['a'],
    readers,
    ...more,
  }))

const faultsOf = (settings: Readonly<Record<string, unknown>>): readonly string[] => {
  const config = readDeployConfig(settings)
  const app = new App({
    analyticsReporting: false,
    context: { 'aws:cdk:disable-asset-staging': true, 'aws:cdk:disable-stack-trace': true },
  })
  new M2mStack(app, 'M2m', { config, env: config.environment ?? {} })
  try {
    app.synth()
  } catch (error) {
    if (error instanceof DeployConfigFault) return error.faults
    throw error
  }
  return []
}

test('the most clients with 90 readers each fit, with every feature', () => {
  expect(stackFor({ ...everything, clients: clients(MAX_CLIENTS) }).bytes).toBeLessThan(MAX_TEMPLATE_BYTES)
})

test('more is refused with the number of clients that fit, and so many do', () => {
  const [fault = ''] = faultsOf({ ...everything, clients: clients(MAX_CLIENTS, { tags }) })
  const found =
    /^m2m\.clients make a template of (\d+) bytes, and CloudFormation takes 1048576: the first (\d+) fit; register the others with "m2m apply"/.exec(
      fault,
    )
  const count = Number(found?.[2])

  expect(Number(found?.[1])).toBeGreaterThan(MAX_TEMPLATE_BYTES)
  expect(count).toBeGreaterThan(MAX_CLIENTS / 3)
  const { bytes } = stackFor({ ...everything, clients: clients(count, { tags }) })
  expect(bytes).toBeLessThanOrEqual(MAX_TEMPLATE_BYTES)
  // Two clients more would not fit: a client's output is not counted.
  expect(bytes).toBeGreaterThan(MAX_TEMPLATE_BYTES - (2 * bytes) / count)
})

test('tags that leave no room for a client are refused themselves', () => {
  const many = Object.fromEntries(Array.from({ length: 50 }, (_, at) => [`${at}`.padStart(128, 'k'), 'v'.repeat(256)]))

  expect(faultsOf({ ...everything, tags: many, clients: [] })).toEqual([
    expect.stringMatching(/^m2m\.tags stand on every resource and make a template of \d+ bytes/),
  ])
})
