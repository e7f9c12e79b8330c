// A handler for the runner's tests: does what its event tells it to, so that one module serves every case.
import { setTimeout as sleep } from 'node:timers/promises'

interface Event {
  readonly do?: string
  readonly ms?: number
}

interface Context {
  readonly awsRequestId: string
  readonly functionName: string
  readonly invokedFunctionArn: string
  readonly memoryLimitInMB: string
  getRemainingTimeInMillis(): number
}

let calls = 0

const fail = (name: string, message: string): never => {
  const error = new Error(message)
  error.name = name
  throw error
}

export const handler = async (event: Event, context: Context): Promise<unknown> => {
  calls += 1
  switch (event.do) {
    case 'sleep':
      await sleep(event.ms)
      return { pid: process.pid, calls }
    case 'throw':
      return fail('RotationRefused', 'the message')
    case 'throw a string':
      throw 'just text'
    case 'exit':
      return process.exit(3)
    case 'log':
      console.log('first line\nsecond line')
      console.error('to stderr')
      return undefined
    case 'env':
      return { env: process.env, title: process.title, argv: process.argv }
    case 'cycle': {
      const cycle: { self?: unknown } = {}
      cycle.self = cycle
      return cycle
    }
    case 'context':
      return { ...context, remainingMs: context.getRemainingTimeInMillis() }
    default:
      return { pid: process.pid, calls, event }
  }
}

export const another = async (): Promise<string> => 'another'
