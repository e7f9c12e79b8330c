// What those who look after a fleet ask the rotation function beside steps (rotation-steps.ts): whether a revoked value is still refused.
import type { ProofAnswer } from '../rotation/proof-answer.ts'

/**
 * The rotation function, which alone may ask Stytch. It tries what was revoked, changes nothing, and stores a further proof of what it finds.
 */
export interface ProofQuestions {
  /** @throws Fault PROOF_NOT_ANSWERED when no answer came. */
  prove(secretArn: string): Promise<ProofAnswer>
}
