// What CloudTrail reports, best effort and only where a trail records management events: rotations that Secrets Manager abandoned, use of the break-glass
// role, and what somebody changes by hand of what this system stands on. Three rules for the last, since a pattern takes 2,048 characters:
// of managed secrets, which grows with the prefixes, of the stage's own, which grows with their names, and of everything else. Told is what took effect; a denied call changes nothing. Not told is what
// comes with the ordinary work of a role that is somebody's only by permission: secrets that registrar and clients function change when
// they are asked to, and everything that CloudFormation does as the stage's deploy role. Whoever may do that may also change these rules.
import { Stack } from 'aws-cdk-lib'
import type { EventPattern } from 'aws-cdk-lib/aws-events'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import type { Construct } from 'constructs'
import { prefixesOf } from '../../lambda/core/secret/stage-secrets.ts'
import type { EventNotice } from '../base/notice.ts'
import { roleArn, type StageNames } from '../config/stage-names.ts'

export interface TrailNoticesProps {
  readonly names: StageNames
  /** Whose own prefix the names of rules begin with. */
  readonly scope: Construct
  readonly busName: string
  /** Keys without which nothing can be read or proven. */
  readonly keys: readonly IKey[]
  /** Of the stage itself, by name: that of the Stytch project, above all. */
  readonly ownSecrets: readonly string[]
  /** By name. */
  readonly schedules: readonly string[]
  readonly deployRoleArn: string
  /** Told by a rule of its own. */
  readonly breakGlassArn?: string | undefined
}

const API_CALL = ['AWS API Call via CloudTrail']

const SECRET_CHANGES = ['DeleteSecret', 'CancelRotateSecret', 'PutResourcePolicy', 'DeleteResourcePolicy']
const KEY_CHANGES = ['DisableKey', 'ScheduleKeyDeletion', 'PutKeyPolicy']
const RULE_CHANGES = ['PutRule', 'DisableRule', 'DeleteRule']
/** UpdateSchedule in whole: what is not given is set back, so that any one may stop a schedule. */
const SCHEDULE_CHANGES = ['DeleteSchedule', 'UpdateSchedule']

/** As long as CloudFormation leaves a stack's name in the names that it makes up for rules, which take 64 characters. */
const RULE_PREFIX_LENGTH = 24

/** Somebody, or anybody who is no role at all: a root user has no session. */
const nobodyOf = (...arns: readonly string[]) => [{ exists: false }, { 'anything-but': [...arns] }]

const byCloudFormation = (deployRoleArn: string) => [
  { sessionContext: { sessionIssuer: { arn: nobodyOf(deployRoleArn) } } },
  { invokedBy: nobodyOf('cloudformation.amazonaws.com') },
]

/** By name or ARN, as whoever called gave it. */
const managedIds = ({ names }: TrailNoticesProps) =>
  prefixesOf(names).flatMap((prefix) => [{ prefix }, { wildcard: `arn:*:secret:${prefix}*` }])

/** One pattern for both forms: four names of 256 characters have to fit. */
const ownIds = ({ ownSecrets }: TrailNoticesProps) => ownSecrets.map((name) => ({ wildcard: `*${name}*` }))

const secretPattern = (props: TrailNoticesProps, secretId: readonly object[]): EventPattern => {
  const { names, scope, breakGlassArn } = props
  const ordinary = [roleArn(scope, names, 'clients'), roleArn(scope, names, 'registrar')]
  const not = nobodyOf(...ordinary, ...(breakGlassArn === undefined ? [] : [breakGlassArn]))
  return {
    source: ['aws.secretsmanager'],
    detailType: API_CALL,
    detail: {
      eventName: SECRET_CHANGES,
      errorCode: [{ exists: false }],
      requestParameters: { secretId },
      userIdentity: { sessionContext: { sessionIssuer: { arn: not } } },
    },
  }
}

