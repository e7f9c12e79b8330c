// Start, complete and cancel, once for the three kinds that rotate in two slots. What differs (where the slots are kept, what a
// refusal is called, how a value looks and how long it lives) each kind states as a SlotKeeper; nothing here asks which it is.
import { ApiError } from './api-error.ts'
import type { SettingsBox } from './settings-box.ts'
import { type SlotPair, slotOf, type Validity, withRetired } from './slots.ts'

/** A record and the one showing of a secret. */
export interface Revealed<R> {
  readonly record: R
  readonly secret: string
}

/** What a kind states of itself. */
export interface SlotKeeper<R> {
  /** @throws ApiError when the record is unknown, or may not rotate. */
  read(id: string): SlotPair
  /** @returns the record with these slots. */
  write(id: string, slots: SlotPair): R
  /** Of a start while a next secret exists; undefined = the start takes that one's place. */
  alreadyRotating(): ApiError | undefined
  /** The error type of a complete or cancel without a next secret. */
  readonly notRotating: string
  generate(): string
  /** Of a current secret as of now, before any delay. */
  validity(): Validity
  /** Whether a next secret is accepted before complete. */
  acceptsNext(): boolean
}

export interface SlotMachine<R> {
  /** The slots of a new record with this secret, imported or generated. */
  create(secret?: string): { readonly slots: SlotPair; readonly secret: string }
  start(id: string): Revealed<R>
  complete(id: string): R
  cancel(id: string): R
}

export interface SlotMachineParts {
  readonly settings: SettingsBox
  readonly now: () => number
}

/** Every method throws ApiError when Stytch would refuse. */
export const createSlotMachine = <R>(
  keeper: SlotKeeper<R>,
  { settings: box, now }: SlotMachineParts,
): SlotMachine<R> => {
  const retire = (slots: SlotPair, hash: string) =>
    withRetired(slots.retired, hash, { now: now(), ms: box.current().propagationDelayMs })

  const acceptedFromAt = (): number => now() + box.current().nextSecretDelayMs

  const rotating = (id: string) => {
    const slots = keeper.read(id)
    if (slots.next === null) throw new ApiError(box.current().notRotatingStatus, keeper.notRotating)
    return { slots, next: slots.next }
  }

  return {
    create: (secret = keeper.generate()) => ({
      secret,
      slots: { current: slotOf(secret, keeper.validity()), next: null, retired: [] },
    }),
    start: (id) => {
      const slots = keeper.read(id)
      const refusal = slots.next === null ? undefined : keeper.alreadyRotating()
      if (refusal !== undefined) throw refusal
      const secret = keeper.generate()
      const from = keeper.acceptsNext() ? acceptedFromAt() : Number.POSITIVE_INFINITY
      const next = slotOf(secret, { ...keeper.validity(), acceptedFromAt: from })
      const retired = slots.next === null ? slots.retired : retire(slots, slots.next.hash)
      return { record: keeper.write(id, { ...slots, next, retired }), secret }
    },
    complete: (id) => {
      const { slots, next } = rotating(id)
      const current = Number.isFinite(next.acceptedFromAt) ? next : { ...next, acceptedFromAt: acceptedFromAt() }
      return keeper.write(id, { current, next: null, retired: retire(slots, slots.current.hash) })
    },
    cancel: (id) => {
      const { slots, next } = rotating(id)
      return keeper.write(id, { ...slots, next: null, retired: retire(slots, next.hash) })
    },
  }
}
