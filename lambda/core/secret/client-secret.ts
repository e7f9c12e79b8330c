// One value that its issuer accepts (or once accepted): of a client, a project, a connection. It is carried in a box that no log line, error message or
// JSON can open by accident; only adapters that send it and the secret format that stores it call reveal().
import { createHash, timingSafeEqual } from 'node:crypto'
import { type Sealed, seal } from '../base/sealed.ts'

export interface ClientSecret extends Sealed {
  /** Its last four, for people and evidence. Not secret. */
  readonly lastFour: string
  /**
   * What the issuer shows of the slot that holds it. Not secret. Where slots are named by last four (`client_secret_last_four`), the
   * last four; where the issuer gives each value an id, that id.
   */
  readonly mark: string
  /** Constant time. */
  equals(other: ClientSecret): boolean
}

const digest = (value: string): Buffer => createHash('sha256').update(value).digest()

/** @param mark @default - the last four */
export const createClientSecret = (value: string, mark = value.slice(-4)): ClientSecret =>
  Object.freeze({
    ...seal(value, '[client secret]'),
    lastFour: value.slice(-4),
    mark,
    equals: (other: ClientSecret) => timingSafeEqual(digest(value), digest(other.reveal())),
  })
