// Ctrl-C, once: what was begun is finished, nothing more is begun. Twice: the process ends at once, as by a kill; the next run goes on.

import { EXIT } from './command-fault.ts'
import type { Screen } from './screen.ts'

interface Interruption {
  isAsked(): boolean
  end(): void
}

export const watchInterruption = (screen: Screen): Interruption => {
  let isAsked = false
  const onSignal = (): void => {
    if (isAsked) process.exit(EXIT.interrupted)
    isAsked = true
    screen.note('Stopping: what has started finishes. Press Ctrl-C again to leave at once.')
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  return {
    isAsked: () => isAsked,
    end: () => {
      process.off('SIGINT', onSignal)
      process.off('SIGTERM', onSignal)
    },
  }
}
