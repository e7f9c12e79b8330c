// What the caller may do, found out by trying: each call of the operator policy, on something that is not there, so that nothing happens. AWS
// judges who may before it looks whether there is anything.
import {
  ListSecretsCommand,
  ListSecretVersionIdsCommand,
  RotateSecretCommand,
  type SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager'
import { mayCall } from '../../lambda/adapters/aws/clients-api.ts'
import { errorName } from '../../lambda/adapters/error-name.ts'
import { LEAK_REPORTED, type LeakSource } from '../../lambda/core/base/event-types.ts'
import { LOOK_ALIAS, OPERATE_ALIAS } from '../../lambda/core/clients/authority.ts'
import type { FleetFinding } from '../../lambda/core/clients/fleet-findings.ts'
import type { CommandContext } from './command-context.ts'

interface Attempt {
  readonly action: string
  /** @returns AWS's error, or undefined for none. */
  readonly tried: () => Promise<string | undefined>
}

const DENIED = /AccessDenied|NotAuthorized|Forbidden/i
export const isDenial = (error: string): boolean => DENIED.test(error)
/** What an allowed call says of something that is not there. */
const NOT_THERE = new Set(['ResourceNotFoundException', 'InvalidRequestException', 'InvalidParameterException'])

export const isNotThere = (error: string): boolean => NOT_THERE.has(error)

/** Below a prefix of the stage. */
export const NO_SUCH_SECRET = 'm2m-doctor-no-such-secret_'
export const NO_SUCH_TOKEN = 'm2m-doctor-never-asked-for-anything'

/** @returns AWS's name of the error; undefined: there was none */
export const errorOf = async (send: () => Promise<unknown>): Promise<string | undefined> => {
  try {
    await send()
    return undefined
  } catch (error) {
    return errorName(error)
  }
}

const secretAttempts = (client: SecretsManagerClient, prefix: string): readonly Attempt[] => {
  const SecretId = `${prefix}${NO_SUCH_SECRET}`
  const token = NO_SUCH_TOKEN
  return [
    {
      action: 'secretsmanager:ListSecrets',
      tried: () => errorOf(() => client.send(new ListSecretsCommand({ MaxResults: 1 }))),
    },
    {
      action: 'secretsmanager:ListSecretVersionIds',
      tried: () => errorOf(() => client.send(new ListSecretVersionIdsCommand({ SecretId }))),
    },
    {
      action: 'secretsmanager:RotateSecret',
      tried: () => errorOf(() => client.send(new RotateSecretCommand({ SecretId, ClientRequestToken: token }))),
    },
    {
      action: 'secretsmanager:UpdateSecretVersionStage',
      tried: () =>
        errorOf(() =>
          client.send(
            new UpdateSecretVersionStageCommand({ SecretId, VersionStage: 'AWSPENDING', RemoveFromVersionId: token }),
          ),
        ),
    },
  ]
}

const toFinding = (action: string, error: string | undefined): readonly FleetFinding[] => {
  if (error === undefined || isNotThere(error)) return []
  const isDenied = isDenial(error)
  return [
    {
      kind: 'permission',
      weight: 'broken',
      subject: action,
      what: isDenied ? 'you may not' : `it could not be tried: ${error}`,
      todo: isDenied
        ? 'attach the operator policy (output OperatorPolicyArn) to your role, and list the role under operators'
        : 'see whether AWS can be reached',
    },
  ]
}

export const permissionFindings = async (
  context: CommandContext,
  [own = '', ...extra]: readonly string[],
): Promise<readonly FleetFinding[]> => {
  const { secretsManager, lambda } = await context.connect()
  const found: FleetFinding[] = []
  for (const { action, tried } of secretAttempts(secretsManager, own)) {
    found.push(...toFinding(action, await tried()))
  }
  // ListSecrets, the first, knows no prefix.
  for (const prefix of extra) {
    for (const { action, tried } of secretAttempts(secretsManager, prefix).slice(1)) {
      found.push(...toFinding(`${action} below ${prefix}`, await tried()))
    }
  }
  const called = [
    ['clients', LOOK_ALIAS],
    ['clients', OPERATE_ALIAS],
    ['rotation', undefined],
  ] as const
  for (const [part, alias] of called) {
    const answer = await mayCall(lambda, context.functionName(part), alias)
    const target = alias === undefined ? context.functionName(part) : `${context.functionName(part)}:${alias}`
    if (answer !== 'yes') found.push(...toFinding(`lambda:InvokeFunction on ${target}`, answer))
  }
  return found
}

/** What the bus says of an entry that it can only refuse. */
export const MALFORMED = 'MalformedDetail'

/**
 * Tried with a report whose detail is no JSON: a bus that answers refuses it as malformed, and delivers nothing. @returns AWS's name of the
 * refusal; MALFORMED: the bus is there and did not deny the caller
 */
export const refusalOfBus = async (stage: string, source: LeakSource): Promise<string> => {
  const [{ createEventBridge }, { PutEventsCommand }] = await Promise.all([
    import('../../lambda/adapters/aws/clients.ts'),
    import('@aws-sdk/client-eventbridge'),
  ])
  const entry = { EventBusName: `m2m-${stage}`, Source: source, DetailType: LEAK_REPORTED, Detail: '{' }
  let code: string | undefined
  const error = await errorOf(async () => {
    const { Entries: [result] = [] } = await createEventBridge().send(new PutEventsCommand({ Entries: [entry] }))
    code = result?.ErrorCode
  })
  return error ?? code ?? 'an answer that says nothing'
}
