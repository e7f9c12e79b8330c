// The laptop's functions as processes: each version of a function has processes of its own, so that what began on one goes on with its code
// after another was deployed. A deployment changes code or environment, never the name.

import { LATEST } from '../aws/function-versions.ts'
import type { Invocation, InvocationResult } from '../aws/functions.ts'
import type { InvokeResult } from '../runner/execution-environment.ts'
import { type Lambda, type LambdaInput, startLambda } from '../runner/lambda-runner.ts'

export type DeployedCode = Pick<LambdaInput, 'modulePath' | 'timeoutMs' | 'memory' | 'env' | 'maxEnvironments'>

export interface DeployedFunctions {
  exists(functionArn: string): boolean
  /** Never rejects. By the function's own ARN unless the invocation names a qualifier. */
  invoke(invocation: Invocation): Promise<InvocationResult>
  /** On what is deployed now. */
  invokeLatest(functionArn: string, event: unknown): Promise<InvokeResult>
  /** The processes of what is deployed now. @throws Error when there is no such function. */
  latest(functionArn: string): Lambda
  add(functionArn: string, code: DeployedCode): void
  /** By ARN. */
  all(): readonly string[]
  /** Its processes end by themselves. */
  remove(functionArn: string): void
  /** What is called without a version, from now on. What was published keeps its own code. @throws Error when there is no such function. */
  change(functionArn: string, changes: Partial<DeployedCode>): void
  /** What is deployed now. @throws Error when there is no such function. */
  codeOf(functionArn: string): DeployedCode
  /** @param version the number under which what is deployed now is published. @throws Error when there is no such function. */
  publish(functionArn: string, version: string): void
  close(): Promise<void>
}

interface DeployedFunction {
  code: DeployedCode
  readonly versions: Map<string, Lambda>
}

const absent = (functionArn: string): InvokeResult => ({
  ok: false,
  errorType: 'ResourceNotFoundException',
  errorMessage: `Function not found: ${functionArn}`,
})

export const createDeployedFunctions = ({
  clockOffsetMs,
  coldStartMs,
  onLog,
}: Required<Pick<LambdaInput, 'clockOffsetMs' | 'coldStartMs' | 'onLog'>>): DeployedFunctions => {
  const functions = new Map<string, DeployedFunction>()
  /** Processes of what was replaced: each ends what it has begun. */
  const retired: Promise<void>[] = []

  const start = (functionArn: string, code: DeployedCode): Lambda =>
    startLambda({
      ...code,
      functionName: functionArn.split(':')[6] ?? '',
      functionArn,
      clockOffsetMs,
      coldStartMs,
      onLog,
    })
  const of = (functionArn: string): DeployedFunction => {
    const found = functions.get(functionArn)
    if (found === undefined) throw new Error(`The laptop has no function ${functionArn}.`)
    return found
  }
  const latest = (functionArn: string): Lambda => {
    const lambda = of(functionArn).versions.get(LATEST)
    if (lambda === undefined) throw new Error(`Nothing is deployed of ${functionArn}.`)
    return lambda
  }

  return {
    exists: (functionArn) => functions.has(functionArn),
    invoke: async ({ functionArn, qualifier, version, event, clientContext, signal }) => {
      const lambda = functions.get(functionArn)?.versions.get(version)
      if (lambda === undefined) return absent(functionArn)
      const invokedArn = qualifier === undefined ? undefined : `${functionArn}:${qualifier}`
      return lambda.invoke(event, { invokedArn, version, clientContext, signal })
    },
    invokeLatest: async (functionArn, event) =>
      functions.has(functionArn) ? latest(functionArn).invoke(event) : absent(functionArn),
    latest,
    add: (functionArn, code) => {
      const lambda = start(functionArn, code)
      functions.set(functionArn, { code, versions: new Map([[LATEST, lambda]]) })
    },
    all: () => [...functions.keys()],
    remove: (functionArn) => {
      const removed = functions.get(functionArn)
      functions.delete(functionArn)
      for (const lambda of new Set(removed?.versions.values())) void lambda.close()
    },
    change: (functionArn, changes) => {
      const deployed = of(functionArn)
      const before = latest(functionArn)
      deployed.code = { ...deployed.code, ...changes }
      deployed.versions.set(LATEST, start(functionArn, deployed.code))
      const isPublished = [...deployed.versions.values()].includes(before)
      if (!isPublished) retired.push(before.retire())
    },
    codeOf: (functionArn) => of(functionArn).code,
    publish: (functionArn, version) => {
      of(functionArn).versions.set(version, latest(functionArn))
    },
    close: async () => {
      const all = [...functions.values()].flatMap(({ versions }) => [...versions.values()])
      await Promise.all([...[...new Set(all)].map((lambda) => lambda.close()), ...retired])
    },
  }
}
