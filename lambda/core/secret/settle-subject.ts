// What a settle is about: the version whose overlap it ends, as its request token says; and whether its asker waits for the secret's replicas.

import { isAbout, readRequestToken } from './request-token.ts'

export interface SettleSubject {
  readonly secretArn: string
  /** The version that carries AWSCURRENT: what the settle is about. */
  readonly currentId: string
}

/** What a settle is about that a person asked for without waiting for replicas. */
export const anywayAbout = (currentId: string): string => `${currentId} whatever its replicas have`

export const isAnyway = (token: string, { secretArn, currentId }: SettleSubject): boolean =>
  readRequestToken(token).origin === 'settle' && isAbout(token, { secretArn, about: anywayAbout(currentId) })

/** Whether a settle was asked for to end the overlap that this version began, with its replicas or without. */
export const isSettleAbout = (token: string, { secretArn, currentId }: SettleSubject): boolean =>
  readRequestToken(token).origin === 'settle' &&
  [currentId, anywayAbout(currentId)].some((about) => isAbout(token, { secretArn, about }))
