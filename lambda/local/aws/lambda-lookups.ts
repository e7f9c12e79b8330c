// What Lambda says of an account and of a function without running it: GetAccountSettings, GetFunctionConfiguration, GetFunctionConcurrency, as
// far as a check before a deployment asks. Nothing here reserves concurrency, so that all of the quota is unreserved. A function that is
// not there is ResourceNotFoundException, also for the list of its durable executions.
import { randomUUID } from 'node:crypto'
import type { Operation, StandInReply, StandInRequest } from '../stand-in/server.ts'

export interface LambdaLookups {
  /** Of a name or an ARN, as it stands in a path. */
  readonly functionArnOf: (text: string) => string
  readonly exists: (functionArn: string) => boolean
  readonly concurrentExecutions: () => number
}

const ACCOUNT = /^\/2016-08-19\/account-settings\/?$/
const OF_FUNCTION =
  /^\/(2015-03-31|2019-09-30|2025-12-01)\/functions\/([^/]+)\/(configuration|concurrency|durable-executions)$/

const OPERATIONS: Readonly<Record<string, string>> = {
  '2015-03-31/configuration': 'GetFunctionConfiguration',
  '2019-09-30/concurrency': 'GetFunctionConcurrency',
  '2025-12-01/durable-executions': 'ListDurableExecutionsByFunction',
}

const json = (status: number, body: object, headers: Readonly<Record<string, string>> = {}): StandInReply => ({
  status,
  headers: { 'x-amzn-requestid': randomUUID(), 'content-type': 'application/json', ...headers },
  body,
})

const missing = (functionArn: string): StandInReply =>
  json(
    404,
    { Type: 'User', Message: `Function not found: ${functionArn}` },
    { 'x-amzn-errortype': 'ResourceNotFoundException' },
  )

/** @returns undefined when the request is none of these, or is about the executions of a function that is there. */
export const lookupRoute = (lookups: LambdaLookups, { method, path }: StandInRequest): Operation | undefined => {
  if (method !== 'GET') return undefined
  if (ACCOUNT.test(path)) {
    const limit = lookups.concurrentExecutions()
    const AccountLimit = { ConcurrentExecutions: limit, UnreservedConcurrentExecutions: limit }
    return { op: 'GetAccountSettings', subject: null, run: () => json(200, { AccountLimit }) }
  }
  const [, version = '', name = '', what = ''] = OF_FUNCTION.exec(path) ?? []
  const op = OPERATIONS[`${version}/${what}`]
  if (op === undefined) return undefined
  const functionArn = lookups.functionArnOf(decodeURIComponent(name))
  if (!lookups.exists(functionArn)) return { op, subject: functionArn, run: () => missing(functionArn) }
  if (what === 'durable-executions') return undefined
  const FunctionName = functionArn.split(':')[6]
  const body = what === 'configuration' ? { FunctionName, FunctionArn: functionArn } : {}
  return { op, subject: functionArn, run: () => json(200, body) }
}
