// The clients function by Lambda's Invoke, as the domain's ClientsApi: for the command line, which is not bundled. A call is sent once and
// waited for longer than the function lives, since one that is sent again while the first still runs would meet it half way. What is sent
// may hold a client's value, so that no error repeats any of it.

import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { defined } from '../../core/base/defined.ts'
import { Fault } from '../../core/base/fault.ts'
import { isJsonObject, parseJsonObject } from '../../core/base/json-object.ts'
import {
  type AdoptWish,
  BREAK_GLASS_ALIAS,
  type ClientsApi,
  type ClientsReply,
  type ClientsRequest,
} from '../../core/clients/clients-api.ts'
import { errorName } from '../error-name.ts'
import { AWS_TIMEOUT_MS } from './aws-call.ts'

/** The function stops after 120 s. */
const ANSWER_TIMEOUT_MS = 130_000

export const createLambdaClient = (): LambdaClient =>
  new LambdaClient({
    maxAttempts: 1,
    requestHandler: {
      connectionTimeout: AWS_TIMEOUT_MS,
      requestTimeout: ANSWER_TIMEOUT_MS,
      socketTimeout: ANSWER_TIMEOUT_MS,
      throwOnRequestTimeout: true,
    },
  })

/** Lambda says so before it runs anything. */
const notBegun = new Set(['TooManyRequestsException', 'ThrottlingException', 'EC2ThrottledException'])
const refusals = new Set(['AccessDeniedException', 'ResourceNotFoundException', 'InvalidParameterValueException'])

interface Called {
  readonly functionName: string
  readonly action: string
}

/** What changes nothing can be retried without a look. */
const reads = new Set<string>([
  'stage',
  'whoami',
  'list',
  'examine',
  'rehearseAdoption',
  'claims',
] satisfies ClientsRequest['action'][])

const adviceFor = (name: string): string => {
  if (name === 'AccessDeniedException') {
    return 'attach the operator policy (output OperatorPolicyArn) to your role and list the role under operators, or take the break-glass role'
  }
  return name === 'ResourceNotFoundException'
    ? 'see whether the stage is right, and deployed'
    : 'asking again will not help'
}

const callFault = ({ functionName, action }: Called, error: unknown): Fault => {
  const name = errorName(error)
  const isRefused = refusals.has(name)
  const advice = isRefused
    ? adviceFor(name)
    : notBegun.has(name)
      ? 'it was not started, and may be retried'
      : reads.has(action)
        ? 'nothing was changed; try again'
        : 'it may have been done: look (m2m status), then run the command again'
  return new Fault({
    code: isRefused ? 'FUNCTION_REFUSED' : 'FUNCTION_NOT_ANSWERED',
    retryable: !isRefused,
    message: `Calling ${functionName} for ${action} failed with ${name}; ${advice}.`,
  })
}

const isReply = (value: unknown): value is ClientsReply =>
  isJsonObject(value) &&
  (value.ok === true || (value.ok === false && typeof value.message === 'string' && typeof value.code === 'string'))

const brokenOff = ({ functionName, action }: Called): Fault =>
  new Fault({
    code: 'FUNCTION_NOT_ANSWERED',
    retryable: true,
    message: `${functionName} broke off at ${action}: see its log group, whose name begins with /aws/lambda/${functionName}; ${reads.has(action) ? 'nothing was changed' : 'look (m2m status), then run the command again'}.`,
  })

/** @throws Fault with the function's own code and words, or for a call that was not answered. */
const createCall =
  (client: LambdaClient, functionName: string) =>
  async <Value>(request: ClientsRequest, qualifier?: string): Promise<Value> => {
    const called = { functionName, action: request.action }
    const reply = await client
      .send(
        new InvokeCommand({
          FunctionName: functionName,
          ...defined({ Qualifier: qualifier }),
          Payload: Buffer.from(JSON.stringify(request), 'utf8'),
        }),
      )
      .catch((error: unknown) => {
        throw callFault(called, error)
      })
    const answer = parseJsonObject(Buffer.from(reply.Payload ?? []).toString('utf8'))
    if (reply.FunctionError !== undefined || !isReply(answer)) throw brokenOff(called)
    if (answer.ok) return answer.value as Value
    throw new Fault({ code: answer.code, retryable: answer.retryable, message: answer.message })
  }

const opened = ({ clientSecret, ...rest }: AdoptWish) => ({
  ...rest,
  ...(clientSecret === undefined ? {} : { clientSecret: clientSecret.reveal() }),
})

export const createClientsApi = (client: LambdaClient, functionName: string): ClientsApi => {
  const call = createCall(client, functionName)
  return {
    stage: () => call({ action: 'stage' }),
    whoami: () => call({ action: 'whoami' }),
    list: (query) => call({ action: 'list', ...query }),
    examine: (secretNames) => call({ action: 'examine', secretNames }),
    declare: (asked) => call({ action: 'declare', ...asked }),
    adopt: (asked) => call({ action: 'adopt', ...opened(asked) }),
    rehearseAdoption: (asked) => call({ action: 'rehearseAdoption', ...opened(asked) }),
    adoptInPlace: (asked) => call({ action: 'adoptInPlace', ...asked }),
    claims: (clientIds) => call({ action: 'claims', clientIds }),
    writeClaims: (asked) => call({ action: 'writeClaims', ...asked }, BREAK_GLASS_ALIAS),
    removeDrill: (secretName) => call({ action: 'removeDrill', secretName }),
    closeReading: (asked) => call({ action: 'closeReading', ...asked }),
    giveBack: (asked) => call({ action: 'giveBack', ...asked }),
    retire: (asked) => call({ action: 'retire', ...asked }),
    discard: async (clientId) => {
      await call({ action: 'discard', clientId })
    },
    setActive: (asked) => call({ action: 'setActive', ...asked }, BREAK_GLASS_ALIAS),
  }
}

/** Whether the caller may call a function at all; nothing is run. */
export const mayCall = async (client: LambdaClient, functionName: string): Promise<'yes' | string> => {
  try {
    await client.send(new InvokeCommand({ FunctionName: functionName, InvocationType: 'DryRun' }))
    return 'yes'
  } catch (error) {
    return errorName(error)
  }
}
