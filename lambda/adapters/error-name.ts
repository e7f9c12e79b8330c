// What to call an error in a message, without its words, which may quote what was sent.

/** Node names these by their class alone, and says what happened in `code`. */
const NAMELESS = ['Error', 'TypeError', 'AggregateError']

const codeOf = (error: Error): string | undefined => {
  const { code } = error as { readonly code?: unknown }
  if (typeof code === 'string') return code
  // Each address of a name was tried.
  return error instanceof AggregateError ? error.errors.map((one: unknown) => errorName(one))[0] : undefined
}

/** @returns a service's name of its error, such as `AccessDeniedException`; of any other Node's code, such as `ECONNREFUSED`. */
export const errorName = (error: unknown): string => {
  if (!(error instanceof Error)) return 'unknown'
  return (NAMELESS.includes(error.name) ? codeOf(error) : undefined) ?? error.name
}
