// The settings contract of the archive function.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readArchiveEnv, writeArchiveEnv } from '../../lambda/env/archive.ts'

const bucket = fc.stringMatching(/^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/)

test('what is written is what is read', () => {
  fc.assert(
    fc.property(bucket, (name) => {
      expect(readArchiveEnv(writeArchiveEnv({ stage: 'test', bucket: name }))).toEqual({ stage: 'test', bucket: name })
    }),
  )
})

test.each([
  [{}, /M2M_EVIDENCE_BUCKET is missing: expected /],
  [{ M2M_STAGE: 'test', M2M_EVIDENCE_BUCKET: 'arn:aws:s3:::evidence' }, /M2M_EVIDENCE_BUCKET is malformed: expected /],
  [{ M2M_STAGE: 'test', M2M_EVIDENCE_BUCKET: 'a.bucket' }, /M2M_EVIDENCE_BUCKET is malformed/],
])('%j is refused', (env, expected) => {
  expect(() => readArchiveEnv(env)).toThrow(expected)
})
