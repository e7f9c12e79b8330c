// A line for each client as it ends, within what a screen has room for: of those that are dead only the first ones are named, and the bar counts
// the rest; those that are not are named longer. Pure but for the screen that the lines go to.
import type { Screen } from '../terminal/screen.ts'
import { type ClientOutcome, endedWords, isEnded } from './client-outcomes.ts'

interface Room {
  /** Lines for clients as they end. */
  readonly live: number
  /** Lines of the table at the end. */
  readonly table: number
}

const between = (least: number, number: number, most: number): number => Math.max(least, Math.min(number, most))

/** Of a screen that also holds the id, the checks, what is waited for and the last sentence. @param rows undefined: a log, which is kept as short */
export const linesFor = (rows = 30): Room => ({
  live: between(3, Math.floor((rows - 12) / 3), 8),
  table: between(4, rows - 19, 10),
})

interface EndedLines {
  show(client: ClientOutcome, afterMs: number | undefined): void
}

export const createEndedLines = (screen: Pick<Screen, 'note' | 'paint' | 'rows'>): EndedLines => {
  const room = linesFor(screen.rows).live
  let [shown, isCut] = [0, false]
  return {
    show: (client, afterMs) => {
      const isBad = !isEnded(client)
      // Those that need a person have twice the room.
      if (shown >= (isBad ? 2 * room : room)) {
        if (!isCut) screen.note('… each further one is counted; those that are not dead stand in the table at the end')
        isCut = true
        return
      }
      shown += 1
      screen.note(`${client.secret.name}: ${endedWords(client, afterMs)}`)
    },
  }
}
