// Which scopes a request gets: never more than the rule, never all by asking for none.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { grantScopes, scopeRuleOf } from '../../../lambda/core/vend/scope-rule.ts'

const tagged = (tags: Readonly<Record<string, string>>, isDeleted = false) => scopeRuleOf({ tags, isDeleted })

describe('a rule', () => {
  test('allows what the client was registered with, and has no default unless one is named', () => {
    expect(tagged({ 'm2m:scopes': 'write:b read:a' })).toEqual({ allowed: ['read:a', 'write:b'], defaults: [] })
  })

  test('is what the vend tags say when there are any', () => {
    const rule = tagged({ 'm2m:scopes': 'a b c', 'vend:scopes': 'b a', 'vend:default-scopes': 'a' })

    expect(rule).toEqual({ allowed: ['a', 'b'], defaults: ['a'] })
  })

  test('goes on over several tags, and spells what no tag may hold', () => {
    const rule = tagged({ 'vend:scopes': 'read:=2A', 'vend:scopes.2': 'a=3Db c', 'vend:default-scopes': 'read:=2A' })

    expect(rule).toEqual({ allowed: ['a=b', 'c', 'read:*'], defaults: ['read:*'] })
  })

  test('is not widened by its default', () => {
    expect(tagged({ 'm2m:scopes': 'a', 'vend:default-scopes': 'a b' })?.defaults).toEqual(['a'])
  })

  test.each([
    ['has no scopes', {}, false],
    ['is to have none vended', { 'm2m:scopes': 'a', 'vend:scopes': ' ' }, false],
    ['is retired', { 'm2m:scopes': 'a', 'm2m:retired': '2026-11-01T00:00:00Z' }, false],
    ['is scheduled for deletion', { 'm2m:scopes': 'a' }, true],
  ])('is absent for a client that %s', (_what, tags, isDeleted) => {
    expect(tagged(tags, isDeleted)).toBeUndefined()
  })
})

describe('a request', () => {
  const rule = { allowed: ['a', 'b', 'c'], defaults: ['b'] }

  test('gets what it asks for, sorted and each once', () => {
    expect(grantScopes(rule, ['c', 'a', 'c'])).toEqual({ ok: true, value: ['a', 'c'] })
  })

  test('gets the default when it asks for none', () => {
    expect(grantScopes(rule, [])).toEqual({ ok: true, value: ['b'] })
  })

  test('is refused when it asks for none and there is no default', () => {
    expect(grantScopes({ ...rule, defaults: [] }, [])).toEqual({ ok: false, refusal: { reason: 'noDefaultScopes' } })
  })

  test('is refused as a whole for one scope beyond the rule', () => {
    expect(grantScopes(rule, ['a', 'd'])).toEqual({
      ok: false,
      refusal: { reason: 'scopesNotAllowed', scopes: ['d'] },
    })
  })

  test('whatever is asked, what is granted is not empty and within the rule', () => {
    const scope = fc.constantFrom('a', 'b', 'c', 'd', 'A', 'a:b', '')
    fc.assert(
      fc.property(fc.array(scope), fc.array(scope), fc.array(scope), (allowed, defaults, asked) => {
        const found = tagged({
          'vend:scopes': allowed.join(' '),
          'vend:default-scopes': defaults.join(' '),
        })
        if (found === undefined) return
        const granted = grantScopes(found, asked)
        if (!granted.ok) return
        expect(granted.value.length).toBeGreaterThan(0)
        expect(granted.value.filter((one) => !allowed.some((other) => other === one))).toEqual([])
      }),
    )
  })
})
