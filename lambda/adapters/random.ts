// Chance, for whoever needs a key that nobody can know beforehand.
import { randomBytes } from 'node:crypto'

const KEY_BYTES = 32

export const randomKey = (): Uint8Array => randomBytes(KEY_BYTES)
