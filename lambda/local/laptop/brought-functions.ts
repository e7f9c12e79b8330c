// Functions of a laptop that no template makes: those that a test brings along, and those that somebody sends to Lambda's CreateFunction.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FunctionSettings, MadeFunction } from '../aws/functions.ts'
import type { DeployedCode, DeployedFunctions } from './deployed-functions.ts'
import { unpackZip } from './deployment-package.ts'

const TIMEOUT_MS = 30_000
/** The alias by which a durable function is called. */
export const LIVE = 'live'

export interface BroughtFunctionsInput {
  readonly functions: DeployedFunctions
  readonly functionArnOf: (functionName: string) => string
  /** What a process needs to reach the AWS stand-in with the key of this name: by it the trail knows whose call it is. */
  readonly environmentOf: (functionName: string) => Readonly<Record<string, string>>
}

export const createBroughtFunctions = ({ functions, functionArnOf, environmentOf }: BroughtFunctionsInput) => {
  const durable = new Set<string>()
  const configured = new Map<string, FunctionSettings>()
  const packages: string[] = []

  const start = (functionName: string, code: Omit<DeployedCode, 'env'>, isDurable: boolean): void => {
    const arn = functionArnOf(functionName)
    if (isDurable) {
      durable.add(arn)
      configured.set(arn, { aliases: [LIVE] })
    }
    functions.add(arn, { ...code, env: environmentOf(functionName) })
    functions.publish(arn, '1')
  }

  return {
    /** @param modules by the function's name, the path of the module that exports its `handler` */
    start: (modules: Readonly<Record<string, string>>, { isDurable }: { readonly isDurable: boolean }): void => {
      for (const [name, modulePath] of Object.entries(modules)) {
        start(name, { modulePath, timeoutMs: TIMEOUT_MS }, isDurable)
      }
    },
    create: ({ functionArn, zip, handler, timeoutMs, isDurable }: MadeFunction): void => {
      const directory = mkdtempSync(join(tmpdir(), 'm2m-function-'))
      packages.push(directory)
      unpackZip(zip, directory)
      const modulePath = join(directory, `${handler.split('.')[0]}.js`)
      start(functionArn.split(':')[6] ?? '', { modulePath, timeoutMs }, isDurable)
    },
    remove: (functionArn: string): void => {
      durable.delete(functionArn)
      functions.remove(functionArn)
    },
    isDurable: (functionArn: string): boolean => durable.has(functionArn),
    settingsOf: (functionArn: string): FunctionSettings => configured.get(functionArn) ?? {},
    /** Removes the packages that were unpacked. */
    clean: (): void => {
      for (const directory of packages) rmSync(directory, { recursive: true, force: true })
    },
  }
}
