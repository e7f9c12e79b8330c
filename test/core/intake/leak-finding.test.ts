// A finding comes back as it was told, and nothing else passes for one.
import { describe, expect, test } from 'vitest'
import { type LeakFinding, readFinding } from '../../../lambda/core/intake/leak-finding.ts'

const owner = { secretArn: 'arn:x', secretName: 'm2m/prod/billing', clientId: 'c', versionId: 'v', label: 'AWSCURRENT' }
const { label: _, ...unlabelled } = owner
const findings: readonly LeakFinding[] = [
  { outcome: 'alive', owner, requestId: 'r' },
  { outcome: 'alive', owner: unlabelled, requestId: 'r' },
  { outcome: 'unproven', owner, code: 'STYTCH_UNAVAILABLE' },
  {
    outcome: 'dead',
    owner,
    refusal: { status: 401, error: 'invalid_client', requestId: 'r', triedAt: '2026-10-05T09:12:31.000Z' },
  },
  { outcome: 'unknown', searched: 12 },
  { outcome: 'notSearched', reason: 'tooManySecrets', searched: 10_001 },
]

test.each(findings)('$outcome is read as it was written', (finding) => {
  expect(readFinding(JSON.stringify(finding))).toEqual(finding)
})

describe('whatever else came', () => {
  test.each([
    '',
    'null',
    '[]',
    '{}',
    '{"outcome":"found"}',
    '{"outcome":"alive"}',
    JSON.stringify({ outcome: 'alive', owner: { ...owner, clientId: 7 }, requestId: 'r' }),
    JSON.stringify({ outcome: 'dead', owner, refusal: { status: '401' } }),
    JSON.stringify({ outcome: 'notSearched', reason: 'tired' }),
  ])('is no finding: %s', (text) => {
    expect(readFinding(text)).toBeUndefined()
  })
})
