// Rights of a template that no suite's call can need, each with its reason: what AWS does there, no stand-in plays. By their names, so that whatever is
// added beside them is asked for.
import { LAPTOP_REGION, LAPTOP_STAGE, roleArnOf } from '../../lambda/local/laptop/deployment.ts'
import type { GivenRight } from './replay.ts'

interface Uncalled {
  readonly fits: (right: GivenRight) => boolean
  readonly reason: string
}

const onKeys = (statement: string, actions: readonly string[]): Uncalled['fits'] => {
  const names = new Set(actions.map((name) => `kms:${name}`))
  return (right) => right.holder.includes(':kms:') && right.statement === statement && names.has(right.action)
}

const looking = [
  ...['DescribeKey', 'GetKeyPolicy', 'GetKeyRotationStatus', 'ListResourceTags'],
  ...['ListKeyPolicies', 'ListGrants', 'ListKeyRotations'],
]

const administering = [
  ...['PutKeyPolicy', 'EnableKey', 'DisableKey', 'EnableKeyRotation', 'DisableKeyRotation', 'RotateKeyOnDemand'],
  ...['UpdateKeyDescription', 'CreateAlias', 'UpdateAlias', 'DeleteAlias', 'TagResource', 'UntagResource'],
  ...['RevokeGrant', 'ScheduleKeyDeletion', 'CancelKeyDeletion'],
]

export const reasons: readonly Uncalled[] = [
  {
    fits: ({ action }) =>
      /^(logs:(CreateLogStream|PutLogEvents)|xray:(PutTraceSegments|PutTelemetryRecords))$/.test(action),
    reason: 'Lambda and API Gateway write logs and traces themselves; the laptop prints them',
  },
  {
    fits: ({ action }) => /^sqs:GetQueue(Attributes|Url)$/.test(action),
    reason: 'CDK gives both to whoever may send; neither reads a message',
  },
  {
    fits: onKeys('LookNotUse', looking),
    reason:
      'CloudFormation, the console and auditors look at keys; whoever calls here may by another policy of his own',
  },
  {
    fits: onKeys('AdministerNotUse', administering),
    reason: 'CloudFormation and break-glass change keys; no stand-in plays that',
  },
  {
    fits: onKeys('TryForCreators', ['Decrypt', 'GenerateDataKey']),
    reason: 'Secrets Manager tries a key when a secret gets it, before there is a value; the stand-in does not',
  },
]

const ofRole = (part: string, statement: string, action: string): GivenRight => {
  const name = `m2m-${LAPTOP_STAGE}-${part}-${LAPTOP_REGION}`
  return { holder: roleArnOf(name), statement, action }
}

/**
 * Rights that no call on record needs yet, in the order of the template. A record that has such a call, or a template without the right, ends its line;
 * none is to be added.
 */
export const awaited: readonly GivenRight[] = [
  // When a next project secret was never stored, or AWSCURRENT cannot be read.
  ofRole('project-rotation', 'KeepVersions', 'dynamodb:Query'),
  // When a secret that was retained is declared again.
  ofRole('registrar', 'RegisterBelowThePrefix', 'secretsmanager:GetSecretValue'),
  // Never: only what was adopted in place is given back, and that has no claim.
  ofRole('clients', 'EndClaims', 'dynamodb:DeleteItem'),
]

/** @returns undefined: a call has to need it */
export const reasonFor = (right: GivenRight): string | undefined => reasons.find(({ fits }) => fits(right))?.reason
