// The Lambda authorizer in each of API Gateway's three forms: who is let in, who is told 401 and who 403.
import { describe, expect, test } from 'vitest'
import { createAuthorizer } from '../../lambda/client/authorizer.ts'
import { TokenRefused, type Verify } from '../../lambda/client/verify.ts'

const ARN = 'arn:aws:execute-api:eu-west-1:111111111111:abc123/prod/GET/invoices/1'
const verify: Verify = async (token, { requiredScopes = [] } = {}) => {
  if (token === 'down') throw new TokenRefused('unavailable', 'nobody knows')
  if (token !== 'good') throw new TokenRefused('revoked_token', 'it died')
  if (requiredScopes.includes('write')) throw new TokenRefused('insufficient_scope', 'it lacks write')
  return { clientId: 'orders', scopes: ['read', 'list'], expiresAt: 1, claims: {} }
}
const authorizer = createAuthorizer({ verify })
const writers = createAuthorizer({ verify, requiredScopes: ['write'] })
const context = { clientId: 'orders', scope: 'read list' }

describe('a REST API', () => {
  test.each([
    ['by token', { type: 'TOKEN', authorizationToken: 'Bearer good', methodArn: ARN }],
    ['by request', { type: 'REQUEST', headers: { Authorization: 'bearer good' }, methodArn: ARN }],
    ['by request of payload 1.0', { version: '1.0', headers: { AUTHORIZATION: 'Bearer  good' }, methodArn: ARN }],
  ])('%s lets a good token in, on every route of the stage', async (_how, event) => {
    expect(await authorizer(event)).toEqual({
      principalId: 'orders',
      policyDocument: {
        Version: '2012-10-17',
        Statement: [
          {
            Action: 'execute-api:Invoke',
            Effect: 'Allow',
            Resource: 'arn:aws:execute-api:eu-west-1:111111111111:abc123/prod/*',
          },
        ],
      },
      context,
    })
  })

  test('denies a token that lacks a scope: 403', async () => {
    expect(await writers({ authorizationToken: 'Bearer good', methodArn: ARN })).toMatchObject({
      principalId: 'refused',
      policyDocument: { Statement: [{ Effect: 'Deny' }] },
    })
  })
})

describe('an event that names no method', () => {
  test.each([undefined, '', '*', 'arn:aws:execute-api:eu-west-1:111111111111:*/*/GET/x', 'arn:aws:s3:::bucket/x/y'])(
    'allows nothing: %s',
    async (methodArn) => {
      const event = { authorizationToken: 'Bearer good', ...(methodArn === undefined ? {} : { methodArn }) }

      await expect(authorizer(event)).rejects.toThrow(/^methodArn: expected/)
    },
  )
})

describe('an HTTP API', () => {
  test('lets a good token in, and denies one that lacks a scope', async () => {
    const event = { version: '2.0', type: 'REQUEST', routeArn: ARN, headers: { authorization: 'Bearer good' } }

    expect(await authorizer(event)).toEqual({ isAuthorized: true, context })
    expect(await writers(event)).toEqual({ isAuthorized: false })
  })
})

describe('any', () => {
  test.each([
    undefined,
    '',
    'good',
    'Basic good',
    'Bearer',
    'Bearer bad',
    'Bearer good good',
    'Bearer good\r\nx',
    'Bearer göod',
  ])('answers 401 to %j', async (authorization) => {
    const headers = { authorization }

    await expect(authorizer({ version: '2.0', headers })).rejects.toThrow(/^Unauthorized$/)
    await expect(authorizer({ headers, methodArn: ARN })).rejects.toThrow(/^Unauthorized$/)
  })

  test('fails when nobody knows: neither in nor out', async () => {
    await expect(authorizer({ authorizationToken: 'Bearer down', methodArn: ARN })).rejects.toThrow(TokenRefused)
  })

  test('answers 401 to an event without headers', async () => {
    await expect(authorizer({ headers: null, methodArn: ARN })).rejects.toThrow(/^Unauthorized$/)
  })
})
