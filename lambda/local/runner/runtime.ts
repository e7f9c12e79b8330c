// One execution environment, in a process of its own: loads the handler's module once, then runs one event at a time.
// Started by execution-environment.ts alone. It dies with its parent: when the channel closes, however the parent ended,
// it exits. A handler that blocks the event loop without end would outlive a killed parent; handlers do I/O.

import Module from 'node:module'
import { pathToFileURL } from 'node:url'
import { defined } from '../../core/base/defined.ts'
import type { FromRuntime, FunctionIdentity, ToRuntime } from './messages.ts'
import { installClock, shiftClock } from './shifted-clock.ts'

type Handler = (event: unknown, context: object) => unknown

/** Whether the parent uses Node's cache of compiled modules. The handler's environment is what the function was given, and PATH. */
const isCompilationCached = process.env.NODE_COMPILE_CACHE !== undefined
delete process.env.NODE_COMPILE_CACHE

let handler: Handler | undefined
let identity: FunctionIdentity = { functionName: 'function', functionArn: '', memoryLimitInMB: 128 }

const send = (message: FromRuntime): void => {
  process.send?.(message)
}

/** Lambda reports an error's name and message; the stack stays here. */
const describeError = (error: unknown): { readonly errorType: string; readonly errorMessage: string } =>
  error instanceof Error
    ? { errorType: error.name, errorMessage: error.message }
    : { errorType: typeof error, errorMessage: String(error) }

const load = async (message: Extract<ToRuntime, { kind: 'load' }>): Promise<void> => {
  identity = message.identity
  process.title = `lambda ${identity.functionName}`
  let exports: Record<string, unknown>
  try {
    exports = (await import(pathToFileURL(message.modulePath).href)) as Record<string, unknown>
  } catch (error) {
    const { errorType, errorMessage } = describeError(error)
    send({ kind: 'load-failed', errorType: 'Runtime.ImportModuleError', errorMessage: `${errorType}: ${errorMessage}` })
    return
  }
  const found = exports[message.exportName]
  if (typeof found !== 'function') {
    const errorMessage = `${message.exportName} is undefined or not exported`
    send({ kind: 'load-failed', errorType: 'Runtime.HandlerNotFound', errorMessage })
    return
  }
  handler = found as Handler
  send({ kind: 'loaded' })
  // Node writes the cache when a process ends, and this one is killed.
  if (isCompilationCached) Module.flushCompileCache?.()
}

const invoke = async ({
  requestId,
  event,
  timeoutMs,
  invokedArn,
  version = '$LATEST',
  clientContext,
  clockOffsetMs,
}: Extract<ToRuntime, { kind: 'invoke' }>): Promise<void> => {
  shiftClock(clockOffsetMs)
  const deadlineAt = performance.now() + timeoutMs
  const context = {
    awsRequestId: requestId,
    functionName: identity.functionName,
    functionVersion: version,
    invokedFunctionArn: invokedArn ?? identity.functionArn,
    memoryLimitInMB: String(identity.memoryLimitInMB),
    logGroupName: `/aws/lambda/${identity.functionName}`,
    logStreamName: `${process.pid}`,
    callbackWaitsForEmptyEventLoop: false,
    ...defined({ clientContext }),
    getRemainingTimeInMillis: () => Math.max(0, Math.floor(deadlineAt - performance.now())),
  }
  let value: unknown
  try {
    value = await handler?.(event, context)
  } catch (error) {
    send({ kind: 'failed', requestId, ...describeError(error) })
    return
  }
  try {
    const text = JSON.stringify(value) as string | undefined
    send({ kind: 'succeeded', requestId, ...defined({ value: text }) })
  } catch (error) {
    const { errorMessage } = describeError(error)
    send({ kind: 'failed', requestId, errorType: 'Runtime.MarshalError', errorMessage })
  }
}

installClock()
process.on('disconnect', () => process.exit(1))
process.on('message', (message: ToRuntime) => {
  void (message.kind === 'load' ? load(message) : invoke(message))
})
