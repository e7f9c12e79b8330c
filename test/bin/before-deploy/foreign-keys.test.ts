// Every key that a configuration names and its owner keeps is looked at: with the policy that docs/deploying.md asks for it is fine, and without
// one statement of it, that statement is what is missing.
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { foreignKeysOf, hasForeignKey, withOwnKeys } from '../../../bin/before-deploy/foreign-keys.ts'
import type { DeployTemplate } from '../../../bin/before-deploy/plan.ts'
import { checkForeignKey } from '../../../bin/before-deploy/policy-checks.ts'
import { synthesise } from '../../../bin/before-deploy/synthesise.ts'
import { readDeployConfig } from '../../../lib/config/deploy-config.ts'

const keyIn = (region: string) => `arn:aws:kms:${region}:111111111111:key/1`
const config = readDeployConfig({
  stage: 'sandbox',
  stytch: {
    projectId: 'project-test-00000000-0000-4000-8000-000000000000',
    projectSecretName: 'stytch/m2m-sandbox',
  },
  alarms: { email: 'oncall@example.com' },
  breakGlass: { noneBecause: 'this is a test' },
  readerAccounts: ['222222222222'],
  environment: { account: '111111111111', region: 'eu-west-1' },
  keyArn: keyIn('eu-west-1'),
  monitoringKey: 'arn:aws:kms:eu-west-1:111111111111:key/2',
  replicas: [{ region: 'eu-central-1' }, { region: 'eu-north-1', keyArn: keyIn('eu-north-1') }],
})
const around = {
  account: '111111111111',
  region: 'eu-west-1',
  partition: 'aws',
  urlSuffix: 'amazonaws.com',
  stackName: 'm2m-sandbox',
}
const page = readFileSync(new URL('../../../docs/deploying.md', import.meta.url), 'utf8')
const shown = [...page.matchAll(/^```json[^\n]*\n([\s\S]*?)^```/gm)].map(([, text = '']) => text)
const statementsWith = (sid: string): readonly object[] => JSON.parse(shown.find((text) => text.includes(sid)) ?? '[]')

const template: DeployTemplate = await synthesise(withOwnKeys(config))
const keys = foreignKeysOf(config, template, around)
const check = (setting: string, policy: object) => {
  const key = keys.find((one) => one.setting === setting)
  if (key === undefined) throw new Error(`no ${setting}`)
  return checkForeignKey(key, { key: async () => ({ state: 'Enabled' }), keyPolicy: async () => policy })
}

test('keys of the stack itself are not looked at', () => {
  expect(hasForeignKey(config)).toBe(true)
  expect(hasForeignKey({ ...withOwnKeys(config), replicas: [] })).toBe(false)
})

describe.each([
  ['keyArn', 'EncryptForWriters'],
  ['monitoringKey', 'LogGroupsOfTheStage'],
  ['replicas[1].keyArn', 'EncryptReplicas'],
])('%s', (setting, sid) => {
  const statements = statementsWith(`"${sid}"`)

  test('is fine with what the page says', async () => {
    expect(statements.length).toBeGreaterThan(1)
    expect(await check(setting, { Statement: statements })).toMatchObject([{ state: 'ok' }])
  })

  test.each(statements.map((_, at) => at))(
    'without its statement %i is a problem that says what to add',
    async (at) => {
      const [result, ...more] = await check(setting, { Statement: statements.filter((_, index) => index !== at) })
      const { Sid } = statements[at] as { Sid: string }

      expect(more).toEqual([])
      expect(result).toMatchObject({ state: 'problem', todo: expect.stringContaining(`"Sid":"${Sid}"`) })
    },
  )
})

test('services are not let in by the account’s root', async () => {
  const root = { Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::111111111111:root' }, Action: 'kms:*' }

  expect(await check('monitoringKey', { Statement: [root] })).toMatchObject([{ state: 'problem' }])
})
