// The published list: what is written next, of what others wrote and what is known here; and that nothing else passes for it.
import { sign } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compactJws, signingInputOf } from '../../../lambda/core/base/jws.ts'
import {
  holds,
  nextDocument,
  openDocument,
  REVOCATIONS_TYPE,
  type RevocationDocument,
  secondsAfter,
  VALID_MS,
} from '../../../lambda/core/revocations/document.ts'
import { createProofKey, PROOF_KEY_ARN } from '../../fakes/proof-key.ts'

const NOW = 1_795_740_000_000
const SECONDS = NOW / 1000
const HOUR = 3_600

const listOf = (...clients: readonly (readonly [string, number])[]): RevocationDocument => ({
  version: 1,
  at: SECONDS - 60,
  validUntil: SECONDS + 60,
  clients: clients.map(([id, notBefore]) => ({ id, notBefore })),
})

describe('the next list', () => {
  test('names who is revoked, in order, and holds for three hours', () => {
    const revoked = new Map([
      ['orders', SECONDS - 5],
      ['billing', SECONDS],
    ])

    expect(nextDocument(undefined, { revoked }, NOW)).toEqual({
      version: 1,
      at: SECONDS,
      validUntil: SECONDS + 3 * HOUR,
      clients: [
        { id: 'billing', notBefore: SECONDS },
        { id: 'orders', notBefore: SECONDS - 5 },
      ],
    })
  })

  test('keeps what others wrote, and takes no time back', () => {
    const revoked = new Map([
      ['orders', SECONDS - 500],
      ['billing', SECONDS],
    ])

    const { clients } = nextDocument(listOf(['orders', SECONDS - 10], ['shop', SECONDS - 20]), { revoked }, NOW)

    expect(clients).toEqual([
      { id: 'billing', notBefore: SECONDS },
      { id: 'orders', notBefore: SECONDS - 10 },
      { id: 'shop', notBefore: SECONDS - 20 },
    ])
  })

  test('leaves a client out once every token that was issued before has expired', () => {
    const known = listOf(['gone', SECONDS - HOUR - 300], ['here', SECONDS - HOUR - 299])

    expect(nextDocument(known, { revoked: new Map() }, NOW).clients).toEqual([
      { id: 'here', notBefore: SECONDS - HOUR - 299 },
    ])
  })

  test('of a client that was switched on refuses what was issued before now, and no more', () => {
    const known = listOf(['off', SECONDS + 300], ['revoked', SECONDS - 100])
    const released = ['off', 'revoked', 'unknown']

    expect(nextDocument(known, { revoked: new Map(), released }, NOW).clients).toEqual([
      { id: 'off', notBefore: secondsAfter(NOW) },
      { id: 'revoked', notBefore: SECONDS - 100 },
    ])
  })

  test("is never dated before the last one, whatever the writer's clock says", () => {
    const ahead = { ...listOf(), at: SECONDS + 7 }

    expect(nextDocument(ahead, { revoked: new Map() }, NOW)).toMatchObject({
      at: SECONDS + 7,
      validUntil: SECONDS + 7 + VALID_MS / 1000,
    })
  })

  test('holds every change that it was made of', () => {
    const changes = fc.array(
      fc.tuple(fc.constantFrom('a', 'b', 'c', 'd'), fc.integer({ min: SECONDS - HOUR, max: SECONDS + 300 })),
      { maxLength: 4 },
    )
    fc.assert(
      fc.property(fc.array(changes, { maxLength: 6 }), (writes) => {
        let document: RevocationDocument | undefined
        for (const write of writes) document = nextDocument(document, { revoked: new Map(write) }, NOW)
        for (const write of writes) {
          if (document !== undefined) expect(holds(document, { revoked: new Map(write) }, NOW)).toBe(true)
        }
      }),
    )
  })
})

describe('what is no such list', () => {
  const key = createProofKey()
  const jws = (payload: object, type = REVOCATIONS_TYPE, keyArn = PROOF_KEY_ARN): string => {
    const input = signingInputOf(type, keyArn, payload)
    return compactJws(input, sign('sha256', Buffer.from(input), { key: key.privateKey, dsaEncoding: 'ieee-p1363' }))
  }
  const document = listOf(['orders', SECONDS])

  test('the one that was signed is', () => {
    expect(openDocument(jws(document), key.trusted)).toEqual({ ok: true, value: document })
  })

  test.each([
    ['a proof', jws(document, 'm2m-proof+jwt'), 'otherType'],
    ["another key's name", jws(document, REVOCATIONS_TYPE, PROOF_KEY_ARN.replace('1111', '2222')), 'otherKey'],
    ['a text', 'revocations', 'notAJws'],
    ['another version', jws({ ...document, version: 2 }), 'malformedPayload'],
    ['a client without a time', jws({ ...document, clients: [{ id: 'orders' }] }), 'malformedPayload'],
  ])('%s is not', (_what, text, refusal) => {
    expect(openDocument(text, key.trusted)).toEqual({ ok: false, refusal })
  })

  test("another key's signature is not", () => {
    expect(openDocument(jws(document), createProofKey().trusted)).toEqual({ ok: false, refusal: 'wrongSignature' })
  })
})
