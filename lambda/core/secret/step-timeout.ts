// How long one step of a rotation may take: the timeout of the functions that rotate. Whatever waits for a step, or for the end of one that
// was killed, counts from here.

/** A step may look twice, each time later than labels can be old, and try a new value for some seconds; the rest is for slow replies. */
export const STEP_TIMEOUT_MS = 60_000

/** Left of it for what follows the waits: the calls themselves, a reply that is waited for, the refusal's events. */
export const STEP_CALLS_MS = 15_000

/** A step that took longer is near to being killed. */
export const STEP_NEAR_TIMEOUT_MS = STEP_TIMEOUT_MS - 5000
