// What a function is to the stand-in: something that exists under an ARN and answers an event. Whoever makes the stand-in says how it runs.

export type InvocationResult =
  | { readonly ok: true; readonly value?: unknown }
  | { readonly ok: false; readonly errorType: string; readonly errorMessage: string }

/** One invocation of a function that exists. */
export interface Invocation {
  /** Unqualified. */
  readonly functionArn: string
  /** An alias or a version, as the caller named it. */
  readonly qualifier: string | undefined
  /** Whose code runs: a version's number, or $LATEST. */
  readonly version: string
  readonly event: unknown
  /** The caller's ClientContext, parsed. Lambda passes it on for synchronous invocations only (API reference, "Invoke"). */
  readonly clientContext?: unknown
  /** Aborted when the function's timeout is over by the shared clock: what runs is to be killed. Durable functions only. */
  readonly signal?: AbortSignal
}

/** What is configured of a function, as far as the stand-in acts on it. */
export interface FunctionSettings {
  /** Its aliases; each names version 1 at first. @default - any name is taken for one */
  readonly aliases?: readonly string[]
  /** Of an asynchronous invocation that is throttled. @default - 6 hours */
  readonly maxEventAgeMs?: number
  /** Of an asynchronous invocation that failed. @default - 2 */
  readonly maxRetries?: number
  /** ARN of the queue that gets what all tries failed for. @default - none */
  readonly onFailure?: string
  /** ARN of the queue that gets the events themselves for which all tries failed. @default - none */
  readonly deadLetterArn?: string
  /** With whose rights Lambda itself acts for it. @default - none are evaluated */
  readonly roleArn?: string
  /** Executions at once. @default - what the account has left */
  readonly reserved?: number
  /** Of one invocation, on the shared clock. Durable functions only: others end by the time of the process. @default - none */
  readonly timeoutMs?: number
  /** Of a durable execution. @default - none */
  readonly executionTimeoutMs?: number
  /** How long a durable execution that is over, and its name, are remembered. @default - 14 days */
  readonly retentionMs?: number
}

/** A function that CreateFunction asks for. */
export interface MadeFunction {
  readonly functionArn: string
  /** The deployment package. */
  readonly zip: Buffer
  /** `index.handler` */
  readonly handler: string
  readonly timeoutMs: number
  readonly isDurable: boolean
}

export interface Functions {
  exists(functionArn: string): boolean
  /** By ARN. @default - none are listed */
  all?(): readonly string[]
  /** @default - none can be made */
  create?(made: MadeFunction): void
  remove?(functionArn: string): void
  /** Whether its invocations are durable executions. @default - none's */
  isDurable?(functionArn: string): boolean
  /** @default - nothing is configured */
  settingsOf?(functionArn: string): FunctionSettings
  /** Never rejects. */
  invoke(invocation: Invocation): Promise<InvocationResult>
}
