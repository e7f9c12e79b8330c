// Plays units in processes of their own, as many at a time as there are processors. A process plays some units, one after the other, since
// starting one costs as much as a small unit; what hangs in it for ever, as killed executions do, ends with it.
import { type ChildProcess, fork } from 'node:child_process'
import type { Report } from './torture-journal.ts'

export interface Worker {
  /** Never rejects: a process that dies, or takes too long, is a violation. */
  play(unit: string): Promise<Report>
  end(): void
}

export interface WorkersInput<Unit> {
  readonly units: readonly Unit[]
  readonly jobs: number
  readonly startWorker: () => Worker
  readonly onEnd: (unit: Unit, report: Report, seconds: number) => void
}

const UNITS_EACH = 25
const LONGEST_MS = 20 * 60_000

/** @param module sends `{unit, report}` for each `{unit}` that it is sent. */
export const startWorker = (module: string, args: readonly string[], longestMs = LONGEST_MS): Worker => {
  let child: ChildProcess | undefined
  let played = 0
  const end = (): void => {
    child?.kill('SIGKILL')
    child = undefined
    played = 0
  }
  return {
    play: (unit) =>
      new Promise((resolve) => {
        if (played >= UNITS_EACH) end()
        played += 1
        child ??= fork(module, args)
        const own = child
        const settle = (report: Report): void => {
          clearTimeout(timer)
          own.removeAllListeners()
          resolve(report)
        }
        const fail = (violation: string): void => {
          if (child === own) end()
          settle({ violations: [violation] })
        }
        const timer = setTimeout(() => fail(`It took longer than ${longestMs / 60_000} minutes.`), longestMs)
        own.once('message', (message) => settle(message as Report))
        own.once('exit', () => fail('Its process died.'))
        own.once('error', () => fail('Its process could not be reached.'))
        own.send({ unit })
      }),
    end,
  }
}

export const playAll = async <Unit extends { readonly name: string }>(input: WorkersInput<Unit>): Promise<void> => {
  const left = [...input.units]
  const work = async (): Promise<void> => {
    const worker = input.startWorker()
    for (let unit = left.shift(); unit !== undefined; unit = left.shift()) {
      const startedAt = performance.now()
      const report = await worker.play(unit.name)
      input.onEnd(unit, report, Math.round((performance.now() - startedAt) / 1000))
    }
    worker.end()
  }
  await Promise.all(Array.from({ length: Math.min(input.jobs, left.length) }, work))
}
