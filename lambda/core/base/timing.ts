// The time as a use case may know it; adapters and tests say what it is.
/** The time as a use case may know it. `now` is epoch milliseconds; `remainingMs` is what the function has left. */
export interface Timing {
  now(): number
  remainingMs(): number
  wait(ms: number): Promise<void>
}
