// Evidence is read back whole or not at all: a proof with a hole is none.
import { describe, expect, test } from 'vitest'
import { readEvidence } from '../../../lambda/core/incident/evidence-reading.ts'
import { evidence } from '../../fakes/envelopes.ts'

const { slots, refused, accepted } = evidence
const [one] = refused

test('what a settle tells is read as it was told, with an accepted value and without', () => {
  expect(readEvidence({ evidence: JSON.parse(JSON.stringify(evidence)) })).toEqual(evidence)
  expect(readEvidence({ evidence: { slots, refused } })).toEqual({ slots, refused })
  expect(readEvidence({ evidence: { slots, refused: [] } })).toEqual({ slots, refused: [] })
})

describe('is none', () => {
  test.each([
    ['without any', undefined],
    ['as a text', 'proven'],
    ['without slots', { refused }],
    ['with a next slot', { slots: { ...slots, next: 'abcd' }, refused }],
    ['with a slot without a request', { slots: { current: 'wxyz', next: null }, refused }],
    ['without refusals', { slots }],
    ['with a refusal that is none', { slots, refused: [one, null] }],
    ['with a refusal without an error', { slots, refused: [{ ...one, error: '' }] }],
    ['with a refusal without a status', { slots, refused: [{ ...one, status: '401' }] }],
    ['with a refusal at no time', { slots, refused: [{ ...one, provenAt: 'then' }] }],
    ['with an acceptance that is none', { slots, refused, accepted: { ...accepted, requestId: undefined } }],
    ['with an acceptance as a text', { slots, refused, accepted: 'yes' }],
  ])('%s', (_what, evidence) => {
    expect(readEvidence({ evidence: evidence })).toBeUndefined()
  })
})
