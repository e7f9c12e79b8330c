// Where the archive keeps the sweep's summary of a day: the archive puts it there, and the sweep looks whether it has come.

/** @param at epoch milliseconds, of the summary */
export const summaryPrefix = (at: number): string =>
  `days/${new Date(at).toISOString().slice(0, 10).replaceAll('-', '/')}/`
