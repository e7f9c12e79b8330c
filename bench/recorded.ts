// The ratios that were recorded last, and how a run compares with them. A ratio is of two things measured in one run; smaller is better.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export type Recorded = Readonly<Record<string, number>>

export const recordedPath = fileURLToPath(new URL('recorded.json', import.meta.url))

export const readRecorded = (): Recorded => {
  try {
    return JSON.parse(readFileSync(recordedPath, 'utf8')) as Recorded
  } catch {
    return {}
  }
}

/** A worse ratio than this times the recorded one fails. */
export const GATE = 1.5

export interface Compared {
  readonly name: string
  readonly now: number
  readonly recorded: number | undefined
  /** worse: past the gate. unknown: nothing was recorded, or nothing measured. */
  readonly verdict: 'holds' | 'worse' | 'unknown'
}

/** Everything that was recorded or is measured, so that a bench that says nothing any more is seen as well. */
export const compare = (now: Recorded, recorded: Recorded): readonly Compared[] =>
  [...new Set([...Object.keys(recorded), ...Object.keys(now)])].map((name) => {
    const [measured = Number.NaN, before] = [now[name], recorded[name]]
    const isKnown = before !== undefined && Number.isFinite(measured)
    const verdict = isKnown ? (measured > before * GATE ? 'worse' : 'holds') : 'unknown'
    return { name, now: measured, recorded: before, verdict }
  })
