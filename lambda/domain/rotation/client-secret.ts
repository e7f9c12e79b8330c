// One value that Stytch accepts (or once accepted) for a client. It is carried in a box that no log line, error message or
// JSON can open by accident; only adapters that send it and the secret format that stores it call reveal().
import { createHash, timingSafeEqual } from 'node:crypto'

export interface ClientSecret {
  /** The value itself. For sending and storing; never for a message. */
  reveal(): string
  /** What Stytch shows of a slot (`client_secret_last_four`). Not secret. */
  readonly lastFour: string
  /** Constant time. */
  equals(other: ClientSecret): boolean
}

const digest = (value: string): Buffer => createHash('sha256').update(value).digest()

export const createClientSecret = (value: string): ClientSecret => {
  const redacted = () => '[client secret]'
  const box = {
    reveal: () => value,
    lastFour: value.slice(-4),
    equals: (other: ClientSecret) => timingSafeEqual(digest(value), digest(other.reveal())),
    toString: redacted,
    toJSON: redacted,
    [Symbol.for('nodejs.util.inspect.custom')]: redacted,
  }
  return Object.freeze(box)
}
