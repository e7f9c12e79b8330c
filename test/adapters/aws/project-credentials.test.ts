// The Stytch project secret from Secrets Manager: read once, read anew when Stytch refuses it, and never in a message. The last part
// joins both stand-ins: a project secret that is rotated while a function lives.
import { CreateSecretCommand, PutSecretValueCommand } from '@aws-sdk/client-secrets-manager'
import { describe, expect, test } from 'vitest'
import { createProjectCredentials } from '../../../lambda/adapters/aws/project-credentials.ts'
import { createStytchConnection } from '../../../lambda/adapters/stytch/connect.ts'
import { createFakeTiming } from '../../fakes/fake-timing.ts'
import { PROJECT_ID, PROJECT_SECRET, useAws, useStytch } from '../../fakes/stand-ins.ts'

const aws = useAws()
const stytch = useStytch()
const NAME = 'm2m/stytch-project'
const text = (secret: unknown, projectId: unknown = PROJECT_ID) => JSON.stringify({ project_id: projectId, secret })

const create = (value: string | Uint8Array) =>
  aws.sdk().secrets.send(
    new CreateSecretCommand({
      Name: NAME,
      ...(typeof value === 'string' ? { SecretString: value } : { SecretBinary: value }),
    }),
  )
const put = (value: string) =>
  aws.sdk().secrets.send(new PutSecretValueCommand({ SecretId: NAME, SecretString: value }))
const credentials = () => createProjectCredentials({ client: aws.sdk().secrets, secretId: NAME, projectId: PROJECT_ID })
const reads = () => aws.calls().filter((op) => op === 'GetSecretValue').length
const errorOf = async (call: Promise<unknown>) => {
  try {
    return await call
  } catch (error) {
    return error
  }
}

describe('reading', () => {
  test('happens once, however many ask, and at once', async () => {
    await create(text('canary-one'))
    const read = credentials()

    const answers = await Promise.all([read(false), read(false), read(false)])
    await read(false)

    expect(answers).toMatchObject(Array(3).fill({ projectId: PROJECT_ID, secret: 'canary-one' }))
    expect(answers[0]?.storedAs).toEqual({
      secretArn: expect.stringMatching(/^arn:aws:secretsmanager:/),
      versionId: expect.stringMatching(/^[\w-]{32,64}$/),
    })
    expect(reads()).toBe(1)
  })

  test('happens again when what was read is stale', async () => {
    await create(text('canary-one'))
    const read = credentials()
    await read(false)
    await put(text('canary-two'))

    expect((await read(false)).secret).toBe('canary-one')
    expect((await read(true)).secret).toBe('canary-two')
    expect((await read(false)).secret).toBe('canary-two')
    expect(reads()).toBe(2)
  })

  test('that failed is not kept', async () => {
    await create(text('canary-one'))
    const read = credentials()
    aws.standIn.faults.add({ op: 'GetSecretValue', kind: 'error', status: 403 })

    expect(await errorOf(read(false))).toMatchObject({ code: 'SECRETS_MANAGER_REJECTED' })
    expect((await read(false)).secret).toBe('canary-one')
  })
})

describe('what is stored in another way', () => {
  const own = text('canary-one')
  test.each([
    ['with a byte order mark', `\uFEFF${own}`],
    ['with white space around the value', text(' canary-one\r\n')],
    ['as bytes', Buffer.from(own)],
    ['in capitals', `{"PROJECT_ID":"${PROJECT_ID}","SECRET":"canary-one"}`],
    ['in camel case, with the vendor’s name', `{"stytchProjectId":"${PROJECT_ID}","stytchSecret":"canary-one"}\n`],
  ])('%s is read', async (_what, value) => {
    await create(value)

    expect(await credentials()(false)).toMatchObject({ projectId: PROJECT_ID, secret: 'canary-one' })
  })
})

describe('what is stored wrongly', () => {
  test.each([
    ['no JSON', 'canary', 'the value is not a JSON object'],
    ['JSON that is cut', '{"secret":"canary', 'the value is not a JSON object'],
    ['no object', '"canary"', 'the value is not a JSON object'],
    ['another project', text('canary', 'project-live-1'), `project_id is not ${PROJECT_ID}`],
    ['no secret', text(undefined), 'secret is missing'],
    ['an empty secret', text(''), 'secret is malformed: expected a non-empty string'],
    ['a secret that is no text', text(['canary']), 'secret is malformed: expected a non-empty string'],
    ['nothing of it', '{}', 'project_id is missing; secret is missing'],
    [
      'spellings that differ',
      `{"project_id":"${PROJECT_ID}","Secret":"canary-1","SECRET":"canary-2"}`,
      'found Secret and SECRET: keep one of them, as secret',
    ],
    ['bytes that are no text', Buffer.from([0x7b, 0xff]), 'it is binary, and not UTF-8'],
  ])('%s is told without its words', async (_what, value, why) => {
    await create(value)

    const error = await errorOf(credentials()(false))

    expect(error).toMatchObject({ code: 'PROJECT_SECRET_MALFORMED', retryable: false })
    expect(String(error)).toContain(why)
    expect(String(error)).not.toContain('canary')
  })
})

describe('a project secret that is rotated while a function lives', () => {
  const connection = () =>
    createStytchConnection(
      { projectId: PROJECT_ID, projectSecret: { kind: 'stored', secretId: NAME }, baseUrl: stytch.origin() },
      aws.sdk().secrets,
    )

  test('is read anew after a 401, and the call that got it succeeds', async () => {
    await create(text('canary-old'))
    const connect = connection()
    const { clientId } = stytch.stytch.seed()
    await connect(createFakeTiming()).whoami()
    await put(text(PROJECT_SECRET))

    const reply = await connect(createFakeTiming()).getClient(clientId)

    expect(reply.ok).toBe(true)
    expect(reads()).toBe(3)
    expect((await connect(createFakeTiming()).whoami()).ok).toBe(true)
    expect(reads()).toBe(3)
  })

  test('that stays wrong is told as a kind of its own', async () => {
    await create(text('canary-old'))

    expect(await connection()(createFakeTiming()).whoami()).toMatchObject({ ok: false, kind: 'unauthorizedProject' })
  })

  test('a laptop’s project secret comes from its settings, and AWS is not asked', async () => {
    const connect = createStytchConnection(
      { projectId: PROJECT_ID, projectSecret: { kind: 'given', secret: PROJECT_SECRET }, baseUrl: stytch.origin() },
      aws.sdk().secrets,
    )

    expect((await connect(createFakeTiming()).whoami()).ok).toBe(true)
    expect(aws.calls()).toEqual([])
  })
})
