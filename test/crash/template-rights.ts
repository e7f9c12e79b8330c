// The rights of the laptop's template, for seats that play its functions without deploying them: one evaluator for all seats of a process.
import { type Caller, credentialsOf } from '../../lambda/local/iam/people.ts'
import { readStage } from '../../lambda/local/laptop/deployed-stage.ts'
import { rightsOfStage } from '../../scripts/rights/template-rights.ts'

const stage = await readStage()
const { settings } = stage

export const { rights: templateRights } = rightsOfStage(stage)

export const ROTATION_ARN = settings.functionArn('rotation')
export const BUS = settings.bus
export const SECRET_PREFIX = settings.secretNamePrefix

/** Names whose call it is, and signs nothing: a signature costs as much as a call, and the stand-in checks none. */
export const callingAs = (caller: Caller) => {
  const credentials = credentialsOf(caller)
  const authorization = `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/20260101/us-east-1/any/aws4_request`
  const sign = async <Request>(request: Request): Promise<Request> => {
    Object.assign((request as { headers: Record<string, string> }).headers, { authorization })
    return request
  }
  return { credentials, signer: { sign } }
}
