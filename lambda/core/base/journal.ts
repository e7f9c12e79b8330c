// One line for people, of whatever is done; handlers write it to the log.
/** One line a step, for people; never a value. */
export interface Journal {
  note(entry: Readonly<Record<string, string | number | boolean | undefined>>): void
}
