// What only the values show: in which position a client stands, and since when its value was issued. Reads AWSCURRENT and AWSPREVIOUS with
// the caller's own rights, keeps them in their boxes, and says nothing of them but last fours.

import type { ClientRecord } from '../../lambda/core/clients/client-keeper.ts'
import { type Position, sightings } from '../../lambda/core/rotation/position.ts'
import type { Secret } from '../../lambda/core/secret/secret.ts'
import type { StoredSecret } from '../../lambda/core/secret/secret-format.ts'
import type { Secrets } from '../../lambda/core/secret/secrets.ts'
import { formOf } from '../../lambda/core/secret/slot-forms.ts'

export interface Read {
  readonly issuedAt: number | undefined
  readonly currentLastFour: string
  readonly previousLastFour: string | undefined
  /** ambiguous: last fours collide, and only an exchange would decide. Absent: Stytch knows no such client. */
  readonly position: Position | undefined
}

const read = async (
  secrets: Pick<Secrets, 'readValue'>,
  secret: Secret,
  { label, projectId }: { readonly label: string; readonly projectId: string },
): Promise<StoredSecret | undefined> => {
  const version = await secrets.readValue(secret.arn, { label })
  const parsed = version === undefined ? undefined : formOf(secret, projectId).parse(version.text, version.createdAt)
  return parsed?.ok ? parsed.value : undefined
}

/** @returns undefined when AWSCURRENT holds nothing in the secret's format. @throws Fault when the caller may not read it. */
export const readPosition = async (
  secrets: Pick<Secrets, 'readValue'>,
  secret: Secret,
  { record, projectId }: { readonly record: ClientRecord | undefined; readonly projectId: string },
): Promise<Read | undefined> => {
  const current = await read(secrets, secret, { label: 'AWSCURRENT', projectId })
  if (current === undefined) return undefined
  const previous = await read(secrets, secret, { label: 'AWSPREVIOUS', projectId })
  const stored = { current: current.clientSecret, previous: previous?.clientSecret }
  const found = record === undefined ? [] : sightings({ slots: record.slots, stored, intent: 'settle' })
  const positions = new Set(found.map(({ position }) => position))
  const [only] = positions
  return {
    issuedAt: current.issuedAt,
    currentLastFour: current.clientSecret.lastFour,
    previousLastFour: previous?.clientSecret.lastFour,
    position: record === undefined ? undefined : positions.size === 1 ? only : 'ambiguous',
  }
}
