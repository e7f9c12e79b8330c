// The guard over everything that the stand-in plays: which service's rights are whose, and what Secrets Manager asks on its own behalf.
import type { Rights } from '../../iam/rights.ts'
import { AwsFault, notFound } from '../aws-fault.ts'
import type { Keys } from '../kms-operations.ts'
import type { SecretStore } from '../secret-store.ts'
import type { AwsSettings } from '../settings.ts'
import type { Place } from './demand.ts'
import { createGuard, type Guard, jsonAccess, queryAccess, restAccess, s3Access } from './guard.ts'
import { eventsDemands, keyDemands, parameterDemands, tableDemands, trailDemands } from './json-demands.ts'
import { cloudWatchDemands, iamDemands, snsDemands, stsDemands } from './query-demands.ts'
import { lambdaDemands, s3Demands, schedulerDemands } from './rest-demands.ts'
import { createSecretsDemands, type GuardedKey } from './secrets-demands.ts'

export interface StandInGuard extends Guard {
  /** Of the call that is under way: what one more value of it needs. */
  refusesToRead(secretId: string): AwsFault | undefined
  /** Whether Secrets Manager itself may invoke a function for a secret: the function's own policy says so. */
  mayRotate(functionArn: string, secretArn: string): boolean
}

export interface StandInGuardInput {
  readonly rights: Rights
  readonly place: Place
  readonly store: SecretStore
  readonly settings: Readonly<AwsSettings>
  readonly keys: Keys
  readonly partitionKeyOf: (table: string) => string | undefined
  /** In a bucket that is there. */
  readonly isObjectAbsent: (bucket: string, key: string) => boolean
}

export const createStandInGuard = (input: StandInGuardInput): StandInGuard => {
  const { rights, place, store, settings, keys, partitionKeyOf } = input
  /** A policy that was set for the key takes the place of the one that it was made with. */
  const keyOf = (keyId: string): GuardedKey | undefined => {
    const key = keys.find(keyId)
    return key === undefined ? undefined : { ...key, policy: rights.resourcePolicy(key.arn) ?? key.policy }
  }
  const secretsDemands = createSecretsDemands({ place, store, settings, keyOf })
  const guard = createGuard({
    rights,
    accountId: place.accountId,
    services: {
      secretsmanager: jsonAccess(secretsDemands, notFound()),
      events: jsonAccess(eventsDemands),
      ssm: jsonAccess(parameterDemands, new AwsFault('ParameterNotFound', '')),
      dynamodb: jsonAccess(tableDemands(partitionKeyOf)),
      kms: jsonAccess(keyDemands(keyOf), new AwsFault('NotFoundException', 'The key does not exist')),
      cloudtrail: jsonAccess(trailDemands),
      lambda: restAccess(lambdaDemands),
      scheduler: restAccess(schedulerDemands),
      s3: s3Access(s3Demands(input.isObjectAbsent)),
      // It names its actions in capitals.
      sns: queryAccess(snsDemands, 'AuthorizationError', (message) =>
        message.replaceAll(/(?<=perform: |the )sns:/g, 'SNS:'),
      ),
      monitoring: queryAccess(cloudWatchDemands, 'AccessDenied'),
      iam: queryAccess(iamDemands, 'AccessDenied'),
      sts: queryAccess(stsDemands, 'AccessDenied'),
    },
  })
  return {
    ...guard,
    refusesToRead: (secretId) =>
      guard.refusalNow((call) => secretsDemands({ ...call, op: 'GetSecretValue', body: { SecretId: secretId } }) ?? []),
    mayRotate: (functionArn, secretArn) =>
      rights.authorize({
        caller: { service: 'secretsmanager.amazonaws.com' },
        action: 'lambda:InvokeFunction',
        resource: functionArn,
        context: { 'aws:SourceArn': secretArn, 'aws:SourceAccount': place.accountId },
      }).decision === 'allowed',
  }
}
