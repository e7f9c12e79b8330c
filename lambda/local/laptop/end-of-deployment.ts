// How a deployment on the laptop ends. What follows a stack that stands – admitting its callers, confirming its subscriptions – may fail, and then
// the deployment has succeeded all the same: nothing of it was rolled back.
import { defined } from '../../core/base/defined.ts'
import { StackFailed } from '../stack/stack.ts'

export interface DeploymentWork {
  readonly prepare: () => void
  /** @throws StackFailed once everything is as it was before */
  readonly deploy: () => Promise<void>
  /** The stage stands from now on. */
  readonly keep: () => void
  readonly settle: () => Promise<void>
  /** After a failure, of a stage that was not there before. */
  readonly discard: () => Promise<void>
}

export type DeploymentEnd =
  | {
      readonly end: 'stands'
      /** What failed afterwards. */
      readonly unsettled?: string
    }
  | { readonly end: 'rolledBack'; readonly reason: string; readonly notPutBack: readonly string[] }

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : 'unknown')

export const carryOutDeployment = async (work: DeploymentWork): Promise<DeploymentEnd> => {
  try {
    work.prepare()
    await work.deploy()
  } catch (error) {
    await work.discard()
    const notPutBack = error instanceof StackFailed ? error.notPutBack : []
    return { end: 'rolledBack', reason: messageOf(error), notPutBack }
  }
  work.keep()
  const unsettled = await work.settle().then(() => undefined, messageOf)
  return { end: 'stands', ...defined({ unsettled }) }
}
