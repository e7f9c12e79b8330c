// The settings contract: what lib writes is what a handler reads; whatever is wrong is told at once, and missing and malformed are
// different words; and on no address of its own choosing does a setting send the project secret.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Environment } from '../lambda/env/reader.ts'
import { type RegistrarEnv, readRegistrarEnv, writeRegistrarEnv } from '../lambda/env/registrar.ts'
import { type RotationEnv, readRotationEnv, writeRotationEnv } from '../lambda/env/rotation.ts'
import { baseUrlFault } from '../lambda/env/stytch.ts'

const messageOf = (read: () => unknown): string => {
  try {
    read()
  } catch (error) {
    if (error instanceof Error) return error.message
  }
  throw new Error('expected a fault')
}
const faultsOf = (env: Environment): readonly string[] =>
  messageOf(() => readRotationEnv(env))
    .split('\n')
    .slice(1)
    .map((line) => line.trim())

const filled = fc.string({ minLength: 1 })
const projectId = fc.tuple(fc.constantFrom('live', 'test'), fc.uuid()).map(([kind, uuid]) => `project-${kind}-${uuid}`)
const stytch: fc.Arbitrary<RotationEnv['stytch']> = fc.record(
  {
    projectId,
    projectSecret: fc.oneof(
      fc.record({ kind: fc.constant('stored'), secretId: filled }),
      fc.record({ kind: fc.constant('given'), secret: filled }),
    ),
    baseUrl: fc.constantFrom(
      'http://127.0.0.1:4010',
      'http://localhost:1',
      'http://[::1]:4010',
      'https://stytch.example',
    ),
  },
  { requiredKeys: ['projectId', 'projectSecret'] },
)

const freeze: fc.Arbitrary<RotationEnv['freeze']> = fc.record(
  { parameter: fc.constantFrom('/m2m/test/freeze', '/freeze'), endpoint: fc.constant('http://127.0.0.1:4566') },
  { requiredKeys: ['parameter'] },
)

const ms = fc.integer({ min: 0, max: 10_000 })
const spread = fc.record({ count: fc.integer({ min: 1, max: 10 }), overMs: fc.integer({ min: 0, max: 5000 }) })
const bounds: fc.Arbitrary<RotationEnv['bounds']> = fc.record({
  staleLabelsMs: ms,
  readLagMs: ms,
  patienceMs: fc.record({ rotate: ms, revoke: ms }),
  accepted: fc.record({ planned: spread, urgent: spread }),
  refused: spread,
  confirmedAfterMs: ms,
})

const whole: Environment = {
  STYTCH_PROJECT_ID: 'project-test-1',
  STYTCH_PROJECT_SECRET_ID: 'm2m/stytch-project',
  M2M_STAGE: 'test',
  M2M_EVENT_BUS: 'm2m-test',
  M2M_FREEZE_PARAMETER: '/m2m/test/freeze',
}

