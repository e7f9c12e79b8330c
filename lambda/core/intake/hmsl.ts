// GitGuardian's HMSL hash ("has my secret leaked"), which its webhooks send in place of a value: scrypt with public parameters and a
// public pepper, so that anybody who holds a value can tell whether it is the one that was found. Not for storing anything.
import { createHash, scrypt } from 'node:crypto'

const PEPPER = createHash('sha256').update('GitGuardian').digest()
const BYTES = 32
/** Some six milliseconds of a CPU, in a thread of its own. */
const COST = { N: 2048, r: 8, p: 1 } as const

/** @returns 64 hex digits. */
export const hmslHash = (value: string): Promise<string> =>
  new Promise((resolve, reject) => {
    scrypt(value, PEPPER, BYTES, COST, (error, hash) => {
      if (error === null) resolve(hash.toString('hex'))
      // Out of memory, say; its message holds no value.
      else reject(error)
    })
  })
