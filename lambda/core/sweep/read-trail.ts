// What CloudTrail reports of a read of a secret's value: whose, when, and which version was asked for. Pure, from an untyped event. No value
// is in such an event, and none of what is not understood is repeated.
import { filled, isJsonObject, type JsonObject } from '../base/json-object.ts'
import { ok, type Result, refused } from '../base/result.ts'
import { secretNameOf } from '../secret/secret-name.ts'
import { isNameOfStage, type StageSecrets } from '../secret/stage-secrets.ts'

/** current: AWSCURRENT of that moment, as consumers ask. Else a version by its id, or AWSPREVIOUS. */
export type Asked =
  | { readonly kind: 'current' }
  | { readonly kind: 'previous' }
  | { readonly kind: 'version'; readonly versionId: string }

export interface SeenRead {
  readonly secretName: string
  /** The role, whatever its sessions are called; a user; of another account perhaps only an id. */
  readonly principal: string
  /** Epoch milliseconds, of whole seconds: CloudTrail's own. */
  readonly at: number
  readonly asked: Asked
}

/** @returns undefined for a service of AWS's, which is no consumer. */
const principalOf = (identity: JsonObject): string | undefined => {
  const { sessionContext, arn, accountId, principalId, type } = identity
  if (type === 'AWSService') return undefined
  const issuer = isJsonObject(sessionContext) ? sessionContext.sessionIssuer : undefined
  const role = isJsonObject(issuer) ? filled(issuer.arn) : undefined
  // A caller of another account is reported by ids alone; what follows the colon is its session.
  const foreign = filled(principalId)?.split(':')[0]
  return role ?? filled(arn) ?? (foreign === undefined ? undefined : `${filled(accountId) ?? 'unknown'}/${foreign}`)
}

/** @returns undefined for AWSPENDING and labels of an operator's own: no consumer either. */
const askedIn = ({ versionId, versionStage }: JsonObject): Asked | undefined => {
  const id = filled(versionId)
  if (id !== undefined) return { kind: 'version', versionId: id }
  if (versionStage === undefined || versionStage === null || versionStage === 'AWSCURRENT') return { kind: 'current' }
  return versionStage === 'AWSPREVIOUS' ? { kind: 'previous' } : undefined
}

const secretsIn = ({ secretId, secretIdList }: JsonObject): readonly string[] => {
  const listed: readonly unknown[] = Array.isArray(secretIdList) ? secretIdList : []
  return [secretId, ...listed].flatMap((one) => filled(one) ?? [])
}

/**
 * @param event of EventBridge, `AWS API Call via CloudTrail` (docs/reference/secrets-manager.md §2.5).
 * @returns the reads of secrets below the stage's prefixes: none, when it is about others, or failed; or what is wrong with the event.
 */
export const readTrail = (event: unknown, stage: StageSecrets): Result<readonly SeenRead[], readonly string[]> => {
  const detail = isJsonObject(event) ? event.detail : undefined
  if (!isJsonObject(detail)) return refused(['detail: expected an object'])
  const { eventTime, userIdentity, requestParameters, errorCode } = detail
  if (errorCode !== undefined) return ok([])
  const at = Date.parse(filled(eventTime) ?? '')
  const faults = [
    ...(Number.isNaN(at) ? ['detail.eventTime: expected a date'] : []),
    ...(isJsonObject(userIdentity) ? [] : ['detail.userIdentity: expected an object']),
    ...(isJsonObject(requestParameters) ? [] : ['detail.requestParameters: expected an object']),
  ]
  if (!isJsonObject(userIdentity) || !isJsonObject(requestParameters) || faults.length > 0) return refused(faults)
  const principal = principalOf(userIdentity)
  const asked = askedIn(requestParameters)
  if (principal === undefined || asked === undefined) return ok([])
  const names = secretsIn(requestParameters).map(secretNameOf)
  return ok(
    names.filter((name) => isNameOfStage(stage, name)).map((secretName) => ({ secretName, principal, at, asked })),
  )
}
