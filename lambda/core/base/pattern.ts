// Patterns in which `*` stands for any characters, none included, and everything else for itself.

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

export const fitsPattern = (pattern: string, text: string): boolean =>
  new RegExp(`^${pattern.split('*').map(escaped).join('.*')}$`, 's').test(text)

export const fitsAny = (patterns: readonly string[], text: string): boolean =>
  patterns.some((pattern) => fitsPattern(pattern, text))

/** Whether some text fits both. */
export const patternsMeet = (one: string, other: string): boolean => {
  const known = new Map<string, boolean>()
  const meet = (at: number, otherAt: number): boolean => {
    const key = `${at} ${otherAt}`
    const seen = known.get(key)
    if (seen !== undefined) return seen
    const [char, otherChar] = [one[at], other[otherAt]]
    const found =
      char === '*'
        ? meet(at + 1, otherAt) || (otherChar !== undefined && meet(at, otherAt + 1))
        : otherChar === '*'
          ? meet(at, otherAt + 1) || (char !== undefined && meet(at + 1, otherAt))
          : char === otherChar && (char === undefined || meet(at + 1, otherAt + 1))
    known.set(key, found)
    return found
  }
  return meet(0, 0)
}
