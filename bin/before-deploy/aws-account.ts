// The questions of account.ts, asked of AWS: by the SDK's clients where the command line has them, by signed calls elsewhere.

import { EventBridgeClient } from '@aws-sdk/client-eventbridge'
import {
  GetAccountSettingsCommand,
  GetFunctionConcurrencyCommand,
  LambdaClient,
  ListDurableExecutionsByFunctionCommand,
} from '@aws-sdk/client-lambda'
import { S3Client } from '@aws-sdk/client-s3'
import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  SecretsManagerClient,
  ValidateResourcePolicyCommand,
} from '@aws-sdk/client-secrets-manager'
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm'
import { awsClientSettings } from '../../lambda/adapters/aws/aws-call.ts'
import { secretText } from '../../lambda/adapters/aws/secret-text.ts'
import { defined } from '../../lambda/core/base/defined.ts'
import { parseJsonObject } from '../../lambda/core/base/json-object.ts'
import type { Account, AccountStack } from './account.ts'
import { AwsCallError } from './check.ts'
import type { Surroundings } from './intrinsics.ts'
import { asked, type Clients, createLookups, unlessMissing } from './name-lookups.ts'
import { createSignedProtocols, type EndpointOf, elementsOf, type SignedProtocols } from './signed-protocols.ts'
import { formatFault } from './stored-format.ts'

/** Of a function that no stage has, so that the answer is about the operation alone. */
const NO_SUCH_FUNCTION = 'm2m-doctor-no-such-function'

export const createClients = (region: string | undefined): Clients => {
  const settings = { ...awsClientSettings, ...defined({ region }) }
  return {
    secretsManager: new SecretsManagerClient(settings),
    lambda: new LambdaClient(settings),
    systemsManager: new SSMClient(settings),
    eventBridge: new EventBridgeClient(settings),
    s3: new S3Client(settings),
  }
}

/** A replica's key is asked for in its own Region. */
const regionOf = (arn: string): string | undefined => arn.split(':')[3]

/** `<member>` by `<member>`: each of its texts that is asked for. */
const membersOf = (xml: string): readonly string[] => xml.split('<member>').slice(1)

const readStack = async ({ query }: SignedProtocols, name: string): Promise<AccountStack | undefined> => {
  const described = await query('cloudformation', 'DescribeStacks', { StackName: name }).catch((error: unknown) => {
    // CloudFormation has no error of its own for a stack that is not there.
    if (error instanceof AwsCallError && /does not exist/.test(error.message)) return undefined
    throw error
  })
  if (described === undefined) return undefined
  const resources: { type: string; physicalId: string }[] = []
  let token: string | undefined
  do {
    const page = token === undefined ? {} : { NextToken: token }
    const xml = await query('cloudformation', 'ListStackResources', { StackName: name, ...page })
    for (const member of membersOf(xml)) {
      const [type, physicalId, status] = ['ResourceType', 'PhysicalResourceId', 'ResourceStatus'].map(
        (element) => elementsOf(member, element)[0],
      )
      // What it gave up with DELETE_SKIPPED is in the way like anybody's.
      if (type === undefined || physicalId === undefined || status?.startsWith('DELETE') === true) continue
      resources.push({ type, physicalId })
    }
    token = elementsOf(xml, 'NextToken')[0]
  } while (token !== undefined)
  return { status: elementsOf(described, 'StackStatus')[0] ?? 'UNKNOWN', resources }
}

/**
 * Lambda answers an operation that it knows with ResourceNotFoundException here, and one that it does not with this sentence
 * (boto/botocore#678, anomalyco/sst#5327) or as unknown. AWS has no list of Regions to ask.
 */
const isUnknownOperation = ({ errorName, message }: AwsCallError): boolean =>
  errorName === 'UnknownOperationException' || /unable to determine service\/operation name/i.test(message)

const hasDurable = async ({ lambda }: Clients): Promise<boolean> => {
  const call = lambda.send(new ListDurableExecutionsByFunctionCommand({ FunctionName: NO_SUCH_FUNCTION, MaxItems: 1 }))
  try {
    await unlessMissing(asked('lambda:ListDurableExecutionsByFunction', call))
    return true
  } catch (error) {
    if (error instanceof AwsCallError && isUnknownOperation(error)) return false
    throw error
  }
}

const hasType = async ({ query }: SignedProtocols, type: string): Promise<boolean> => {
  try {
    await query('cloudformation', 'DescribeType', { Type: 'RESOURCE', TypeName: type })
    return true
  } catch (error) {
    if (error instanceof AwsCallError && error.errorName === 'TypeNotFoundException') return false
    throw error
  }
}

