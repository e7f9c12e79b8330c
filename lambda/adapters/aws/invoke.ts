// Lambda's Invoke, as a signed call. What a function threw is part of the reply; that it was not reached, or not run, is for the caller to
// name. Sent once.
import { defined } from '../../core/base/defined.ts'
import { errorHeaderOf, type SignedCall } from './signed-call.ts'

export interface FunctionCall {
  /** A name, or an ARN with or without an alias. */
  readonly functionName: string
  /** Event: it is queued, and nobody waits for its end. */
  readonly type: 'RequestResponse' | 'Event'
  readonly payload: object
  readonly timeoutMs: number
  /** Kept by CloudTrail, maybe: no value. */
  readonly clientContext?: object
  /** Two executions of one name are one. */
  readonly durableExecutionName?: string
}

export type InvokeReply =
  /** `failed`: the function threw, and `body` says what. */
  | { readonly taken: true; readonly failed: boolean; readonly body: string }
  /** `why`: Lambda's own name of the error, or the status. */
  | { readonly taken: false; readonly why: string; readonly isThrottled: boolean }

/** @throws what the connection throws. */
export type Invoke = (invocation: FunctionCall) => Promise<InvokeReply>

/** The name does: the function is this account's, and a name needs no escaping in a path that is signed. */
export const partsOf = (called: string): { readonly name: string; readonly alias: string | undefined } => {
  const [, , , , , , name = called, alias] = called.split(':')
  return { name, alias }
}

export const createInvoke =
  (call: SignedCall): Invoke =>
  async ({ functionName, type, payload, timeoutMs, clientContext, durableExecutionName }) => {
    const { name, alias } = partsOf(functionName)
    const context = clientContext && Buffer.from(JSON.stringify(clientContext)).toString('base64')
    const request = {
      path: `/2015-03-31/functions/${name}/invocations`,
      ...(alias === undefined ? {} : { query: { Qualifier: alias } }),
      headers: {
        'content-type': 'application/json',
        'x-amz-invocation-type': type,
        ...defined({ 'x-amz-client-context': context, 'x-amz-durable-execution-name': durableExecutionName }),
      },
      body: JSON.stringify(payload),
    }
    const reply = await call(request, timeoutMs)
    const { status, headers, body } = reply
    if (status !== (type === 'Event' ? 202 : 200)) {
      return { taken: false, why: errorHeaderOf(reply) ?? `status ${status}`, isThrottled: status === 429 }
    }
    return { taken: true, failed: headers['x-amz-function-error'] !== undefined, body }
  }
