// The sets of a configuration: who declares which clients by the command line, with which readers and scopes. Each becomes an alias of the clients
// function, which its operators alone may invoke.
import { patternsMeet } from '../../lambda/core/base/pattern.ts'
import { reservedAliases, type SetRule, type Sets } from '../../lambda/core/clients/authority.ts'
import { DRILL_SET } from '../../lambda/core/clients/drill-client.ts'
import { isClientName } from '../../lambda/core/secret/client-name.ts'
import { isScope } from '../../lambda/core/secret/scope.ts'
import { matching, type Place } from './config-place.ts'
import { shapes } from './config-shapes.ts'

export interface SetConfig extends Required<SetRule> {
  /** Roles that may declare, adopt and retire its clients. */
  readonly operators: readonly string[]
}

/** By name. */
export type SetsConfig = Readonly<Record<string, SetConfig>>

/** As many aliases as one policy of the function has room for, with a few operators each. */
const MAX_SETS = 20

/** Of an alias (Lambda API reference, CreateAlias), and of a set of the command line's. */
const SET_NAME = /^(?![0-9]+$)[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/

const readerShape = matching(
  /^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/*-]{1,512}$/,
  "a role's ARN with the account in full, in whose name * stands for any characters: arn:aws:iam::<account>:role/payments-*",
)
// A scope may hold a * itself.
const scopeShape = { expected: 'a scope, in which * stands for any characters: "read:*"', fits: isScope }
const namesShape = {
  expected: 'clients\' names, in which * stands for any characters: "payments-*"',
  fits: (value: string) => isClientName(value.replaceAll('*', '0')),
}

const readSet = (place: Place): SetConfig => {
  place.onlyKnows('operators', 'readers', 'scopes', 'names')
  const operators = place.texts('operators', shapes.roleArn)
  if (operators.length === 0) place.fault('operators', 'is missing: expected at least one role')
  if (new Set(operators).size < operators.length) place.fault('operators', 'name one twice: expected each role once')
  return {
    operators,
    readers: place.texts('readers', readerShape),
    scopes: place.texts('scopes', scopeShape),
    names: place.text('names', namesShape),
  }
}

export const readSets = (root: Place): SetsConfig => {
  const place = root.inner('sets')
  if (place === undefined) return {}
  const sets: Record<string, SetConfig> = {}
  for (const name of Object.keys(place.fields)) {
    if (!SET_NAME.test(name) || reservedAliases.includes(name) || name === DRILL_SET) {
      place.fault(
        name,
        `is no set's name: expected 1 to 63 letters, digits, _ and -, not digits alone, and none of ${[...reservedAliases, DRILL_SET].join(', ')}`,
      )
    }
    const set = place.inner(name, 'an object')
    if (set !== undefined) sets[name] = readSet(set)
  }
  const names = Object.keys(sets)
  if (names.length > MAX_SETS) root.fault('sets', `are ${names.length}: expected at most ${MAX_SETS}`)
  for (const [at, one] of names.entries()) {
    for (const other of names.slice(at + 1)) {
      if (patternsMeet(sets[one]?.names ?? '', sets[other]?.names ?? '')) {
        place.fault(other, `shares names with ${one}: expected each client's name to fit one set`)
      }
    }
  }
  return sets
}

/** What the function has to know of them: who may invoke them, IAM knows. */
export const rulesOfSets = (sets: SetsConfig = {}): Sets | undefined =>
  Object.keys(sets).length === 0
    ? undefined
    : Object.fromEntries(Object.entries(sets).map(([name, { operators: _iams, ...rule }]) => [name, rule]))
