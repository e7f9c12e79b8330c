// The secrets of Connected Apps and of SCIM connections on the laptop, as deployed: the one rotation function does them by their ids, everything
// else that asks for rotations does not know the difference, and a leaked value is found and proven dead.
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import {
  CreateSecretCommand,
  GetSecretValueCommand,
  RotateSecretCommand,
  TagResourceCommand,
} from '@aws-sdk/client-secrets-manager'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { makeRequestToken } from '../../lambda/core/secret/request-token.ts'
import { scimId } from '../../lambda/core/secret/scim-form.ts'
import { slotForm } from '../../lambda/core/secret/slot-forms.ts'
import type { Person } from '../../lambda/local/iam/people.ts'
import { LAPTOP_PREFIX } from '../../lambda/local/laptop/deployment.ts'
import { awsEnvironment, type Laptop } from '../../lambda/local/laptop/laptop.ts'
import { guardingOf } from '../../lambda/local/story/guarding.ts'
import { createOperator, type Operator } from '../../lambda/local/story/operator.ts'
import { childEnv } from '../child-env.ts'
import { startTestLaptop } from '../fakes/laptop.ts'
import { LAPTOP_EVIDENCE } from '../fakes/laptop-names.ts'
import { repository } from './spawned.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 })

let laptop: Laptop
let operator: Operator

interface Seeded {
  readonly clientId: string
  readonly value: string
  /** As docs/secret-format.md has it, without what all kinds have. */
  readonly fields: Readonly<Record<string, string>>
  accepts(value: string): boolean
  slots(): unknown
}

interface Kind {
  readonly name: string
  readonly stranger: string
  seed(): Seeded
}

const kinds: readonly Kind[] = [
  {
    name: 'a Connected App',
    stranger: 'connected-app-test-somebody-else',
    seed: () => {
      const { connectedApps } = laptop.stytch
      const { clientId, secret } = connectedApps.seed({ clientName: 'Partner portal' })
      const { stytch, project_id } = laptop.address
      return {
        clientId,
        value: secret,
        fields: {
          client_id: clientId,
          client_secret: secret,
          token_url: `${stytch}/v1/public/${project_id}/oauth2/token`,
        },
        accepts: (value) => connectedApps.accepts(clientId, value),
        slots: () => connectedApps.slots(clientId),
      }
    },
  },
  {
    name: 'a SCIM connection',
    stranger: 'organization-test-somebody/scim-connection-test-else',
    seed: () => {
      const { scim } = laptop.stytch
      const { organizationId, connectionId, bearerToken } = scim.seed()
      return {
        clientId: scimId({ organizationId, connectionId }),
        value: bearerToken,
        fields: { organization_id: organizationId, connection_id: connectionId, bearer_token: bearerToken },
        accepts: (value) => scim.accepts(connectionId, value),
        slots: () => scim.slots(connectionId),
      }
    },
  },
]

beforeAll(async () => {
  laptop = await startTestLaptop()
  operator = createOperator(laptop.address, guardingOf(laptop))
})
afterAll(async () => {
  operator.secretsManager.destroy()
  await laptop.close()
})

