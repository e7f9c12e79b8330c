// STS's GetCallerIdentity, the one call that everybody may make: who signed is called like the access key, since no signature is looked at here.
import type { QueryService } from './query-protocol.ts'
import { sessionOfKey } from './trail.ts'

export const createSts = ({ accountId }: { readonly accountId: string }): QueryService => ({
  signedFor: 'sts',
  denied: 'AccessDenied',
  operations: {
    GetCallerIdentity: (_, { accessKey }) => ({
      Arn: sessionOfKey(accountId, accessKey),
      UserId: `AROALAPTOP:${accessKey}`,
      Account: accountId,
    }),
  },
})
