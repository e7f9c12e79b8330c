// What a deployment on the laptop prints: each change in one line, each event, and how it ended.
import type { StackChange } from '../stack/changes.ts'
import type { StackEvent } from '../stack/stack.ts'
import type { Deployment } from './deployments.ts'

const lineOf = ({ action, type, id, name, properties = [], replaced }: StackChange): string => {
  const what = `${type} ${id}${name === id ? '' : ` (${name})`}`
  if (action === 'create') return `  + ${what}`
  if (action === 'update') return `  ~ ${what}: ${properties.join(', ')}`
  if (action === 'remove') return `  - ${what}: is deleted`
  if (action === 'keep') return `  = ${what}: leaves the stack and stays in the account`
  const fate = replaced?.isKept === true ? 'stays in the account' : 'is deleted'
  return `  ± ${what}: replaces ${replaced?.name}, which ${fate}; ${properties.join(', ')} cannot change in place`
}

const ACTIONS = { create: 'created', update: 'changed', replace: 'replaced', remove: 'deleted', keep: 'left behind' }

const countsOf = (changes: readonly StackChange[]): string =>
  Object.entries(ACTIONS)
    .map(([action, word]) => [changes.filter((one) => one.action === action).length, word] as const)
    .filter(([count]) => count > 0)
    .map(([count, word]) => `${count} ${word}`)
    .join(', ')

export const changeLines = ({ stack, status, changes, unchanged }: Deployment): readonly string[] => {
  if (changes.length === 0) return [`${stack}: no changes.`]
  const isNew = status.startsWith('CREATE')
  const kept = isNew ? '' : `; ${unchanged} unchanged`
  // All of a new stage is new: what it consists of, the template says.
  const shown = isNew ? changes.filter(({ type }) => type.startsWith('Custom::')) : changes
  return [`${stack}: ${countsOf(changes)}${kept}`, ...shown.map(lineOf)]
}

/** Undefined: it says nothing that is not known. */
export const eventLine = (
  { status, type, id, reason }: StackEvent,
  { status: ofAll }: Deployment,
): string | undefined => {
  const isRoutine = ofAll === 'CREATE_IN_PROGRESS' && status === 'CREATE_COMPLETE' && !type.startsWith('Custom::')
  return isRoutine ? undefined : `${status} ${type} ${id}${reason === undefined ? '' : `: ${reason}`}`
}

export const endLines = (deployment: Deployment): readonly string[] => {
  const { stack, status, events, reason, notPutBack = [], addresses, unsettled } = deployment
  if (reason === undefined) {
    const where = addresses === undefined ? [] : [`${JSON.stringify(addresses)}`]
    const remark =
      unsettled === undefined
        ? []
        : [`${stack} is applied, but what follows a deployment failed: ${unsettled}. Deploy it again.`]
    if (status === 'CREATE_COMPLETE') return [`${stack} is deployed.`, ...where, ...remark]
    return deployment.changes.length === 0 ? remark : [`${stack} is updated.`, ...remark]
  }
  const putBack = events.filter((event) => event.reason === 'rolled back').map(({ id }) => id)
  const failedAt = events.findIndex((event) => /^(CREATE|UPDATE)_FAILED$/.test(event.status))
  const removed = events.slice(failedAt + 1).filter((event) => event.status === 'DELETE_COMPLETE')
  const undone = [
    ...(putBack.length === 0 ? [] : [`put back as before: ${putBack.join(', ')}`]),
    ...(removed.length === 0 ? [] : [`removed again: ${removed.map(({ id }) => id).join(', ')}`]),
  ]
  const before = status.startsWith('UPDATE') ? 'the configuration before' : 'nothing: the stage was not there before'
  return [
    `${stack}: ${reason}`,
    ...(notPutBack.length > 0
      ? [`The rollback failed for ${notPutBack.join(', ')}. Restart the laptop.`]
      : [`Rolled back to ${before}${undone.length === 0 ? '' : `; ${undone.join('; ')}`}.`]),
  ]
}
