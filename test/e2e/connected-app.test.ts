// A Connected App's secret on the laptop, as deployed: the one rotation function does it by its id, everything else that asks for rotations
// does not know the difference, and a leaked value is found and proven dead.
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { CreateSecretCommand, RotateSecretCommand, TagResourceCommand } from '@aws-sdk/client-secrets-manager'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { makeRequestToken } from '../../lambda/domain/rotation/request-token.ts'
import { LAPTOP_EVIDENCE, LAPTOP_PREFIX } from '../../lambda/local/laptop/functions.ts'
import { awsEnvironment, type Laptop, startLaptop } from '../../lambda/local/laptop/laptop.ts'
import { createOperator, type Operator } from '../../lambda/local/story/operator.ts'
import { repository } from './spawned.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

let laptop: Laptop
let operator: Operator
let app: { readonly clientId: string; readonly secret: string }
let secretArn: string

/** As docs/deploying.md says: the value stored, the app named by a tag, rotation turned on. */
const keep = async (name: string, tag: string): Promise<string> => {
  const { secretsManager } = operator
  const { ARN = '' } = await secretsManager.send(
    new CreateSecretCommand({
      Name: `${LAPTOP_PREFIX}${name}`,
      SecretString: JSON.stringify({
        client_id: app.clientId,
        client_secret: app.secret,
        project_id: laptop.address.project_id,
        token_url: `${laptop.address.stytch}/v1/public/${laptop.address.project_id}/oauth2/token`,
      }),
      Tags: [{ Key: 'm2m:client-id', Value: tag }],
    }),
  )
  await secretsManager.send(
    new RotateSecretCommand({
      SecretId: ARN,
      RotationLambdaARN: laptop.address.rotation_lambda_arn,
      RotationRules: { AutomaticallyAfterDays: 60 },
      RotateImmediately: false,
    }),
  )
  await laptop.aws.idle()
  return ARN
}

beforeAll(async () => {
  laptop = await startLaptop({ stytchPort: 0, awsPort: 0, onLog: () => {} })
  operator = createOperator(laptop.address)
  app = laptop.stytch.connectedApps.seed({ clientName: 'Partner portal' })
  secretArn = await keep('partner-portal', app.clientId)
})
afterAll(async () => {
  operator.secretsManager.destroy()
  await laptop.close()
})

const accepts = (value: string): boolean => laptop.stytch.connectedApps.accepts(app.clientId, value)
const m2m = (args: readonly string[], stdin = '') => {
  const started = promisify(execFile)(process.execPath, [join(repository, 'bin/m2m.ts'), ...args], {
    env: {
      PATH: process.env.PATH ?? '',
      ...awsEnvironment(laptop.address.aws),
      M2M_STAGE: 'laptop',
      M2M_EVIDENCE_BUCKET: LAPTOP_EVIDENCE,
    },
  })
  started.child.stdin?.end(stdin)
  return started
}

test('is rotated, rolled back, rotated and settled', async () => {
  await operator.rotate(secretArn, 'rotate')
  const { clientSecret: fresh } = await operator.read(secretArn)
  expect([accepts(app.secret), accepts(fresh), fresh === app.secret]).toEqual([true, true, false])

  await operator.rotate(secretArn, 'rollback')
  expect((await operator.read(secretArn)).clientSecret).toBe(app.secret)

  await operator.rotate(secretArn, 'settle')
  await operator.rotate(secretArn, 'rotate')
  await operator.rotate(secretArn, 'settle')
  const { clientSecret: settled } = await operator.read(secretArn)
  expect([accepts(app.secret), accepts(fresh), accepts(settled)]).toEqual([false, false, true])
})

test('is found by a leaked value, revoked, and proven dead', async () => {
  const { clientSecret: leaked } = await operator.read(secretArn)

  const { stdout } = await m2m(['incident', '--leaked-value-stdin', '--reason', 'a test', '--wait'], leaked)

  expect(stdout).toContain('revoked, and proven dead')
  expect(stdout).not.toContain(leaked)
  expect([accepts(leaked), accepts((await operator.read(secretArn)).clientSecret)]).toEqual([false, true])
})

test('is no client that is gone, to whoever looks at the stage', async () => {
  const { stdout } = await m2m(['doctor'])

  expect(stdout).not.toContain('gone at Stytch')
})

test('is left alone by a secret whose tag names another', async () => {
  const other = await keep('impostor', 'connected-app-test-somebody-else')
  const before = laptop.stytch.connectedApps.slots(app.clientId)
  const askedAt = laptop.world.clock.now()
  const token = makeRequestToken({ origin: 'revoke', askedAt, secretArn: other, about: 'a test', attempt: 1 })

  await operator.secretsManager.send(new RotateSecretCommand({ SecretId: other, ClientRequestToken: token }))
  await laptop.aws.idle()

  expect(laptop.stytch.connectedApps.slots(app.clientId)).toEqual(before)
  const refused = laptop.aws.events().filter(({ detailType }) => detailType === 'Rotation Refused')
  expect(JSON.stringify(refused)).toContain('boundElsewhere')
  await operator.secretsManager.send(
    new TagResourceCommand({ SecretId: other, Tags: [{ Key: 'm2m:retired', Value: new Date().toISOString() }] }),
  )
})
