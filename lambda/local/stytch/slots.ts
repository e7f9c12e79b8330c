// The two slots that an M2M client, a Connected App and a SCIM connection have alike, as plain data: of every secret its
// SHA-256 and last four, never the value. Pure; what start, complete and cancel do to them is slot-machine.ts.
import { hashSecret } from './ids.ts'

/** When a value is accepted; epoch milliseconds. */
export interface Validity {
  readonly acceptedFromAt: number
  /** null = it never expires. */
  readonly expiresAt: number | null
}

export interface Slot extends Validity {
  readonly hash: string
  readonly lastFour: string
}

/** A secret that left its slot and, where propagation takes time, is still accepted for a while. */
export interface RetiredSecret {
  readonly hash: string
  readonly acceptedUntilAt: number
}

export interface SlotPair {
  readonly current: Slot
  readonly next: Slot | null
  readonly retired: readonly RetiredSecret[]
}

/** A slot for a secret; the value is not kept. */
export const slotOf = (secret: string, validity: Validity): Slot => ({
  hash: hashSecret(secret),
  lastFour: secret.slice(-4),
  ...validity,
})

/** The retired secrets with one more, and without those whose time is over. */
export const withRetired = (
  retired: readonly RetiredSecret[],
  hash: string,
  lingers: { readonly now: number; readonly ms: number },
): readonly RetiredSecret[] =>
  [...retired, { hash, acceptedUntilAt: lingers.now + lingers.ms }].filter(
    ({ acceptedUntilAt }) => acceptedUntilAt > lingers.now,
  )

/** Whether Stytch would take this secret now. */
export const pairAccepts = ({ current, next, retired }: SlotPair, secret: string, now: number): boolean => {
  const hash = hashSecret(secret)
  const isIn = (slot: Slot | null): boolean =>
    slot !== null &&
    slot.hash === hash &&
    slot.acceptedFromAt <= now &&
    (slot.expiresAt === null || now < slot.expiresAt)
  return isIn(current) || isIn(next) || retired.some((one) => one.hash === hash && one.acceptedUntilAt > now)
}
