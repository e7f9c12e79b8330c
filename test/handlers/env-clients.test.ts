// The settings contract of the clients function: what lib writes, the handler reads; every fault at once.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type ClientsEnv, readClientsEnv, writeClientsEnv } from '../../lambda/env/clients.ts'

const role = 'arn:aws:iam::111111111111:role/one'
const settings: ClientsEnv = {
  stytch: { projectId: 'project-test-1', projectSecret: { kind: 'stored', secretId: 'stytch/m2m' } },
  secretNamePrefix: 'm2m/test/',
  rotationFunctionArn: 'arn:aws:lambda:us-east-1:111111111111:function:m2m-test-rotation',
  readers: [role],
  changers: [role],
  rotators: [],
  replicas: [],
  readerAccounts: ['222222222222'],
  backstop: { everyDays: 60 },
  periodHours: 720,
  overlapHours: 24,
  longestHoldHours: 168,
  sweepEveryMinutes: 15,
  campaignEveryHours: 24,
  drillEveryHours: 2160,
  evidenceBucket: 'm2m-test-evidence',
  handMadeSecrets: [
    { kind: 'projectSecret', name: 'stytch/m2m' },
    { kind: 'signingSecret', name: 'intake/signing=1' },
  ],
}

const backstop: fc.Arbitrary<ClientsEnv['backstop']> = fc.oneof(
  fc.record({ everyDays: fc.integer({ min: 1, max: 1000 }) }),
  fc.record(
    {
      schedule: fc.constantFrom('rate(10 hours)', 'cron(0 2 1 1/3 ? *)'),
      durationHours: fc.integer({ min: 1, max: 24 }),
    },
    { requiredKeys: ['schedule'] },
  ),
)

test('what is written is read back', () => {
  fc.assert(
    fc.property(backstop, fc.double({ min: 0.5, max: 24_000, noNaN: true }), (one, hours) => {
      const written = { ...settings, backstop: one, periodHours: hours, overlapHours: hours / 2 }
      expect(readClientsEnv(writeClientsEnv(written))).toEqual(written)
    }),
  )
})

test('everything that is missing or malformed is named at once', () => {
  const { M2M_BACKSTOP: _backstop, ...rest } = writeClientsEnv(settings)

  expect(() =>
    readClientsEnv({ ...rest, M2M_PERIOD_HOURS: 'soon', M2M_OVERLAP_HOURS: '0', M2M_ROTATORS: '*' }),
  ).toThrow(
    [
      'The settings are not complete:',
      "  M2M_ROTATORS is malformed: expected roles' ARNs without wildcards, found *",
      '  M2M_BACKSTOP is missing: expected days, or an expression of Secrets Manager',
      '  M2M_PERIOD_HOURS is malformed: expected a number of hours',
      '  M2M_OVERLAP_HOURS is malformed: expected a number of hours',
    ].join('\n'),
  )
  expect(() => readClientsEnv({ ...rest, M2M_BACKSTOP: '60', M2M_SWEEP_EVERY_MINUTES: 'often' })).toThrow(
    'M2M_SWEEP_EVERY_MINUTES is malformed: expected a number of minutes',
  )
  expect(() => readClientsEnv({ ...rest, M2M_BACKSTOP: 'monthly' })).toThrow(/M2M_BACKSTOP is malformed/)
})
