// The resource policy of a secret that was adopted where it is: its owner's statements stay, ours stand beside them, and those of ours that
// stood there before are replaced. Reading is denied to nobody until its readers are known. Pure.

import { isJsonObject, type JsonObject, parseJsonObject } from '../base/json-object.ts'
import { ok, type Result, refused } from '../base/result.ts'
import {
  MAX_POLICY_CHARACTERS,
  type PolicyRoles,
  policyFault,
  READING_DENIAL,
  secretPolicy,
  statementIds,
} from './secret-policy.ts'

export interface MergeRequest {
  readonly secretArn: string
  readonly roles: PolicyRoles
  /** As it stands; undefined: there is none. */
  readonly existing: string | undefined
  /** Whoever may read it now goes on reading: the denial for all but the named is left out. */
  readonly isReadingOpen: boolean
}

const statementsOf = (policy: JsonObject): readonly unknown[] => [policy.Statement ?? []].flat()

const isOurs = (statement: unknown): boolean =>
  isJsonObject(statement) && typeof statement.Sid === 'string' && statementIds.has(statement.Sid)

/** @returns the policy as text, or why it cannot be made; then nothing was changed. */
export const mergedPolicy = ({ secretArn, roles, existing, isReadingOpen }: MergeRequest): Result<string, string> => {
  const fault = policyFault(secretArn, roles)
  if (fault !== undefined) return refused(`its policy cannot be made: ${fault}`)
  const owners = existing === undefined ? {} : parseJsonObject(existing)
  if (owners === undefined) return refused('its resource policy is no JSON object')
  const { Version, Statement } = secretPolicy(secretArn, roles)
  const ours = Statement.filter(({ Sid }) => !isReadingOpen || Sid !== READING_DENIAL)
  const others = statementsOf(owners).filter((statement) => !isOurs(statement))
  const text = JSON.stringify({ Version, ...owners, Statement: [...others, ...ours] })
  if (text.length <= MAX_POLICY_CHARACTERS) return ok(text)
  return refused(
    `its resource policy would have ${text.length} characters, and Secrets Manager takes ${MAX_POLICY_CHARACTERS}: ${others.length} statements of its owner stay; let some readers share a role, or shorten those`,
  )
}

/** The policy without our statements. @returns undefined where none of its owner's is in it; or why that cannot be said */
export const ownersPolicy = (existing: string | undefined): Result<string | undefined, string> => {
  if (existing === undefined) return ok(undefined)
  const policy = parseJsonObject(existing)
  if (policy === undefined) return refused('its resource policy is no JSON object')
  const Statement = statementsOf(policy).filter((statement) => !isOurs(statement))
  return ok(Statement.length === 0 ? undefined : JSON.stringify({ ...policy, Statement }))
}

export interface ReadingRights {
  /** Roles that our own statements admit as readers. */
  readonly admitted: readonly string[]
  /** Whether anybody whom other policies let read may do so. */
  readonly isOpen: boolean
  /** How many statements are the owner's. */
  readonly others: number
}

const rolesIn = (statement: unknown): readonly string[] => {
  const condition = isJsonObject(statement) ? statement.Condition : undefined
  const equals = isJsonObject(condition) ? condition.ArnEquals : undefined
  const found = isJsonObject(equals) ? equals['aws:PrincipalArn'] : undefined
  return [found ?? []].flat().filter((one): one is string => typeof one === 'string')
}

/** What a policy says about who may read. */
export const readingRights = (policy: string | undefined): ReadingRights => {
  const statements = statementsOf((policy === undefined ? undefined : parseJsonObject(policy)) ?? {})
  const ours = statements.filter(isOurs)
  const isOf = (statement: unknown, sid: string): boolean => isJsonObject(statement) && statement.Sid === sid
  return {
    admitted: ours
      .filter((one) => isJsonObject(one) && one.Effect === 'Allow')
      .flatMap(rolesIn)
      .toSorted(),
    isOpen: !ours.some((one) => isOf(one, READING_DENIAL)),
    others: statements.length - ours.length,
  }
}
