// What a check of `m2m doctor --before-deploy` finds: fine, a problem, or that it could not look, each with what to type. Also how a call to
// AWS that failed becomes the last of these: a denial names the action and who is to be allowed it, so that one missing right hides nothing
// but its own check.
import { messageText } from '../../lambda/core/base/message-text.ts'

export type CheckState = 'ok' | 'problem' | 'notChecked'

export interface CheckResult {
  /** What was looked at: `project secret`, `names`. */
  readonly check: string
  readonly state: CheckState
  readonly what: string
  /** What to type; absent when all is well. */
  readonly todo?: string
}

/** A call that AWS did not answer as hoped; never holds what was sent. */
export class AwsCallError extends Error {
  /** As IAM names it: `kms:GetKeyPolicy`. */
  readonly action: string
  /** AWS's, or Node's for a connection. */
  readonly errorName: string
  constructor(action: string, errorName: string, message: string) {
    super(messageText(message))
    this.name = 'AwsCallError'
    this.action = action
    this.errorName = errorName
  }
}

const DENIED = /AccessDenied|NotAuthorized|UnauthorizedOperation|AuthorizationError|Forbidden/i

export const isDenied = ({ errorName }: AwsCallError): boolean => DENIED.test(errorName)

export const passed = (check: string, what: string): CheckResult => ({ check, state: 'ok', what })

export const problem = (check: string, what: string, todo: string): CheckResult => ({
  check,
  state: 'problem',
  what,
  todo,
})

export const notChecked = (check: string, what: string, todo: string): CheckResult => ({
  check,
  state: 'notChecked',
  what,
  todo,
})

/** @param what what it would have shown. */
export const couldNotLook = (check: string, what: string, error: unknown): CheckResult => {
  if (!(error instanceof AwsCallError)) {
    const why = error instanceof Error ? `${error.name}: ${error.message}` : 'unknown'
    return notChecked(check, `${what}: ${why}`, 'run it again; if it stays, report it with this line')
  }
  const { action, errorName, message } = error
  return isDenied(error)
    ? notChecked(
        check,
        `${what}: ${action} is denied`,
        `allow your own role ${action}, or have somebody run it who may`,
      )
    : notChecked(
        check,
        `${what}: ${action} failed with ${errorName}${message === '' ? '' : ` (${message})`}`,
        'see whether AWS can be reached from here, and run it again',
      )
}

export interface Check {
  readonly check: string
  /** What it would have shown, when it cannot. */
  readonly what: string
  readonly run: () => Promise<readonly CheckResult[]>
}

/** In the given order; a check that fails is one that could not look. */
export const runChecks = async (checks: readonly Check[]): Promise<readonly CheckResult[]> => {
  const results = await Promise.all(
    checks.map(({ check, what, run }) => run().catch((error: unknown) => [couldNotLook(check, what, error)])),
  )
  return results.flat()
}
