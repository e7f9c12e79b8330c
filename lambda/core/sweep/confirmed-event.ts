// That revokes are confirmed: what a first proof found refused, a second one, later, found refused again. One event a sweep, not one a secret,
// since a mass incident is confirmed within one; each revoke is in one of them, as a confirmed one is never asked about again.

import { type M2mEvent, newEvent } from '../base/events.ts'
import { mailText } from '../base/mail-text.ts'
import type { Secret } from '../secret/secret.ts'
import { clientNaming } from '../secret/secret-tags.ts'
import type { SettledRevoke } from '../secret/settled-revoke.ts'

export interface ConfirmedRevoke extends SettledRevoke {
  readonly secret: Pick<Secret, 'arn' | 'name' | 'tags'>
  /** Whose values were tried. Absent: the rotation function, of an earlier release, did not say. */
  readonly clientId?: string | undefined
  /** Exchanges that Stytch refused for the second proof, of all values together. */
  readonly refusals: number
}

/** By name; the others are counted. */
const LISTED = 100
const NAMED = 10
const SUMMARY_CHARACTERS = 1500

const summaryOf = (confirmed: readonly ConfirmedRevoke[]): string => {
  const count = confirmed.length
  const more = count > NAMED ? ` and ${count - NAMED} more` : ''
  const names = confirmed
    .slice(0, NAMED)
    .map(({ secret, refusals }) => `${secret.name} (refused ${refusals} more times)`)
  const whose = `${count} ${count === 1 ? 'client' : 'clients'}`
  return mailText(
    `What was revoked of ${whose} is confirmed dead: ${names.join(', ')}${more}. Nothing is left to do.`,
    SUMMARY_CHARACTERS,
  )
}

/** @param at epoch milliseconds */
export const revokeConfirmed = (confirmed: readonly ConfirmedRevoke[], at: number): M2mEvent<'m2m.sweep'> =>
  newEvent('Revoke Confirmed', confirmed.map(({ settleToken }) => settleToken).toSorted(), {
    at: new Date(at).toISOString(),
    count: confirmed.length,
    clients: confirmed.slice(0, LISTED).map(({ secret, clientId, revokeToken, settleToken, refusals }) => ({
      secretArn: secret.arn,
      secretName: secret.name,
      ...clientNaming(secret, clientId),
      revokeToken,
      settleToken,
      refusals,
    })),
    summary: summaryOf(confirmed),
  })