interface AwsAccountInput {
  readonly clients: Clients
  readonly around: Surroundings
  readonly endpointOf: EndpointOf
}

export const createAwsAccount = ({ clients, around, endpointOf }: AwsAccountInput): Account => {
  const { secretsManager, lambda, systemsManager } = clients
  const services = createSignedProtocols({ base: secretsManager, region: around.region, endpointOf })
  const lookups = createLookups(clients, services, around)
  return {
    identity: async () => {
      const xml = await services.query('sts', 'GetCallerIdentity')
      return { account: elementsOf(xml, 'Account')[0] ?? '', arn: elementsOf(xml, 'Arn')[0] ?? '' }
    },
    stack: (name) => readStack(services, name),
    parameter: async (name) => {
      const call = asked('ssm:GetParameter', systemsManager.send(new GetParameterCommand({ Name: name })))
      return (await unlessMissing(call))?.Parameter?.Value
    },
    concurrency: async () => {
      const call = lambda.send(new GetAccountSettingsCommand({}))
      const { AccountLimit: limit } = await asked('lambda:GetAccountSettings', call)
      return { limit: limit?.ConcurrentExecutions ?? 0, unreserved: limit?.UnreservedConcurrentExecutions ?? 0 }
    },
    reservedBy: async (functionName) => {
      const call = lambda.send(new GetFunctionConcurrencyCommand({ FunctionName: functionName }))
      return (await unlessMissing(asked('lambda:GetFunctionConcurrency', call)))?.ReservedConcurrentExecutions ?? 0
    },
    hasDurableFunctions: () => hasDurable(clients),
    hasResourceType: (type) => hasType(services, type),
    apiGatewayLogRole: async () => {
      const { cloudwatchRoleArn: role } = await services.get('apigateway', 'GET', '/account')
      return typeof role === 'string' && role !== '' ? role : undefined
    },
    secret: async (name) => {
      const call = secretsManager.send(new DescribeSecretCommand({ SecretId: name }))
      const found = await unlessMissing(asked('secretsmanager:DescribeSecret', call))
      if (found === undefined) return undefined
      return { kmsKeyId: found.KmsKeyId, isBeingDeleted: found.DeletedDate !== undefined }
    },
    valueFault: async (secret) => {
      const call = secretsManager.send(new GetSecretValueCommand({ SecretId: secret.name }))
      const reply = await unlessMissing(asked('secretsmanager:GetSecretValue', call))
      return reply === undefined ? 'it has no value' : formatFault(secret, secretText(reply))
    },
    policyFaults: async (policy) => {
      const call = secretsManager.send(new ValidateResourcePolicyCommand({ ResourcePolicy: policy }))
      const { PolicyValidationPassed: isFine, ValidationErrors: errors = [] } = await asked(
        'secretsmanager:ValidateResourcePolicy',
        call,
      ).catch((error: unknown) => {
        if (!(error instanceof AwsCallError) || error.errorName !== 'MalformedPolicyDocumentException') throw error
        return {
          PolicyValidationPassed: false,
          ValidationErrors: [{ CheckName: 'SYNTAX', ErrorMessage: error.message }],
        }
      })
      const faults = errors.map(({ CheckName: name, ErrorMessage: message }) => `${name}: ${message}`)
      return isFine === false && faults.length === 0 ? ['it gives no reason'] : faults
    },
    key: async (arn) => {
      const { KeyMetadata: found } = await services.json(
        'kms',
        'TrentService.DescribeKey',
        { KeyId: arn },
        regionOf(arn),
      )
      const state = typeof found === 'object' && found !== null && 'KeyState' in found ? found.KeyState : undefined
      return { state: typeof state === 'string' ? state : 'unknown' }
    },
    keyPolicy: async (arn) => {
      const input = { KeyId: arn, PolicyName: 'default' }
      const { Policy: text } = await services.json('kms', 'TrentService.GetKeyPolicy', input, regionOf(arn))
      return parseJsonObject(typeof text === 'string' ? text : '')
    },
    topicPolicy: async (arn) => {
      const xml = await unlessMissing(services.query('sns', 'GetTopicAttributes', { TopicArn: arn }))
      if (xml === undefined) return undefined
      const [names, values] = [elementsOf(xml, 'key'), elementsOf(xml, 'value')]
      return parseJsonObject(values[names.indexOf('Policy')] ?? '{}') ?? {}
    },
    isTaken: async ({ type, name }) => {
      const lookup = lookups[type]
      if (lookup === undefined) throw new Error(`there is no look-up for ${type}`)
      return lookup(name)
    },
  }
}
