// The values of a YAML document, as JSON would have them: anchors, aliases and merge keys (`<<`) stand for what they name. Ten lines of aliases can
// say a thousand million times what they hold; whoever walks through that runs for minutes, so that what all of it comes to is counted on
// the way and bounded. The library's own conversion looks through the document for each alias, and bounds aliases by their number, of which
// a file of thousands has thousands. One pass; an alias shares the value that it names.
import { type Document, isAlias, isMap, isPair, isScalar, isSeq, type Pair, type YAMLMap } from 'yaml'
import { isJsonObject } from '../../lambda/core/base/json-object.ts'
import { ok, type Result, refused } from '../../lambda/core/base/result.ts'

/** Characters of scalars, and one for each value. Ten thousand clients with all their fields have a fourth of it. */
const MAX_SIZE = 20_000_000

interface Known {
  readonly value: unknown
  readonly size: number
}

/** Ends the pass; `message` is the fault. */
class NotPlain extends Error {}

const keyOf = ({ key }: Pair): string => {
  if (isScalar(key)) return String(key.value ?? '')
  throw new NotPlain('has a key that is no text')
}

const createReading = () => {
  /** The last node of each name so far, as YAML has it; undefined: it is still open. */
  const named = new Map<string, Known | undefined>()

  const aliased = (name: string): Known => {
    const known = named.get(name)
    if (known !== undefined) return known
    throw new NotPlain(
      named.has(name)
        ? `uses *${name} inside of &${name} itself`
        : `uses *${name}, but no &${name} is defined before it`,
    )
  }

  const merged = (pairs: readonly (readonly [string, Known])[]): Record<string, unknown> => {
    const fields: Record<string, unknown> = Object.create(null)
    for (const [key, { value }] of pairs) {
      if (key !== '<<') continue
      // Of several, the first one counts.
      for (const one of (Array.isArray(value) ? value.toReversed() : [value]) as readonly unknown[]) {
        if (!isJsonObject(one)) throw new NotPlain('merges (<<) something that is no mapping')
        Object.assign(fields, one)
      }
    }
    return fields
  }

  const readMap = ({ items }: YAMLMap): Known => {
    const pairs = items.map((pair) => [keyOf(pair), read(pair.value)] as const)
    const fields = merged(pairs)
    for (const [key, { value }] of pairs) if (key !== '<<') fields[key] = value
    const size = pairs.reduce((all, [key, known]) => all + key.length + known.size, 1)
    // As any other object, and with a member `__proto__` where the file has one.
    return { value: Object.fromEntries(Object.entries(fields)), size }
  }

  const readPlain = (node: unknown): Known => {
    if (isAlias(node)) return aliased(node.source)
    if (isMap(node)) return readMap(node)
    if (isSeq(node)) {
      const items = node.items.map((item) => {
        if (isPair(item)) throw new NotPlain('has a list of pairs')
        return read(item)
      })
      return { value: items.map(({ value }) => value), size: items.reduce((all, { size }) => all + size, 1) }
    }
    return isScalar(node) ? { value: node.value, size: 1 + (node.source?.length ?? 0) } : { value: null, size: 1 }
  }

  const read = (node: unknown): Known => {
    const anchor = isMap(node) || isSeq(node) || isScalar(node) ? node.anchor : undefined
    if (anchor !== undefined) named.set(anchor, undefined)
    const known = readPlain(node)
    if (known.size > MAX_SIZE) {
      const most = (MAX_SIZE / 1_000_000).toLocaleString('en')
      throw new NotPlain(
        `is too large with its aliases written out: expected at most ${most} million characters; use fewer aliases, or several files`,
      )
    }
    if (anchor !== undefined) named.set(anchor, known)
    return known
  }
  return read
}

/** @returns what is wrong with the document as a whole, after its name. */
export const yamlValue = ({ contents }: Document): Result<unknown, string> => {
  try {
    return ok(createReading()(contents).value)
  } catch (error) {
    if (error instanceof NotPlain) return refused(error.message)
    if (error instanceof RangeError) return refused('nests its values too deeply')
    throw error
  }
}