describe('what is written is what is read', () => {
  test('by the rotation function', () => {
    fc.assert(
      fc.property(fc.record({ stage: filled, stytch, eventBus: filled, freeze, bounds }), (settings) => {
        expect(readRotationEnv(writeRotationEnv(settings))).toEqual(settings)
      }),
    )
  })

  test('by the registrar', () => {
    const role = fc.stringMatching(/^[A-Za-z0-9]{1,12}$/).map((name) => `arn:aws:iam::123456789012:role/${name}`)
    const settings: fc.Arbitrary<RegistrarEnv> = fc.record(
      {
        stytch,
        secretNamePrefix: fc.constantFrom('m2m/test/', 'a/'),
        rotationFunctionArn: filled,
        readers: fc.array(role, { minLength: 1, maxLength: 3 }),
        changers: fc.array(role, { minLength: 1, maxLength: 3 }),
        rotators: fc.array(role, { maxLength: 2 }),
        operators: fc.array(role, { minLength: 1, maxLength: 2 }),
        readerAccounts: fc.array(fc.constantFrom('222222222222', '333333333333')),
        readerOrganizationId: fc.constant('o-a1b2c3d4e5'),
        replicas: fc.array(
          fc.record(
            {
              region: fc.constantFrom('eu-west-1', 'us-east-1'),
              kmsKeyId: fc.constant('arn:aws:kms:eu-west-1:1:key/k'),
            },
            { requiredKeys: ['region'] },
          ),
          { maxLength: 2 },
        ),
        kmsKeyId: filled,
        tokenUrl: fc.constant('https://login.example.com/v1/oauth2/token'),
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

    fc.assert(
      fc.property(settings, (one) => {
        expect(readRegistrarEnv(writeRegistrarEnv(one))).toEqual(one)
      }),
    )
  })
})

describe('what is wrong', () => {
  test('is told all at once, one line each', () => {
    expect(faultsOf({ STYTCH_PROJECT_ID: 'live-1', STYTCH_BASE_URL: 'stytch' })).toEqual([
      'M2M_STAGE is missing: expected the name of the stage',
      'STYTCH_PROJECT_ID is malformed: expected project-live-… or project-test-…',
      'STYTCH_PROJECT_SECRET_ID is missing: expected the name or ARN of the secret that holds the Stytch project secret',
      'STYTCH_BASE_URL is malformed: expected a URL',
      'M2M_EVENT_BUS is missing: expected the name or ARN of the event bus',
      'M2M_FREEZE_PARAMETER is missing: expected the name of the parameter that holds the freeze, /m2m/<stage>/freeze',
    ])
  })

  test.each(['M2M_STAGE', 'STYTCH_PROJECT_ID', 'STYTCH_PROJECT_SECRET_ID', 'M2M_EVENT_BUS', 'M2M_FREEZE_PARAMETER'])(
    '%s: absent and empty are missing',
    (name) => {
      for (const value of [undefined, '']) {
        const faults = faultsOf({ ...whole, [name]: value })

        expect(faults).toEqual([expect.stringMatching(`^${name} is missing: expected `)])
      }
    },
  )

  test.each(['project-1', 'project-prod-1', 'project-live-', ' project-test-1', 'project-test-1 ', 'project-test-ä'])(
    'a project id like %j is malformed, not missing',
    (id) => {
      expect(faultsOf({ ...whole, STYTCH_PROJECT_ID: id })).toEqual([
        'STYTCH_PROJECT_ID is malformed: expected project-live-… or project-test-…',
      ])
    },
  )

  test('an empty address counts as none', () => {
    expect(readRotationEnv({ ...whole, STYTCH_BASE_URL: '' }).stytch).not.toHaveProperty('baseUrl')
  })

  test('a message names settings, and repeats no secret', () => {
    const env = { STYTCH_SECRET: 'canary', STYTCH_BASE_URL: 'https://canary:canary@stytch.example' }

    expect(messageOf(() => readRotationEnv(env))).not.toContain('canary')
  })
})

describe('another address for Stytch', () => {
  test.each([
    'https://stytch.example',
    'https://stytch.example:8443',
    'https://stytch.example/',
    'http://127.0.0.1:4010',
    'http://localhost:4010',
    'http://[::1]:4010',
  ])('%s will do', (url) => {
    expect(baseUrlFault(url)).toBeUndefined()
  })

  test.each([
    'http://stytch.example',
    'http://127.0.0.2:4010',
    'http://10.0.0.1',
    'http://localhost.example',
    'http://127.0.0.1.example',
    'ftp://127.0.0.1',
    'file:///etc',
  ])('%s is neither https nor http on loopback', (url) => {
    expect(baseUrlFault(url)).toMatch(
      /^expected (https, or http on a loopback host|an origin, without path, query or user)$/,
    )
  })

  test.each([
    'https://stytch.example/v1',
    'https://stytch.example/?a=1',
    'https://user@stytch.example',
    'https://:word@stytch.example',
    'http://127.0.0.1:4010/stytch/',
  ])('%s holds more than an origin, which would be dropped in silence', (url) => {
    expect(baseUrlFault(url)).toBe('expected an origin, without path, query or user')
  })

  test.each(['', 'stytch.example', '//stytch.example', 'https://'])('%j is no URL', (url) => {
    expect(baseUrlFault(url)).toMatch(/^expected /)
  })
})
