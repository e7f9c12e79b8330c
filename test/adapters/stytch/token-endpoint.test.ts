// One token, for an operator who checks a client: from the address that the deployment names, never over plain http, and with no value in
// what goes wrong.
import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { createSend } from '../../../lambda/adapters/stytch/http.ts'
import { mintToken } from '../../../lambda/adapters/stytch/token-endpoint.ts'
import { createClientSecret } from '../../../lambda/core/secret/client-secret.ts'
import { PROJECT_ID, useStytch } from '../../fakes/stand-ins.ts'

const place = useStytch()
const VALUE = 'canary-value-0123456789'
const asked = (more: object = {}) => ({
  tokenUrl: `${place.origin()}/v1/public/${PROJECT_ID}/oauth2/token`,
  clientId: 'billing',
  clientSecret: createClientSecret(VALUE),
  scopes: [],
  ...more,
})
const mint = (more: object = {}) => mintToken(createSend(), asked(more))
const faultOf = (more: object = {}) =>
  mint(more).then(
    () => undefined,
    (error: unknown) => error,
  )

test('a client that works gets a token of its scopes', async () => {
  place.stytch.seed({ clientId: 'billing', secret: VALUE, scopes: ['read:a', 'read:b'] })

  const { accessToken, expiresInSeconds } = await mint({ scopes: ['read:a'] })

  const claims = JSON.parse(Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString('utf8'))
  expect(claims).toMatchObject({ sub: 'billing', scope: 'read:a' })
  expect(expiresInSeconds).toBe(3600)
})

test.each([
  ['a wrong value', {}, 'STYTCH_REJECTED', /invalid_client/],
  ['plain http, but to this machine', { tokenUrl: 'http://example.com/token' }, 'SETTINGS_MALFORMED', /not https/],
  ['what is no address', { tokenUrl: 'token' }, 'SETTINGS_MALFORMED', /not https/],
])('%s gets none, and the fault has no value in it', async (_what, more, code, message) => {
  const fault = await faultOf(more)

  expect(fault).toMatchObject({ code, message: expect.stringMatching(message) })
  expect(inspect(fault, { depth: null })).not.toContain('canary')
})

test('Stytch that is down is not the client’s fault', async () => {
  place.stytch.server.faults.add({ op: 'Token', kind: 'reset' })

  expect(await faultOf()).toMatchObject({ code: 'STYTCH_UNAVAILABLE', retryable: true })
})
