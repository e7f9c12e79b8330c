// Times and counts in words, the same in every command. Pure; the time is an argument.
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../lambda/core/base/time-units.ts'

/** `2026-11-03 14:05Z` */
export const at = (ms: number | undefined): string =>
  ms === undefined ? '–' : `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')}Z`

/** `3 d 4 h`, `5 min`, `12 s`: the two largest units that say something. */
export const span = (ms: number): string => {
  const rest = Math.abs(ms)
  if (rest < MINUTE_MS) return `${Math.round(rest / 1000)} s`
  if (rest < HOUR_MS) return `${Math.floor(rest / MINUTE_MS)} min`
  const hours = Math.floor((rest % DAY_MS) / HOUR_MS)
  if (rest < DAY_MS) {
    const minutes = Math.floor((rest % HOUR_MS) / MINUTE_MS)
    return minutes === 0 ? `${hours} h` : `${hours} h ${minutes} min`
  }
  const days = Math.floor(rest / DAY_MS)
  return hours === 0 ? `${days} d` : `${days} d ${hours} h`
}

/** `2026-11-03 14:05Z (in 3 d)` */
export const atAndSpan = (ms: number | undefined, now: number): string => {
  if (ms === undefined) return '–'
  return ms >= now ? `${at(ms)} (in ${span(ms - now)})` : `${at(ms)} (${span(now - ms)} ago)`
}

export const count = (number: number, one: string, many = `${one}s`): string =>
  `${number.toLocaleString('en')} ${number === 1 ? one : many}`

/** ISO 8601 for JSON; null for never. */
export const iso = (ms: number | undefined): string | null => (ms === undefined ? null : new Date(ms).toISOString())
