// What the durable SDK's runtime calls, and what an operator asks, of Lambda's durable executions: checkpoint, state, get, list, stop, as
// routes on the AWS address. Callbacks and the history are not played: nothing here uses them.
import type { Operation, StandInReply, StandInRequest } from '../stand-in/server.ts'
import { AwsFault } from './aws-fault.ts'
import type { DurableExecution } from './durable-execution.ts'
import type { DurableExecutions } from './durable-executions.ts'
import type { OperationUpdate, WireError } from './durable-wire.ts'
import type { FunctionVersions } from './function-versions.ts'
import { answered as answeredBy, lambdaReply } from './lambda-wire.ts'

const EXECUTION = /^\/2025-12-01\/durable-executions\/([^/]+)(?:\/(checkpoint|state|stop))?$/
const BY_FUNCTION = /^\/2025-12-01\/functions\/([^/]+)\/durable-executions$/
const MOST_LISTED = 1000

const answered = (run: () => object): Promise<StandInReply> => answeredBy(() => lambdaReply(200, run()))

interface DurableParts {
  readonly executions: DurableExecutions
  readonly versions: FunctionVersions
}

/** As a list has it. */
const summarize = (execution: DurableExecution): object => {
  const { arn, name, functionArn, version } = execution.input
  const endedAt = execution.endedAt()
  return {
    DurableExecutionArn: arn,
    DurableExecutionName: name,
    FunctionArn: `${functionArn}:${version}`,
    Status: execution.status(),
    StartTimestamp: execution.startedAt / 1000,
    EndTimestamp: endedAt === undefined ? undefined : endedAt / 1000,
  }
}

const describe = (execution: DurableExecution): object => ({
  ...summarize(execution),
  Version: execution.input.version,
  InputPayload: execution.input.payload,
  Result: execution.result(),
  Error: execution.error(),
})

interface Listed {
  readonly DurableExecutions: readonly object[]
  /** Absent: these were the last. */
  readonly NextMarker: string | undefined
}

/** Of one function, as the query's filters say; the newest first, unless they are reversed. */
const list = ({ executions, versions }: DurableParts, functionName: string, query: URLSearchParams): Listed => {
  const parts = functionName.split(':')
  const [name, ownQualifier] = parts[0] === 'arn' ? [parts[6], parts[7]] : parts
  const qualifier = ownQualifier ?? query.get('Qualifier') ?? undefined
  const statuses = query.getAll('Statuses')
  const executionName = query.get('DurableExecutionName')
  const startedAfter = Date.parse(query.get('StartedAfter') ?? '') || Number.NEGATIVE_INFINITY
  const startedBefore = Date.parse(query.get('StartedBefore') ?? '') || Number.POSITIVE_INFINITY
  const isListed = (execution: DurableExecution): boolean => {
    const { input, startedAt } = execution
    return (
      input.functionArn.endsWith(`:${name}`) &&
      (qualifier === undefined || input.version === versions.resolve(input.functionArn, qualifier)) &&
      (statuses.length === 0 || statuses.includes(execution.status())) &&
      (executionName === null || input.name === executionName) &&
      startedAt >= startedAfter &&
      startedAt <= startedBefore
    )
  }
  const all = executions.remembered().filter(isListed)
  const ordered = query.get('ReverseOrder') === 'true' ? all : all.toReversed()
  const from = Number(query.get('Marker') ?? 0)
  const upTo = from + Math.min(Number(query.get('MaxItems') ?? 100), MOST_LISTED)
  return {
    DurableExecutions: ordered.slice(from, upTo).map(summarize),
    NextMarker: ordered.length > upTo ? String(upTo) : undefined,
  }
}

interface Body {
  readonly CheckpointToken?: unknown
  readonly Updates?: readonly OperationUpdate[]
}

const parse = <Wanted extends object = Body>(text: string): Wanted => {
  try {
    return JSON.parse(text === '' ? '{}' : text) as Wanted
  } catch {
    throw new AwsFault('InvalidRequestContentException', 'Could not parse request body into json')
  }
}

/** @returns undefined when the request is not about durable executions. */
export const durableRoute = (parts: DurableParts, request: StandInRequest): Operation | undefined => {
  const { executions } = parts
  const { method, path, query, body } = request
  const listed = BY_FUNCTION.exec(path)
  if (listed !== null && method === 'GET') {
    const name = decodeURIComponent(listed[1] ?? '')
    return { op: 'ListDurableExecutionsByFunction', subject: name, run: () => answered(() => list(parts, name, query)) }
  }
  const match = EXECUTION.exec(path)
  if (match === null) return undefined
  const subject = decodeURIComponent(match[1] ?? '')
  const act = `${method} ${match[2] ?? ''}`.trim()
  const operation = (op: string, run: () => object): Operation => ({ op, subject, run: () => answered(run) })
  switch (act) {
    case 'POST checkpoint':
      return operation('CheckpointDurableExecution', () => {
        const { CheckpointToken, Updates = [] } = parse(body)
        return executions.checkpoint(subject, CheckpointToken, Updates)
      })
    case 'GET state':
      return operation('GetDurableExecutionState', () =>
        executions
          .get(subject)
          .state(query.get('CheckpointToken'), Number(query.get('Marker') ?? 0), Number(query.get('MaxItems') ?? 100)),
      )
    case 'GET':
      return operation('GetDurableExecution', () => describe(executions.get(subject)))
    case 'POST stop':
      return operation('StopDurableExecution', () => {
        const error = parse<WireError>(body)
        executions.get(subject).end('STOPPED', Object.keys(error).length === 0 ? {} : { error })
        return { StopTimestamp: (executions.get(subject).endedAt() ?? 0) / 1000 }
      })
    default:
      return undefined
  }
}
