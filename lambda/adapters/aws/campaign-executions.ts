// Campaigns as Lambda's durable executions: listed, looked at, and started anew. For the command line, which is not bundled. The pages of a
// campaign are executions of the same function; what an execution was started with tells them apart, and takes a call for each.
import {
  type ExecutionStatus,
  GetDurableExecutionCommand,
  InvokeCommand,
  LambdaClient,
  ListDurableExecutionsByFunctionCommand,
} from '@aws-sdk/client-lambda'
import { Fault } from '../../core/base/fault.ts'
import { isJsonObject, type JsonObject, parseJsonObject } from '../../core/base/json-object.ts'
import { isPageOrder } from '../../core/campaign/campaign-page.ts'
import { campaignIdOf, isSameCampaign } from '../../core/campaign/campaign-runs.ts'
import { errorName } from '../error-name.ts'
import { awsClientSettings } from './aws-call.ts'

export interface CampaignExecution {
  readonly arn: string
  readonly name: string
  readonly status: string
  /** Epoch milliseconds. */
  readonly startedAt: number
  readonly endedAt?: number
  readonly input: JsonObject
  /** The report, once it has one. */
  readonly result?: JsonObject
  /** Of an execution that failed. */
  readonly error?: string
}

export interface CampaignExecutions {
  /** Newest first. @throws Fault FUNCTION_NOT_ANSWERED, FUNCTION_REFUSED */
  list(most: number): Promise<readonly CampaignExecution[]>
  /**
   * By what repetitions have in common, or by the name of one of them: the run that is under way, else the newest. By an execution's ARN: that
   * one.
   */
  find(id: string): Promise<CampaignExecution | undefined>
  /** @param name 1 to 64 letters, digits, hyphens and underscores; the same name and input are the same execution. @returns its ARN */
  start(name: string, input: JsonObject): Promise<string>
}

export const createCampaignsClient = (): LambdaClient => new LambdaClient(awsClientSettings)

const LIST_PAGE = 100
/** A campaign of a hundred thousand has two thousand pages. */
const MOST_LOOKS = 3000
const LOOKS_AT_ONCE = 10

const refusals = new Set(['AccessDeniedException', 'InvalidParameterValueException'])

const toFault = (what: string, error: unknown): Fault => {
  const name = errorName(error)
  const isRefused = refusals.has(name) || name === 'ResourceNotFoundException'
  const advice =
    name === 'ResourceNotFoundException'
      ? 'check the stage, and that it has campaigns'
      : isRefused
        ? 'attach the operator policy (output OperatorPolicyArn) to your role'
        : 'it may be retried'
  return new Fault({
    code: isRefused ? 'FUNCTION_REFUSED' : 'FUNCTION_NOT_ANSWERED',
    retryable: !isRefused,
    message: `${what} failed with ${name}; ${advice}.`,
  })
}

interface Listed {
  readonly arn: string
  readonly name: string
  readonly startedAt: number
}

interface Filter {
  readonly name?: string
  readonly statuses?: ExecutionStatus[]
  readonly startedAfter?: Date
}

/** @param functionName without an alias: executions stay on the version that they began on */
export const createCampaignExecutions = (client: LambdaClient, functionName: string): CampaignExecutions => {
  /** Lambda lists the newest first. */
  const listPage = async (marker: string | undefined, { name, statuses, startedAfter }: Filter) => {
    const { DurableExecutions: found = [], NextMarker: next } = await client
      .send(
        new ListDurableExecutionsByFunctionCommand({
          FunctionName: functionName,
          Marker: marker,
          MaxItems: LIST_PAGE,
          DurableExecutionName: name,
          Statuses: statuses,
          StartedAfter: startedAfter,
        }),
      )
      .catch((error: unknown) => {
        throw toFault(`Listing the executions of ${functionName}`, error)
      })
    const listed = found.map(
      (one): Listed => ({
        arn: one.DurableExecutionArn ?? '',
        name: one.DurableExecutionName ?? '',
        startedAt: one.StartTimestamp?.getTime() ?? 0,
      }),
    )
    return { listed: listed.sort((one, other) => other.startedAt - one.startedAt), next }
  }

  const look = async (arn: string): Promise<CampaignExecution | undefined> => {
    const found = await client
      .send(new GetDurableExecutionCommand({ DurableExecutionArn: arn }))
      .catch((error: unknown) => {
        if (error instanceof Error && error.name === 'ResourceNotFoundException') return undefined
        throw toFault(`Looking at ${arn}`, error)
      })
    const input = parseJsonObject(found?.InputPayload ?? '')
    if (found === undefined || input === undefined || isPageOrder(input)) return undefined
    const result = parseJsonObject(found.Result ?? '')
    return {
      arn,
      name: found.DurableExecutionName ?? '',
      status: found.Status ?? 'UNKNOWN',
      startedAt: found.StartTimestamp?.getTime() ?? 0,
      ...(found.EndTimestamp === undefined ? {} : { endedAt: found.EndTimestamp.getTime() }),
      input,
      ...(isJsonObject(result) ? { result } : {}),
      ...(found.Error === undefined ? {} : { error: found.Error.ErrorMessage ?? found.Error.ErrorType ?? 'unknown' }),
    }
  }

  const list = async (
    most: number,
    isWanted: (found: CampaignExecution) => boolean = () => true,
    filter: Filter = {},
  ): Promise<readonly CampaignExecution[]> => {
    const campaigns: CampaignExecution[] = []
    let looks = 0
    let marker: string | undefined
    do {
      const { listed, next } = await listPage(marker, filter)
      for (let at = 0; at < listed.length && campaigns.length < most; at += LOOKS_AT_ONCE) {
        const found = await Promise.all(listed.slice(at, at + LOOKS_AT_ONCE).map(({ arn }) => look(arn)))
        campaigns.push(...found.filter((one) => one !== undefined).filter(isWanted))
      }
      looks += listed.length
      marker = next
    } while (marker !== undefined && campaigns.length < most && looks < MOST_LOOKS)
    return campaigns.slice(0, most)
  }

  const byName = async (name: string): Promise<CampaignExecution | undefined> => {
    if (!/^[A-Za-z0-9_-]{1,64}$/.test(name)) return undefined
    const { listed } = await listPage(undefined, { name })
    const found = listed.find((one) => one.name === name)
    return found === undefined ? undefined : look(found.arn)
  }

  const find = async (id: string): Promise<CampaignExecution | undefined> => {
    const named = await byName(id)
    const isRun = (one: CampaignExecution): boolean =>
      named === undefined ? campaignIdOf(one) === id : isSameCampaign(one, named)
    const [running] = await list(1, isRun, { statuses: ['RUNNING'] })
    if (running !== undefined) return running
    // Whatever repeats it has begun later.
    const since = named === undefined ? {} : { startedAfter: new Date(named.startedAt) }
    const [newest] = await list(1, isRun, since)
    return newest ?? named
  }

  return {
    list: (most) => list(most),
    find: (id) => (id.startsWith('arn:') ? look(id) : find(id)),
    start: async (name, input) => {
      const { DurableExecutionArn: arn } = await client
        .send(
          new InvokeCommand({
            FunctionName: `${functionName}:live`,
            InvocationType: 'Event',
            DurableExecutionName: name,
            Payload: JSON.stringify(input),
          }),
        )
        .catch((error: unknown) => {
          throw toFault(`Starting a campaign`, error)
        })
      return arn ?? ''
    },
  }
}
