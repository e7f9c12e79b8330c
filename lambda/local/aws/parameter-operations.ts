// Systems Manager's parameters, by name and by path, with their history: plain strings in memory, enough for one switch. No labels, no encryption;
// what a caller asks of those is refused, not ignored. Errors are named as AWS names them. Of a parameter the last 100 versions are kept.
import { AwsFault, invalidInput } from './aws-fault.ts'
import { type Body, type Input, readInput } from './input.ts'
import type { AwsOperations } from './operations.ts'
import { checkNewParameterName, checkParameterName } from './parameter-names.ts'

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

const MAX_VALUE = 4096
const MAX_VERSIONS = 100
const HISTORY_PAGE = 50
const PATH_PAGE = 10
const DATA_TYPES = ['text', 'aws:ec2:image', 'aws:ssm:integration']
const NOT_PLAYED = ['KeyId', 'Tags', 'Policies']

/** The real service says no more either. */
const notFound = (): AwsFault => new AwsFault('ParameterNotFound', '')

const readName = (body: Body): string => {
  const name = readInput(body).requiredText('Name')
  checkParameterName(name)
  return name
}

/** A page from where the token says, and the token of the next. @throws InvalidNextToken */
const pageFrom = <Item>(all: readonly Item[], input: Input, size: number) => {
  const token = input.text('NextToken')
  const from = Number(token ?? 0)
  if (token !== undefined && !(/^\d+$/.test(token) && from < all.length)) {
    throw new AwsFault('InvalidNextToken', 'The specified token is not valid.')
  }
  const next = from + (input.integer('MaxResults') ?? size)
  return { page: all.slice(from, next), NextToken: next < all.length ? String(next) : undefined }
}

/** @throws AwsFault for a kind of parameter that there is not, or that is not played. */
const checkKind = (input: Input): void => {
  const type = input.text('Type') ?? 'String'
  const dataType = input.text('DataType') ?? 'text'
  const tier = input.text('Tier') ?? 'Standard'
  if (!DATA_TYPES.includes(dataType)) {
    throw invalidInput(`The following data type is not supported: ${dataType} (Data type names are all lowercase.)`)
  }
  if (type !== 'String') throw new AwsFault('UnsupportedParameterType', `${type} is not played by this stand-in.`)
  const strange = [
    ...(dataType === 'text' ? [] : [`DataType ${dataType}`]),
    ...(tier === 'Advanced' ? ['Tier Advanced'] : []),
    ...NOT_PLAYED.filter((name) => input.has(name)),
  ]
  if (strange.length > 0) throw invalidInput(`${strange.join(', ')} is not played by this stand-in.`)
}

export const createParameters = ({ now, region, accountId }: ParametersInput): Parameters => {
  const parameters = new Map<string, Parameter>()
  const arnOf = (name: string): string =>
    `arn:aws:ssm:${region}:${accountId}:parameter${name.startsWith('/') ? '' : '/'}${name}`

  const shown = (name: string, { value, version, changedAt }: Parameter): object => ({
    ARN: arnOf(name),
    DataType: 'text',
    LastModifiedDate: changedAt / 1000,
    Name: name,
    Type: 'String',
    Value: value,
    Version: version,
  })

  const existing = (name: string): Parameter => {
    const found = parameters.get(name)
    if (found === undefined) throw notFound()
    return found
  }

  const getParameter = (body: Body): object => {
    const name = readName(body)
    return { Parameter: shown(name, existing(name)) }
  }

  const getParametersByPath = (body: Body): object => {
    const input = readInput(body)
    const path = input.requiredText('Path')
    if (!path.startsWith('/')) {
      throw invalidInput(
        'The parameter path must begin with a slash "/". It can consist of sub-paths divided by slash symbol.',
      )
    }
    if (input.has('ParameterFilters')) throw invalidInput('ParameterFilters is not played by this stand-in.')
    const isRecursive = input.flag('Recursive') === true
    const below = path.endsWith('/') ? path : `${path}/`
    const isBelow = (name: string): boolean =>
      name.startsWith(below) && (isRecursive || !name.slice(below.length).includes('/'))
    const found = [...parameters].filter(([name]) => isBelow(name))
    const { page, NextToken } = pageFrom(found, input, PATH_PAGE)
    return { Parameters: page.map(([name, parameter]) => shown(name, parameter)), NextToken }
  }

  const getParameterHistory = (body: Body): object => {
    const name = readName(body)
    const { history } = existing(name)
    const { page, NextToken } = pageFrom(history, readInput(body), HISTORY_PAGE)
    return {
      Parameters: page.map(({ value, version, changedAt, changedBy, description }) => ({
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
      NextToken,
    }
  }

  const putParameter = (body: Body, caller: string): object => {
    const input = readInput(body)
    const name = input.requiredText('Name')
    checkNewParameterName(name, arnOf(name))
    checkKind(input)
    const value = input.requiredText('Value')
    const allowedPattern = input.text('AllowedPattern')
    if (Buffer.byteLength(value) > MAX_VALUE) {
      throw invalidInput(
        `Standard tier parameters support a maximum parameter value of ${MAX_VALUE} characters. To create a larger parameter value, upgrade the parameter to use the advanced-parameter tier.`,
      )
    }
    const before = parameters.get(name)
    if (before !== undefined && input.flag('Overwrite') !== true) {
      throw new AwsFault(
        'ParameterAlreadyExists',
        'The parameter already exists. To overwrite this value, set the overwrite option in the request to true.',
      )
    }
    if (before === undefined && !input.has('Type')) {
      throw invalidInput('A parameter type is required when you create a parameter.')
    }
    const pattern = allowedPattern ?? before?.allowedPattern
    if (pattern !== undefined && !new RegExp(pattern).test(value)) {
      throw new AwsFault(
        'ParameterPatternMismatchException',
        `Parameter value, cannot be validated against allowedPattern: ${pattern}`,
      )
    }
    const version = (before?.version ?? 0) + 1
    const made = { value, version, changedAt: now(), changedBy: caller, description: input.text('Description') }
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
        if (!parameters.delete(name)) throw notFound()
        return {}
      },
    },
    clear: () => parameters.clear(),
  }
}
