// What IAM has to say at an API: who may call it, whether API Gateway may invoke the function behind it, and with whose rights it reads an object
// itself (API Gateway developer guide, "Control access to a REST API with IAM permissions" and "API Gateway resource policies").
import type { Rights } from '../iam/rights.ts'
import { apiArn } from '../stack/policies.ts'

export interface ApiPlace {
  readonly id: string
  readonly stage: string
}

export interface Called {
  readonly method: string
  /** As it was called. */
  readonly path: string
}

export interface ApiRights {
  /** Why a signed call is refused, in API Gateway's words. Undefined: it is not. */
  refusesCaller(api: ApiPlace, called: Called, accessKeyId: string): string | undefined
  mayInvoke(api: ApiPlace, called: Called, functionArn: string): boolean
  /** Key id of a session of a role. Undefined: API Gateway may not assume it. */
  keyOfRole(roleArn: string): string | undefined
}

const SERVICE = 'apigateway.amazonaws.com'

/** API Gateway shows the last four digits alone of whose API it is. */
const masked = (message: string, arn: string, account: string): string =>
  message.replace(arn, arn.replace(account, account.replace(/^\d{8}/, '********')))

/** @param rights absent: everything is allowed. */
export const createApiRights = (
  rights: Rights | undefined,
  place: { readonly region: string; readonly account: string },
): ApiRights => {
  const arnOf = ({ id, stage }: ApiPlace, { method, path }: Called): string =>
    `${apiArn({ ...place, name: '' }, id)}/${stage}/${method}${path}`
  return {
    refusesCaller: (api, called, accessKeyId) => {
      const resource = arnOf(api, called)
      const caller = rights?.identify(accessKeyId)
      const message =
        caller &&
        rights?.authorize({
          caller,
          action: 'execute-api:Invoke',
          resource,
          guardedBy: apiArn({ ...place, name: '' }, api.id),
          context: { 'aws:ViaAWSService': 'false' },
        }).message
      return message === undefined ? undefined : masked(message, resource, place.account)
    },
    mayInvoke: (api, called, functionArn) =>
      rights?.authorize({
        caller: { service: SERVICE },
        action: 'lambda:InvokeFunction',
        resource: functionArn,
        context: { 'aws:SourceArn': arnOf(api, called), 'aws:SourceAccount': place.account },
      }).message === undefined,
    keyOfRole: (roleArn) => {
      if (rights === undefined) return roleArn.slice(roleArn.lastIndexOf('/') + 1)
      const assumed = rights.authorize({ caller: { service: SERVICE }, action: 'sts:AssumeRole', resource: roleArn })
      const session = assumed.message === undefined ? rights.session(roleArn, 'BackplaneAssumeRoleSession') : undefined
      // What it calls then is evaluated where it calls.
      if (session !== undefined) rights.add(session)
      return session?.accessKeyId
    },
  }
}
