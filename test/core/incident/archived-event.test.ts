// What counts as an event of the bus, and that it is archived whole.
import { describe, expect, test } from 'vitest'
import {
  parseArchivedEvent,
  readArchivedEvent,
  secondsToProof,
  writeArchivedEvent,
} from '../../../lambda/core/incident/archived-event.ts'
import { archived, envelopeOf, NAME } from '../../fakes/envelopes.ts'

test('an event is written whole, and read back as it was', () => {
  const envelope = envelopeOf('Secret Revoked', { secretName: NAME, nested: { ü: [1, null] } })
  const event = archived('Secret Revoked', { secretName: NAME, nested: { ü: [1, null] } })

  const text = writeArchivedEvent(event)

  expect(JSON.parse(text)).toEqual(envelope)
  expect(text).toMatch(/^\{\n {2}"version": "0",\n[\s\S]*\}\n$/)
  expect(parseArchivedEvent(text)).toEqual(event)
})

describe('no event', () => {
  test.each([undefined, null, 'text', 7, []])('%j', (what) => {
    expect(readArchivedEvent(what)).toEqual({ ok: false, refusal: ['expected an object'] })
  })

  test('names everything that it lacks', () => {
    const lacking = { 'detail-type': '', source: 7, detail: [] }

    expect(readArchivedEvent(lacking)).toEqual({
      ok: false,
      refusal: [
        'detail-type: expected a text',
        'source: expected a text',
        'time: expected a text',
        'detail: expected an object',
      ],
    })
  })

  test.each(['', 'not json', '[]', '{"detail":{}}'])('is what lies in the archive as %j', (text) => {
    expect(parseArchivedEvent(text)).toBeUndefined()
  })
})

describe('how long a revoke took', () => {
  const revoked = (detail: object) =>
    secondsToProof({ type: 'Secret Revoked', source: 'm2m.rotation', time: '', detail: { ...detail }, envelope: {} })
  const revokeToken = 'revoke-1795740000000-0123456789abcdef0123456789abcdef'

  test('is told from the request to the proof', () => {
    expect(revoked({ revokeToken, at: new Date(1_795_740_002_500).toISOString() })).toBe(2.5)
  })

  test('is never less than nothing, since clocks differ', () => {
    expect(revoked({ revokeToken, at: new Date(1_795_739_999_000).toISOString() })).toBe(0)
  })

  test('is unknown where the event does not say, and of any other event', () => {
    expect(revoked({ at: '2026-11-24T00:00:00Z' })).toBeUndefined()
    expect(revoked({ revokeToken, at: 'soon' })).toBeUndefined()
    const other = {
      source: 'm2m.rotation',
      time: '',
      envelope: {},
      detail: { revokeToken, at: '2026-11-24T00:00:00Z' },
    }
    expect(secondsToProof({ ...other, type: 'Rotation Completed' })).toBeUndefined()
  })
})
