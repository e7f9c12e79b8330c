// Systems Manager's parameters, by name and by path, with their history: plain strings in memory, enough for one switch. No labels, no encryption;
// what a caller asks of those is refused, not ignored. Errors are named as AWS names them. Of a parameter the last 100 versions are kept.
import { AwsFault, invalidInput } from './aws-fault.ts'
import { type Body, readInput } from './input.ts'
import type { AwsOperations } from './operations.ts'

export interface Parameters {
  readonly operations: AwsOperations
  clear(): void
}

interface ParameterVersion {
  readonly value: string
  readonly version: number
  readonly changedAt: number
  /** ARN. */
  readonly changedBy: string
  readonly description: string | undefined
}

interface Parameter extends ParameterVersion {
  readonly allowedPattern: string | undefined
  /** The oldest first, the one above included. */
  readonly history: readonly ParameterVersion[]
}

export interface ParametersInput {
  readonly now: () => number
  readonly region: string
  readonly accountId: string
}

const NAME = /^[A-Za-z0-9_.\-/]+$/
const MAX_VALUE = 4096
const MAX_VERSIONS = 100
const HISTORY_PAGE = 50

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

  const getParameterHistory = (body: Body): object => {
    const input = readInput(body)
    const name = input.requiredText('Name', { min: 1, max: 2048, pattern: NAME })
    const size = input.integer('MaxResults', { min: 1, max: HISTORY_PAGE }) ?? HISTORY_PAGE
    const from = Number(input.text('NextToken', { pattern: /^\d+$/ }) ?? 0)
    input.check()
    const found = parameters.get(name)
    if (found === undefined) throw new AwsFault('ParameterNotFound', '')
    const shown = found.history.slice(from, from + size)
    return {
      Parameters: shown.map(({ value, version, changedAt, changedBy, description }) => ({
        Name: name,
        Type: 'String',
        Value: value,
        Version: version,
        LastModifiedDate: changedAt / 1000,
        LastModifiedUser: changedBy,
        Description: description,
        DataType: 'text',
        Tier: 'Standard',
      })),
      NextToken: from + size < found.history.length ? String(from + size) : undefined,
    }
  }

  const putParameter = (body: Body, caller: string): object => {
    const name = readName(body)
    const input = readInput(body)
    const value = input.requiredText('Value', { min: 1 })
    const type = input.text('Type', { oneOf: ['String', 'StringList', 'SecureString'] })
    const overwrites = input.flag('Overwrite') === true
    const allowedPattern = input.text('AllowedPattern', { max: 1024 })
    const description = input.text('Description', { max: 1024 })
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
    const made: ParameterVersion = { value, version, changedAt: now(), changedBy: caller, description }
    const history = [...(before?.history ?? []), made].slice(-MAX_VERSIONS)
    parameters.set(name, { ...made, allowedPattern: pattern, history })
    return { Version: version, Tier: 'Standard' }
  }

  return {
    operations: {
      GetParameter: getParameter,
      GetParameterHistory: getParameterHistory,
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
