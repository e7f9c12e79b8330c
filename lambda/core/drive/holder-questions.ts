// What an incident asks the rotation function beside steps (rotation-steps.ts): which secret holds a client.
import type { Holder } from '../rotation/holders.ts'

/** The rotation function, which alone may ask Stytch and the claims. It changes nothing. */
export interface HolderQuestions {
  /** @returns one for each, in their order. @throws Fault HOLDERS_NOT_ANSWERED when no answer came. */
  holders(clientIds: readonly string[]): Promise<readonly Holder[]>
}
