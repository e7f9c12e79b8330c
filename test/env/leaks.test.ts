// The settings of the identify function and of the leak intake: what lib writes is what the handlers read; every fault at once; GitHub's
// address is https, since an App's key goes there.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type IdentifyEnv, readIdentifyEnv, writeIdentifyEnv } from '../../lambda/env/identify.ts'
import { GITHUB_URL, type IntakeEnv, readIntakeEnv, writeIntakeEnv } from '../../lambda/env/intake.ts'

const word = fc.stringMatching(/^[a-z0-9]{1,12}$/)

const perMinute = fc.integer({ min: 1, max: 1000 })

const identify: fc.Arbitrary<IdentifyEnv> = fc.record(
  {
    stytch: fc.record(
      { projectId: word.map((id) => `project-test-${id}`), baseUrl: fc.constant('http://127.0.0.1:4010') },
      { requiredKeys: ['projectId'] },
    ),
    secretNamePrefix: word.map((stage) => `m2m/${stage}/`),
    searchesPerMinute: perMinute,
    projectSecretName: word.map((name) => `stytch/${name}`),
    refused: fc.record({ count: fc.integer({ min: 1, max: 99 }), overMs: fc.integer({ min: 0, max: 60_000 }) }),
    slots: fc.record(
      { table: word, searchesPerMinute: perMinute, endpoint: fc.constant('http://127.0.0.1:4566') },
      { requiredKeys: ['table', 'searchesPerMinute'] },
    ),
  },
  { requiredKeys: ['stytch', 'secretNamePrefix', 'searchesPerMinute', 'refused'] },
)

const intake: fc.Arbitrary<IntakeEnv> = fc.record(
  {
    signingSecretId: word,
    records: fc.record({ table: word, endpoint: fc.constant('http://127.0.0.1:4566') }, { requiredKeys: ['table'] }),
    formerGateId: word,
    maxPerHour: fc.integer({ min: 1, max: 50 }),
    watched: fc.array(word, { minLength: 1, maxLength: 4 }),
    identifyFunctionName: word,
    eventBus: word,
    githubAppSecretId: word,
    githubUrl: fc.constantFrom(GITHUB_URL, 'https://github.example.com/api/v3', 'http://127.0.0.1:4020'),
    lambdaEndpoint: fc.constant('http://127.0.0.1:4566'),
  },
  {
    requiredKeys: [
      'signingSecretId',
      'records',
      'formerGateId',
      'maxPerHour',
      'watched',
      'identifyFunctionName',
      'eventBus',
      'githubUrl',
    ],
  },
)

const one = <Value>(of: fc.Arbitrary<Value>): Value => {
  const [sample] = fc.sample(of, 1)
  if (sample === undefined) throw new Error('there is no sample')
  return sample
}

describe('what is written is what is read', () => {
  test('by the identify function', () => {
    fc.assert(
      fc.property(identify, (settings) => {
        expect(readIdentifyEnv(writeIdentifyEnv(settings))).toEqual(settings)
      }),
    )
  })

  test('by the intake', () => {
    fc.assert(
      fc.property(intake, (settings) => {
        expect(readIntakeEnv(writeIntakeEnv(settings))).toEqual(settings)
      }),
    )
  })
})

describe('everything that is missing is named at once', () => {
  test.each([
    ['identify', readIdentifyEnv, ['STYTCH_PROJECT_ID', 'M2M_SECRET_PREFIX', 'M2M_SEARCHES_PER_MINUTE']],
    [
      'intake',
      readIntakeEnv,
      [
        'M2M_INTAKE_SIGNING_SECRET',
        'M2M_RECORDS_TABLE',
        'M2M_INTAKE_FORMER_GATE',
        'M2M_INTAKE_PER_HOUR',
        'M2M_INTAKE_WATCHED',
        'M2M_IDENTIFY_FUNCTION',
        'M2M_EVENT_BUS',
      ],
    ],
  ] as const)('of %s', (_, read, names) => {
    for (const name of names) expect(() => read({})).toThrow(new RegExp(`${name} is missing: expected `))
  })
})

describe('no fault repeats a value', () => {
  test.each([
    ['M2M_SEARCHES_PER_MINUTE', '0'],
    ['M2M_SEARCHES_PER_MINUTE', '1001'],
    ['M2M_SEARCHES_PER_MINUTE', '1e2'],
    ['M2M_REFUSED', 'canary'],
    ['STYTCH_PROJECT_ID', 'canary'],
    ['STYTCH_BASE_URL', 'http://user:canary@127.0.0.1'],
  ])('identify: %s=%s', (name, value) => {
    const read = () => readIdentifyEnv({ ...writeIdentifyEnv(one(identify)), [name]: value })

    expect(read).toThrow(new RegExp(`${name} is malformed: expected `))
    expect(read).not.toThrow(/canary/)
  })

  test.each([
    ['M2M_INTAKE_PER_HOUR', '0'],
    ['M2M_INTAKE_PER_HOUR', '51'],
    ['M2M_INTAKE_WATCHED', 'Canary'],
    ['M2M_INTAKE_WATCHED', 'a b-canary'],
    ['M2M_GITHUB_URL', 'canary'],
    ['M2M_GITHUB_URL', 'http://github.example.com/canary'],
    ['M2M_GITHUB_URL', 'https://user:canary@github.example.com'],
    ['M2M_GITHUB_URL', 'https://github.example.com/canary/'],
    ['M2M_GITHUB_URL', 'https://github.example.com?canary'],
    ['AWS_ENDPOINT_URL_LAMBDA', 'canary'],
  ])('intake: %s=%s', (name, value) => {
    const read = () => readIntakeEnv({ ...writeIntakeEnv(one(intake)), [name]: value })

    expect(read).toThrow(new RegExp(`${name} is malformed: expected `))
    expect(read).not.toThrow(/canary/i)
  })
})