/** By hand: a secret whose tag names whatever it likes. */
const keep = async (name: string, fields: Seeded['fields'], tag: string): Promise<string> => {
  const { secretsManager } = operator
  const { ARN = '' } = await secretsManager.send(
    new CreateSecretCommand({
      Name: `${LAPTOP_PREFIX}${name}`,
      SecretString: JSON.stringify({ ...fields, project_id: laptop.address.project_id }),
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

const storedValue = async (secretId: string): Promise<string> => {
  const { SecretString: text = '' } = await operator.secretsManager.send(
    new GetSecretValueCommand({ SecretId: secretId }),
  )
  const parsed = slotForm.parse(text, 0)
  return parsed.ok ? parsed.value.clientSecret.reveal() : 'unreadable'
}

const m2m = (args: readonly string[], stdin = '', as: Person = 'operator') => {
  const started = promisify(execFile)(process.execPath, [join(repository, 'bin/m2m.ts'), ...args], {
    env: childEnv({
      ...awsEnvironment(laptop.address.aws, as),
      M2M_STAGE: 'laptop',
      M2M_EVIDENCE_BUCKET: LAPTOP_EVIDENCE,
    }),
  })
  started.child.stdin?.end(stdin)
  return started
}

describe.each(kinds)('$name', ({ name, stranger, seed }) => {
  const shortName = name.split(' ')[1]?.toLowerCase() ?? ''
  let subject: Seeded
  let secretArn: string
  let impostors = 0

  beforeAll(async () => {
    subject = seed()
  })

  test('is adopted with the value in use, and released', async () => {
    const before = subject.slots()

    const { stdout } = await m2m(
      ['adopt', shortName, '--client-id', subject.clientId, '--json'],
      JSON.stringify(subject.fields),
    )
    await m2m(['release', shortName])
    await laptop.aws.idle()

    secretArn = JSON.parse(stdout).results[0].secretArn
    expect(stdout).not.toContain(subject.value)
    expect(await storedValue(secretArn)).toBe(subject.value)
    expect(subject.slots()).toEqual(before)
  })

  test('is adopted once', async () => {
    const again = await m2m(['adopt', shortName, '--client-id', subject.clientId], JSON.stringify(subject.fields))
    expect(again.stdout).toContain('adopted before')

    const other = m2m(['adopt', `${shortName}-two`, '--client-id', subject.clientId], JSON.stringify(subject.fields))
    await expect(other).rejects.toMatchObject({
      stderr: expect.stringContaining(`held by ${LAPTOP_PREFIX}${shortName}`),
    })
  })

  test('is rotated, rolled back, rotated and settled', async () => {
    const { accepts, value: first } = subject
    await operator.rotate(secretArn, 'rotate')
    const fresh = await storedValue(secretArn)
    expect([accepts(first), accepts(fresh), fresh === first]).toEqual([true, true, false])

    await operator.rotate(secretArn, 'rollback')
    expect(await storedValue(secretArn)).toBe(first)

    await operator.rotate(secretArn, 'settle')
    await operator.rotate(secretArn, 'rotate')
    await operator.rotate(secretArn, 'settle')
    const settled = await storedValue(secretArn)
    expect([accepts(first), accepts(fresh), accepts(settled)]).toEqual([false, false, true])
  })

  test('is shown with its position', async () => {
    const { stdout } = await m2m(['status', shortName, '--read', '--json'], '', 'break-glass')

    expect(JSON.parse(stdout).clients).toMatchObject([{ clientId: subject.clientId, position: 'settled' }])
  })

  test('is found by a leaked value, revoked, and proven dead', async () => {
    const leaked = await storedValue(secretArn)

    const { stdout } = await m2m(['incident', '--leaked-value-stdin', '--reason', 'a test', '--wait'], leaked)

    expect(stdout).toContain('what leaked is dead')
    expect(stdout).not.toContain(leaked)
    expect([subject.accepts(leaked), subject.accepts(await storedValue(secretArn))]).toEqual([false, true])
  })

  test('is no client that is gone, to whoever looks at the stage', async () => {
    const { stdout } = await m2m(['doctor'])

    expect(stdout).not.toContain('gone at Stytch')
  })

  test.each([
    ['names it, and that holds the value in use', () => subject.clientId],
    ['names another', () => stranger],
  ])('is not taken over by a secret whose tag %s', async (_what, tag) => {
    const impostor = await keep(`${shortName}-impostor-${impostors++}`, subject.fields, tag())
    const before = subject.slots()
    const askedAt = laptop.world.clock.now()
    const token = makeRequestToken({ origin: 'revoke', askedAt, secretArn: impostor, about: 'a test', attempt: 1 })

    await operator.secretsManager.send(new RotateSecretCommand({ SecretId: impostor, ClientRequestToken: token }))
    await laptop.aws.idle()

    expect(subject.slots()).toEqual(before)
    const refused = laptop.aws.events().filter(({ detailType }) => detailType === 'Rotation Refused')
    expect(JSON.stringify(refused.filter((event) => JSON.stringify(event).includes(impostor)))).toContain(
      'boundElsewhere',
    )
    await operator.secretsManager.send(
      new TagResourceCommand({ SecretId: impostor, Tags: [{ Key: 'm2m:retired', Value: new Date().toISOString() }] }),
    )
  })
})

describe('m2m claims', () => {
  const [kind] = kinds
  const json = async (...args: readonly string[]) => {
    const { stdout } = await m2m(['claims', ...args, '--json'], '', 'break-glass').catch(
      (error: unknown) => error as { stdout: string },
    )
    return JSON.parse(stdout)
  }

  test('lists what no secret holds, and writes it for the secret that holds the value in use', async () => {
    const app = kind?.seed()
    if (app === undefined) throw new Error('no kind')
    await keep('older', app.fields, app.clientId)
    const mine = async () =>
      (await json('--check')).claims.filter(({ name }: { name: string }) => name === 'older' || name === 'forged')
    expect(await mine()).toMatchObject([{ name: 'older', clientId: app.clientId, state: 'unclaimed', holder: null }])
    const forged = await keep('forged', { ...app.fields, client_secret: 'not-its-value-0123456789' }, app.clientId)
    expect((await mine()).map(({ state }: { state: string }) => state)).toEqual(['contested', 'contested'])

    const both = await json('--write', '--yes')
    const one = await json('--write', 'older', '--yes')
    const other = await json('--write', 'forged', '--yes')

    expect(both.results).toEqual(
      expect.arrayContaining([expect.objectContaining({ name: 'older', outcome: 'refused' })]),
    )
    expect(one.results).toMatchObject([{ name: 'older', outcome: 'written' }])
    expect(other.results).toMatchObject([{ name: 'forged', outcome: 'refused' }])
    expect(await mine()).toMatchObject([
      { name: 'older', state: 'claimed' },
      { name: 'forged', state: 'foreign', holder: expect.not.stringContaining(forged) },
    ])
  })
})
