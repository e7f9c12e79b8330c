// The clients function by Lambda's Invoke, as the domain's ClientsApi: for the command line, which is not bundled. A call is sent once and
// waited for longer than the function lives, since one that is sent again while the first still runs would meet it half way. What is sent
// may hold a client's value, so that no error repeats any of it.

import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { defined } from '../../core/base/defined.ts'
import { Fault } from '../../core/base/fault.ts'
import { isJsonObject, parseJsonObject } from '../../core/base/json-object.ts'
import { authorityFor, DEFAULT_ALIAS, LOOK_ALIAS, ownAliases } from '../../core/clients/authority.ts'
import {
  type AdoptWish,
  BREAK_GLASS_ALIAS,
  type ClientsApi,
  type ClientsReply,
  type ClientsRequest,
  type StageView,
} from '../../core/clients/clients-api.ts'
import { errorName } from '../error-name.ts'
import { awsClientSettings } from './aws-call.ts'

/** The function stops after 120 s. */
const ANSWER_TIMEOUT_MS = 130_000

export const createLambdaClient = (): LambdaClient =>
  new LambdaClient({
    maxAttempts: 1,
    requestHandler: {
      ...awsClientSettings.requestHandler,
      requestTimeout: ANSWER_TIMEOUT_MS,
      socketTimeout: ANSWER_TIMEOUT_MS,
    },
  })

/** Lambda says so before it runs anything. */
const notBegun = new Set(['TooManyRequestsException', 'ThrottlingException', 'EC2ThrottledException'])
const refusals = new Set(['AccessDeniedException', 'ResourceNotFoundException', 'InvalidParameterValueException'])

interface Called {
  readonly functionName: string
  readonly qualifier: string
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

const adviceFor = (name: string, qualifier: string): string => {
  if (name === 'AccessDeniedException') {
    // AWS denies what a caller's policies do not name, whether it exists or not.
    return qualifier === BREAK_GLASS_ALIAS
      ? 'take the break-glass role'
      : 'see whether the stage is right; if it is, attach the operator policy (output OperatorPolicyArn) to your role and list the role under operators, or take the break-glass role'
  }
  return name === 'ResourceNotFoundException'
    ? 'see whether the stage is right, and deployed'
    : 'asking again will not help'
}

const callFault = ({ functionName, qualifier, action }: Called, error: unknown): Fault => {
  const name = errorName(error)
  const isRefused = refusals.has(name)
  const advice = isRefused
    ? adviceFor(name, qualifier)
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
  async <Value>(request: ClientsRequest, qualifier: string): Promise<Value> => {
    const called = { functionName, qualifier, action: request.action }
    const reply = await client
      .send(
        new InvokeCommand({
          FunctionName: functionName,
          Qualifier: qualifier,
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

const usage = (message: string): Fault => new Fault({ code: 'INPUT_MALFORMED', retryable: false, message })

/** The set that a request names itself. */
const setOf = (request: ClientsRequest): string | undefined =>
  request.action === 'declare' ? request.set : request.action === 'retire' ? request.owner.resource : undefined

/** By which alias one set's clients are declared. @throws Fault INPUT_MALFORMED where several are possible */
const aliasOfSet = (sets: readonly string[], set: string | undefined): string => {
  const [only] = sets
  if (only === undefined) return DEFAULT_ALIAS
  if (set === undefined && sets.length === 1) return only
  if (set !== undefined && sets.includes(set)) return set
  const said = set === undefined ? 'and none was named' : `and ${set} is none of them`
  throw usage(
    `Nothing was changed: the stage has the sets ${sets.join(', ')}, ${said}. Name one by --set, or M2M_SET; in a file for m2m apply by "set".`,
  )
}

/** @param chosen a set, or break-glass; undefined: whichever the request names, or the only one that there is */
export const createClientsApi = (client: LambdaClient, functionName: string, chosen?: string): ClientsApi => {
  const invoke = createCall(client, functionName)
  let sets: Promise<readonly string[]> | undefined
  const askSets = (): Promise<readonly string[]> => {
    sets ??= invoke<StageView>({ action: 'stage' }, LOOK_ALIAS).then((view) => view.sets ?? [])
    return sets
  }
  const call = async <Value>(request: ClientsRequest): Promise<Value> => {
    const kind = authorityFor(request)
    if (kind !== 'set') return invoke(request, ownAliases[kind])
    if (chosen === BREAK_GLASS_ALIAS) return invoke(request, chosen)
    return invoke(request, aliasOfSet(await askSets(), setOf(request) ?? chosen))
  }
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
    writeClaims: (asked) => call({ action: 'writeClaims', ...asked }),
    hold: (asked) => call({ action: 'hold', ...asked }),
    release: (asked) => call({ action: 'release', ...asked }),
    removeDrill: (secretName) => call({ action: 'removeDrill', secretName }),
    closeReading: (asked) => call({ action: 'closeReading', ...asked }),
    giveBack: (asked) => call({ action: 'giveBack', ...asked }),
    retire: (asked) => call({ action: 'retire', ...asked }),
    discard: async (clientId) => {
      await call({ action: 'discard', clientId })
    },
    setActive: (asked) => call({ action: 'setActive', ...asked }),
  }
}

/** Whether the caller may call a function at all; nothing is run. */
export const mayCall = async (client: LambdaClient, functionName: string, alias?: string): Promise<'yes' | string> => {
  try {
    const target = { FunctionName: functionName, ...defined({ Qualifier: alias }) }
    await client.send(new InvokeCommand({ ...target, InvocationType: 'DryRun' }))
    return 'yes'
  } catch (error) {
    return errorName(error)
  }
}
