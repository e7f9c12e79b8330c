// How much time has passed, for whoever keeps a token, a list or keys: on a clock that nobody sets, so that a machine whose time of day is wrong
// keeps them as long as any other. Node's own stands still while the machine sleeps, or a function is frozen; then the time of day says how long.

/** By so much the time of day has to run ahead at once, to show a sleep. */
const SLEPT_MS = 1_000

/** @returns milliseconds since some moment. A time of day that is set forward counts as sleep; one that is set back does not. */
export const createElapsed = (
  steady: () => number = () => performance.now(),
  timeOfDay: () => number = Date.now,
): (() => number) => {
  let sleptMs = 0
  let ahead = timeOfDay() - steady()
  return () => {
    const at = steady()
    const nowAhead = timeOfDay() - at
    if (nowAhead - ahead > SLEPT_MS) sleptMs += nowAhead - ahead
    ahead = nowAhead
    return at + sleptMs
  }
}
