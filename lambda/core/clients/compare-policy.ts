// Whether the resource policy on a secret is one that a stage writes: its statements with their ids, each denying what it is to deny, and
// nobody else's beside them; on a secret that was adopted where it is, its owner's may stand there too. Which roles are named is taken from
// the policy itself: the stage's roles change with deployments, and policies with the next declaration. Pure.

import { isJsonObject, type JsonObject, parseJsonObject } from '../base/json-object.ts'
import { policyFault, READING_DENIAL, secretPolicy, statementIds } from './secret-policy.ts'

/** missing: there is none. foreign: statements of ours are absent or changed, or somebody else's stand beside them. */
export type PolicyFinding = 'ours' | 'missing' | 'foreign'

export interface StandingPolicy {
  readonly secretArn: string
  /** undefined: there is none. */
  readonly text: string | undefined
  /** Statements that are not ours are its owner's. */
  readonly isInPlace: boolean
  /** Nobody is denied reading yet. */
  readonly isReadingOpen: boolean
}

/** The same for whatever means the same: names and lists in order, a single text as a list of one. */
const canonical = (value: unknown): unknown => {
  if (typeof value === 'string') return [value]
  if (Array.isArray(value)) return value.map((one) => (typeof one === 'string' ? one : canonical(one))).toSorted()
  if (!isJsonObject(value)) return value
  return Object.entries(value)
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, inner]) => [name, canonical(inner)])
}

const same = (one: unknown, other: unknown): boolean =>
  JSON.stringify(canonical(one)) === JSON.stringify(canonical(other))

const sidOf = (statement: unknown): string | undefined =>
  isJsonObject(statement) && typeof statement.Sid === 'string' ? statement.Sid : undefined

const rolesOf = (statements: readonly unknown[], sid: string, operator: 'ArnEquals' | 'ArnNotEquals') => {
  const statement = statements.find((one) => sidOf(one) === sid)
  const condition = isJsonObject(statement) && isJsonObject(statement.Condition) ? statement.Condition[operator] : {}
  const named = isJsonObject(condition) ? condition['aws:PrincipalArn'] : undefined
  return [named ?? []].flat().filter((one): one is string => typeof one === 'string')
}

/** What a stage writes for the roles that these statements name. @returns undefined where it would write nothing for them */
const expectedFor = (secretArn: string, statements: readonly unknown[], isReadingOpen: boolean) => {
  const roles = {
    readers: rolesOf(statements, READING_DENIAL, 'ArnNotEquals'),
    changers: rolesOf(statements, 'OnlyNamedRolesChange', 'ArnNotEquals'),
    rotators: rolesOf(statements, 'OnlyNamedRolesRotate', 'ArnNotEquals'),
    operators: rolesOf(statements, 'OnlyNamedRolesMoveLabels', 'ArnNotEquals'),
    consumers: ['ReadersOfThisAccount', 'ReadersOfOtherAccounts'].flatMap((sid) =>
      rolesOf(statements, sid, 'ArnEquals'),
    ),
  }
  if (policyFault(secretArn, roles) !== undefined) return undefined
  return secretPolicy(secretArn, roles).Statement.filter(({ Sid }) => !isReadingOpen || Sid !== READING_DENIAL)
}

export const comparePolicy = ({ secretArn, text, isInPlace, isReadingOpen }: StandingPolicy): PolicyFinding => {
  if (text === undefined) return 'missing'
  const policy: JsonObject | undefined = parseJsonObject(text)
  const statements = [policy?.Statement ?? []].flat()
  const ours = statements.filter((statement) => statementIds.has(sidOf(statement) ?? ''))
  if (!isInPlace && ours.length < statements.length) return 'foreign'
  const expected = expectedFor(secretArn, ours, isReadingOpen)
  const isWhole =
    expected?.length === ours.length &&
    expected.every((one) => ours.some((statement) => sidOf(statement) === one.Sid && same(statement, one)))
  return isWhole ? 'ours' : 'foreign'
}
