// What the runner and an execution environment say to each other over the child's IPC channel. Everything the child
// needs travels here or in its environment, never in its arguments, which any user of the machine can list.

export interface FunctionIdentity {
  readonly functionName: string
  readonly functionArn: string
  readonly memoryLimitInMB: number
}

export type ToRuntime =
  | {
      readonly kind: 'load'
      readonly modulePath: string
      readonly exportName: string
      readonly identity: FunctionIdentity
    }
  | {
      readonly kind: 'invoke'
      readonly requestId: string
      readonly event: unknown
      readonly timeoutMs: number
      /** By which ARN it was invoked, should that be another than the function's own. */
      readonly invokedArn?: string | undefined
      /** @default - $LATEST */
      readonly version?: string | undefined
      readonly clientContext?: unknown
      /** What the shared clock is ahead of the machine's. */
      readonly clockOffsetMs: number
    }

export type FromRuntime =
  | { readonly kind: 'loaded' }
  | { readonly kind: 'load-failed'; readonly errorType: string; readonly errorMessage: string }
  /** `value` is JSON text; absent = the handler returned undefined. */
  | { readonly kind: 'succeeded'; readonly requestId: string; readonly value?: string }
  | {
      readonly kind: 'failed'
      readonly requestId: string
      readonly errorType: string
      readonly errorMessage: string
    }
