// A plan in words: each client with what is to become of it, for people, and the same for machines. Pure.

import type { Difference, Plan, PlannedChange } from '../../lambda/core/clients/plan-clients.ts'
import { type StageSecrets, shortNameOf } from '../../lambda/core/secret/stage-secrets.ts'
import type { Screen } from '../terminal/screen.ts'
import { count } from '../terminal/words.ts'

const MOST_SHOWN = 50

const marks = { create: ['+', 'green'], update: ['~', 'yellow'], retire: ['-', 'red'], discard: ['x', 'red'] } as const

const differenceWords = ({ what, from, to }: Difference): string =>
  `${what}: ${from === '' ? '(none)' : from} → ${to === '' ? '(none)' : to}`

const changeWords = (change: PlannedChange): string => {
  switch (change.kind) {
    case 'create': {
      const { scopes, consumers } = change.client
      return `create, ${scopes.length === 0 ? 'no scopes' : scopes.join(' ')}${consumers.length === 0 ? '' : `, ${count(consumers.length, 'reader')}`}`
    }
    case 'update':
      return change.differences.map(differenceWords).join('\n    ')
    case 'retire':
      return `retire: ${change.onRemoval}`
    case 'discard':
      return `remove client ${change.clientId} at Stytch: its value was never stored`
  }
}

const lineOf = (screen: Screen, stage: StageSecrets, change: PlannedChange): string => {
  const [mark, colour] = marks[change.kind]
  const name = shortNameOf(stage, change.secretName)
  const rest = change.kind === 'update' ? `\n    ${changeWords(change)}` : `  ${changeWords(change)}`
  return `${screen.paint(colour, `${mark} ${name}`)}${rest}`
}

export const tallyOf = ({ changes, unchanged, refused }: Plan): string => {
  const number = (kind: PlannedChange['kind']): number => changes.filter((change) => change.kind === kind).length
  const said = [
    [number('create'), 'to create'],
    [number('update'), 'to change'],
    [number('retire'), 'to retire'],
    [number('discard'), 'to remove at Stytch'],
    [refused.length, 'refused'],
  ] as const
  const parts = said.filter(([many]) => many > 0).map(([many, what]) => `${many.toLocaleString('en')} ${what}`)
  return [...parts, `${unchanged.length.toLocaleString('en')} unchanged`].join(', ')
}

export const planText = (screen: Screen, stage: StageSecrets, plan: Plan): string => {
  const { changes, refused, notListed } = plan
  const lines = changes.slice(0, MOST_SHOWN).map((change) => lineOf(screen, stage, change))
  if (changes.length > MOST_SHOWN)
    lines.push(`… and ${count(changes.length - MOST_SHOWN, 'more', 'more')}; --json shows all`)
  for (const { secretName, why } of refused) {
    lines.push(`${screen.paint('red', `! ${shortNameOf(stage, secretName)}`)}  left alone: ${why}`)
  }
  if (notListed.length > 0) {
    const names = notListed.slice(0, 5).map((name) => shortNameOf(stage, name))
    const more = notListed.length > names.length ? ', …' : ''
    lines.push(
      `Not listed any more, and kept: ${names.join(', ')}${more}; --retire does with them as their onRemoval says.`,
    )
  }
  return lines.join('\n')
}

export const planJson = ({ changes, unchanged, refused, notListed }: Plan) => ({
  create: changes.flatMap((change) => (change.kind === 'create' ? [change.secretName] : [])),
  update: changes.flatMap((change) =>
    change.kind === 'update' ? [{ secretName: change.secretName, differences: change.differences }] : [],
  ),
  retire: changes.flatMap((change) =>
    change.kind === 'retire' ? [{ secretName: change.secretName, onRemoval: change.onRemoval }] : [],
  ),
  discard: changes.flatMap((change) =>
    change.kind === 'discard' ? [{ secretName: change.secretName, clientId: change.clientId }] : [],
  ),
  refused,
  notListed,
  unchanged: unchanged.length,
})
