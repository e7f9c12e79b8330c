// The question and its answer as they travel: what is written is read back, and what is malformed is refused without repeating any of it.
import { expect, test } from 'vitest'
import { type CheckFinding, readCheckAnswer } from '../../../lambda/core/rotation/check-answer.ts'
import {
  asksForCheck,
  type CheckQuestion,
  readCheckQuestion,
  writeCheckQuestion,
} from '../../../lambda/core/rotation/read-check-question.ts'
import { SECRET_ARN } from '../../fakes/fake-secrets.ts'
import { tokenOf } from '../../fakes/world.ts'

const one = { secretArn: SECRET_ARN, versionId: tokenOf('settle'), clientId: 'm2m-client-test-1', isSettled: true }
const { clientId: _none, ...untagged } = one
const question: CheckQuestion = { secrets: [one, untagged], at: 1_793_622_600_000 }

test('a question is read as it was written', () => {
  const written = writeCheckQuestion(question)

  expect(asksForCheck(written)).toBe(true)
  expect(asksForCheck({ Ask: 'prove' })).toBe(false)
  expect(readCheckQuestion(JSON.parse(JSON.stringify(written)))).toEqual({ ok: true, value: question })
  const close = { ...question, isClose: true }
  expect(readCheckQuestion(writeCheckQuestion(close))).toEqual({ ok: true, value: close })
})

const [secret] = writeCheckQuestion({ secrets: [one] }).Secrets as readonly object[]

test.each<[object, RegExp]>([
  [{ Secrets: [] }, /Secrets: expected 1 to 100/],
  [{ Secrets: 'canary' }, /Secrets: expected 1 to 100/],
  [{ Secrets: Array.from({ length: 101 }, () => secret) }, /Secrets: expected 1 to 100/],
  [{ Secrets: [{ ...secret, SecretId: 'canary' }] }, /SecretId/],
  [{ Secrets: [{ ...secret, VersionId: 'canary canary canary canary canary' }] }, /VersionId/],
  [{ Secrets: [{ ...secret, ClientId: 7 }] }, /ClientId/],
  [{ Secrets: [{ ...secret, IsSettled: 'yes' }] }, /IsSettled/],
  [{ Secrets: [{ ...secret, Value: 'canary' }] }, /SecretId/],
  [{ Secrets: [secret], At: 'canary' }, /At: expected epoch milliseconds/],
  [{ Secrets: [secret], IsClose: 'canary' }, /IsClose: expected true/],
  [{ Secrets: [secret], Step: 'canary' }, /Ask, Secrets, At and IsClose alone/],
])('%j is refused', (more, fault) => {
  const read = readCheckQuestion({ Ask: 'check', ...more })

  expect(read).toMatchObject({ ok: false, refusal: { reason: 'malformedEvent' } })
  expect(JSON.stringify(read)).toMatch(fault)
  expect(JSON.stringify(read)).not.toContain('canary')
})

const findings: readonly CheckFinding[] = [
  { found: 'fits' },
  { found: 'openNext' },
  { found: 'inactive' },
  { found: 'dead', since: 1 },
  { found: 'gone', since: 2 },
  { found: 'foreign', since: 3 },
  { found: 'unknown', why: 'moved' },
]

test('an answer is read as it was given, and holds no more', () => {
  const given = findings.map((finding) => ({ ...finding, value: 'canary' }))

  expect(readCheckAnswer(JSON.stringify({ findings: given }), findings.length)).toEqual(findings)
})

test.each([
  'null',
  '{}',
  JSON.stringify({ findings }),
  '{"findings":[{"found":"alive"}]}',
  '{"findings":[{"found":"dead"}]}',
  '{"findings":[{"found":"unknown"}]}',
  '{"findings":["fits"]}',
])('%s answers no question about one secret', (body) => {
  expect(readCheckAnswer(body, 1)).toBeUndefined()
})
