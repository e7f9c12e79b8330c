// Whoever reads may go before all is said: `m2m list | head`. That is no failure of the command's, and ends no work that is under way, such as a
// revoke that is carried out from here; only what is shown for ever ends with its reader.
import { EXIT } from './command-fault.ts'

export const outliveReaders = (): void => {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error
      if (process.argv.includes('--watch')) process.exit(EXIT.ok)
    })
  }
}
