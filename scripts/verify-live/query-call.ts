// AWS's query protocol, which IAM and STS speak: a form out, XML back.
import { elementsOf } from '../../bin/before-deploy/signed-protocols.ts'
import type { AwsRequest } from '../../lambda/adapters/aws/request-signer.ts'
import type { SignedCall } from '../../lambda/adapters/aws/signed-call.ts'

const TIMEOUT_MS = 10_000

export const queryRequest = (
  version: string,
  action: string,
  parameters: Readonly<Record<string, string>>,
): AwsRequest => ({
  path: '/',
  headers: { 'content-type': 'application/x-www-form-urlencoded' },
  body: new URLSearchParams({ Action: action, Version: version, ...parameters }).toString(),
})

/** Named as AWS names it. */
class QueryFault extends Error {
  constructor(code: string) {
    super(`AWS answered ${code}`)
    this.name = code
  }
}

/** @returns the XML. @throws Error by AWS's name */
export const callIam = async (
  iam: SignedCall,
  action: string,
  parameters: Readonly<Record<string, string>>,
): Promise<string> => {
  const { status, body } = await iam(queryRequest('2010-05-08', action, parameters), TIMEOUT_MS)
  if (status < 400) return body
  throw new QueryFault(elementsOf(body, 'Code')[0] ?? `status ${status}`)
}
