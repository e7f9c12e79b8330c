// What a minted token must say before it is kept, and that it shows itself to nobody.
import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { createAccessToken, readMintedToken } from '../../../lambda/core/vend/access-token.ts'
import { jwtOf, PROJECT_ID } from '../../fakes/fake-vending.ts'

const ASKED_AT = 1_700_000_000_000
const IAT = ASKED_AT / 1000
const claims = { sub: 'client', aud: [PROJECT_ID], scope: 'b a', iat: IAT, nbf: IAT, exp: IAT + 3600 }
const expected = {
  clientId: 'client',
  projectId: PROJECT_ID,
  scopes: ['a', 'b'],
  expiresInSeconds: 3600,
  askedAt: ASKED_AT,
}
const faultsOf = (text: string, more = {}) => {
  const read = readMintedToken(text, { ...expected, ...more })
  return read.ok ? [] : read.refusal
}

describe('a minted token', () => {
  test('that is what was asked for is kept with what its claims say', () => {
    const read = readMintedToken(jwtOf(claims), expected)

    expect(read).toMatchObject({
      ok: true,
      value: {
        scopes: ['a', 'b'],
        issuedAt: ASKED_AT,
        mintedAt: ASKED_AT,
        expiresAt: ASKED_AT + 3_600_000,
        lifetimeMs: 3_600_000,
        keyId: 'jwk-test-1',
      },
    })
  })

  test.each([
    ['another client', { sub: 'other' }, ['sub is not the client']],
    ['nobody', { sub: undefined }, ['sub is not the client']],
    ['another project', { aud: ['project-test-2'] }, ['aud does not hold the project']],
    ['another project in one word', { aud: `${PROJECT_ID}x` }, ['aud does not hold the project']],
    ['more scopes', { scope: 'a b c' }, ['scope is not what was asked for']],
    ['fewer scopes', { scope: 'a' }, ['scope is not what was asked for']],
    ['no scopes at all', { scope: undefined }, ['scope is not what was asked for']],
    ['no end', { exp: undefined }, ['iat and exp are not a lifetime']],
    ['an end before its beginning', { exp: IAT - 1 }, ['iat and exp are not a lifetime']],
    ['a text for its end', { exp: '2099' }, ['iat and exp are not a lifetime']],
  ])('for %s is refused', (_what, change, faults) => {
    expect(faultsOf(jwtOf({ ...claims, ...change }))).toEqual(faults)
  })

  test.each(['', 'a', 'a.b', 'a.b.c.d', '..', `${jwtOf(claims)}.x`, jwtOf(claims).replace(/[^.]+$/, '')])(
    'that is no signed JWT is refused: %j',
    (text) => {
      expect(faultsOf(text)).not.toEqual([])
    },
  )

  test('may have its audience as a text', () => {
    expect(faultsOf(jwtOf({ ...claims, aud: PROJECT_ID }))).toEqual([])
  })

  test('lives as long as the shorter of claim and answer, by the clock of who asked', () => {
    const short = readMintedToken(jwtOf({ ...claims, exp: IAT + 600 }), expected)
    const shortAnswer = readMintedToken(jwtOf(claims), { ...expected, expiresInSeconds: 300 })
    // Stytch's clock is an hour ahead of ours: the lifetime counts, not the date.
    const ahead = readMintedToken(jwtOf({ ...claims, iat: IAT + 3600, exp: IAT + 7200 }), expected)

    expect(short).toMatchObject({ value: { lifetimeMs: 600_000, expiresAt: ASKED_AT + 600_000 } })
    expect(shortAnswer).toMatchObject({ value: { lifetimeMs: 300_000, expiresAt: ASKED_AT + 300_000 } })
    expect(ahead).toMatchObject({ value: { expiresAt: ASKED_AT + 3_600_000 } })
  })

  test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])('with expires_in %j is refused', (expiresInSeconds) => {
    expect(faultsOf(jwtOf(claims), { expiresInSeconds })).toEqual(['expires_in is no lifetime'])
  })

  test('a key id that is no id is not shown', () => {
    const read = readMintedToken(jwtOf(claims, { kid: 'line\nbreak' }), expected)

    expect(read).toMatchObject({ ok: true, value: { keyId: 'unknown' } })
  })

  test('a fault names claims, and nothing of the token', () => {
    const text = jwtOf({ ...claims, sub: 'canary', aud: 'canary', scope: 'canary' })

    expect(JSON.stringify(faultsOf(text))).not.toContain('canary')
  })
})

test('a token shows itself to no log, error or JSON', () => {
  const token = createAccessToken('canary')

  for (const said of [String(token), `${token}`, JSON.stringify({ token }), inspect({ token }), inspect(token)]) {
    expect(said).not.toContain('canary')
  }
  expect(token.reveal()).toBe('canary')
})
