// What an OAuth scope may be, wherever one is declared, selected or asked for: RFC 6749 §3.3's scope-token, of a length that fits many of
// them into a secret's tags.

const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]{1,200}$/

export const SCOPE_RULE = 'an OAuth scope: 1 to 200 of visible ASCII without space, " or \\'

/** No tag holds every character that a scope may have: `=2A` stands for `*`, and so on. */
export const scopeOfTag = (text: string): string =>
  text.replaceAll(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))

export const isScope = (scope: string): boolean => SCOPE.test(scope)

export const isScopes = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((one) => typeof one === 'string' && isScope(one))
