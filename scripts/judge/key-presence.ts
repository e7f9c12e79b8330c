// Which condition keys a request has. An Allow that compares a key which is not there does not match, so that the caller is denied and
// nothing says why: each key that a statement may rely on is listed here with the reason, and every other counts as one that may be
// absent. Clauses: IAM User Guide, "AWS global condition context keys" (Availability), and each service's authorization reference.

import { isJsonObject } from '../../lambda/core/base/json-object.ts'
import { textsOf } from '../../lambda/local/stand-in/fields.ts'
import type { Statement } from './policies.ts'

interface Presence {
  readonly key: RegExp
  /** The actions in whose requests it always is; absent: in all. */
  readonly actions?: RegExp
  readonly because: string
}

const presences: readonly Presence[] = [
  {
    key: /^aws:(PrincipalArn|PrincipalAccount|PrincipalType|userid|SecureTransport|RequestedRegion|CurrentTime|EpochTime|ResourceAccount)$/i,
    because: 'in the context of every signed request',
  },
  {
    key: /^aws:(PrincipalOrgID|PrincipalOrgPaths)$/i,
    because: 'whoever has none belongs to no organization, and is meant',
  },
  { key: /^aws:(SourceVpce|SourceVpc)$/i, because: 'whoever has none comes from elsewhere, and is meant' },
  {
    key: /^(aws|kms):ViaService$|^kms:EncryptionContext:/i,
    because: 'a use of the key without it is meant to be denied',
  },
  { key: /^kms:CallerAccount$/i, because: 'in every request to KMS' },
  {
    key: /^kms:(MessageType|SigningAlgorithm)$/i,
    actions: /^kms:(Sign|Verify)$/i,
    because: 'in every request to sign',
  },
  { key: /^lambda:SourceFunctionArn$/i, because: 'a use of the role outside of a function is meant to be denied' },
  // Each entry of PutEvents names both (EventBridge API Reference, PutEventsRequestEntry).
  { key: /^events:(source|detail-type)$/i, actions: /^events:PutEvents$/i, because: 'in every entry' },
  // Required parameters of the call (Secrets Manager API Reference).
  { key: /^secretsmanager:VersionStage$/i, actions: /^secretsmanager:UpdateSecretVersionStage$/i, because: 'required' },
  { key: /^secretsmanager:Name$/i, actions: /^secretsmanager:CreateSecret$/i, because: 'required' },
  // Absent means false: a policy that could be public is meant to be refused.
  { key: /^secretsmanager:BlockPublicPolicy$/i, actions: /^secretsmanager:PutResourcePolicy$/i, because: 'we send it' },
  {
    key: /^dynamodb:LeadingKeys$/i,
    actions: /^dynamodb:(Get|Put|Update|Delete)Item$|^dynamodb:Query$/i,
    because: 'required',
  },
  { key: /^s3:if-none-match$/i, actions: /^s3:PutObject$/i, because: 'we send it' },
  { key: /^s3:prefix$/i, actions: /^s3:ListBucket$/i, because: 'we send it' },
  { key: /^iam:PassedToService$/i, actions: /^iam:PassRole$/i, because: 'in every request' },
]

/** A service names the resource for which it acts. */
const ofServices = /^aws:Source(Arn|Account|OrgID|OrgPaths)$/i

const isForServices = ({ Principal }: Statement): boolean =>
  isJsonObject(Principal) && textsOf(Principal.Service).length > 0 && Principal.AWS === undefined

/** The actions whose requests may lack the key; undefined: all have it. */
export const mayBeAbsent = (key: string, actions: readonly string[], statement: Statement): string | undefined => {
  if (ofServices.test(key) && isForServices(statement)) return undefined
  const lacking = actions.filter(
    (action) => !presences.some((one) => one.key.test(key) && (one.actions === undefined || one.actions.test(action))),
  )
  return lacking.length === 0 ? undefined : lacking.join(', ')
}

/** Keys of which AWS does not say whether they are filled from the stored configuration when a request leaves them out. */
export const needsBothReadings = (key: string): boolean => /^secretsmanager:RotationLambdaARN$/i.test(key)
