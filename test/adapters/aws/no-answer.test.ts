// What no server can be made to show: the SDK fails before a request leaves – no credentials, a defect of its own – or throws what is no
// error at all. The client is mocked, for these branches alone; everything else is tested over HTTP.
import { DescribeSecretCommand, PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { mockClient } from 'aws-sdk-client-mock'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createSecrets } from '../../../lambda/adapters/aws/secrets.ts'

// This one client is mocked, not its class: other files of the same process would call the mock.
const client = new SecretsManagerClient({ region: 'us-east-1' })
const mock = mockClient(client)
const secrets = createSecrets(client)
beforeEach(() => mock.reset())
afterEach(() => mock.reset())

const named = (name: string, message: string): Error => Object.assign(new Error(message), { name })
const errorOf = async (call: Promise<unknown>): Promise<unknown> => {
  try {
    return await call
  } catch (error) {
    return error
  }
}

test.each([
  ['there are no credentials', named('CredentialsProviderError', 'Could not load credentials from any providers')],
  ['the name of the host is unknown', Object.assign(named('Error', 'getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' })],
  ['the SDK has a defect', new TypeError('undefined is not a function')],
])('%s: it may be retried, and says which call it was', async (_when, error) => {
  mock.on(DescribeSecretCommand).rejects(error)

  expect(await errorOf(secrets.describe('m2m/prod/billing'))).toMatchObject({
    code: 'SECRETS_MANAGER_UNAVAILABLE',
    retryable: true,
    message: expect.stringContaining('DescribeSecret on m2m/prod/billing'),
  })
})

test('the SDK’s own words are not repeated, since they may quote what was sent', async () => {
  const value = 'canary-of-a-value-0123'
  mock.on(PutSecretValueCommand).rejects(named('SerializationException', `cannot serialise ${value}`))
  const pending = { secretId: 'm2m/prod/billing', requestToken: 'x'.repeat(32), text: value }

  const error = await errorOf(secrets.putPending({ ...pending, rotationToken: undefined }))

  expect(error).toMatchObject({ code: 'SECRETS_MANAGER_UNAVAILABLE' })
  expect(String((error as Error).message)).not.toContain(value)
})
