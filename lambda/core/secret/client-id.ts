// The ids of clients. That of a Connected App says so; that of a declared client is made from the request that declares it, so that a request which was killed and
// is repeated finds what it left behind. Pure. Not secret, and no one has to guess it.
import { createHash } from 'node:crypto'
import { readScimId } from './scim-form.ts'

interface ClientIdRequest {
  /** Who declares it: stack and construct. */
  readonly declaredBy: readonly string[]
  readonly requestId: string
  readonly secretName: string
  /** 1 for the first; one that was taken back is followed by another. */
  readonly attempt: number
}

const APP_ID = /^connected-app-(live|test)-/

/** Stytch makes these ids (stytch-api §2.7); those of M2M clients never begin so. */
export const isConnectedApp = (clientId: string): boolean => APP_ID.test(clientId)

/** Whether Stytch's list of M2M clients can have it: what is of another kind is not missing there. */
export const isM2mClient = (clientId: string): boolean =>
  !isConnectedApp(clientId) && readScimId(clientId) === undefined

export const makeClientId = ({ declaredBy, requestId, secretName, attempt }: ClientIdRequest): string => {
  const parts = JSON.stringify([...declaredBy, requestId, secretName, attempt])
  return `m2m-client-${createHash('sha256').update(parts).digest('hex').slice(0, 32)}`
}
