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

// No name holds a secret: its request token counts up, and mutation testing asks for each test by its name.
test.each<[fault: RegExp, more: object]>([
  [/Secrets: expected 1 to 100/, { Secrets: [] }],
  [/Secrets: expected 1 to 100/, { Secrets: 'canary' }],
  [/Secrets: expected 1 to 100/, { Secrets: Array.from({ length: 101 }, () => secret) }],
  [/SecretId/, { Secrets: [{ ...secret, SecretId: 'canary' }] }],
  [/VersionId/, { Secrets: [{ ...secret, VersionId: 'canary canary canary canary canary' }] }],
  [/ClientId/, { Secrets: [{ ...secret, ClientId: 7 }] }],
  [/ClientId/, { Secrets: [{ ...secret, ClientId: '' }] }],
  [/ClientId/, { Secrets: [{ ...secret, ClientId: 'x'.repeat(257) }] }],
  [/SecretId/, { Secrets: [{ ...secret, SecretId: `canary ${SECRET_ARN}` }] }],
  [/SecretId/, { Secrets: [{ ...secret, SecretId: `${SECRET_ARN} canary` }] }],
  [/VersionId/, { Secrets: [{ ...secret, VersionId: `canary ${'x'.repeat(32)}` }] }],
  [/VersionId/, { Secrets: [{ ...secret, VersionId: `${'x'.repeat(32)} canary` }] }],
  [/VersionId/, { Secrets: [{ ...secret, VersionId: 'x'.repeat(31) }] }],
  [/VersionId/, { Secrets: [{ ...secret, VersionId: 'x'.repeat(65) }] }],
  [/SecretId/, { Secrets: [secret, 'canary'] }],
  [/IsSettled/, { Secrets: [{ ...secret, IsSettled: 'yes' }] }],
  [/SecretId/, { Secrets: [{ ...secret, Value: 'canary' }] }],
  [/At: expected epoch milliseconds/, { Secrets: [secret], At: 'canary' }],
  [/IsClose: expected true/, { Secrets: [secret], IsClose: 'canary' }],
  [/Ask, Secrets, At and IsClose alone/, { Secrets: [secret], Step: 'canary' }],
])('malformed question %$ is refused: %s', (fault, more) => {
  const read = readCheckQuestion({ Ask: 'check', ...more })

  expect(read).toMatchObject({ ok: false, refusal: { reason: 'malformedEvent' } })
  expect(JSON.stringify(read)).toMatch(fault)
  expect(JSON.stringify(read)).not.toContain('canary')
})

test('as many secrets are asked about as a question may have', () => {
  const most = writeCheckQuestion({ secrets: Array.from({ length: 100 }, () => one) })

  expect(readCheckQuestion(most)).toMatchObject({ ok: true })
})

test('of more secrets than a question may have, the rest is not looked at', () => {
  const read = readCheckQuestion({ Ask: 'check', Secrets: [...Array.from({ length: 100 }, () => secret), 'canary'] })

  expect(read).toMatchObject({ ok: false, refusal: { faults: ['Secrets: expected 1 to 100'] } })
})

test('an id of 256 characters is one, and so is a version’s of 32 or of 64', () => {
  for (const versionId of ['v'.repeat(32), 'v'.repeat(64)]) {
    const longest = { ...one, clientId: 'x'.repeat(256), versionId }

    expect(readCheckQuestion(writeCheckQuestion({ secrets: [longest] }))).toEqual({
      ok: true,
      value: { secrets: [longest] },
    })
  }
})

const findings: readonly CheckFinding[] = [
  { found: 'fits' },
  { found: 'openNext' },
  { found: 'inactive' },
  { found: 'dead', since: 1 },
  { found: 'gone', since: 2 },
  { found: 'foreign', since: 3 },
  { found: 'unknown', why: 'moved' },
  { found: 'fits', holds: 'm2m-client-test-1', faults: ['client_id is missing'] },
  { found: 'gone', since: 4, holds: 'm2m-client-test-1' },
  { found: 'unknown', why: 'unreadable', faults: ['client_id is missing', 'project_id is missing'] },
  { found: 'unknown', why: 'STYTCH_UNAUTHORIZED', credential: { secretArn: SECRET_ARN, since: 5 } },
]

test('an answer is read as it was given, and holds no more', () => {
  const given = findings.map((finding) => ({ ...finding, value: 'canary' }))

  expect(readCheckAnswer(JSON.stringify({ findings: given }), findings.length)).toEqual(findings)
})

test.each<[what: string, given: object]>([
  ['a project secret without an ARN', { credential: { since: 5 } }],
  ['one whose ARN is no text', { credential: { secretArn: 7, since: 5 } }],
  ['one without a date', { credential: { secretArn: SECRET_ARN } }],
  ['one whose date is no number', { credential: { secretArn: SECRET_ARN, since: '5' } }],
  ['one whose date is no whole number', { credential: { secretArn: SECRET_ARN, since: 5.5 } }],
  ['one that is no object', { credential: 'canary' }],
  ['faults that are no list', { faults: 'canary' }],
  ['faults of which none is a text', { faults: ['', 7, null] }],
])('%s is left out of an answer that is read all the same', (_, given) => {
  const finding = { found: 'unknown', why: 'moved' }

  expect(readCheckAnswer(JSON.stringify({ findings: [{ ...finding, ...given }] }), 1)).toEqual([finding])
})

test('of faults each text is read, and nothing else', () => {
  const text = JSON.stringify({ findings: [{ found: 'fits', faults: ['one', '', 7, 'two'] }] })

  expect(readCheckAnswer(text, 1)).toEqual([{ found: 'fits', faults: ['one', 'two'] }])
})

test('an answer about more secrets than were asked about is none, whatever can be read of it', () => {
  expect(readCheckAnswer('{"findings":[{"found":"fits"},{"found":"alive"}]}', 1)).toBeUndefined()
})

test.each([
  'null',
  '{}',
  JSON.stringify({ findings }),
  '{"findings":[{"found":"alive"}]}',
  '{"findings":[{"found":"dead"}]}',
  '{"findings":[{"found":"dead","since":"1"}]}',
  '{"findings":[{"found":"gone","since":1.5}]}',
  '{"findings":[{"found":"foreign","since":null}]}',
  '{"findings":[{"found":"unknown"}]}',
  '{"findings":["fits"]}',
])('%s answers no question about one secret', (body) => {
  expect(readCheckAnswer(body, 1)).toBeUndefined()
})
