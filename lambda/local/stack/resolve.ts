// Turns a template's references into the texts that CloudFormation would put there. Of a resource that is not made yet, they are those that
// it will have; a name or id that AWS makes up gets a placeholder of full length, the same wherever the resource is meant, so that texts can
// be compared and policies measured. Of one that is made, they are its own.
import { createHash } from 'node:crypto'
import type { JsonObject } from '../../core/base/json-object.ts'
import { fieldsOf } from '../stand-in/fields.ts'
import { createEvaluator, type Evaluator } from './intrinsics.ts'
import { kindOf } from './kinds.ts'

/** Where a stack is deployed. What the synthesis leaves open is filled with an example of full length. */
export interface TemplatePlace {
  readonly name: string
  readonly account: string
  readonly region: string
}

/** A resource that stands. */
export interface Made {
  /** Its physical name or id; of a custom resource, its physical id. */
  readonly name: string
  /** What Fn::GetAtt returns, where it does not follow from the name. */
  readonly attributes?: JsonObject
}

export interface ResolverInput {
  /** Whole, as it was read. */
  readonly template: unknown
  readonly place: TemplatePlace
  /** @default - nothing is made yet */
  readonly made?: (id: string) => Made | undefined
  /** Values of parameters. @default - their own defaults */
  readonly parameters?: JsonObject
  readonly imported?: (name: string) => unknown
  /** Names and other attributes that AWS makes up. @default - by the stack's name and a digest of the logical id */
  readonly madeUp?: (id: string, type: string, attribute?: string) => string
  /**
   * What stands for whatever the template does not say: a resource, attribute or function that is not known.
   * @default - an Error that names it
   */
  readonly unknown?: (text: string) => unknown
}

const URL_SUFFIX = 'amazonaws.com'
const PARTITION = 'aws'

const pseudoParameters = ({ name, account, region }: TemplatePlace): JsonObject => ({
  'AWS::AccountId': account,
  'AWS::Region': region,
  'AWS::Partition': PARTITION,
  'AWS::URLSuffix': URL_SUFFIX,
  'AWS::StackName': name,
  'AWS::StackId': `arn:${PARTITION}:cloudformation:${region}:${account}:stack/${name}/11111111-1111-1111-1111-111111111111`,
})

const NO_VALUE = 'AWS::NoValue'

const digest = (text: string): string => createHash('sha256').update(text).digest('hex')

const asUuid = (hash: string): string => hash.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5')

/** CloudFormation's own names: stack, logical id, and thirteen characters of chance. */
export const madeUpName = (stackName: string, id: string, type: string, chance: string = id): string => {
  const hash = digest(chance)
  if (type === 'AWS::KMS::Key') return asUuid(hash)
  if (type.startsWith('AWS::ApiGateway')) return hash.slice(0, 10)
  const longest = kindOf(type).longestName ?? 255
  const made = `${`${stackName}-${id}`.slice(0, longest - 14)}-${hash.slice(0, 13)}`
  return type === 'AWS::S3::Bucket' ? made.toLowerCase() : made.slice(0, -13) + hash.slice(0, 13).toUpperCase()
}

/** Types whose names are in small letters. */
const inSmallLetters = ['AWS::S3::Bucket', 'AWS::DynamoDB::Table', 'AWS::DynamoDB::GlobalTable']

/** The same for whoever has to type them: without CDK's hash and the type's own word, and without chance unless it is a replacement. */
export const shortName = (stackName: string, id: string, type: string, replacement?: string): string => {
  if (type === 'AWS::KMS::Key' || type.startsWith('AWS::ApiGateway')) {
    return madeUpName(stackName, id, type, `${stackName} ${id} ${replacement ?? ''}`)
  }
  const name = `${stackName}-${id.replace(/(Bucket|Table)?[0-9A-F]{8}$/, '')}${replacement === undefined ? '' : `-${replacement}`}`
  const short = name.slice(0, kindOf(type).longestName ?? 255)
  return inSmallLetters.includes(type) ? short.toLowerCase() : short
}

export interface Resolver extends Evaluator {
  readonly nameOf: (id: string) => string
  readonly arnOf: (id: string) => string | undefined
  /** What Ref returns. */
  readonly refOf: (id: string) => unknown
  /** The logical id of what an ARN or a reference names. */
  readonly idOf: (text: string) => string | undefined
}

