// What every group of operations is given and what it is: a table from AWS's operation names to functions of the
// request's body. An operation validates first, changes the store second, and throws an AwsFault to refuse.
import { type AwsFault, invalidRequest } from './aws-fault.ts'
import { type Body, readInput, readSecretId } from './input.ts'
import type { RotationDriver } from './rotation-driver.ts'
import type { Secret, SecretStore } from './secret-store.ts'
import type { SecretViews } from './secret-views.ts'
import type { AwsSettings } from './settings.ts'
import type { VersionQuota } from './version-quota.ts'

export interface AwsContext {
  readonly store: SecretStore
  readonly now: () => number
  readonly settings: Readonly<AwsSettings>
  readonly driver: RotationDriver
  /** What reads are answered from. */
  readonly views: SecretViews
  readonly countVersion: VersionQuota
  /** Whether a function's policy lets Secrets Manager invoke it for a secret. @default - every function's does */
  readonly mayInvoke?: (functionArn: string, secretArn: string) => boolean
  /** Of a call about many secrets that is under way: why its caller may not read one of them. @default - it may read all */
  readonly refusesToRead?: (secretId: string) => AwsFault | undefined
}

/** Deliberately synchronous: one call's effect is one step, however many calls are under way. @param caller ARN of who signed */
export type AwsOperation = (body: Body, caller: string) => object
export type AwsOperations = Readonly<Record<string, AwsOperation>>

/** @throws InvalidRequestException while deletion is scheduled. */
export const checkNotDeleted = (secret: Secret): Secret => {
  if (secret.deletionAt === undefined) return secret
  throw invalidRequest("You can't perform this operation on the secret because it was marked for deletion.")
}

/** Reads a request that names a secret and nothing else. @throws ResourceNotFoundException */
export const readSecret = (store: SecretStore, body: Body): Secret => {
  return store.get(readSecretId(readInput(body)))
}
