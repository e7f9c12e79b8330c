// Whether the Node at hand runs this package, by its own `engines`. Pure; it imports nothing, since it has to run on a Node that is too old.

const numbersOf = (version: string): readonly number[] => version.split('.').map((part) => Number.parseInt(part, 10))

const isAtLeast = (version: string, least: string): boolean => {
  const [given, wanted] = [numbersOf(version), numbersOf(least)]
  for (const [at, want] of wanted.entries()) {
    const have = given[at] ?? 0
    if (have !== want) return have > want
  }
  return true
}

/** @param version `20.19.0`. @param range `>=22.19`. @returns one line for people; undefined: it will do. */
export const nodeFault = (version: string, range: string): string | undefined => {
  const least = range.replace(/^>=\s*/, '')
  if (isAtLeast(version, least)) return undefined
  return `m2m: this is Node ${version}, and Node ${least} or newer is needed: https://nodejs.org has it; nothing was done`
}
