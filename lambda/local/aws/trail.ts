// What CloudTrail reports to EventBridge of a read of a secret's value: the event and nothing else of CloudTrail. The caller is taken for a role
// that is called like its access key, since no signature is looked at here. Times are whole seconds, as CloudTrail's are.

import { randomUUID } from 'node:crypto'
import { defined } from '../../core/base/defined.ts'
import type { Body } from './input.ts'

export interface TrailPlace {
  readonly region: string
  readonly accountId: string
}

export interface TrailedCall {
  readonly operation: string
  readonly body: Body
  readonly headers: Readonly<Record<string, string | undefined>>
  /** Epoch milliseconds. */
  readonly at: number
  /** @default - the role that is called like the access key */
  readonly caller?: TrailedCaller | undefined
}

export interface TrailedCaller {
  /** Of the session. */
  readonly arn: string
  /** Of its role. */
  readonly principalArn: string
  readonly account: string
}

const KEY = /Credential=([^/]+)\//

/** ARN of the role that an access key stands for on the laptop. */
export const roleOfKey = (accountId: string, accessKey: string): string => `arn:aws:iam::${accountId}:role/${accessKey}`

/** @param authorization the header of a signed call */
export const accessKeyIn = (authorization: string | undefined): string =>
  KEY.exec(authorization ?? '')?.[1] ?? 'unknown'

/** As that role is called while it is assumed. */
export const sessionOfKey = (accountId: string, accessKey: string): string =>
  `arn:aws:sts::${accountId}:assumed-role/${accessKey}/session`

/** @returns undefined for a call that is no read of a value. */
export const trailEvent = (
  { region, accountId }: TrailPlace,
  { operation, body, headers, at, caller }: TrailedCall,
): object | undefined => {
  if (operation !== 'GetSecretValue') return undefined
  const accessKey = accessKeyIn(headers.authorization)
  const {
    arn = sessionOfKey(accountId, accessKey),
    principalArn = roleOfKey(accountId, accessKey),
    account: callersAccount = accountId,
  } = caller ?? {}
  const time = `${new Date(at).toISOString().slice(0, 19)}Z`
  const { SecretId: secretId, VersionId: versionId, VersionStage: versionStage } = body
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': 'AWS API Call via CloudTrail',
    source: 'aws.secretsmanager',
    account: accountId,
    time,
    region,
    resources: [],
    detail: {
      eventVersion: '1.11',
      userIdentity: {
        type: 'AssumedRole',
        principalId: `AROALAPTOP:${accessKey}`,
        arn,
        accountId: callersAccount,
        sessionContext: {
          sessionIssuer: {
            type: 'Role',
            arn: principalArn,
            accountId: callersAccount,
            userName: principalArn.split('/').at(-1) ?? '',
          },
        },
      },
      eventTime: time,
      eventSource: 'secretsmanager.amazonaws.com',
      eventName: operation,
      awsRegion: region,
      requestParameters: {
        secretId,
        ...defined({ versionId, versionStage }),
      },
      responseElements: null,
      eventID: randomUUID(),
      readOnly: true,
      eventType: 'AwsApiCall',
      managementEvent: true,
      recipientAccountId: accountId,
      eventCategory: 'Management',
    },
  }
}
