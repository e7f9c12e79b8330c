// One line for people, of whatever is done; handlers write it to the log (lambda/handlers/journal.ts).

/** Fields of one line; never a value. */
export type JournalEntry = Readonly<Record<string, string | number | boolean | undefined>>

/** One line a step, for people. */
export interface Journal {
  note(entry: JournalEntry): void
}
