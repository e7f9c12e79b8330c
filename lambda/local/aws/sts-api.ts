// STS's GetCallerIdentity, the one call that everybody may make: who signed is called like the access key, since no signature is looked at here.
import type { QueryService } from './query-protocol.ts'
import { sessionOfKey, type TrailedCaller } from './trail.ts'

export interface StsInput {
  readonly accountId: string
  /** @default - a role that is called like the access key */
  readonly identify?: ((accessKeyId: string) => TrailedCaller) | undefined
}

export const createSts = ({ accountId, identify }: StsInput): QueryService => ({
  signedFor: 'sts',
  denied: 'AccessDenied',
  operations: {
    GetCallerIdentity: (_, { accessKey }) => {
      const { arn = sessionOfKey(accountId, accessKey), account = accountId } = identify?.(accessKey) ?? {}
      return { Arn: arn, UserId: `AROALAPTOP:${accessKey}`, Account: account }
    },
  },
})
