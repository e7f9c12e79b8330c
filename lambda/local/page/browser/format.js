// @ts-check
// Times, ages and counts as people read them. Pure; every time of day is UTC, as in logs.

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** @param {number} ms */
const iso = (ms) => new Date(ms).toISOString()
/** `11:00:08` @param {number} ms */
export const timeOf = (ms) => iso(ms).slice(11, 19)
/** `11:00:08.123` @param {number} ms */
export const exactTimeOf = (ms) => iso(ms).slice(11, 23)
/** `30 Nov 2026, 11:00` @param {number} ms */
export const dateOf = (ms) => {
  const [day, month, year] = new Date(ms).toUTCString().slice(5, 16).split(' ')
  return `${Number(day)} ${month} ${year}, ${iso(ms).slice(11, 16)}`
}

/** `2 d 3 h`, `23 h 58 min`, `12 s`: at most two units. @param {number} ms */
export const spanOf = (ms) => {
  const left = Math.max(0, ms)
  /** @param {number} big @param {number} small @param {string} bigName @param {string} smallName */
  const two = (big, small, bigName, smallName) => {
    const rest = Math.floor((left % big) / small)
    return `${Math.floor(left / big)} ${bigName}${rest > 0 ? ` ${rest} ${smallName}` : ''}`
  }
  if (left >= 10 * DAY) return `${Math.floor(left / DAY)} d`
  if (left >= DAY) return two(DAY, HOUR, 'd', 'h')
  if (left >= HOUR) return two(HOUR, MINUTE, 'h', 'min')
  if (left >= MINUTE) return `${Math.floor(left / MINUTE)} min`
  return `${Math.floor(left / SECOND)} s`
}

/** `1.4 s` @param {number} ms */
export const secondsOf = (ms) => `${(Math.max(0, ms) / SECOND).toFixed(1)} s`
/** `10,000` @param {number} count */
export const countOf = (count) => count.toLocaleString('en-US')
/** `1 client`, `3 clients` @param {number} count @param {string} noun */
export const countWord = (count, noun) => `${countOf(count)} ${noun}${count === 1 ? '' : 's'}`

const words = ['never', 'once', 'twice', 'three times', 'four times', 'five times', 'six times']
/** @param {number} count */
export const timesOf = (count) => words[count] ?? `${count} times`
/** @param {string | null | undefined} lastFour */
export const four = (lastFour) => (lastFour ? `…${lastFour}` : '…')
