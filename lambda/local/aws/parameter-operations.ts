// Systems Manager's parameters, by name and by path: plain strings in memory, enough for one switch. No history, no labels, no encryption;
// what a caller asks of those is refused, not ignored. Errors are named as AWS names them.
import { AwsFault, invalidInput } from './aws-fault.ts'
import { type Body, readInput } from './input.ts'
import type { AwsOperations } from './operations.ts'

export interface Parameters {
  readonly operations: AwsOperations
  clear(): void
}

interface Parameter {
  readonly value: string
  readonly version: number
  readonly changedAt: number
  readonly allowedPattern: string | undefined
}

export interface ParametersInput {
  readonly now: () => number
  readonly region: string
  readonly accountId: string
}

const NAME = /^[A-Za-z0-9_.\-/]+$/
const MAX_VALUE = 4096

const readName = (body: Body): string => {
  const input = readInput(body)
  const name = input.requiredText('Name', { min: 1, max: 2048, pattern: NAME })
  input.check()
  return name
}

export const createParameters = ({ now, region, accountId }: ParametersInput): Parameters => {
  const parameters = new Map<string, Parameter>()
  const arnOf = (name: string): string =>
    `arn:aws:ssm:${region}:${accountId}:parameter${name.startsWith('/') ? '' : '/'}${name}`

  const getParameter = (body: Body): object => {
    const name = readName(body)
    const found = parameters.get(name)
    // The real service says no more either.
    if (found === undefined) throw new AwsFault('ParameterNotFound', '')
    return {
      Parameter: {
        ARN: arnOf(name),
        DataType: 'text',
        LastModifiedDate: found.changedAt / 1000,
        Name: name,
        Type: 'String',
        Value: found.value,
        Version: found.version,
      },
    }
  }

  /** All on one page: of few parameters. */
  const getParametersByPath = (body: Body): object => {
    const input = readInput(body)
    const path = input.requiredText('Path', { min: 1, pattern: /^\// })
    const isRecursive = input.flag('Recursive') === true
    input.check()
    const below = path.endsWith('/') ? path : `${path}/`
    const isBelow = (name: string): boolean =>
      name.startsWith(below) && (isRecursive || !name.slice(below.length).includes('/'))
    return {
      Parameters: [...parameters].flatMap(([name, { value, version }]) =>
        isBelow(name) ? [{ ARN: arnOf(name), Name: name, Type: 'String', Value: value, Version: version }] : [],
      ),
    }
  }

  const putParameter = (body: Body): object => {
    const name = readName(body)
    const input = readInput(body)
    const value = input.requiredText('Value', { min: 1 })
    const type = input.text('Type', { oneOf: ['String', 'StringList', 'SecureString'] })
    const overwrites = input.flag('Overwrite') === true
    const allowedPattern = input.text('AllowedPattern', { max: 1024 })
    input.check()
    if (Buffer.byteLength(value) > MAX_VALUE) throw invalidInput('Standard tier parameters support a maximum of 4096.')
    const before = parameters.get(name)
    if (before !== undefined && !overwrites) {
      throw new AwsFault('ParameterAlreadyExists', 'The parameter already exists. To overwrite it, set Overwrite.')
    }
    if (before === undefined && type === undefined) {
      throw invalidInput('A parameter type is required when you create a parameter.')
    }
    if (type !== undefined && type !== 'String') {
      throw new AwsFault('UnsupportedParameterType', `${type} is not played by this stand-in.`)
    }
    const pattern = allowedPattern ?? before?.allowedPattern
    if (pattern !== undefined && !new RegExp(pattern).test(value)) {
      throw new AwsFault(
        'ParameterPatternMismatchException',
        `Parameter value failed to satisfy the pattern ${pattern}`,
      )
    }
    const version = (before?.version ?? 0) + 1
    parameters.set(name, { value, version, changedAt: now(), allowedPattern: pattern })
    return { Version: version, Tier: 'Standard' }
  }

  return {
    operations: {
      GetParameter: getParameter,
      PutParameter: putParameter,
      GetParametersByPath: getParametersByPath,
      DeleteParameter: (body) => {
        const name = readName(body)
        if (!parameters.delete(name)) throw new AwsFault('ParameterNotFound', '')
        return {}
      },
    },
    clear: () => parameters.clear(),
  }
}
