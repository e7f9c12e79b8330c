// What the page's timeline says of an event: a person's sentence, the value by its last four, and a claim only where the event is its evidence.
import { describe, expect, test } from 'vitest'
import {
  beginning,
  endingOf,
  eventSentence,
  outcomeWords,
  storedSentence,
} from '../../../lambda/local/page/sentences.ts'

const evidence = { refused: [{ lastFour: 'nVLL', refusals: 3 }] }

describe('a rotation', () => {
  test.each([
    ['rotate', 'Rotating etl', 'etl switched to …aB3x', 'Both values work until the overlap ends.'],
    ['settle', 'Settling etl: ending the overlap', 'etl settled on …aB3x', 'Stytch refused …nVLL three times.'],
    ['rollback', 'Rolling etl back', 'etl rolled back to …aB3x', 'Consumers read the earlier value again.'],
    ['revoke', 'Revoking the secret of etl', 'etl switched to …aB3x', 'The revoked value is ended next.'],
  ] as const)('a %s is said while it goes on and when it has ended', (intent, begins, ends, detail) => {
    expect(beginning(intent, 'etl').says).toBe(begins)
    expect(endingOf('Rotation Completed', { intent, evidence }, 'etl', 'aB3x')).toEqual({
      says: ends,
      detail,
      tone: 'good',
    })
  })

  test('a settle without evidence claims no refusal', () => {
    expect(endingOf('Rotation Completed', { intent: 'settle' }, 'etl', 'aB3x')?.detail).toBe('')
  })

  test('a refusal is bad, and says why', () => {
    const detail = { intent: 'rollback', explanation: 'no overlap is open at Stytch' }
    expect(endingOf('Rotation Refused', detail, 'etl', null)).toEqual({
      says: 'Rollback of etl refused',
      detail: 'no overlap is open at Stytch',
      tone: 'bad',
    })
  })

  test('a first value is registered or adopted', () => {
    expect(storedSentence('register', 'etl', 'aB3x').says).toBe('etl was registered with …aB3x')
    expect(storedSentence('adopt', 'etl', null).says).toBe('etl was adopted with another value')
  })
})

describe('any other event', () => {
  test('a revoked value is refused as often as its evidence says', () => {
    expect(eventSentence('Secret Revoked', { evidence }, 'etl')).toEqual({
      says: 'The leaked value of etl is refused',
      detail: 'Stytch refused …nVLL three times.',
      tone: 'good',
      isIncident: true,
    })
  })

  test.each([
    ['refused', 'good'],
    ['dead', 'good'],
    ['partly', 'bad'],
    ['failed', 'bad'],
  ])('an incident that ended as %s is %s', (outcome, tone) => {
    expect(eventSentence('Incident Completed', { incidentId: 'i', outcome }, '')?.tone).toBe(tone)
  })

  test('an incident that begins is over as an event, and its end says what became of the value', () => {
    expect(eventSentence('Incident Begun', { incidentId: 'i', reason: 'in a log' }, '')).toMatchObject({
      says: 'Incident i began',
      tone: 'plain',
    })
    expect(eventSentence('Incident Completed', { incidentId: 'i', outcome: 'refused' }, '')?.says).toBe(
      'Incident i ended: Stytch refuses the leaked value',
    )
    expect(outcomeWords('of a later version')).toBe('of a later version')
  })

  test('one that is not known is said by its name, whatever its detail is', () => {
    expect(eventSentence('Hold Too Long', undefined, 'etl')?.says).toBe('Hold Too Long: etl')
    expect(eventSentence('Hold Too Long', 'text', '')?.says).toBe('Hold Too Long')
  })

  test('what follows every switch is left out', () => {
    expect(eventSentence('M2M Secret Changed', {}, 'etl')).toBeUndefined()
  })
})
