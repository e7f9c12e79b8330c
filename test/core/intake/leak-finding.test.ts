// A finding comes back as it was told, and nothing else passes for one.
import { describe, expect, test } from 'vitest'
import {
  type LeakFinding,
  type LeakMatch,
  NOTHING_SEARCHED,
  readFinding,
} from '../../../lambda/core/intake/leak-finding.ts'

const owner = { secretArn: 'arn:x', secretName: 'm2m/prod/billing', clientId: 'c', versionId: 'v', label: 'AWSCURRENT' }
const { label: _, ...unlabelled } = owner
const { clientId: __, ...nobodys } = owner
const refusal = { status: 401, error: 'invalid_client', requestId: 'r', triedAt: '2026-10-05T09:12:31.000Z' }
const since = '2026-10-05T09:12:31.000Z'

const matches: readonly LeakMatch[] = [
  { kind: 'secret', state: 'alive', owner, requestId: 'r' },
  { kind: 'secret', state: 'alive', owner: unlabelled, requestId: 'r' },
  { kind: 'secret', state: 'unproven', owner: nobodys, code: 'CLIENT_UNKNOWN' },
  { kind: 'secret', state: 'dead', owner, refusal },
  { kind: 'secret', state: 'dead', owner, refusal, since },
  { kind: 'accessToken', state: 'alive', clientId: 'c', secretName: 'm2m/prod/billing', until: since },
  { kind: 'accessToken', state: 'dead', clientId: 'c' },
  { kind: 'projectSecret', state: 'alive', secretName: 'stytch/prod', versionId: 'v', label: 'AWSCURRENT' },
  { kind: 'projectSecret', state: 'dead', secretName: 'stytch/prod', versionId: 'v', since },
]
const findings: readonly LeakFinding[] = [
  { ...NOTHING_SEARCHED, found: matches, searched: 12 },
  { ...NOTHING_SEARCHED, searched: 12, unreadable: ['m2m/prod/a', 'm2m/prod/b'], olderLeft: 3 },
  { ...NOTHING_SEARCHED, isCut: true, hasProjectSecretForm: true },
  { ...NOTHING_SEARCHED, hasProjectSecretForm: true, isProjectCompared: true },
  { ...NOTHING_SEARCHED, notSearched: 'tooManySecrets', searched: 10_001 },
]

test.each(findings)('%# is read as it was written', (finding) => {
  expect(readFinding(JSON.stringify(finding))).toEqual(finding)
})

describe('whatever else came', () => {
  const withFound = (found: unknown): string => JSON.stringify({ ...NOTHING_SEARCHED, found: [found] })

  test.each([
    '',
    'null',
    '[]',
    '{}',
    // As a function of an earlier release answers.
    '{"outcome":"unknown","searched":3}',
    JSON.stringify({ ...NOTHING_SEARCHED, found: undefined }),
    JSON.stringify({ ...NOTHING_SEARCHED, searched: -1 }),
    JSON.stringify({ ...NOTHING_SEARCHED, unreadable: [7] }),
    JSON.stringify({ ...NOTHING_SEARCHED, isCut: 'no' }),
    JSON.stringify({ ...NOTHING_SEARCHED, notSearched: 'tired' }),
    withFound({ kind: 'secret', state: 'alive' }),
    withFound({ kind: 'secret', state: 'alive', owner: { ...owner, clientId: 7 }, requestId: 'r' }),
    withFound({ kind: 'secret', state: 'alive', owner: nobodys, requestId: 'r' }),
    withFound({ kind: 'secret', state: 'dead', owner, refusal: { ...refusal, status: '401' } }),
    withFound({ kind: 'accessToken', state: 'asleep', clientId: 'c' }),
    withFound({ kind: 'projectSecret', state: 'alive' }),
    withFound({ kind: 'password', state: 'alive' }),
  ])('is no finding: %s', (text) => {
    expect(readFinding(text)).toBeUndefined()
  })
})
