// A stage that an earlier commit's template made, on a laptop with rights on, is updated to today's: secrets, keys, the table and the evidence are
// those that were there, what was being rotated is rotated to its end, an overlap that was open is settled by the new functions, and an update that
// fails leaves a stage that works. Functions run today's code under the earlier settings and rights until they are updated: the earlier bytes are not
// kept.
import { GetSecretValueCommand } from '@aws-sdk/client-secrets-manager'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { stackFileOf } from '../../lambda/local/laptop/assemblies.ts'
import { type Laptop, startLaptop } from '../../lambda/local/laptop/laptop.ts'
import { createOperator, type Operator } from '../../lambda/local/story/operator.ts'
import { earlierStackFile, upgradeConfig } from '../fakes/earlier-template.ts'
import { plan } from './control.ts'
import { applyTo, client } from './own-config.ts'
import { until } from './spawned.ts'

vi.setConfig({ testTimeout: 600_000, hookTimeout: 900_000 })

const billing = 'm2m/shop/billing'
const ledger = 'm2m/shop/ledger'
const log: string[] = []
let laptop: Laptop
let operator: Operator

beforeAll(async () => {
  // Synthesised before, so that what is under way does not wait for it.
  await stackFileOf(upgradeConfig)
  laptop = await startLaptop({
    stackFile: earlierStackFile(),
    stytchPort: 0,
    awsPort: 0,
    awsSettings: { redriveSpacingMs: 100 },
    onLog: (line) => log.push(line),
  })
  operator = createOperator(laptop.address)
})
afterAll(async () => {
  operator?.secretsManager.destroy()
  await laptop?.close()
})

const currentOf = async (secretId: string): Promise<readonly [string, string]> => {
  const { clientId, clientSecret } = await operator.read(secretId)
  return [clientId, clientSecret]
}
const isAlive = async (secretId: string): Promise<boolean> => laptop.stytch.accepts(...(await currentOf(secretId)))

/** By type and name, whatever an update must not lose. */
const held = (): readonly string[] =>
  laptop.stack
    .resources()
    .filter(({ type }) => /::(GlobalTable|Table|Bucket|Key|EventBus|Queue|LogGroup)$|^Custom::M2mClient$/.test(type))
    .map(({ type, name }) => `${type} ${name}`)

test('an update that fails is rolled back to the earlier template, with which both clients rotate', async () => {
  const stood = laptop.stack.resources()
  await plan(laptop.address.stytch, { op: 'CreateClient', kind: 'error', status: 400, count: 99 })
  const clients = [...(upgradeConfig.clients as readonly object[]), client('refused')]

  const ended = await applyTo(laptop, { ...upgradeConfig, clients })
  laptop.stytch.server.faults.clear()

  expect(ended).toMatchObject({ status: 'UPDATE_ROLLBACK_COMPLETE', reason: expect.stringContaining('HTTP 400') })
  expect(laptop.stack.resources()).toEqual(stood)
  for (const secretId of [billing, ledger]) {
    await operator.rotate(secretId, 'rotate')
    await operator.rotate(secretId, 'settle')
    expect(await isAlive(secretId)).toBe(true)
  }
})

test('what is under way during the update ends, and nothing that holds data is another', async () => {
  const before = held()
  const objects = laptop.aws.objects('m2m-shop-evidence')
  const items = laptop.aws.tableItems('m2m-shop-records')
  // An overlap that is open, and a rotation in its middle.
  const old = await currentOf(billing)
  await operator.rotate(billing, 'rotate')
  await plan(laptop.address.stytch, { op: 'RotateStart', kind: 'delay', delay_ms: 3000 })
  const rotating = operator.rotate(ledger, 'rotate')
  await until(() => laptop.stytch.server.calls().some(({ op }) => op === 'RotateStart'), 'the start at Stytch')

  const ended = await applyTo(laptop, upgradeConfig)
  const token = await rotating

  expect(ended.reason).toBeUndefined()
  expect(ended.status).toBe('UPDATE_COMPLETE')
  expect(before.filter((one) => !held().includes(one))).toEqual([])
  expect(Object.keys(laptop.aws.objects('m2m-shop-evidence'))).toEqual(expect.arrayContaining(Object.keys(objects)))
  expect(laptop.aws.tableItems('m2m-shop-records').length).toBeGreaterThanOrEqual(items.length)
  const { VersionId } = await operator.secretsManager.send(new GetSecretValueCommand({ SecretId: ledger }))
  expect(VersionId).toBe(token)
  expect(laptop.stytch.accepts(...old)).toBe(true)

  await operator.rotate(billing, 'settle')
  await operator.rotate(ledger, 'settle')

  expect(laptop.stytch.accepts(...old)).toBe(false)
  expect([await isAlive(billing), await isAlive(ledger)]).toEqual([true, true])
})

test('the update is whole: the same configuration changes nothing more', async () => {
  expect((await applyTo(laptop, upgradeConfig)).changes).toEqual([])
})
