// STS's GetCallerIdentity, the one call that everybody may make: who signed is called like the access key, since no signature is looked at here.
import { randomUUID } from 'node:crypto'
import type { Operation, StandInReply, StandInRequest } from '../stand-in/server.ts'
import { xmlReply } from './s3-wire.ts'
import { accessKeyIn, sessionOfKey } from './trail.ts'

/** The Query protocol: the action stands in the form that is sent. */
const isAsked = ({ method, headers, body }: StandInRequest): boolean =>
  method === 'POST' &&
  headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true &&
  new URLSearchParams(body).get('Action') === 'GetCallerIdentity'

export const createStsRoute =
  ({ accountId }: { readonly accountId: string }) =>
  (request: StandInRequest): Operation | undefined => {
    if (!isAsked(request)) return undefined
    const run = (): StandInReply => {
      const accessKey = accessKeyIn(request.headers.authorization)
      return xmlReply(200, 'GetCallerIdentityResponse', {
        GetCallerIdentityResult: {
          Arn: sessionOfKey(accountId, accessKey),
          UserId: `AROALAPTOP:${accessKey}`,
          Account: accountId,
        },
        ResponseMetadata: { RequestId: randomUUID() },
      })
    }
    return { op: 'GetCallerIdentity', subject: null, run }
  }
