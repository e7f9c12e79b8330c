// RotateSecret and CancelRotateSecret, and what the schedule starts by itself. Here are the refusals that make
// RotateSecret a mutex; the driver does the rest.
import { randomUUID } from 'node:crypto'
import { AwsFault, invalidRequest } from './aws-fault.ts'
import { type Body, readInput, readRequestToken, readSecretId } from './input.ts'
import { type AwsContext, type AwsOperations, checkNotDeleted, readSecret } from './operations.ts'
import { isRotationDue, readRotationRules } from './schedule.ts'
import type { RotationRules, Secret } from './secret-store.ts'
import { CURRENT, PENDING, versionWith } from './versions.ts'
import { identity } from './wire.ts'

export interface RotationOperations {
  readonly operations: AwsOperations
  /** Starts every scheduled rotation that is due by the shared clock. @returns how many */
  readonly tick: () => number
}

const noFunction = (): Error =>
  invalidRequest(
    "You tried to enable rotation on a secret that doesn't already have a Lambda function ARN configured and you didn't include such an ARN as a parameter in this call.",
  )

const notPermitted = (): Error =>
  new AwsFault(
    'AccessDeniedException',
    'Secrets Manager cannot invoke the specified Lambda function. Ensure that the function policy grants access to the principal secretsmanager.amazonaws.com.',
  )

/** @returns the version whose AWSPENDING says that a rotation is under way, or was left behind. */
const unfinishedVersionId = (secret: Secret): string | undefined => {
  const pending = versionWith(secret, PENDING)
  return pending === undefined || pending.stages.has(CURRENT) ? undefined : pending.id
}

export const rotationOperations = (context: AwsContext): RotationOperations => {
  const { store, now, settings, driver } = context

  const configure = (
    secret: Secret,
    given: { readonly lambdaArn: string | undefined; readonly rules: RotationRules | undefined },
  ): void => {
    const before = secret.rotation
    secret.rotation = {
      isEnabled: true,
      lambdaArn: given.lambdaArn ?? before?.lambdaArn,
      rules: given.rules ?? before?.rules,
      configuredAt: before?.configuredAt ?? now(),
      lastRotatedAt: before?.lastRotatedAt,
      firedAt: before?.firedAt,
    }
    store.changed(secret)
  }

  /** @returns 'start', or 'ignore' when the answer is a success without any effect. @throws InvalidRequestException */
  const judge = (secret: Secret, token: string): 'start' | 'ignore' => {
    const unfinished = unfinishedVersionId(secret)
    const isUsed = secret.versions.has(token)
    const isOwn = unfinished === undefined || unfinished === token
    if (isUsed && isOwn && settings.usedToken === 'ignore') return 'ignore'
    if (isUsed && isOwn && settings.usedToken === 'redrive') return driver.isDriving(secret, token) ? 'ignore' : 'start'
    if (unfinished !== undefined) {
      throw invalidRequest("A previous rotation isn't complete. That rotation will be reattempted.")
    }
    if (isUsed) {
      throw invalidRequest(
        `You can't use ClientRequestToken ${token} because that value is already in use for a version of secret ${secret.arn}.`,
      )
    }
    return 'start'
  }

  const rotateSecret = (body: Body): object => {
    const input = readInput(body)
    const secretId = readSecretId(input)
    const token = readRequestToken(input)
    const lambdaArn = input.text('RotationLambdaARN') || undefined
    const rulesBody = input.structure('RotationRules')
    const isImmediate = input.flag('RotateImmediately') !== false
    const rules = rulesBody === undefined ? undefined : readRotationRules(rulesBody)
    for (const name of ['ExternalSecretRotationMetadata', 'ExternalSecretRotationRoleArn']) {
      if (input.has(name)) throw invalidRequest(`${name} is not played by this stand-in.`)
    }
    const secret = checkNotDeleted(store.get(secretId))
    const functionArn = lambdaArn ?? secret.rotation?.lambdaArn
    if (functionArn === undefined) throw noFunction()
    if (context.mayInvoke?.(functionArn, secret.arn) === false) throw notPermitted()
    if (judge(secret, token) === 'start') {
      configure(secret, { lambdaArn, rules })
      if (isImmediate) driver.rotate(secret, token)
      else driver.test(secret, token)
    }
    return { ...identity(secret), VersionId: token }
  }

  const isStartable = (secret: Secret): boolean =>
    secret.deletionAt === undefined &&
    secret.rotation?.lambdaArn !== undefined &&
    unfinishedVersionId(secret) === undefined

  return {
    operations: {
      RotateSecret: rotateSecret,
      CancelRotateSecret: (body) => {
        const secret = checkNotDeleted(readSecret(store, body))
        if (secret.rotation === undefined) throw noFunction()
        const unfinished = unfinishedVersionId(secret)
        secret.rotation.isEnabled = false
        driver.cancel(secret)
        store.changed(secret)
        return { ...identity(secret), VersionId: unfinished }
      },
    },
    tick: () => {
      let started = 0
      for (const secret of store.all()) {
        if (secret.rotation === undefined || !isStartable(secret) || !isRotationDue(secret, now())) continue
        secret.rotation.firedAt = now()
        driver.rotate(secret, randomUUID())
        started += 1
      }
      return started
    },
  }
}
