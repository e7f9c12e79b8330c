// What Lambda itself hands every function, for one that signs its calls without the SDK: Region and credentials, which no template
// writes. Another address than AWS's own is for laptops alone; a deployed bundle knows none.
import { defined } from '../core/base/defined.ts'
import type { Reader } from './reader.ts'

declare const DEPLOYED_BUNDLE: boolean | undefined

export interface AwsEnv {
  readonly region: string
  readonly credentials: {
    readonly accessKeyId: string
    readonly secretAccessKey: string
    readonly sessionToken?: string
  }
  /** Laptop only: one address for all services. */
  readonly endpoint?: string
}

export const readAws = (reader: Reader): AwsEnv => {
  const region = reader.text('AWS_REGION', 'a Region')
  const accessKeyId = reader.text('AWS_ACCESS_KEY_ID', "the id of the function's own key")
  const secretAccessKey = reader.text('AWS_SECRET_ACCESS_KEY', "the function's own key")
  const sessionToken = reader.optional('AWS_SESSION_TOKEN')
  const credentials = { accessKeyId, secretAccessKey, ...defined({ sessionToken }) }
  if (typeof DEPLOYED_BUNDLE === 'undefined') {
    const endpoint = reader.optional('AWS_ENDPOINT_URL')
    if (endpoint !== undefined) {
      if (!URL.canParse(endpoint)) reader.fault('AWS_ENDPOINT_URL', 'is malformed: expected a URL')
      return { region, credentials, endpoint }
    }
  }
  return { region, credentials }
}