const foundationPattern = ({ scope, busName, keys, schedules, deployRoleArn }: TrailNoticesProps): EventPattern => {
  const ruleName = [{ prefix: `${Stack.of(scope).stackName}-`.slice(0, RULE_PREFIX_LENGTH) }]
  return {
    source: ['aws.kms', 'aws.events', 'aws.scheduler'],
    detailType: API_CALL,
    detail: {
      errorCode: [{ exists: false }],
      userIdentity: { $or: byCloudFormation(deployRoleArn) },
      $or: [
        {
          eventName: KEY_CHANGES,
          requestParameters: { keyId: keys.flatMap(({ keyId, keyArn }) => [keyId, keyArn]) },
        },
        { eventName: RULE_CHANGES, requestParameters: { name: ruleName } },
        { eventName: ['RemoveTargets'], requestParameters: { rule: ruleName } },
        { eventName: ['DeleteEventBus'], requestParameters: { name: [busName] } },
        // Scheduler's API has names in capitals; how CloudTrail records them is not documented.
        ...['name', 'Name'].map((field) => ({
          eventName: SCHEDULE_CHANGES,
          requestParameters: { [field]: schedules },
        })),
      ],
    },
  }
}

const WHO = { call: '$.detail.eventName', by: '$.detail.userIdentity.arn' } as const

export const changedByHand = (props: TrailNoticesProps): readonly EventNotice[] => [
  {
    id: 'SecretChangedByHand',
    page: 'changed-by-hand',
    says: 'A secret was deleted, its rotation cancelled, or its policy changed, and not by a function of this stage.',
    pattern: secretPattern(props, managedIds(props)),
    secretAt: '$.detail.requestParameters.secretId',
    facts: WHO,
  },
  {
    id: 'OwnSecretChanged',
    page: 'changed-by-hand',
    says: 'A secret of the stage itself, such as the Stytch project secret, was deleted, its rotation cancelled, or its policy changed.',
    pattern: secretPattern(props, ownIds(props)),
    secretAt: '$.detail.requestParameters.secretId',
    facts: WHO,
  },
  {
    id: 'FoundationChanged',
    page: 'changed-by-hand',
    says: 'A key, a rule, the bus or a schedule of this stage was changed, disabled or deleted outside of a deployment.',
    pattern: foundationPattern(props),
    secretAt: '$.detail.eventName',
    facts: {
      ...WHO,
      key: '$.detail.requestParameters.keyId',
      name: '$.detail.requestParameters.name',
      rule: '$.detail.requestParameters.rule',
    },
  },
]

/** Public rules disagree about which of the two types a rotation's own events come under (secrets-manager §1.7). */
const rotationPattern = (names: StageNames, ...eventName: string[]): EventPattern => ({
  source: ['aws.secretsmanager'],
  detailType: ['AWS Service Event via CloudTrail', ...API_CALL],
  detail: {
    eventSource: ['secretsmanager.amazonaws.com'],
    eventName,
    additionalEventData: { SecretId: prefixesOf(names).map((prefix) => ({ wildcard: `*:secret:${prefix}*` })) },
  },
})

/**
 * None of RotationFailed: each refused attempt is one, of each secret, so that a refusal that is told once would be mailed every day, and one
 * of an incident five times. What it may mean is told by others: the refusal, by the function's event; an error, by its alarm; what stands in
 * the way of the next rotation, by the sweep, which ends it.
 */
export const rotationsGivenUp = (names: StageNames): readonly EventNotice[] => [
  {
    id: 'RotationStuck',
    page: 'rotation-stuck',
    says: 'Secrets Manager abandoned a rotation because somebody stored a version while it ran. The sweep cleans up.',
    pattern: rotationPattern(names, 'RotationAbandoned'),
    secretAt: '$.detail.additionalEventData.SecretId',
    facts: { call: '$.detail.eventName' },
  },
  {
    id: 'ScheduleRefused',
    page: 'rotation-failed',
    says: 'The test of a changed rotation schedule failed: the function does not run, or AWSCURRENT is refused.',
    pattern: rotationPattern(names, 'TestRotationFailed'),
    secretAt: '$.detail.additionalEventData.SecretId',
  },
]

/** Any use at all of the break-glass role on a secret of ours. */
export const breakGlassUsed = (roleArn: string): EventNotice => ({
  id: 'BreakGlassUsed',
  page: 'break-glass-used',
  says: 'The break-glass role was used on Secrets Manager. Find out who used it, and why.',
  pattern: {
    source: ['aws.secretsmanager'],
    detailType: API_CALL,
    detail: { userIdentity: { sessionContext: { sessionIssuer: { arn: [roleArn] } } } },
  },
  secretAt: '$.detail.requestParameters.secretId',
  facts: WHO,
})
