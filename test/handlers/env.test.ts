// The settings contract of the registrar: what lib writes, the handler reads; every fault at once.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type RegistrarEnv, readRegistrarEnv, writeRegistrarEnv } from '../../lambda/env/registrar.ts'

const word = fc.stringMatching(/^[a-z0-9]{1,12}$/)
const role = word.map((name) => `arn:aws:iam::111111111111:role/${name}`)
const settings: fc.Arbitrary<RegistrarEnv> = fc.record(
  {
    stytch: fc.record({
      projectId: word.map((id) => `project-test-${id}`),
      projectSecret: fc.record({ kind: fc.constant('stored' as const), secretId: word }),
    }),
    secretNamePrefix: word.map((stage) => `m2m/${stage}/`),
    rotationFunctionArn: word.map((name) => `arn:aws:lambda:us-east-1:111111111111:function:${name}`),
    kmsKeyId: word.map((id) => `arn:aws:kms:us-east-1:111111111111:key/${id}`),
    tokenUrl: word.map((host) => `https://${host}.example/v1/oauth2/token`),
    readers: fc.array(role, { minLength: 1 }),
    changers: fc.array(role, { minLength: 1 }),
    rotators: fc.array(role),
    readerAccounts: fc.array(fc.constantFrom('222222222222', '333333333333')),
    readerOrganizationId: fc.constant('o-a1b2c3d4e5'),
    replicas: fc.array(
      fc.record(
        { region: word, kmsKeyId: word.map((id) => `arn:aws:kms:eu-north-1:111111111111:key/${id}`) },
        {
          requiredKeys: ['region'],
        },
      ),
    ),
  },
  {
    requiredKeys: [
      'stytch',
      'secretNamePrefix',
      'rotationFunctionArn',
      'readers',
      'changers',
      'rotators',
      'replicas',
      'readerAccounts',
    ],
  },
)

test('what is written is read back', () => {
  fc.assert(
    fc.property(settings, (written) => {
      expect(readRegistrarEnv(writeRegistrarEnv(written))).toEqual(written)
    }),
  )
})

test('everything that is missing is named at once', () => {
  const names = ['STYTCH_PROJECT_ID', 'STYTCH_PROJECT_SECRET_ID', 'M2M_SECRET_PREFIX', 'M2M_ROTATION_FUNCTION']

  for (const name of [...names, 'M2M_READERS', 'M2M_CHANGERS']) {
    expect(() => readRegistrarEnv({})).toThrow(new RegExp(`${name} is missing: expected `))
  }
})

test('a wildcard among the roles is refused', () => {
  const env = { M2M_READERS: 'arn:aws:iam::111111111111:role/*', M2M_SECRET_PREFIX: 'm2m' }

  expect(() => readRegistrarEnv(env)).toThrow(/M2M_READERS is malformed: expected roles' ARNs without wildcards/)
  expect(() => readRegistrarEnv(env)).toThrow(/M2M_SECRET_PREFIX is malformed/)
})

describe('where consumers send their secret', () => {
  const tried = (M2M_TOKEN_URL: string) => () => readRegistrarEnv({ M2M_TOKEN_URL })

  test.each([
    'https://login.example.com/v1/oauth2/token',
    'http://127.0.0.1:4010/v1/public/x/oauth2/token',
    'http://localhost:4010/token',
    'http://[::1]:4010/token',
  ])('%s will do', (url) => {
    expect(tried(url)).toThrow(/M2M_SECRET_PREFIX is missing/)
    expect(tried(url)).not.toThrow(/M2M_TOKEN_URL/)
  })

  test.each([
    ['http://login.example.com/token', /expected https, or http on a loopback host/],
    ['http://localhost.example/token', /expected https, or http on a loopback host/],
    ['ftp://127.0.0.1/token', /expected https, or http on a loopback host/],
    ['https://user:word@login.example.com/token', /expected a URL without a user/],
    ['login.example.com', /expected a URL/],
  ])('%s will not', (url, expected) => {
    expect(tried(url)).toThrow(/M2M_TOKEN_URL is malformed/)
    expect(tried(url)).toThrow(expected)
    expect(tried(url)).not.toThrow(/word/)
  })
})