export const createResolver = (input: ResolverInput): Resolver => {
  const { place, made = () => undefined } = input
  const { Resources, Parameters, Conditions, Mappings } = fieldsOf(input.template)
  const resources = fieldsOf(Resources)
  const parameters = fieldsOf(Parameters)
  const pseudo = pseudoParameters(place)
  const madeUp =
    input.madeUp ??
    ((id: string, type: string, attribute?: string) =>
      attribute === undefined ? madeUpName(place.name, id, type) : `\${${id}.${attribute}}`)
  const unknown =
    input.unknown ??
    ((text: string) => {
      throw new Error(`The template refers to ${text}, which it does not hold.`)
    })
  const resolving = new Set<string>()

  const propertiesOf = (id: string): JsonObject => fieldsOf(fieldsOf(resources[id]).Properties)
  const typeOf = (id: string): string => String(fieldsOf(resources[id]).Type)

  const nameOf = (id: string): string => {
    const standing = made(id)
    if (standing !== undefined) return standing.name
    const { name, ref } = kindOf(typeOf(id))
    const given = name === undefined || ref === 'id' ? undefined : propertiesOf(id)[name]
    if (given === undefined || resolving.has(id)) return madeUp(id, typeOf(id))
    resolving.add(id)
    try {
      return String(evaluate(given))
    } finally {
      resolving.delete(id)
    }
  }

  const busOf = (id: string): string => {
    const bus = evaluate(propertiesOf(id).EventBusName)
    return typeof bus === 'string' && bus !== 'default' ? `${bus.replace(/^.*event-bus\//, '')}/` : ''
  }

  const functionArn = (reference: unknown): string => {
    const text = String(evaluate(reference))
    return text.startsWith('arn:') ? text : fill('arn:{p}:lambda:{r}:{a}:function:{n}', text)
  }

  const fill = (pattern: string, name: string): string =>
    pattern
      .replace('{p}', PARTITION)
      .replace('{r}', place.region)
      .replace('{a}', place.account)
      .replace('{n}', name.replace(/^\//, pattern.includes('parameter/') ? '' : '/'))

  const arnOf = (id: string): string | undefined => {
    const type = typeOf(id)
    if (type === 'AWS::Lambda::Alias') return `${functionArn(propertiesOf(id).FunctionName)}:${nameOf(id)}`
    if (type === 'AWS::Lambda::Version') {
      return `${functionArn(propertiesOf(id).FunctionName)}:${String(made(id)?.attributes?.Version ?? 1)}`
    }
    const { arn } = kindOf(type)
    if (arn === undefined) return undefined
    return fill(arn, type === 'AWS::Events::Rule' ? `${busOf(id)}${nameOf(id)}` : nameOf(id))
  }

  const refOf = (id: string): unknown => {
    if (id in pseudo) return pseudo[id]
    if (id === NO_VALUE) return undefined
    if (id in parameters) return input.parameters?.[id] ?? fieldsOf(parameters[id]).Default ?? unknown(`\${${id}}`)
    if (!(id in resources)) return unknown(`\${${id}}`)
    const { ref } = kindOf(typeOf(id))
    if (ref === 'url') return `https://sqs.${place.region}.${URL_SUFFIX}/${place.account}/${nameOf(id)}`
    // One on a bus of its own is named with it.
    if (typeOf(id) === 'AWS::Events::Rule') return `${busOf(id).replace('/', '|')}${nameOf(id)}`
    if (ref === 'arn' || typeOf(id) === 'AWS::Lambda::Version') return arnOf(id) ?? nameOf(id)
    return nameOf(id)
  }

  const attribute = (id: string, name: string): unknown => {
    if (!(id in resources)) return unknown(`\${${id}.${name}}`)
    const { attributes = {} } = made(id) ?? {}
    if (name in attributes) return attributes[name]
    // Secrets Manager adds six characters.
    if (name === 'SecretArn') return fill('arn:{p}:secretsmanager:{r}:{a}:secret:{n}-AbCdEf', nameOf(id))
    if (/Arn$/.test(name)) return arnOf(id) ?? madeUp(id, typeOf(id), name)
    if (/Name$/.test(name)) return nameOf(id)
    return madeUp(id, typeOf(id), name)
  }

  const evaluator = createEvaluator({
    reference: refOf,
    attribute,
    conditions: fieldsOf(Conditions),
    mappings: fieldsOf(Mappings),
    ...(input.imported === undefined ? {} : { imported: input.imported }),
    ...(input.unknown === undefined ? {} : { unknown: (value: unknown) => input.unknown?.(JSON.stringify(value)) }),
  })
  const { evaluate } = evaluator

  let ids: Map<string, string> | undefined
  const readIds = (): Map<string, string> => {
    const found = new Map<string, string>()
    for (const id of Object.keys(resources)) {
      for (const text of [arnOf(id), refOf(id)]) if (typeof text === 'string' && !found.has(text)) found.set(text, id)
    }
    return found
  }
  return {
    ...evaluator,
    nameOf,
    arnOf,
    refOf,
    idOf: (text) => {
      ids ??= readIds()
      return ids.get(text)
    },
  }
}
