// What only those who look after a fleet ask of the outside, beside the ports they share with others.
import type { Step } from '../rotation/refusal.ts'

/**
 * done: the step succeeded. refused: the function will not act, and has taken its AWSPENDING away unless that would hide a value that
 * works. failed: the function failed, and may succeed later.
 */
export type StepReply = 'done' | 'refused' | 'failed'

export interface StepAsked {
  readonly step: Step
  readonly secretId: string
  readonly requestToken: string
  /** How long to wait for the answer; the function goes on without us. */
  readonly timeoutMs: number
}

/**
 * The rotation function, asked for one step of a rotation that Secrets Manager no longer drives. It decides by itself what is safe, as
 * it does for every step (architecture §3).
 */
export interface RotationSteps {
  /** @throws Fault STEP_NOT_RUN when no answer came. */
  ask(step: StepAsked): Promise<StepReply>
}
