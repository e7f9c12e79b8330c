// The bytes that are deployed, with the rights of their roles: the main path on a laptop whose functions are the bundles, so that whatever bundling
// drops, renames or cannot resolve fails here and not in an account.
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type Cli, openCli } from './cli.ts'
import { ANSWERS_AT, DETOUR, type DeployedBundles, wrapBundles } from './deployed-bundles.ts'
import { credentialsOf, mainPath } from './main-path.ts'
import { until } from './spawned.ts'

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 })

const log: string[] = []
let bundles: DeployedBundles
let cli: Cli

beforeAll(async () => {
  bundles = wrapBundles()
  cli = await openCli(
    {},
    {
      ...{ hasVendClient: true, answersAt: ANSWERS_AT },
      moduleOf: bundles.moduleOf,
      onLog: (line) => log.push(line),
    },
  )
})
afterAll(async () => {
  await cli?.close()
  bundles.remove()
})

test('every function of the template runs its bundle', () => {
  const parts = cli.laptop.configured()

  expect(parts.length).toBeGreaterThan(8)
  for (const { handler, modulePath } of parts) expect(modulePath).toBe(bundles.moduleOf(handler))
})

test('the registrar has made the declared client at Stytch’s own address, and answered at CloudFormation’s', () => {
  expect(cli.laptop.stytch.accepts(...credentialsOf(cli, 'reports'))).toBe(true)
  expect(log).toEqual(expect.arrayContaining([`test.stytch.com ${DETOUR}`, `${new URL(ANSWERS_AT).host} ${DETOUR}`]))
})

for (const { title, run } of mainPath(() => cli, 'orders')) test(`a client ${title}`, run)

test('what happened is archived, and no call of a function was denied', async () => {
  const { aws, rights, settings } = cli.laptop
  const archived = () => Object.keys(aws.objects(settings.evidenceBucket)).some((key) => /^incidents\//.test(key))

  expect(await until(archived, 'the incident’s events in the evidence bucket')).toBe(true)
  const denied = rights?.evaluations().filter(({ caller, decision }) => 'context' in caller && decision !== 'allowed')
  expect(denied?.map(({ message }) => message)).toEqual([])
})
