// What the durable SDK's runtime calls, and what an operator asks, of Lambda's durable executions: checkpoint, state, get, list, stop, as
// routes on the AWS address. Callbacks and the history are not played: nothing here uses them.
import { randomUUID } from 'node:crypto'
import type { Operation, StandInReply, StandInRequest } from '../stand-in/server.ts'
import { AwsFault } from './aws-fault.ts'
import type { DurableExecution } from './durable-execution.ts'
import type { DurableExecutions } from './durable-executions.ts'
import type { OperationUpdate } from './durable-wire.ts'

const EXECUTION = /^\/2025-12-01\/durable-executions\/([^/]+)(?:\/(checkpoint|state|stop))?$/
const BY_FUNCTION = /^\/2025-12-01\/functions\/([^/]+)\/durable-executions$/

const json = (status: number, body: object, headers: Readonly<Record<string, string>> = {}): StandInReply => ({
  status,
  headers: { 'x-amzn-requestid': randomUUID(), 'content-type': 'application/json', ...headers },
  body,
})

const faultReply = ({ type, message, status }: AwsFault): StandInReply =>
  json(status, { Type: 'User', Message: message, message }, { 'x-amzn-errortype': type })

const answered = (run: () => object): StandInReply => {
  try {
    return json(200, run())
  } catch (error) {
    if (error instanceof AwsFault) return faultReply(error)
    throw error
  }
}

const describe = (execution: DurableExecution): object => {
  const { arn, name, functionArn, payload } = execution.input
  const endedAt = execution.endedAt()
  return {
    DurableExecutionArn: arn,
    DurableExecutionName: name,
    FunctionArn: functionArn,
    Status: execution.status(),
    StartTimestamp: execution.startedAt / 1000,
    EndTimestamp: endedAt === undefined ? undefined : endedAt / 1000,
    InputPayload: payload,
    Result: execution.result(),
    Error: execution.error(),
  }
}

interface Checkpoint {
  readonly CheckpointToken?: unknown
  readonly Updates?: readonly OperationUpdate[]
}

const parse = (text: string): Checkpoint => {
  try {
    return JSON.parse(text === '' ? '{}' : text) as Checkpoint
  } catch {
    throw new AwsFault('InvalidRequestContentException', 'Could not parse request body into json')
  }
}

/** @returns undefined when the request is not about durable executions. */
export const durableRoute = (executions: DurableExecutions, request: StandInRequest): Operation | undefined => {
  const { method, path, query, body } = request
  const listed = BY_FUNCTION.exec(path)
  if (listed !== null && method === 'GET') {
    const name = decodeURIComponent(listed[1] ?? '')
    const isOf = ({ input }: DurableExecution) => input.functionArn === name || input.functionArn.endsWith(`:${name}`)
    const run = () => answered(() => ({ DurableExecutions: executions.all().filter(isOf).map(describe) }))
    return { op: 'ListDurableExecutionsByFunction', subject: name, run }
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
        executions.get(subject).end('STOPPED', {})
        return { StopTimestamp: (executions.get(subject).endedAt() ?? 0) / 1000 }
      })
    default:
      return undefined
  }
}
