// What only the values show: in which position a client stands, and since when its value was issued. Reads AWSCURRENT and AWSPREVIOUS with
// the caller's own rights, keeps them in their boxes, and says nothing of them but last fours.

import type { ClientRecord } from '../../lambda/core/clients/client-keeper.ts'
import { type Position, sightings } from '../../lambda/core/rotation/position.ts'
import type { StoredSecret } from '../../lambda/core/secret/secret-format.ts'
import type { Secrets } from '../../lambda/core/secret/secrets.ts'
import { slotForm } from '../../lambda/core/secret/slot-forms.ts'

export interface Read {
  readonly issuedAt: number | undefined
  readonly currentLastFour: string
  readonly previousLastFour: string | undefined
  /** ambiguous: last fours collide, and only an exchange would decide. Absent: Stytch knows no such client. */
  readonly position: Position | undefined
}

const read = async (
  secrets: Pick<Secrets, 'readValue'>,
  secretArn: string,
  label: string,
): Promise<StoredSecret | undefined> => {
  const version = await secrets.readValue(secretArn, { label })
  const parsed = version === undefined ? undefined : slotForm.parse(version.text, version.createdAt)
  return parsed?.ok ? parsed.value : undefined
}

/** @returns undefined when AWSCURRENT holds nothing in the secret's format. @throws Fault when the caller may not read it. */
export const readPosition = async (
  secrets: Pick<Secrets, 'readValue'>,
  secretArn: string,
  record: ClientRecord | undefined,
): Promise<Read | undefined> => {
  const current = await read(secrets, secretArn, 'AWSCURRENT')
  if (current === undefined) return undefined
  const previous = await read(secrets, secretArn, 'AWSPREVIOUS')
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
