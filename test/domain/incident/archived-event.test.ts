// What counts as an event of the bus, and that it is archived whole.
import { describe, expect, test } from 'vitest'
import {
  parseArchivedEvent,
  readArchivedEvent,
  writeArchivedEvent,
} from '../../../lambda/domain/incident/archived-event.ts'
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
