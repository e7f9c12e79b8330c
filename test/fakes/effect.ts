// What one run did to the world, in one line that a table can hold: what changed at the issuer, what was stored, which label moved,
// what was told, and how it ended. Reads and exchanges leave no mark.
//   cancel > start > put new1      calls that change something, in order; values by name
//   move: Completed, Changed       AWSCURRENT moved, then told
//   no drift, cleared: Refused, Drift   refused; AWSPENDING taken away (or `kept`), then what was told (or nothing)
//   fault STEP_OUT_OF_ORDER        thrown for the service to ask again

import { Fault } from '../../lambda/core/base/fault.ts'
import { type Refusal, RotationRefused } from '../../lambda/core/rotation/refusal.ts'
import type { Call } from './call-log.ts'
import { nameOf, secretIn, type World } from './world.ts'

const words: Readonly<Record<string, string>> = {
  'Rotation Completed': 'Completed',
  'M2M Secret Changed': 'Changed',
  'Rotation Refused': 'Refused',
  'Drift Detected': 'Drift',
  'Secret Revoked': 'Revoked',
}

const change = ({ port, name, about }: Call): string | undefined => {
  if (port === 'issuer') return ['start', 'complete', 'cancel', 'bind'].includes(name) ? name : undefined
  if (name === 'putPending') return `put ${nameOf(secretIn(about) ?? 'nothing')}`
  if (name === 'moveLabel' && about === 'AWSCURRENT to') return 'move'
  return undefined
}

const isClear = ({ name, about }: Call): boolean => name === 'moveLabel' && about === 'AWSPENDING away'

const reasonOf = (refusal: Refusal): string => (refusal.reason === 'position' ? refusal.position : refusal.reason)

/** Runs `act` and says what it did. An error that is no refusal and no Fault goes on. */
export const effectOf = async (world: World, act: () => Promise<void>): Promise<string> => {
  world.log.clear()
  const publishedBefore = world.events.published.length
  let end: string | undefined
  try {
    await act()
  } catch (error) {
    if (error instanceof RotationRefused) end = `no ${reasonOf(error.refusal)}`
    else if (error instanceof Fault) end = `fault ${error.code}`
    else throw error
  }
  const { calls } = world.log
  const changes = calls.map(change).filter((word) => word !== undefined)
  if (end?.startsWith('no ')) changes.push(`${end}, ${calls.some(isClear) ? 'cleared' : 'kept'}`)
  else if (end !== undefined) changes.push(end)
  const published = world.events.published.slice(publishedBefore).map(({ type }) => words[type] ?? type)
  const line = changes.length === 0 ? 'nothing' : changes.join(' > ')
  return published.length === 0 ? line : `${line}: ${published.join(', ')}`
}
