// Plays Lambda: functions with their settings, published versions, aliases, and what becomes of an asynchronous event.
import { defined } from '../../../core/base/defined.ts'
import { DAY_MS } from '../../../core/base/time-units.ts'
import { fieldsOf } from '../../stand-in/fields.ts'
import type { EventSettings, FunctionInput, StackHost } from '../host.ts'
import type { PlayedResource, Players } from '../player.ts'

const DEFAULT_TIMEOUT_SECONDS = 3
const DEFAULT_MEMORY_MB = 128
const SECOND_MS = 1000

const textsIn = (value: unknown): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(fieldsOf(value)).map(([name, one]) => [name, String(one)]))

const durable = (config: unknown): Pick<FunctionInput, 'isDurable'> & { readonly settings: object } => {
  const { ExecutionTimeout, RetentionPeriodInDays } = fieldsOf(config)
  if (config === undefined) return { isDurable: false, settings: {} }
  return {
    isDurable: true,
    settings: {
      ...(ExecutionTimeout === undefined ? {} : { executionTimeoutMs: Number(ExecutionTimeout) * SECOND_MS }),
      ...(RetentionPeriodInDays === undefined ? {} : { retentionMs: Number(RetentionPeriodInDays) * DAY_MS }),
    },
  }
}

const toFunction = ({ properties, arn }: PlayedResource, { bundleOf, identities }: StackHost): FunctionInput => {
  const { Code, Environment, Role, Timeout, MemorySize, DurableConfig, ReservedConcurrentExecutions } = properties
  const { TargetArn: deadLetterArn } = fieldsOf(properties.DeadLetterConfig)
  const { isDurable, settings } = durable(DurableConfig)
  const timeoutMs = Number(Timeout ?? DEFAULT_TIMEOUT_SECONDS) * SECOND_MS
  return {
    functionArn: arn,
    bundle: bundleOf(String(fieldsOf(Code).S3Key)),
    timeoutMs,
    memoryMb: Number(MemorySize ?? DEFAULT_MEMORY_MB),
    // By its key the stand-ins know whose call it is.
    env: { ...textsIn(fieldsOf(Environment).Variables), AWS_ACCESS_KEY_ID: identities.bind(arn, String(Role)) },
    settings: {
      ...settings,
      timeoutMs,
      roleArn: String(Role),
      ...(typeof deadLetterArn === 'string' ? { deadLetterArn } : {}),
    },
    isDurable,
    ...defined({
      reserved: ReservedConcurrentExecutions === undefined ? undefined : Number(ReservedConcurrentExecutions),
    }),
  }
}

const functionArnIn = (named: unknown, { place }: StackHost): string => {
  const text = String(named)
  return text.startsWith('arn:') ? text : `arn:aws:lambda:${place.region}:${place.account}:function:${text}`
}

const eventSettings = ({ properties }: PlayedResource): EventSettings => {
  const { MaximumEventAgeInSeconds: age, MaximumRetryAttempts: retries, DestinationConfig } = properties
  const { Destination } = fieldsOf(fieldsOf(DestinationConfig).OnFailure)
  return defined({
    maxAgeMs: age === undefined ? undefined : Number(age) * SECOND_MS,
    maxRetries: retries === undefined ? undefined : Number(retries),
    onFailure: typeof Destination === 'string' ? Destination : undefined,
  })
}

export const functionPlayers = (host: StackHost): Players => ({
  'AWS::Lambda::Function': {
    put: (resource) => {
      const refusal = host.identities.refusesToAssume('lambda.amazonaws.com', String(resource.properties.Role))
      if (refusal !== undefined)
        throw new Error(`The role defined for the function cannot be assumed by Lambda. ${refusal}`)
      host.functions.put(toFunction(resource, host))
      return undefined
    },
    remove: ({ arn }) => {
      host.functions.remove(arn)
      host.identities.release(arn)
    },
  },
  'AWS::Lambda::Version': {
    put: ({ properties }) => {
      const version = host.functions.publish(functionArnIn(properties.FunctionName, host))
      return { attributes: { Version: version } }
    },
  },
  'AWS::Lambda::Alias': {
    put: ({ properties: { FunctionName, FunctionVersion, Name } }) => {
      host.functions.pointAlias(functionArnIn(FunctionName, host), String(Name), String(FunctionVersion))
      return undefined
    },
    remove: ({ properties: { FunctionName, Name } }) =>
      host.functions.removeAlias(functionArnIn(FunctionName, host), String(Name)),
  },
  'AWS::Lambda::EventInvokeConfig': {
    put: (resource) => {
      host.functions.configureEvents(functionArnIn(resource.properties.FunctionName, host), eventSettings(resource))
      return undefined
    },
    remove: ({ properties }) => host.functions.configureEvents(functionArnIn(properties.FunctionName, host), undefined),
  },
})
