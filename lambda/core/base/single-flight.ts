// Single flight: of several that want the same thing at once, one asks and all get the answer, its failure included. Nothing is kept
// once it has landed, so that a failure is never remembered as a value.

interface SingleFlight<Value> {
  run(key: string, ask: () => Promise<Value>): Promise<Value>
  /** Whether somebody is asking now. */
  isUp(key: string): boolean
}

export const createSingleFlight = <Value>(): SingleFlight<Value> => {
  const up = new Map<string, Promise<Value>>()
  return {
    run: (key, ask) => {
      const known = up.get(key)
      if (known !== undefined) return known
      const flight = ask().finally(() => up.delete(key))
      up.set(key, flight)
      return flight
    },
    isUp: (key) => up.has(key),
  }
}
