// What a function is to the stand-in: something that exists under an ARN and answers an event. Whoever makes the stand-in says how it runs.

export type InvocationResult =
  | { readonly ok: true; readonly value?: unknown }
  | { readonly ok: false; readonly errorType: string; readonly errorMessage: string }

/** One invocation of a function that exists. */
export interface Invocation {
  /** Unqualified. */
  readonly functionArn: string
  /** An alias or a version. */
  readonly qualifier: string | undefined
  readonly event: unknown
  /** The caller's ClientContext, parsed. Lambda passes it on for synchronous invocations only (API reference, "Invoke"). */
  readonly clientContext?: unknown
}

export interface Functions {
  exists(functionArn: string): boolean
  /** Whether its invocations are durable executions. @default - none's */
  isDurable?(functionArn: string): boolean
  /** Never rejects. */
  invoke(invocation: Invocation): Promise<InvocationResult>
}
