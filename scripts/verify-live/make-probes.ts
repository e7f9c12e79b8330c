// The functions that a run needs, made when the first check asks for one and removed at its end: the rotation function that fails on demand, and
// two durable ones with one code. Each has a role that may do nothing outside of the run's prefix, and writes no log.
import {
  AddPermissionCommand,
  CreateFunctionCommand,
  type CreateFunctionCommandInput,
  DeleteFunctionCommand,
  GetFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda'
import { partitionOf } from '../../lambda/core/base/aws-partition.ts'
import { CheckBrokeOff } from './finding.ts'
import type { LivePlace } from './place.ts'
import { packageOf } from './probe-package.ts'
import { callIam } from './query-call.ts'
import { type Run, until } from './run.ts'

export interface Probes {
  /** ARN of the rotation function. */
  rotation(): Promise<string>
  /** ARNs, unqualified; each has version 1. */
  durable(): Promise<readonly [string, string]>
}

/** Roles are found again by it. */
export const ROLE_PATH = '/m2m-verify/'
const POLICY = 'probe'

const trust = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }],
}

const named = (error: unknown): { readonly name: string; readonly message: string } =>
  error instanceof Error ? error : { name: 'unknown', message: '' }

const unlessGone = async (call: Promise<unknown>): Promise<void> => {
  try {
    await call
  } catch (error) {
    if (!['NoSuchEntity', 'ResourceNotFoundException'].includes(named(error).name)) throw error
  }
}

export const removeRole = async ({ iam }: Pick<LivePlace, 'iam'>, RoleName: string): Promise<void> => {
  await unlessGone(callIam(iam, 'DeleteRolePolicy', { RoleName, PolicyName: POLICY }))
  await unlessGone(callIam(iam, 'DeleteRole', { RoleName }))
}

export const removeFunction = ({ lambda }: Pick<LivePlace, 'lambda'>, FunctionName: string): Promise<void> =>
  unlessGone(lambda.send(new DeleteFunctionCommand({ FunctionName })))

/** `m2m-verify-<run id>`: neither a role nor a function may have a slash in its name. */
export const flatPrefix = (prefix: string): string => prefix.replace(/\/$/, '').replaceAll('/', '-')

/**
 * AWS: a role can be assumed some seconds after it was made; until then CreateFunction is refused, and is to be sent again (IAM User Guide,
 * "Changes that I make are not always immediately visible").
 */
const isNotAssumable = (error: unknown): boolean => {
  const { name, message } = named(error)
  return name === 'InvalidParameterValueException' && message.includes('cannot be assumed by Lambda')
}

type Wanted = Pick<CreateFunctionCommandInput, 'FunctionName' | 'DurableConfig'> & { readonly module: string }

export const createProbes = (place: LivePlace, run: Run, accountId: string): Probes => {
  const { lambda, iam, region } = place
  const { partition } = partitionOf(region)
  const prefix = flatPrefix(run.prefix)

  const makeRole = async (kind: string, statement: object): Promise<string> => {
    const RoleName = `${prefix}-${kind}`
    await run.make({ what: `role ${RoleName}`, remove: () => removeRole(place, RoleName) }, () =>
      callIam(iam, 'CreateRole', { RoleName, Path: ROLE_PATH, AssumeRolePolicyDocument: JSON.stringify(trust) }),
    )
    const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', ...statement }] })
    await callIam(iam, 'PutRolePolicy', { RoleName, PolicyName: POLICY, PolicyDocument })
    return `arn:${partition}:iam::${accountId}:role${ROLE_PATH}${RoleName}`
  }

  const makeFunction = async (Role: string, { module, FunctionName = '', ...more }: Wanted): Promise<string> => {
    const ZipFile = await packageOf(module)
    const command = new CreateFunctionCommand({
      FunctionName,
      Role,
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      Handler: 'index.handler',
      Timeout: 30,
      Description: 'Made by npm run verify:live, and removed by it',
      Publish: true,
      Code: { ZipFile },
      ...more,
    })
    const leftover = { what: `function ${FunctionName}`, remove: () => removeFunction(place, FunctionName) }
    const made = await run.make(leftover, () =>
      until(run, run.pace.stepWaitMs, async () => {
        try {
          return await lambda.send(command)
        } catch (error) {
          if (isNotAssumable(error)) return undefined
          throw error
        }
      }),
    )
    if (made === undefined) throw new CheckBrokeOff('Lambda could not assume the role that was made for it')
    const active = await until(run, run.pace.stepWaitMs, async () => {
      const { State } = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName }))
      return State === 'Active' ? true : undefined
    })
    if (active === undefined) throw new CheckBrokeOff(`${FunctionName} did not become active`)
    return `arn:${partition}:lambda:${region}:${accountId}:function:${FunctionName}`
  }

  const makeRotation = async (): Promise<string> => {
    const role = await makeRole('probe', {
      Resource: `arn:${partition}:secretsmanager:${region}:${accountId}:secret:${run.prefix}*`,
      Action: ['DescribeSecret', 'GetSecretValue', 'PutSecretValue', 'UpdateSecretVersionStage', 'TagResource'].map(
        (action) => `secretsmanager:${action}`,
      ),
    })
    const arn = await makeFunction(role, { FunctionName: `${prefix}-probe`, module: './probe-function.ts' })
    await lambda.send(
      new AddPermissionCommand({
        FunctionName: arn,
        StatementId: 'secrets-manager',
        Action: 'lambda:InvokeFunction',
        Principal: 'secretsmanager.amazonaws.com',
        SourceAccount: accountId,
      }),
    )
    return arn
  }

  const makeDurable = async (): Promise<readonly [string, string]> => {
    const role = await makeRole('durable', {
      Resource: `arn:${partition}:lambda:${region}:${accountId}:function:${prefix}-durable*`,
      Action: ['InvokeFunction', 'CheckpointDurableExecution', 'GetDurableExecutionState'].map(
        (action) => `lambda:${action}`,
      ),
    })
    const make = (name: string): Promise<string> =>
      makeFunction(role, {
        FunctionName: `${prefix}-${name}`,
        module: './durable-probe.ts',
        DurableConfig: { ExecutionTimeout: 600, RetentionPeriodInDays: 1 },
      })
    return [await make('durable'), await make('durable-2')]
  }

  const once = <T>(make: () => Promise<T>): (() => Promise<T>) => {
    let made: Promise<T> | undefined
    return () => {
      made ??= make()
      return made
    }
  }
  return { rotation: once(makeRotation), durable: once(makeDurable) }
}
