// The sweep's settings: what lib writes is what the handler reads, every fault at once; and where functions find services without a client
// in their bundle: by the SDK's own variables.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DEPLOYED, WITHOUT_LAG } from '../../lambda/core/rotation/bounds.ts'
import { writeBounds } from '../../lambda/env/bounds.ts'
import { readRotationEnv } from '../../lambda/env/rotation.ts'
import { readSweepEnv, type SweepEnv, writeSweepEnv } from '../../lambda/env/sweep.ts'

const word = fc.stringMatching(/^[a-z0-9]{1,12}$/)
const hours = fc.integer({ min: 1, max: 12_000 })
const url = fc.constantFrom('http://127.0.0.1:4566', 'https://ssm.example')
const parts: fc.Arbitrary<SweepEnv> = fc.record(
  {
    stage: word,
    secretNamePrefix: word.map((stage) => `m2m/${stage}/`),
    rotationFunctionArn: word.map((name) => `arn:aws:lambda:us-east-1:111111111111:function:${name}`),
    eventBus: word,
    periodHours: hours,
    overlapHours: fc.oneof(hours, fc.constant(0.5)),
    longestHoldHours: hours,
    everyMinutes: fc.integer({ min: 1, max: 60 }),
    checksPerSecond: fc.integer({ min: 1, max: 1000 }),
    freeze: fc.record(
      { parameter: word.map((stage) => `/m2m/${stage}/freeze`), endpoint: url },
      { requiredKeys: ['parameter'] },
    ),
    lambdaEndpoint: url,
    parts: fc
      .record(
        {
          ...{ campaignSchedule: word, rules: fc.array(word, { minLength: 1 }), topicArn: word, keyArn: word },
          endpoints: fc.record({ scheduler: url, events: url, sns: url, kms: url }),
        },
        { requiredKeys: [] },
      )
      .filter(({ endpoints: _, ...named }) => Object.keys(named).length > 0),
    bounds: fc.constantFrom(DEPLOYED, WITHOUT_LAG),
    records: fc.record({ table: word }),
    adoption: fc.record(
      { table: word, lookBackHours: hours, waitAtMostHours: hours, ownPrincipal: word },
      { requiredKeys: ['table', 'lookBackHours', 'waitAtMostHours', 'ownPrincipal'] },
    ),
  },
  {
    requiredKeys: [
      'stage',
      'secretNamePrefix',
      'rotationFunctionArn',
      'eventBus',
      'periodHours',
      'overlapHours',
      'longestHoldHours',
      'everyMinutes',
      'checksPerSecond',
      'freeze',
      'bounds',
    ],
  },
)

/** Reads and switches stand in one table. */
const settings = parts.map(({ adoption, ...rest }) =>
  adoption === undefined ? rest : { ...rest, adoption, records: { table: adoption.table } },
)

test('what is written is read back', () => {
  fc.assert(
    fc.property(settings, (written) => {
      expect(readSweepEnv(writeSweepEnv(written))).toEqual(written)
    }),
  )
})

const whole = writeSweepEnv({
  stage: 'test',
  secretNamePrefix: 'm2m/test/',
  rotationFunctionArn: 'arn:aws:lambda:us-east-1:111111111111:function:m2m-test-rotation',
  eventBus: 'm2m-test',
  periodHours: 720,
  overlapHours: 24,
  longestHoldHours: 168,
  everyMinutes: 15,
  checksPerSecond: 200,
  freeze: { parameter: '/m2m/test/freeze' },
  bounds: DEPLOYED,
})

test('everything that is missing is named at once', () => {
  const withDefaults = [...Object.keys(writeBounds(DEPLOYED)), 'M2M_CHECKS_PER_SECOND']
  for (const name of Object.keys(whole).filter((one) => !withDefaults.includes(one))) {
    expect(() => readSweepEnv({})).toThrow(new RegExp(`${name} is missing: expected `))
    expect(() => readSweepEnv({ ...whole, [name]: '' })).toThrow(new RegExp(`${name} is missing: expected `))
  }
})

test.each(['0', '-1', 'soon', 'Infinity'])('a number like %j is malformed', (text) => {
  expect(() => readSweepEnv({ ...whole, M2M_OVERLAP_HOURS: text })).toThrow(/M2M_OVERLAP_HOURS is malformed/)
})

test('how many secrets are checked a second has a default, and is a number', () => {
  const { M2M_CHECKS_PER_SECOND: _none, ...without } = whole

  expect(readSweepEnv(without).checksPerSecond).toBe(200)
  expect(() => readSweepEnv({ ...whole, M2M_CHECKS_PER_SECOND: 'all' })).toThrow(/M2M_CHECKS_PER_SECOND is malformed/)
})

test.each(['freeze', '/m2m/test/freeze$', 'arn:aws:ssm:x:y:parameter/z'])(
  'a parameter called %j is malformed',
  (name) => {
    expect(() => readSweepEnv({ ...whole, M2M_FREEZE_PARAMETER: name })).toThrow(/M2M_FREEZE_PARAMETER is malformed/)
  },
)

describe('the address of a service without a client', () => {
  const rotation = {
    STYTCH_PROJECT_ID: 'project-test-1',
    STYTCH_PROJECT_SECRET_ID: 'x',
    M2M_STAGE: 'test',
    M2M_EVENT_BUS: 'm2m',
  }
  const endpoints = (env: Record<string, string>) => {
    const { freeze, lambdaEndpoint } = readSweepEnv({ ...whole, ...env })
    return [freeze.endpoint, lambdaEndpoint]
  }

  test('is AWS’s own when no variable says otherwise', () => {
    expect(endpoints({})).toEqual([undefined, undefined])
  })

  test('is that of all services, or its own before it', () => {
    const AWS_ENDPOINT_URL = 'http://127.0.0.1:1'

    expect(endpoints({ AWS_ENDPOINT_URL })).toEqual([AWS_ENDPOINT_URL, AWS_ENDPOINT_URL])
    expect(endpoints({ AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_SSM: 'http://127.0.0.1:2' })).toEqual([
      'http://127.0.0.1:2',
      AWS_ENDPOINT_URL,
    ])
    expect(
      readRotationEnv({ ...rotation, M2M_FREEZE_PARAMETER: '/m2m/test/freeze', AWS_ENDPOINT_URL }).freeze.endpoint,
    ).toBe(AWS_ENDPOINT_URL)
  })

  test('is refused when it is no URL', () => {
    expect(() => endpoints({ AWS_ENDPOINT_URL: 'here' })).toThrow(/AWS_ENDPOINT_URL is malformed: expected a URL/)
  })
})

test('where all services have one address, every part is asked about there, and nowhere at AWS', () => {
  const { parts: read } = readSweepEnv({
    ...whole,
    ...{ M2M_CAMPAIGN_SCHEDULE: 'nightly', AWS_ENDPOINT_URL: 'http://127.0.0.1:4566' },
  })

  expect(new Set(Object.values(read?.endpoints ?? {}))).toEqual(new Set(['http://127.0.0.1:4566']))
  expect(Object.keys(read?.endpoints ?? {})).toEqual(['scheduler', 'events', 'sns', 'kms'])
})
