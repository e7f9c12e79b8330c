// The token vendor's settings: what lib writes is what the handler reads, beside what Lambda says of itself; every fault at once; and in a
// deployed bundle, no other address.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readVendorEnv, type VendorEnv, writeVendorEnv } from '../../lambda/env/vendor.ts'

const own = { AWS_REGION: 'eu-west-1', AWS_ACCESS_KEY_ID: 'AKIA', AWS_SECRET_ACCESS_KEY: 'canary' }
const word = fc.stringMatching(/^[a-z0-9]{1,12}$/)
const settings: fc.Arbitrary<VendorEnv> = fc.record({
  stytch: fc.record(
    { projectId: word.map((id) => `project-test-${id}`), baseUrl: fc.constant('http://127.0.0.1:4010') },
    { requiredKeys: ['projectId'] },
  ),
  vertical: fc.constantFrom('consumer' as const, 'b2b' as const),
  secretNamePrefix: word.map((stage) => `m2m/${stage}/`),
  eventBus: word,
  apiId: word,
  apiUrl: word.map((id) => `https://${id}.execute-api.eu-west-1.amazonaws.com/prod`),
  revocationsBucket: word.map((id) => `m2m-${id}-revocations`),
  checkSeconds: fc.integer({ min: 1, max: 300 }),
})

test('what is written is what is read, with what Lambda tells', () => {
  fc.assert(
    fc.property(settings, fc.option(word, { nil: undefined }), (written, token) => {
      const env = { ...writeVendorEnv(written), ...own, ...(token === undefined ? {} : { AWS_SESSION_TOKEN: token }) }
      const credentials = {
        accessKeyId: 'AKIA',
        secretAccessKey: 'canary',
        ...(token === undefined ? {} : { sessionToken: token }),
      }
      expect(readVendorEnv(env)).toEqual({ ...written, aws: { region: 'eu-west-1', credentials } })
    }),
  )
})

test('everything that is missing is named at once', () => {
  const names = [
    'STYTCH_PROJECT_ID',
    'STYTCH_VERTICAL',
    'M2M_SECRET_PREFIX',
    'M2M_EVENT_BUS',
    'M2M_API_ID',
    'M2M_API_URL',
    'M2M_CHECK_SECONDS',
    'AWS_REGION',
    'AWS_ACCESS_KEY_ID',
    'AWS_SECRET_ACCESS_KEY',
  ]

  for (const name of names) expect(() => readVendorEnv({})).toThrow(new RegExp(`${name} is missing: expected `))
})

test.each([
  ['STYTCH_VERTICAL', 'other'],
  ['M2M_API_URL', 'https://x.example/prod/'],
  ['M2M_API_URL', 'prod'],
  ['M2M_CHECK_SECONDS', '0'],
  ['M2M_CHECK_SECONDS', '301'],
  ['M2M_CHECK_SECONDS', '1.5'],
  ['AWS_ENDPOINT_URL', 'nowhere'],
])('%s=%s is malformed, and no fault repeats a key', (name, value) => {
  const [written] = fc.sample(settings, 1)
  if (written === undefined) throw new Error('there is no sample')
  const read = () => readVendorEnv({ ...writeVendorEnv(written), ...own, [name]: value })

  expect(read).toThrow(new RegExp(`${name} is malformed: expected `))
  expect(read).not.toThrow(/canary/)
})

test('nothing that is written is a key or a secret', () => {
  fc.assert(
    fc.property(settings, (written) => {
      expect(Object.keys(writeVendorEnv(written)).filter((name) => /^AWS_|SECRET$|KEY|TOKEN/.test(name))).toEqual([])
    }),
  )
})
