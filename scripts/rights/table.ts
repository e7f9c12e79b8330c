// Who may do what, as Markdown: a table for each group of abilities, a row for each caller, from the recorded decisions. Pure.
import { type Ability, groups, type Way } from './ability.ts'
import type { RightsCaller } from './callers.ts'
import { ACCOUNT } from './deployment.ts'
import { callerKey, type RightsRecording, requestId } from './recording.ts'

/** Unclear: it depends on what AWS does not say. */
export type AbilityAnswer = 'yes' | 'no' | 'unclear'

export interface AskedAbility {
  readonly caller: RightsCaller
  readonly ability: Ability
  readonly isUnderScp: boolean
}

export interface AbilityVerdict {
  readonly answer: AbilityAnswer
  /** The ways that are open, or may be. */
  readonly open: readonly string[]
}

export type Judge = (asked: AskedAbility) => AbilityVerdict

/** Answers from the recording. @throws for what was not recorded. */
export const judgeBy = (recording: RightsRecording): Judge => {
  const positions = new Map(recording.requests.map(({ id }, at) => [id, at]))
  const isAllowed = (letters: string, id: string): boolean => {
    const letter = letters[positions.get(id) ?? -1]
    if (letter === undefined) throw new Error(`Request ${id} is not in the recording: run npm run rights -- --write`)
    return letter === 'A'
  }
  return ({ caller, ability, isUnderScp }) => {
    const key = callerKey(caller.id, isUnderScp && caller.account === ACCOUNT)
    const letters = recording.decisions.get(key) ?? ''
    const answerTo = ({ readings }: Way): AbilityAnswer => {
      const answers = readings.map((call) => call.every((request) => isAllowed(letters, requestId(request))))
      if (answers.every(Boolean)) return 'yes'
      return answers.some(Boolean) ? 'unclear' : 'no'
    }
    const answers = ability.ways.map((way) => ({ name: way.name, answer: answerTo(way) }))
    const open = [...new Set(answers.filter(({ answer }) => answer !== 'no').map(({ name }) => name))]
    if (answers.some(({ answer }) => answer === 'yes')) return { answer: 'yes', open }
    return { answer: open.length === 0 ? 'no' : 'unclear', open }
  }
}

const NO = '–'

const cell = ({ ways }: Ability, { answer, open }: AbilityVerdict): string => {
  if (answer === 'no') return NO
  const all = new Set(ways.map(({ name }) => name)).size
  if (answer === 'unclear') return all === 1 ? answer : `unclear: ${open.join(', ')}`
  return open.length === all ? answer : open.join(', ')
}

const cellOf = (judge: Judge, caller: RightsCaller, ability: Ability): string => {
  const [free, bound] = [false, true].map((isUnderScp) => cell(ability, judge({ caller, ability, isUnderScp })))
  if (free === bound) return free ?? ''
  return bound === NO ? `${free} ¹` : `${free} ¹ (${bound})`
}

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`

export const tablesOf = (judge: Judge, callers: readonly RightsCaller[], abilities: readonly Ability[]): string =>
  groups
    .map((group) => {
      const columns = abilities.filter((ability) => ability.group === group)
      const rows = callers.map((caller) => ({
        name: caller.name,
        cells: columns.map((ability) => cellOf(judge, caller, ability)),
      }))
      const without = rows.filter(({ cells }) => cells.every((text) => text === NO)).map(({ name }) => name)
      return [
        `### ${group}`,
        '',
        row(['who', ...columns.map(({ title }) => title)]),
        row(['---', ...columns.map(() => '---')]),
        ...rows.filter(({ name }) => !without.includes(name)).map(({ name, cells }) => row([name, ...cells])),
        ...(without.length === 0 ? [] : ['', `Nothing of this: ${without.join('; ')}.`]),
      ].join('\n')
    })
    .join('\n\n')

/** What stands between `<!-- name -->` and `<!-- /name -->`. @throws without both. */
const markers = (name: string): readonly [string, string] => [`<!-- ${name} -->`, `<!-- /${name} -->`]

const find = (text: string, name: string): readonly [start: number, end: number] => {
  const [opening, closing] = markers(name)
  const start = text.indexOf(opening)
  const end = text.indexOf(closing)
  if (start < 0 || end < start) throw new Error(`The page has no ${opening} … ${closing}.`)
  return [start + opening.length, end]
}

export const between = (text: string, name: string): string => text.slice(...find(text, name)).trim()

export const replaceBetween = (text: string, name: string, inner: string): string => {
  const [start, end] = find(text, name)
  return `${text.slice(0, start)}\n${inner}\n${text.slice(end)}`
}
