// What Lambda says of an account and of a function without running it: GetAccountSettings, GetFunctionConfiguration, GetFunctionConcurrency, as
// far as a check before a deployment asks; and the one thing that is changed of a function here, its reserved concurrency. A function that is
// not there is ResourceNotFoundException, also for the list of its durable executions.
import type { Operation, StandInReply, StandInRequest } from '../stand-in/server.ts'
import { AwsFault } from './aws-fault.ts'
import type { Concurrency } from './concurrency.ts'
import { functionNotFound } from './durable-executions.ts'
import type { Functions } from './functions.ts'
import { answered, lambdaReply } from './lambda-wire.ts'
import type { AwsSettings } from './settings.ts'

interface LambdaLookups {
  /** Of a name or an ARN, as it stands in a path. */
  readonly functionArnOf: (text: string) => string
  readonly functions: Functions
  readonly settings: Readonly<AwsSettings>
  readonly concurrency: Concurrency
}

const ACCOUNT = /^\/2016-08-19\/account-settings\/?$/
const OF_FUNCTION =
  /^\/(2015-03-31|2017-10-31|2019-09-30|2025-12-01)\/functions\/([^/]+)\/(configuration|concurrency|durable-executions)$/

const OPERATIONS: Readonly<Record<string, string>> = {
  'GET 2015-03-31/configuration': 'GetFunctionConfiguration',
  'GET 2019-09-30/concurrency': 'GetFunctionConcurrency',
  'PUT 2017-10-31/concurrency': 'PutFunctionConcurrency',
  'DELETE 2017-10-31/concurrency': 'DeleteFunctionConcurrency',
  'GET 2025-12-01/durable-executions': 'ListDurableExecutionsByFunction',
}

/** @throws AwsFault */
const readReserved = (text: string): number => {
  const { ReservedConcurrentExecutions: reserved } = JSON.parse(text === '' ? '{}' : text) as Record<string, unknown>
  if (Number.isInteger(reserved) && Number(reserved) >= 0) return Number(reserved)
  throw new AwsFault('InvalidParameterValueException', 'ReservedConcurrentExecutions is not a number from 0.')
}

const concurrencyOf = (concurrency: Concurrency, functionArn: string): object => {
  const ReservedConcurrentExecutions = concurrency.reservedBy(functionArn)
  return { ReservedConcurrentExecutions }
}

/** @throws AwsFault */
const answerOf = (op: string, { concurrency }: LambdaLookups, functionArn: string, body: string): StandInReply => {
  switch (op) {
    case 'PutFunctionConcurrency':
      concurrency.reserve(functionArn, readReserved(body))
      return lambdaReply(200, concurrencyOf(concurrency, functionArn))
    case 'DeleteFunctionConcurrency':
      concurrency.reserve(functionArn, undefined)
      return lambdaReply(204, '')
    case 'GetFunctionConcurrency':
      return lambdaReply(200, concurrencyOf(concurrency, functionArn))
    default:
      return lambdaReply(200, { FunctionName: functionArn.split(':')[6], FunctionArn: functionArn })
  }
}

/** @returns undefined when the request is none of these, or is about the executions of a function that is there. */
export const lookupRoute = (lookups: LambdaLookups, { method, path, body }: StandInRequest): Operation | undefined => {
  if (method === 'GET' && ACCOUNT.test(path)) {
    const AccountLimit = {
      ConcurrentExecutions: lookups.settings.concurrentExecutions,
      UnreservedConcurrentExecutions: lookups.concurrency.unreserved(),
    }
    return { op: 'GetAccountSettings', subject: null, run: () => lambdaReply(200, { AccountLimit }) }
  }
  const [, version = '', name = '', what = ''] = OF_FUNCTION.exec(path) ?? []
  const op = OPERATIONS[`${method} ${version}/${what}`]
  if (op === undefined) return undefined
  const functionArn = lookups.functionArnOf(decodeURIComponent(name))
  const isThere = lookups.functions.exists(functionArn)
  if (isThere && what === 'durable-executions') return undefined
  const run = (): StandInReply => {
    if (!isThere) throw functionNotFound({ functionArn, qualifier: undefined })
    return answerOf(op, lookups, functionArn, body)
  }
  return { op, subject: functionArn, run: () => answered(run) }
}
