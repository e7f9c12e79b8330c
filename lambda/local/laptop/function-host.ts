// The laptop's functions as a template configures them: the deployed handlers, each in processes of its own, with two addresses changed
// (architecture §5). Their source is run where types are stripped, and the build where it is installed; bundles, when they are asked for.

import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { defined } from '../../core/base/defined.ts'
import type { AwsStandIn } from '../aws/aws-stand-in.ts'
import type { FunctionSettings } from '../aws/functions.ts'
import type { EventSettings, FunctionHost, FunctionInput } from '../stack/host.ts'
import type { DeployedFunctions } from './deployed-functions.ts'

/** A fleet makes hundreds of calls at once; a process for each would do nothing but start. */
const MOST_PROCESSES = 4 * availableParallelism()

const LOOK_EVERY_MS = 50

/** The handler's module beside this one: source where types are stripped, the build where it is installed. */
export const handlerPath = (name: string): string => {
  const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js'
  return fileURLToPath(new URL(`../../handlers/${name}${extension}`, import.meta.url))
}

export interface TemplateFunctions extends FunctionHost {
  all(): readonly FunctionInput[]
  isDurable(functionArn: string): boolean
  /** Undefined: it is none of a template's. */
  settingsOf(functionArn: string): FunctionSettings | undefined
}

export interface FunctionHostInput {
  readonly functions: DeployedFunctions
  /** Made after this, as it asks for settings. */
  readonly aws: () => Pick<AwsStandIn, 'versions' | 'sendToFunction' | 'deadLetters'>
  /** What every function is given beside what its template says, and what is changed in that. */
  readonly environmentOf: (env: Readonly<Record<string, string>>) => Readonly<Record<string, string>>
  /** @default - handlerPath */
  readonly moduleOf?: (bundle: string) => string
}

export const createFunctionHost = (input: FunctionHostInput): TemplateFunctions => {
  const { functions, aws, environmentOf, moduleOf = handlerPath } = input
  const settings = new Map<string, FunctionSettings>()
  const configured = new Map<string, FunctionInput>()
  const events = new Map<string, EventSettings>()
  const durable = new Set<string>()

  const put = (function_: FunctionInput): void => {
    const { functionArn, bundle, timeoutMs, memoryMb, env, isDurable, reserved, ...more } = function_
    configured.set(functionArn, function_)
    const isThere = settings.has(functionArn)
    settings.set(functionArn, { ...more.settings, aliases: [], ...defined({ reserved }) })
    if (isDurable) durable.add(functionArn)
    else durable.delete(functionArn)
    const code = {
      modulePath: moduleOf(bundle),
      timeoutMs,
      memory: memoryMb,
      maxEnvironments: MOST_PROCESSES,
      env: environmentOf(env),
    }
    if (isThere) functions.change(functionArn, code)
    else {
      functions.add(functionArn, code)
      aws().versions.declare(functionArn)
    }
  }

  return {
    put,
    all: () => [...configured.values()],
    remove: (functionArn) => {
      settings.delete(functionArn)
      configured.delete(functionArn)
      events.delete(functionArn)
      durable.delete(functionArn)
      functions.remove(functionArn)
    },
    publish: (functionArn) => {
      const version = aws().versions.publish(functionArn)
      functions.publish(functionArn, version)
      return version
    },
    pointAlias: (functionArn, alias, version) => aws().versions.point(functionArn, alias, version),
    removeAlias: (functionArn, alias) => aws().versions.removeAlias(functionArn, alias),
    configureEvents: (functionArn, changed) => {
      if (changed === undefined) events.delete(functionArn)
      else events.set(functionArn, changed)
    },
    send: (functionArn, event) =>
      new Promise<never>((_resolve, reject) => {
        const before = aws().deadLetters().length
        aws().sendToFunction(functionArn, event)
        const looking = setInterval(() => {
          const dead = aws()
            .deadLetters()
            .slice(before)
            .find((one) => one.functionArn === functionArn)
          if (dead === undefined) return
          clearInterval(looking)
          reject(new Error(`The function failed: ${dead.errorType}: ${dead.errorMessage}`))
        }, LOOK_EVERY_MS)
        looking.unref()
      }),
    isDurable: (functionArn) => durable.has(functionArn),
    settingsOf: (functionArn) => {
      const found = settings.get(functionArn)
      if (found === undefined) return undefined
      const { maxAgeMs: maxEventAgeMs, maxRetries, onFailure } = events.get(functionArn) ?? {}
      return { ...found, ...defined({ maxEventAgeMs, maxRetries, onFailure }) }
    },
  }
}
