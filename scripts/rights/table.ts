// Who may do what, as Markdown: a table for each group of abilities, a row for each with its callers, from the recorded decisions. Pure.
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

/** Every way is open. */
const ALL = ''

/** Of one caller: the ways that are open to it; undefined where none is. */
const openWays = ({ ways }: Ability, { answer, open }: AbilityVerdict): string | undefined => {
  if (answer === 'no') return undefined
  const all = new Set(ways.map(({ name }) => name)).size
  if (answer === 'unclear') return all === 1 ? answer : `unclear: ${open.join(', ')}`
  return open.length === all ? ALL : open.join(', ')
}

const waysOf = (judge: Judge, caller: RightsCaller, ability: Ability): { ways: string; mark: string } | undefined => {
  const [free, bound] = [false, true].map((isUnderScp) => openWays(ability, judge({ caller, ability, isUnderScp })))
  if (free === undefined) return undefined
  if (free === bound) return { ways: free, mark: '' }
  return { ways: free, mark: bound === undefined ? ' ¹' : ` ¹ (${bound || 'all'})` }
}

/** Callers to whom the same ways are open stand together. */
const whoMay = (judge: Judge, callers: readonly RightsCaller[], ability: Ability): string => {
  const byWays = new Map<string, readonly string[]>()
  for (const caller of callers) {
    const found = waysOf(judge, caller, ability)
    if (found === undefined) continue
    byWays.set(found.ways, [...(byWays.get(found.ways) ?? []), `${caller.name}${found.mark}`])
  }
  // Without a colon first: behind one, they would seem to belong to it.
  const lists = [
    ...(byWays.has(ALL) ? [(byWays.get(ALL) ?? []).join(', ')] : []),
    ...[...byWays].filter(([ways]) => ways !== ALL).map(([ways, names]) => `${ways}: ${names.join(', ')}`),
  ]
  return lists.length === 0 ? 'nobody' : lists.join('; ')
}

const tableOf = (judge: Judge, callers: readonly RightsCaller[], abilities: readonly Ability[]): readonly string[] => {
  const titles = new Map<string, readonly string[]>()
  for (const ability of abilities) {
    const who = whoMay(judge, callers, ability)
    titles.set(who, [...(titles.get(who) ?? []), ability.title])
  }
  return ['| what | who |', '|---|---|', ...[...titles].map(([who, what]) => `| ${what.join('; ')} | ${who} |`)]
}

/** A table for each group of abilities, and before them everybody of whom it was decided. */
export const tablesOf = (judge: Judge, callers: readonly RightsCaller[], abilities: readonly Ability[]): string => {
  const mayDoNothing = (caller: RightsCaller): boolean =>
    abilities.every((ability) => waysOf(judge, caller, ability) === undefined)
  const named = (some: readonly RightsCaller[]): string => some.map(({ name }) => name).join(', ')
  return [
    `Evaluated: ${named(callers.filter((caller) => !mayDoNothing(caller)))}.`,
    `In no row: ${named(callers.filter(mayDoNothing))}.`,
    ...groups.map((group) =>
      [
        `### ${group}`,
        '',
        ...tableOf(
          judge,
          callers,
          abilities.filter((ability) => ability.group === group),
        ),
      ].join('\n'),
    ),
  ].join('\n\n')
}

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
