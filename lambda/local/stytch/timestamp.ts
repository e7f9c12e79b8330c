// Points in time as Stytch writes them: ISO 8601, in UTC, in whole seconds wherever it documents a sample.

export const wholeSeconds = (at: number): number => at - (at % 1000)

/** The fraction is left out when there is none. */
export const timestamp = (at: number): string => new Date(at).toISOString().replace(/\.000Z$/, 'Z')
