// How long one step of a rotation may take: the timeout of the functions that rotate. Whatever waits for a step, or for the end of one that
// was killed, counts from here.

/** A step may look twice, each time later than labels can be old, and try a new value for some seconds; the rest is for slow replies. */
export const STEP_TIMEOUT_MS = 60_000

/** Left of it for what follows the waits: the calls themselves, a reply that is waited for, the refusal's events. */
export const STEP_CALLS_MS = 15_000

/** What a wait inside of a step leaves for the call after it: its timeout, and a moment to store or throw. */
export const CALL_RESERVE_MS = 6000

/** No execution that began longer ago is under way: it has been killed, or is in a later step. */
export const STEP_OVER_MS = 2 * STEP_TIMEOUT_MS

/** A step that took longer is near to being killed. */
export const STEP_NEAR_TIMEOUT_MS = STEP_TIMEOUT_MS - 5000
